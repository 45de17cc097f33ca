#include "zoo/cli/context.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kRegistry = R"({"schema": "zoo/registry/1", "name": "lab", "version": 1,
  "updated": "2026-11-24T00:00:00Z", "entries": [{"model": "toy", "weights": "v1",
  "architecture": {"name": "toy", "options": {}}, "artifact": {"file": "toy.pth", "size": 4,
  "sha256": "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589",
  "sources": [{"url": "https://a.example/toy.pth"}]}}]})";

// A context in a folder of its own, with what it prints caught.
class ContextTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"ZOO_CACHE", "ZOO_REGISTRY", "ZOO_OFFLINE", "ZOO_MIRROR", "ZOO_PYTHON", "XDG_CACHE_HOME",
          "XDG_CONFIG_HOME", "XDG_STATE_HOME", "ZOO_CONFIG", "HOME"}) {
      unsetenv(name);
    }
    here_ = fs::current_path();
    fs::current_path(folder_.path());
    int out[2], err[2];
    ASSERT_EQ(pipe(out), 0);
    ASSERT_EQ(pipe(err), 0);
    out_ = UniqueFd(out[0]);
    err_ = UniqueFd(err[0]);
    out_write_ = UniqueFd(out[1]);
    err_write_ = UniqueFd(err[1]);
    terminal_.emplace(out[1], err[1]);
  }
  void TearDown() override { fs::current_path(here_); }

  Context Make(CommonOptions options = {}) {
    return Context(std::move(options), *terminal_, CancelToken(&cancelled_));
  }
  static std::string Read(const UniqueFd& fd) {
    char buffer[4096];
    ssize_t got = read(fd.get(), buffer, sizeof buffer);
    return std::string(buffer, got > 0 ? static_cast<size_t>(got) : 0);
  }

  TempDir folder_;
  fs::path here_;
  UniqueFd out_, err_, out_write_, err_write_;
  std::optional<Terminal> terminal_;
  std::atomic<bool> cancelled_{false};
};

TEST_F(ContextTest, ReportsAnErrorAsTextAndAsADocument) {
  Error error{ErrorCode::kCorrupt, "x.pth: wrong", "do not use it"};
  EXPECT_EQ(Make({.quiet = true}).Report(error), 6);
  EXPECT_EQ(Read(err_), "zoo: x.pth: wrong; do not use it\n");
  EXPECT_EQ(Make({.json = true}).Report(error), 6);
  EXPECT_EQ(Read(err_), "zoo: x.pth: wrong; do not use it\n");
  EXPECT_EQ(Read(out_),
            "{\n  \"schema\": \"zoo/error/1\",\n  \"code\": \"corrupt\",\n"
            "  \"message\": \"x.pth: wrong\",\n  \"hint\": \"do not use it\"\n}\n");
}

TEST_F(ContextTest, GivesEachErrorItsExitCode) {
  const Error error{ErrorCode::kCancelled, "stopped", ""};
  EXPECT_EQ(Make().Report(error), 9);
  cancelled_ = true;  // by whichever signal: that it was a Ctrl-C, interrupt.h knows
  EXPECT_EQ(Make().Report(error), 9);
  EXPECT_EQ(Make().Report({ErrorCode::kDisk, "full", ""}), 5);
}

TEST_F(ContextTest, NotesUnlessQuiet) {
  Make({.quiet = true}).Note("hidden");
  Make().Note("shown");
  EXPECT_EQ(Read(err_), "shown\n");
}

TEST_F(ContextTest, TakesOfflineAndPullOptionsFromTheEnvironment) {
  EXPECT_FALSE(Make().options().offline);
  for (auto [value, offline] : {std::pair("1", true), {"yes", true}, {"0", false}, {"", false}}) {
    setenv("ZOO_OFFLINE", value, 1);
    EXPECT_EQ(Make().options().offline, offline) << value;
  }
  setenv("ZOO_OFFLINE", "1", 1);
  setenv("ZOO_PYTHON", "/opt/python", 1);
  setenv("ZOO_MIRROR", "https://a.example/=https://b.example/", 1);
  Context context = Make();
  Result<PullOptions> options = context.PullDefaults();
  ASSERT_TRUE(options) << options.error().Text();
  EXPECT_TRUE(options->offline);
  EXPECT_EQ(options->python, "/opt/python");
  ASSERT_EQ(options->mirrors.size(), 1u);
  EXPECT_EQ(options->mirrors[0].to, "https://b.example/");
  EXPECT_TRUE(options->progress);
  EXPECT_FALSE(Make({.quiet = true}).PullDefaults()->progress);
  setenv("ZOO_MIRROR", "nonsense", 1);
  EXPECT_EQ(Make().PullDefaults().error().code, ErrorCode::kUsage);
}

// The aliases in force, or the error.
std::string Aliases(Context context) {
  Result<const RegistrySet*> set = context.Registries();
  if (!set) return std::string(ErrorCodeName(set.error().code)) + ": " + set.error().Text();
  std::string aliases;
  for (const Registry& registry : (*set)->registries()) {
    aliases += (aliases.empty() ? "" : " ") + registry.alias();
  }
  return aliases;
}

TEST_F(ContextTest, FindsRegistries) {
  folder_.Write("lab.json", std::string(kRegistry));
  folder_.Write("Möwe am Meer/zoo.json", std::string(kRegistry));
  folder_.Write("other/lab.json", std::string(kRegistry));
  struct Row {
    std::vector<std::string> options;
    const char* environment;
    std::string_view aliases;
  };
  const Row kRows[] = {
      {{}, "", "builtin"},
      {{"builtin"}, "", "builtin"},
      {{"lab.json"}, "", "lab"},
      {{"./lab.json", "builtin"}, "", "lab builtin"},
      {{}, "lab.json,builtin", "lab builtin"},
      {{}, ",lab.json,,", "lab"},
      {{"builtin"}, "lab.json", "builtin"},
      {{"lab.json", "other/lab.json"},
       "",
       "usage: two registries go by the name lab; the second is \"other/lab.json\"; rename one of "
       "the files"},
      {{"lab"},
       "",
       "not_found: no registry goes by \"lab\", and there is no such file; name a registry file, a "
       "folder with a zoo.json, builtin, or one of `zoo registry list`"},
      {{"https://user:secret@a.example/zoo.json?token=1"},
       "",
       "not_found: https://***@a.example/zoo.json?*** is not the URL of a registry that was added; "
       "`zoo registry add ALIAS URL` fetches and remembers it"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.aliases);
    setenv("ZOO_REGISTRY", row.environment, 1);
    EXPECT_EQ(Aliases(Make({.registries = row.options})), row.aliases);
  }
  EXPECT_NE(Aliases(Make({.registries = {"Möwe am Meer"}})), "");
}

TEST_F(ContextTest, ResolvesNamesAndFiles) {
  folder_.Write("lab.json", std::string(kRegistry));
  folder_.Write("both/toy", "x");
  folder_.Write("my weights.pth", "x");
  fs::create_directory(folder_.path() / "toy:v1");
  struct Row {
    std::string argument;
    std::string_view found;
  };
  const Row kRows[] = {
      {"toy", "entry toy:v1"},
      {"lab/toy", "entry toy:v1"},
      {"toy:v1", "entry toy:v1"},  // the folder of that name was not meant
      {"my weights.pth", "file my weights.pth"},
      {"both/toy", "file both/toy"},
      {"./toy", "file ./toy"},
      {"/nowhere/x", "file /nowhere/x"},
      {"../x", "file ../x"},
      {"missing file.pth",
       "not_found: there is no file \"missing file.pth\", and it is not the name of known weights; "
       "`zoo list` shows the names"},
      {"missing.pth",
       "not_found: there is no file \"missing.pth\", and it is not the name of known weights; "
       "`zoo list` shows the names"},
      {"missing", "not_found: no model is named \"missing\"; `zoo list` shows all 1"},
      {"both", "file both"},  // a folder, which is told when it is opened
      {"no/such.pth",
       "not_found: there is no file \"no/such.pth\", and it is not the name of known weights; `zoo "
       "list` shows the names"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.argument);
    Context context = Make({.registries = {"lab.json"}});
    Result<Context::NameOrFile> found = context.Resolve(row.argument);
    std::string text;
    if (!found) {
      text = std::string(ErrorCodeName(found.error().code)) + ": " + found.error().Text();
    } else if (found->entry != nullptr) {
      text = "entry " + found->entry->name();
    } else {
      text = "file " + found->file->native();
    }
    EXPECT_EQ(text, row.found);
  }
  fs::current_path(folder_.path() / "both");
  Context context = Make({.registries = {"../lab.json"}});
  Result<Context::NameOrFile> found = context.Resolve("toy");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(),
            (Error{ErrorCode::kUsage, "\"toy\" is both a name of weights and a file here",
                   "write lab/toy for the weights or ./toy for the file"}));
}

TEST_F(ContextTest, OpensTheCacheThatWasAskedFor) {
  Context relative = Make({.cache = "my cache"});
  Result<Store*> store = relative.OpenStore();
  ASSERT_TRUE(store) << store.error().Text();
  EXPECT_EQ((*store)->root(), folder_.path() / "my cache");
  EXPECT_EQ(Make({.cache = ""}).OpenStore().error().Text(),
            "the cache's folder has an empty name; name one with --cache");
  EXPECT_EQ(Make().OpenStore().error().code, ErrorCode::kUsage);
  EXPECT_FALSE(fs::exists(folder_.path() / "my cache"));
}

}  // namespace
}  // namespace zoo::cli
