// `zoo cache` and `zoo path` as a whole program.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/process.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/registry_folder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

const std::string kBytes = "the weights of a net";

class CacheCommands : public testing::Test {
 protected:
  ProcessOutcome Zoo(std::vector<std::string> arguments) {
    ProcessRequest request{.argv = {"cli/zoo"}};
    request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
    for (const std::string& common : {std::string("--cache"), house_.cache().native(),
                                      std::string("--registry"), house_.registry().native()}) {
      request.argv.push_back(common);
    }
    auto outcome = RealProcess().Run(request, CancelToken());
    EXPECT_TRUE(outcome) << outcome.error().Text();
    return outcome ? *outcome : ProcessOutcome{.exit_code = -1};
  }
  std::string Hex() const { return Digest::Of(AsBytes(kBytes)).hex(); }
  std::string BlobPath() const {
    return house_.cache() / "blobs" / "sha256" / Hex().substr(0, 2) / Hex();
  }
  void Pull() { ASSERT_EQ(Zoo({"pull", "net:V1", "--quiet"}).exit_code, 0); }

  TempDir folder_;
  RegistryFolder house_{folder_.Write("net.pth", kBytes), {}};
};

TEST_F(CacheCommands, AnEmptyCache) {
  EXPECT_EQ(Zoo({"cache", "path"}).output, house_.cache().native() + "\n");
  const ProcessOutcome list = Zoo({"cache", "list"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_EQ(list.output, "");
  EXPECT_EQ(list.errors, "the cache is empty\n");
  const ProcessOutcome path = Zoo({"path", "net:V1"});
  EXPECT_EQ(path.exit_code, 3);
  EXPECT_EQ(path.output, "");
  EXPECT_EQ(path.errors, "zoo: net:V1 is not in the cache; `zoo pull net:V1` gets it\n");
}

TEST_F(CacheCommands, WhatWasPulledIsListedAndFound) {
  Pull();
  EXPECT_EQ(Zoo({"path", "net:V1"}).output, BlobPath() + "\n");
  auto list = ParseJson(Zoo({"cache", "list", "--json"}).output);
  ASSERT_TRUE(list) << list.error().Text();
  EXPECT_EQ(*list->Find("schema"), Json("zoo/cache-list/1"));
  ASSERT_EQ(list->Find("files")->AsArray()->size(), 1u);
  const Json& file = (*list->Find("files")->AsArray())[0];
  EXPECT_EQ(*file.Find("names"), Json(Json::Array{"net:V1"}));
  EXPECT_EQ(*file.Find("file"), Json("net.pth"));
  EXPECT_EQ(*file.Find("sha256"), Json(Hex()));
  EXPECT_EQ(*file.Find("path"), Json(BlobPath()));
  EXPECT_TRUE(list->Find("partials")->AsArray()->empty());
}

TEST_F(CacheCommands, RemoveTakesANameOrADigestOnce) {
  for (const std::string& name : {std::string("net:V1"), "sha256:" + Hex()}) {
    Pull();
    const ProcessOutcome removed = Zoo({"cache", "remove", name});
    EXPECT_EQ(removed.exit_code, 0) << removed.errors;
    EXPECT_EQ(removed.output, "removed " + name + "\n");
    const ProcessOutcome again = Zoo({"cache", "remove", name});
    EXPECT_EQ(again.exit_code, 3);
    EXPECT_EQ(again.errors,
              "zoo: " + name + " is not in the cache; `zoo cache list` shows what is\n");
  }
}

TEST_F(CacheCommands, PruneRemovesWhatItSaysItWould) {
  Pull();
  const std::string what = "1 file and 0 unfinished downloads, 20 B\n";
  EXPECT_EQ(Zoo({"cache", "prune", "--max-size", "0", "--dry-run"}).output, "would remove " + what);
  EXPECT_EQ(Zoo({"path", "net:V1"}).exit_code, 0);
  EXPECT_EQ(Zoo({"cache", "prune", "--max-size", "0"}).output, "removed " + what);
  EXPECT_EQ(Zoo({"path", "net:V1"}).exit_code, 3);
}

}  // namespace
}  // namespace zoo
