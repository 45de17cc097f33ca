#include "zoo/fetcher/pull.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/cache/disk.h"
#include "zoo/tests/support/fake_process.h"
#include "zoo/tests/support/manual_clock.h"
#include "zoo/tests/support/seeded_bytes.h"
#include "zoo/tests/support/temp_dir.h"
#include "zoo/tests/support/wire.h"

namespace zoo {
namespace {

using End = ScriptedReply::End;

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Entry EntryOf(const std::string& bytes, std::vector<std::string> urls) {
  Entry entry{.registry = "test", .model = "tiny", .weights = "v1"};
  entry.artifact = {.file = "tiny.pth",
                    .size = bytes.size(),
                    .min_size = bytes.size(),
                    .max_size = bytes.size(),
                    .sha256 = Digest::Of(AsBytes(bytes))};
  for (std::string& url : urls) entry.artifact.sources.push_back(UrlSource{std::move(url)});
  return entry;
}

// A cache of its own, and all that a pull needs besides a transport.
struct Desk {
  TempDir folder;
  RealDisk disk;
  Store store = Store::Open(folder.path() / "cache", disk).value();
  ManualClock clock;
  FakeProcess process;
  PullOptions options;

  Result<Pulled> Pull(const Entry& entry, Transport& transport) {
    return zoo::Pull(entry, store, {transport, clock, process}, options);
  }
  size_t BlobCount() const { return store.List().value().size(); }
};

class PullTest : public testing::TestWithParam<WireKind> {};
INSTANTIATE_TEST_SUITE_P(, PullTest, testing::Values(WireKind::kFake, WireKind::kCurl),
                         [](const auto& info) {
                           return info.param == WireKind::kFake ? "Fake" : "Curl";
                         });

TEST_P(PullTest, DownloadsOnceAndHitsAfterwards) {
  const std::string file = SeededBytes(100'000, 1);
  Wire wire(GetParam(), {Reply(200, file)});
  const Entry entry = EntryOf(file, {wire.url() + "/tiny.pth"});
  Desk desk;
  const Pulled pulled = desk.Pull(entry, wire.transport()).value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_FALSE(pulled.cached);
  EXPECT_EQ(pulled.requests, 1);
  EXPECT_EQ(pulled.bytes_received, file.size());
  EXPECT_EQ(pulled.bytes_reused, 0u);
  EXPECT_EQ(pulled.source, wire.url() + "/tiny.pth");
  ASSERT_EQ(wire.requests().size(), 1u);
  EXPECT_EQ(wire.requests()[0].header("accept-encoding"), "identity");
  EXPECT_EQ(wire.requests()[0].header("range"), "");

  const Pulled again = desk.Pull(entry, wire.transport()).value();
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.requests, 0);
  EXPECT_EQ(again.blob.path(), pulled.blob.path());
  EXPECT_EQ(wire.requests().size(), 1u);
}

TEST_P(PullTest, EveryCutOfASmallBodyIsResumed) {
  const std::string file = SeededBytes(4096, 2);
  const size_t step = GetParam() == WireKind::kFake ? 1 : 37;
  for (size_t cut = 0; cut < file.size(); cut += step) {
    Wire wire(GetParam(), {Reply(200, file).With("ETag", "\"v1\"").CutAfter(cut),
                           cut == 0 ? Reply(200, file) : PartReply(file, cut)});
    Desk desk;
    const auto pulled = desk.Pull(EntryOf(file, {wire.url() + "/f"}), wire.transport());
    ASSERT_TRUE(pulled) << cut << ": " << pulled.error().Text();
    ASSERT_EQ(Contents(pulled->blob.path()), file) << cut;
    ASSERT_EQ(pulled->bytes_received, file.size()) << cut;
    const auto requests = wire.requests();
    ASSERT_EQ(requests.size(), 2u) << cut;
    EXPECT_EQ(requests[1].header("range"), cut == 0 ? "" : "bytes=" + std::to_string(cut) + "-");
    EXPECT_EQ(requests[1].header("if-match"), cut == 0 ? "" : "\"v1\"");
    EXPECT_EQ(desk.clock.sleeps().size(), 1u);
  }
}

}  // namespace
}  // namespace zoo
