#include "zoo/cli/pull_names.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/cli/context.h"
#include "zoo/cli/terminal.h"
#include "zoo/registry/read.h"
#include "zoo/registry/registry.h"
#include "zoo/share/lock.h"
#include "zoo/share/make_lock.h"
#include "zoo/tests/support/fake_process.h"
#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/manual_clock.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

const std::string kBytes = "the weights";

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string EntryJson(const std::string& model, const std::string& license) {
  return fmt::format(
      R"({{"model": "{0}", "weights": "v1", "architecture": {{"name": "a", "options": {{}}}},
           "license": "{1}",
           "artifact": {{"file": "{0}.pth", "size": {2}, "sha256": "{3}",
                         "sources": [{{"url": "http://127.0.0.1:8080/{0}.pth"}}]}}}})",
      model, license, kBytes.size(), Digest::Of(AsBytes(kBytes)).hex());
}

// `zoo pull` of two entries, one and two, of the same bytes; what it printed.
struct Command {
  explicit Command(std::vector<ScriptedReply> script, bool json = false)
      : transport(std::move(script)) {
    const fs::path registry = folder.Write(
        "zoo.json", fmt::format(R"({{"schema": "zoo/registry/1", "name": "test", "version": 1,
                                     "entries": [{}, {}]}})",
                                EntryJson("one", "not stated"), EntryJson("two", "CC-BY-NC-4.0")));
    options = {.json = json, .cache = folder.path() / "cache", .registries = {registry.string()}};
  }

  Result<int> Run(const PullNames& request) {
    const UniqueFd out(open((folder.path() / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    const UniqueFd err(open((folder.path() / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    Terminal terminal(out.get(), err.get());
    Context context(options, terminal, CancelToken(&stop));
    return RunPull(context, {transport, clock, process}, transport, request);
  }
  std::string out() const { return Contents(folder.path() / "out"); }
  std::string err() const { return Contents(folder.path() / "err"); }
  std::string BlobPath() const {
    const std::string hex = Digest::Of(AsBytes(kBytes)).hex();
    return (folder.path() / "cache/blobs/sha256" / hex.substr(0, 2) / hex).string();
  }

  TempDir folder;
  CommonOptions options;
  FakeTransport transport;
  ManualClock clock;
  FakeProcess process;
  std::atomic<bool> stop{false};
};

TEST(PullNamesTest, PrintsThePathAndSaysWhatWasDone) {
  Command command({Reply(200, kBytes)});
  EXPECT_EQ(command.Run({{"one"}}).value(), 0);
  EXPECT_EQ(command.out(), command.BlobPath() + "\n");
  const std::string what =
      fmt::format("  11 B  sha256 {}...  ", Digest::Of(AsBytes(kBytes)).hex().substr(0, 12));
  EXPECT_TRUE(command.err().ends_with("one:v1" + what + "verified, cached\n")) << command.err();
  EXPECT_EQ(command.Run({{"two"}}).value(), 0);
  EXPECT_EQ(command.err(), "two:v1" + what + "was in the cache\n" +
                               "two:v1: licence of the weights: CC-BY-NC-4.0\n");
  EXPECT_EQ(command.transport.requests().size(), 1u);
}

// A lock of "one" and "two" as the registry has them.
fs::path WriteLock(const Command& command) {
  RegistrySet set;
  set.Add(ReadRegistry(command.options.registries[0], "lab").value());
  std::vector<LockedWeights> rows;
  for (const char* name : {"one", "two"}) {
    rows.push_back(LockEntry({.entry = set.Find(name).value()}).value());
  }
  return command.folder.Write("zoo.lock", LockText(LockOf(rows).value()));
}

TEST(PullNamesTest, ALockedPullNeedsNoRegistry) {
  Command command({Reply(200, kBytes)}, true);
  const fs::path lock = WriteLock(command);
  command.options.registries = {(command.folder.path() / "none.json").string()};
  EXPECT_EQ(command.Run({.names = {"one"}, .lock = lock}).value(), 0);
  EXPECT_EQ(command.transport.requests().size(), 1u);
  // All of it, from the cache: both are the same bytes.
  EXPECT_EQ(command.Run({.lock = lock}).value(), 0);
  EXPECT_EQ(command.transport.requests().size(), 1u);
  const Json document = ParseJson(command.out()).value();
  const Json::Array& pulled = *document.Find("pulled")->AsArray();
  ASSERT_EQ(pulled.size(), 2u);
  EXPECT_EQ(*pulled[1].Find("alias"), Json("two"));
  EXPECT_EQ(*pulled[1].Find("requests"), Json(0));
  EXPECT_EQ(command.Run({.names = {"three"}, .lock = lock}).value(), 3);
  const auto unread = command.Run({.lock = command.folder.path() / "none.lock"});
  ASSERT_FALSE(unread);
  EXPECT_EQ(unread.error().code, ErrorCode::kNotFound);
}

TEST(PullNamesTest, ALockedPullGivesExactlyTheLockedBytes) {
  Command command({Reply(200, "the weightZ"), Reply(200, "the weightZ")});
  EXPECT_EQ(command.Run({.names = {"one"}, .lock = WriteLock(command)}).value(), 6);
  EXPECT_EQ(command.out(), "");
  EXPECT_FALSE(fs::exists(command.BlobPath()));
}

// The digest alone says which blob it is; a lock that says another size of it is wrong.
TEST(PullNamesTest, ALockThatContradictsItselfIsRefused) {
  Command command({Reply(200, kBytes)});
  EXPECT_EQ(command.Run({{"one"}}).value(), 0);
  Lock lock = ReadLock(WriteLock(command)).value();
  for (LockedWeights& row : lock.weights) row.size = 12;
  const fs::path path = command.folder.Write("zoo.lock", LockText(lock));
  EXPECT_EQ(command.Run({.lock = path}).value(), 8);
  EXPECT_EQ(command.out(), "");
}

TEST(PullNamesTest, TriesEveryNameAndReportsTheFirstFailure) {
  Command command({Reply(404, ""), Reply(200, kBytes)}, true);
  EXPECT_EQ(command.Run({{"one", "nix", "two"}}).value(), 4);
  const Json document = ParseJson(command.out()).value();
  EXPECT_EQ(*document.Find("schema")->AsString(), "zoo/pull/1");
  const Json::Array& failed = *document.Find("failed")->AsArray();
  ASSERT_EQ(failed.size(), 2u);
  EXPECT_EQ(*failed[0].Find("name")->AsString(), "one");
  EXPECT_EQ(*failed[0].Find("code")->AsString(), "network");
  EXPECT_EQ(*failed[0].Find("message")->AsString(),
            "cannot get one:v1: http://127.0.0.1:8080/one.pth: it answers 404 Not Found");
  EXPECT_EQ(*failed[1].Find("code")->AsString(), "not_found");
  const Json::Array& pulled = *document.Find("pulled")->AsArray();
  ASSERT_EQ(pulled.size(), 1u);
  const Json expected = Json::Object{{"name", "two:v1"},
                                     {"path", command.BlobPath()},
                                     {"sha256", Digest::Of(AsBytes(kBytes)).hex()},
                                     {"size", kBytes.size()},
                                     {"cached", false},
                                     {"verified", "sha256"},
                                     {"requests", 1},
                                     {"bytes_received", kBytes.size()},
                                     {"bytes_reused", 0},
                                     {"seconds", 0.0},
                                     {"source", "http://127.0.0.1:8080/two.pth"}};
  EXPECT_EQ(pulled[0], expected) << pulled[0].Dump();
  EXPECT_NE(command.err().find(
                "zoo: cannot get one:v1: http://127.0.0.1:8080/one.pth: it answers 404 Not Found"),
            std::string::npos);
}

TEST(PullNamesTest, CancelledByTheUser) {
  Command command({Reply(200, kBytes)});
  command.stop = true;
  EXPECT_EQ(command.Run({{"one", "two"}}).value(), 9);
  EXPECT_EQ(command.out(), "");
  EXPECT_NE(command.err().find("zoo: one:v1: cancelled\n"), std::string::npos) << command.err();
  EXPECT_EQ(command.err().find("two"), std::string::npos) << command.err();
}

TEST(PullNamesTest, PutsTheFileElsewhereToo) {
  Command command({Reply(200, kBytes)}, true);
  const fs::path target = command.folder.path() / "mine.pth";
  EXPECT_EQ(command.Run({.names = {"one"}, .to = target}).value(), 0);
  EXPECT_EQ(Contents(target), kBytes);
  const Json document = ParseJson(command.out()).value();
  EXPECT_EQ(*document.Find("pulled")->AsArray()->at(0).Find("to")->AsString(), target.string());

  const fs::path folder = command.folder.path() / "both";
  fs::create_directory(folder);
  EXPECT_EQ(command.Run({.names = {"one", "two"}, .to = folder}).value(), 0);
  EXPECT_EQ(Contents(folder / "one.pth"), kBytes);
  EXPECT_EQ(Contents(folder / "two.pth"), kBytes);
  EXPECT_EQ(command.transport.requests().size(), 1u) << "a link to a blob does not spoil it";

  const auto refused = command.Run({.names = {"one", "two"}, .to = target});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().Text(), "2 names are to go to \"" + target.string() +
                                        "\", which is no folder; make the folder first, or pull "
                                        "them one by one");
}

}  // namespace
}  // namespace zoo::cli
