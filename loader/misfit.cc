#include "zoo/loader/misfit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "zoo/base/text.h"

namespace zoo {
namespace {

// Lists that are longer are cut after the first three.
constexpr size_t kWholeList = 5;
constexpr size_t kCutList = 3;

void AddClause(std::vector<std::string>& clauses, std::string_view what,
               const std::vector<std::string>& items) {
  if (items.empty()) return;
  const bool cut = items.size() > kWholeList;
  const auto end = cut ? items.begin() + kCutList : items.end();
  clauses.push_back(fmt::format("{} {}{}", what, fmt::join(items.begin(), end, ", "),
                                cut ? fmt::format(" and {} more", items.size() - kCutList) : ""));
}

std::vector<std::string> Escaped(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(Escape(name));
  return out;
}

std::vector<std::string> Described(const std::vector<Misfit::Difference>& differences) {
  std::vector<std::string> out;
  for (const Misfit::Difference& it : differences) {
    out.push_back(it.module.empty() ? fmt::format("{} ({})", Escape(it.name), Escape(it.file))
                                    : fmt::format("{} (file {}, module {})", Escape(it.name),
                                                  it.file, it.module));
  }
  return out;
}

}  // namespace

size_t Misfit::count() const {
  return missing.size() + unexpected.size() + wrong_shape.size() + wrong_dtype.size() +
         unsupported.size();
}

Error MisfitError(const Misfit& misfit, const std::string& file, const std::string& module) {
  std::vector<std::string> clauses;
  AddClause(clauses, "missing", Escaped(misfit.missing));
  AddClause(clauses, "unexpected", Escaped(misfit.unexpected));
  AddClause(clauses, "wrong shape", Described(misfit.wrong_shape));
  AddClause(clauses, "wrong dtype", Described(misfit.wrong_dtype));
  AddClause(clauses, "unsupported tensor", Described(misfit.unsupported));
  return Error{ErrorCode::kMismatch,
               fmt::format("{} does not fit {}: {}{}{}", file, module, fmt::join(clauses, "; "),
                           misfit.hint.empty() ? "" : ". ", misfit.hint),
               ""};
}

}  // namespace zoo
