// Pull and its sources: their order, mirrors, relative ones, local files, and files of which only
// the first digits of the digest are known.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "zoo/fetcher/test_pull.h"
#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/seeded_bytes.h"
#include "zoo/tests/support/wire.h"

namespace zoo {
namespace {

class PullSourcesTest : public testing::TestWithParam<WireKind> {};
INSTANTIATE_TEST_SUITE_P(, PullSourcesTest, testing::Values(WireKind::kFake, WireKind::kCurl),
                         [](const auto& info) {
                           return info.param == WireKind::kFake ? "Fake" : "Curl";
                         });

TEST_P(PullSourcesTest, OneGoodSourceAmongBadOnesIsEnough) {
  const std::string file = SeededBytes(5000, 15);
  Wire wire(GetParam(), {Reply(404, ""), Reply(200, SeededBytes(5000, 16)),
                         Reply(200, std::string(6000, 'x')), Reply(200, file)});
  const Entry entry =
      EntryOf(file, {wire.url() + "/a", wire.url() + "/b", wire.url() + "/c", wire.url() + "/d"});
  Desk desk;
  const Pulled pulled = desk.Pull(entry, wire.transport()).value();
  EXPECT_EQ(pulled.source, wire.url() + "/d");
  EXPECT_EQ(pulled.requests, 4);
  EXPECT_LE(pulled.bytes_received, 2 * file.size()) << "one bad body and the good one";

  Wire none(GetParam(), {Reply(404, ""), Reply(410, "")});
  Desk other;
  const auto failed =
      other.Pull(EntryOf(file, {none.url() + "/a", none.url() + "/b"}), none.transport());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().Text(), "cannot get tiny:v1: " + none.url() +
                                       "/a: it answers 404 Not Found; then " + none.url() +
                                       "/b: it answers 410 Gone");
}

TEST_P(PullSourcesTest, MirrorsComeFirstAndTheOriginalLast) {
  const std::string file = SeededBytes(5000, 17);
  Wire wire(GetParam(), {Reply(404, ""), Reply(200, file)});
  Desk desk;
  desk.options.mirrors = {{"https://host.invalid/models/", wire.url() + "/a/"},
                          {"https://host.invalid/", wire.url() + "/b/"}};
  desk.options.public_addresses_only = true;  // the mirror is the user's own word
  const Pulled pulled =
      desk.Pull(EntryOf(file, {"https://host.invalid/models/f"}), wire.transport()).value();
  EXPECT_EQ(pulled.source, wire.url() + "/b/models/f");
  EXPECT_EQ(wire.requests()[0].target, "/a/f");
  EXPECT_EQ(wire.requests()[1].target, "/b/models/f");
}

Entry PrefixOnly(const std::string& file, std::string url) {
  Entry entry = EntryOf(file, {std::move(url)});
  entry.artifact.sha256_prefix = entry.artifact.sha256->hex().substr(0, 8);
  entry.artifact.sha256.reset();
  return entry;
}

TEST(PullSourcesFakeTest, APrefixOnlyFileComesOverHttpsFromItsOwnUrl) {
  const std::string file = SeededBytes(3000, 22);
  Desk desk;
  desk.options.mirrors = {{"https://host/", "http://mirror/"}};
  FakeTransport fake({Reply(200, file)});
  const Pulled pulled = desk.Pull(PrefixOnly(file, "https://host/f"), fake).value();
  EXPECT_TRUE(pulled.prefix_only);
  EXPECT_EQ(fake.urls(), std::vector<std::string>{"https://host/f"});
  EXPECT_TRUE(desk.Pull(PrefixOnly(file, "https://host/f"), fake).value().cached);

  Desk other;
  FakeTransport unused({Reply(200, file)});
  const auto refused = other.Pull(PrefixOnly(file, "http://host/f"), unused);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNetwork);
  EXPECT_EQ(refused.error().Text(),
            "tiny:v1: no source may be used: only the first digits of its sha256 are known, so it "
            "must come over https");
  EXPECT_TRUE(unused.urls().empty());

  FakeTransport downgraded({Reply(302, "").With("Location", "http://host/f"), Reply(200, file)});
  const auto stopped = other.Pull(PrefixOnly(file, "https://host/f"), downgraded);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().Text(),
            "cannot get tiny:v1: https://host/f: it redirects from https to http (http://host/f)");
}

TEST(PullSourcesFakeTest, OfAPrefixOnlyFileTheFirstHttpsUrlIsTheOnlySource) {
  const std::string file = SeededBytes(3000, 26);
  Entry entry = PrefixOnly(file, "http://host/f");
  entry.artifact.sources.push_back(UrlSource{"https://host/f"});
  entry.artifact.sources.push_back(UrlSource{"https://evil/f"});
  Desk desk;
  FakeTransport fake({Reply(404, "")});
  ASSERT_FALSE(desk.Pull(entry, fake));
  EXPECT_EQ(fake.urls(), std::vector<std::string>{"https://host/f"})
      << "what another delivers would be pinned as this one's";
  EXPECT_FALSE(desk.Pull(PrefixOnly(file, "http://host/f"), fake));
  EXPECT_EQ(FindCached(PrefixOnly(file, "http://host/f"), desk.store).error().code,
            ErrorCode::kNotFound);
}

// Two files whose digests begin with the same eight digits: such a pair is soon found.
TEST(PullSourcesFakeTest, AFileOfTheSamePrefixFromElsewhereIsNoHit) {
  const std::string evil = "weights 24478", good = "weights 29619";
  const Entry hostile = PrefixOnly(evil, "https://evil/f"),
              entry = PrefixOnly(good, "https://host/f");
  ASSERT_EQ(hostile.artifact.sha256_prefix, entry.artifact.sha256_prefix);
  Desk desk;
  FakeTransport fake({Reply(200, evil), Reply(200, good)});
  EXPECT_EQ(Contents(desk.Pull(hostile, fake).value().blob.path()), evil);
  EXPECT_EQ(FindCached(entry, desk.store).error().code, ErrorCode::kNotFound);
  const Pulled pulled = desk.Pull(entry, fake).value();
  EXPECT_FALSE(pulled.cached);
  EXPECT_EQ(Contents(pulled.blob.path()), good);
  EXPECT_EQ(fake.urls(), (std::vector<std::string>{"https://evil/f", "https://host/f"}));
  EXPECT_EQ(Contents(FindCached(hostile, desk.store).value().path()), evil);
  EXPECT_EQ(Contents(FindCached(entry, desk.store).value().path()), good);
}

TEST(PullSourcesFakeTest, LocalFiles) {
  const std::string file = SeededBytes(3'000'000, 24);
  Desk desk;
  const auto path = desk.folder.Write("published/a b.pth", file);
  FakeTransport unused;
  const Pulled pulled =
      desk.Pull(EntryOf(file, {"file://" + desk.folder.path().string() + "/published/a%20b.pth"}),
                unused)
          .value();
  EXPECT_EQ(Contents(pulled.blob.path()), file);
  EXPECT_EQ(pulled.requests, 0);
  EXPECT_EQ(pulled.bytes_received, 0u);

  const std::string other = SeededBytes(3000, 25);
  const auto wrong = desk.Pull(EntryOf(other, {"file://" + path.string()}), unused);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().Text(),
            "cannot get tiny:v1: tiny.pth: more than 3000 bytes arrived, the size of the whole "
            "file");
  const auto missing = desk.Pull(EntryOf(other, {"file:///no/such/file"}), unused);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().Text(),
            "cannot get tiny:v1: cannot open /no/such/file: No such file or directory");
  const auto folder = desk.Pull(EntryOf(other, {"file://" + desk.folder.path().string()}), unused);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().Text(),
            "cannot get tiny:v1: " + desk.folder.path().string() + " is not a file");
}

// A relative source lies beside the registry.
TEST_P(PullSourcesTest, ARelativeSourceBeginsAtTheBase) {
  const std::string file = SeededBytes(5000, 27);
  Wire wire(GetParam(), {Reply(200, file)});
  Entry entry = EntryOf(file, {"files/a/b.pth"});
  entry.base = wire.url() + "/lab/";
  Desk desk;
  const Pulled pulled = desk.Pull(entry, wire.transport()).value();
  EXPECT_EQ(wire.requests()[0].target, "/lab/files/a/b.pth");
  EXPECT_EQ(pulled.source, wire.url() + "/lab/files/a/b.pth");
}

TEST(PullSourcesFakeTest, ARelativeSourceIsMirroredAsWhatItStandsFor) {
  const std::string file = SeededBytes(100, 28);
  Entry entry = EntryOf(file, {"files/f"});
  entry.base = "https://host/lab/";
  Desk desk;
  desk.options.mirrors = {{"https://host/", "http://mirror/"}};
  FakeTransport fake({Reply(404, ""), Reply(200, file)});
  EXPECT_TRUE(desk.Pull(entry, fake));
  EXPECT_EQ(fake.urls(),
            (std::vector<std::string>{"http://mirror/lab/files/f", "https://host/lab/files/f"}));
}

TEST(PullSourcesFakeTest, ARelativeSourceOfAFolderIsCopied) {
  const std::string file = SeededBytes(100, 29);
  Desk desk;
  desk.folder.Write("my lab/files/f.pth", file);
  Entry entry = EntryOf(file, {"files/f.pth"});
  entry.base = "file://" + desk.folder.path().string() + "/my%20lab/";
  FakeTransport unused;
  EXPECT_EQ(Contents(desk.Pull(entry, unused).value().blob.path()), file);
  EXPECT_TRUE(unused.urls().empty());
}

TEST(PullSourcesFakeTest, ARelativeSourceWithoutABaseLeadsNowhere) {
  Desk desk;
  FakeTransport unused;
  const auto pulled = desk.Pull(EntryOf("x", {"files/f"}), unused);
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().message,
            "cannot get tiny:v1: \"files/f\" is not a URL that can be fetched: it must begin with "
            "http:// or https://");
  EXPECT_TRUE(unused.urls().empty());
}

TEST(PullSourcesFakeTest, OfAPrefixOnlyFileTheOriginIsTheAbsoluteUrl) {
  const std::string evil = "weights 24478", good = "weights 29619";
  Entry hostile = PrefixOnly(evil, "files/f"), entry = PrefixOnly(good, "files/f");
  hostile.base = "https://evil/";
  entry.base = "https://host/";
  ASSERT_EQ(hostile.artifact.sha256_prefix, entry.artifact.sha256_prefix);
  Desk desk;
  FakeTransport fake({Reply(200, evil), Reply(200, good)});
  EXPECT_TRUE(desk.Pull(hostile, fake));
  EXPECT_EQ(Contents(desk.Pull(entry, fake).value().blob.path()), good)
      << "the same relative source of another registry is another file";
  entry.base = "http://host/";
  EXPECT_EQ(FindCached(entry, desk.store).error().code, ErrorCode::kNotFound);
}

// Either the caller or the entry can say so.
TEST(PullSourcesCurlTest, PublicAddressesOnly) {
  const std::string file = SeededBytes(100, 30);
  for (const bool by_entry : {true, false}) {
    Wire wire(WireKind::kCurl, {Reply(200, file)});
    Entry entry = EntryOf(file, {wire.url() + "/f"});
    Desk desk;
    entry.public_addresses_only = by_entry;
    desk.options.public_addresses_only = !by_entry;
    const auto pulled = desk.Pull(entry, wire.transport());
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().code, ErrorCode::kNetwork);
    EXPECT_EQ(pulled.error().Text(), "cannot get tiny:v1: " + wire.url() +
                                         "/f: its host's address is a private one, where this "
                                         "registry may not send us");
    EXPECT_TRUE(wire.requests().empty());
  }
}

}  // namespace
}  // namespace zoo
