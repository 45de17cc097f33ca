#include "zoo/checkpoint/script_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace zoo {
namespace {

std::string Text(const std::optional<NameSet>& names) {
  if (!names) return "none";
  std::vector<std::string> sorted(names->begin(), names->end());
  std::sort(sorted.begin(), sorted.end());
  std::string out;
  for (const std::string& name : sorted) out += name + ";";
  return out;
}

// "module A[p;][b;]", or the error.
std::string Read(const std::string& code, const std::string& name = "A") {
  auto classes = ReadScriptCode(code);
  if (!classes) return classes.error().Text();
  auto found = classes->find(name);
  if (found == classes->end()) return "no class";
  return (found->second.module ? "module " : "class ") + Text(found->second.parameters) + " " +
         Text(found->second.buffers);
}

struct Case {
  std::string name, code, text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Code : public testing::TestWithParam<Case> {};
TEST_P(Code, Is) { EXPECT_EQ(Read(GetParam().code), GetParam().text); }

const std::string kHead = "class A(Module):\n";

INSTANTIATE_TEST_SUITE_P(
    Texts, Code,
    testing::Values(
        Case{"both_lists",
             kHead + "  __parameters__ = [\"w\", \"b\", ]\n  __buffers__ = [\"s\", ]\n",
             "module b;w; s;"},
        Case{"empty_lists", kHead + "  __parameters__ = []\n  __buffers__ = []\n", "module  "},
        Case{"no_lists", kHead + "  w : Tensor\n", "module none none"},
        Case{"only_parameters", kHead + "  __parameters__ = [\"w\", ]\n", "module w; none"},
        Case{"escapes", kHead + "  __parameters__ = [\"a\\\"b\\\\\", \"\\n\\101\", ]\n",
             "module \nA;a\"b\\; none"},
        Case{"no_last_line_end", kHead + "  __buffers__ = [\"s\", ]", "module none s;"},
        Case{"a_second_class",
             "class B(Module):\n  __parameters__ = [\"x\", ]\n" + kHead + "  __buffers__ = []\n",
             "module none "},
        Case{"no_module", "class A(NamedTuple):\n  __parameters__ = nonsense\n", "class none none"},
        Case{"another_name", "class AB(Module):\n", "no class"},
        Case{"functions", "def f(x: Tensor) -> Tensor:\n  return x\n", "no class"},
        Case{"a_list_inside_a_method", kHead + "  def forward(self):\n  __parameters__ = oops\n",
             "module none none"},
        Case{"nothing", "", "no class"},
        Case{"list_not_closed", kHead + "  __parameters__ = [\"w\", \n",
             "line 2: not a list of names as PyTorch writes it"},
        Case{"string_not_closed", kHead + "  __parameters__ = [\"w, ]\n",
             "line 2: not a list of names as PyTorch writes it"},
        Case{"list_of_numbers", kHead + "  __buffers__ = [1, ]\n",
             "line 2: not a list of names as PyTorch writes it"},
        Case{"something_behind", kHead + "  __buffers__ = [] + f()\n",
             "line 2: not a list of names as PyTorch writes it"},
        Case{"an_expression", kHead + "  __buffers__ = list(\"ab\")\n",
             "line 2: not a list of names as PyTorch writes it"},
        Case{"twice", kHead + "  __buffers__ = []\n  __buffers__ = []\n",
             "line 3: not a list of names as PyTorch writes it"},
        Case{"escape_of_no_byte", kHead + "  __buffers__ = [\"\\777\", ]\n",
             "line 2: not a list of names as PyTorch writes it"},
        Case{"class_twice", kHead + kHead, "line 2: a class for a second time"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace zoo
