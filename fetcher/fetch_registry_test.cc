#include "zoo/fetcher/fetch_registry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/signature.h"
#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/manual_clock.h"
#include "zoo/tests/support/temp_dir.h"
#include "zoo/tests/support/wire.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

std::string Document(uint64_t version, const std::string& name = "lab",
                     const std::string& model = "net") {
  return R"({"schema": "zoo/registry/1", "name": ")" + name + R"(", "version": )" +
         std::to_string(version) + R"(, "entries": [{"model": ")" + model +
         R"(", "weights": "v1", "architecture": {"name": "resnet18"},
    "artifact": {"file": "net.pth", "size": 4,
      "sha256": "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589",
      "sources": [{"url": "files/net.pth"}]}}]})";
}

std::string Sign(const SecretKey& secret, const std::string& document) {
  return secret.Sign(AsBytes(document), TrustedComment(IdentityOf(document).value()));
}

ScriptedReply Tagged(std::string body, std::string tag) {
  return Reply(200, std::move(body)).With("ETag", std::move(tag));
}

ScriptedReply NotModified() { return Reply(304, ""); }

// One user's registries, and updates of "lab" against a script.
class Desk {
 public:
  explicit Desk(WireKind kind = WireKind::kFake) : kind_(kind) {}

  const SecretKey secret = SecretKey::Generate();
  AddedRegistry lab{.alias = "lab", .key = secret.public_key()};

  Result<UpdatedRegistry> Update(std::vector<ScriptedReply> script) {
    Wire wire(kind_, std::move(script));
    // The address of a server is new each time; what is remembered is of the first.
    if (lab.url.empty()) lab.url = wire.url() + "/zoo/";
    Redirecting transport(wire.transport(), lab.url, wire.url() + "/zoo/");
    const RegistriesLock lock =
        RegistriesLock::Take(places, std::chrono::milliseconds(0), {}).value();
    Result<UpdatedRegistry> updated =
        UpdateRegistry(lock, places, lab, {transport, clock}, {.attempts = attempts});
    requests = wire.requests();
    return updated;
  }
  Error Refused(std::vector<ScriptedReply> script) {
    const Result<UpdatedRegistry> updated = Update(std::move(script));
    return updated ? Error{} : updated.error();
  }
  std::string Version() {
    const Result<Registry> registry = OpenAdded(places, lab);
    return registry ? std::to_string(registry->version()) : registry.error().Text();
  }
  std::vector<ScriptedReply> Signed(const std::string& document) const {
    return {Tagged(document, "\"d\""), Tagged(Sign(secret, document), "\"s\"")};
  }

  TempDir folder;
  const RegistryPlaces places{.config = folder.path() / "config.json",
                              .state = folder.path() / "zoo"};
  ManualClock clock;
  int attempts = kMaxAttempts;
  std::vector<ReceivedRequest> requests;

 private:
  // Sends what is meant for one address to another.
  class Redirecting final : public Transport {
   public:
    Redirecting(Transport& transport, std::string from, std::string to)
        : transport_(transport), from_(std::move(from)), to_(std::move(to)) {}
    Outcome Get(const HttpRequest& request, const Receiver& receiver) override {
      HttpRequest sent = request;
      if (sent.url.starts_with(from_)) sent.url = to_ + sent.url.substr(from_.size());
      return transport_.Get(sent, receiver);
    }

   private:
    Transport& transport_;
    const std::string from_, to_;
  };

  const WireKind kind_;
};

class FetchRegistryTest : public testing::TestWithParam<WireKind> {};
INSTANTIATE_TEST_SUITE_P(, FetchRegistryTest, testing::Values(WireKind::kFake, WireKind::kCurl),
                         [](const auto& info) {
                           return info.param == WireKind::kFake ? "Fake" : "Curl";
                         });

TEST_P(FetchRegistryTest, ASignedRegistryIsTakenAndThenAskedForNewsOnly) {
  Desk desk(GetParam());
  Result<UpdatedRegistry> updated = desk.Update(desk.Signed(Document(1)));
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(updated->before, std::nullopt);
  EXPECT_EQ(updated->now.identity, IdentityOf(Document(1)).value());
  EXPECT_EQ(updated->now.entries, 1u);
  EXPECT_EQ(updated->requests, 2);
  ASSERT_EQ(desk.requests.size(), 2u);
  EXPECT_EQ(desk.requests[0].target, "/zoo/zoo.json");
  EXPECT_EQ(desk.requests[1].target, "/zoo/zoo.json.minisig");
  for (const ReceivedRequest& request : desk.requests) {
    EXPECT_EQ(request.header("if-none-match"), "");
    EXPECT_EQ(request.header("accept-encoding"), "identity");
  }
  EXPECT_EQ(desk.Version(), "1");

  desk.clock.Advance(std::chrono::hours(24));
  updated = desk.Update({NotModified(), NotModified()});
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(updated->now.identity, updated->before->identity);
  EXPECT_EQ(updated->now.checked, updated->before->checked + 24 * 3600);
  EXPECT_EQ(updated->requests, 2);
  EXPECT_EQ(desk.requests[0].header("if-none-match"), "\"d\"");
  EXPECT_EQ(desk.requests[1].header("if-none-match"), "\"s\"");
  EXPECT_EQ(desk.Version(), "1");

  updated = desk.Update(desk.Signed(Document(2)));
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(desk.Version(), "2");
}

TEST_P(FetchRegistryTest, WhereOneOfTheTwoIsNewTheOtherIsFetchedToo) {
  const std::string document = Document(1);
  Desk desk(GetParam());
  ASSERT_TRUE(desk.Update(desk.Signed(document)));
  // Signed again, over the same document.
  Result<UpdatedRegistry> updated = desk.Update(
      {NotModified(), Tagged(Sign(desk.secret, document), "\"s2\""), Tagged(document, "\"d\"")});
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(updated->requests, 3);
  EXPECT_EQ(updated->now.signature_etag, "\"s2\"");
  // A new document whose signature says that it is the one of before.
  const std::string next = Document(2);
  updated = desk.Update(
      {Tagged(next, "\"d2\""), NotModified(), Tagged(Sign(desk.secret, next), "\"s3\"")});
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(desk.Version(), "2");
}

TEST_P(FetchRegistryTest, BetweenTwoVersionsOnceMore) {
  const std::string before = Document(1), after = Document(2);
  Desk desk(GetParam());
  const Result<UpdatedRegistry> updated =
      desk.Update({Reply(200, before), Reply(200, Sign(desk.secret, after)), Reply(200, after),
                   Reply(200, Sign(desk.secret, after))});
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(desk.Version(), "2");
  ASSERT_EQ(desk.requests.size(), 4u);
  EXPECT_EQ(desk.requests[0].header("cache-control"), "");
  EXPECT_EQ(desk.requests[2].header("cache-control"), "no-cache");
  EXPECT_EQ(desk.requests[3].header("cache-control"), "no-cache");
}

TEST_P(FetchRegistryTest, WhatMustNotBeTakenLeavesTheLastGoodCopy) {
  const SecretKey other = SecretKey::Generate();
  Desk desk(GetParam());
  ASSERT_TRUE(desk.Update(desk.Signed(Document(7))));
  const std::string ask = "nothing was taken; ask its publisher";
  const struct {
    std::vector<ScriptedReply> script;
    std::string message, hint;
  } kRows[] = {
      {desk.Signed(Document(6)), "lab: version 6 is offered, and version 7 was seen before",
       "nothing was taken: an old copy is being served, by mistake or on purpose; ask its "
       "publisher"},
      {desk.Signed(Document(7, "lab", "swapped")), "lab: version 7 has sha256 ",
       "nothing was taken: a version never changes; its publisher must raise the number with each "
       "change"},
      {desk.Signed(Document(8, "other")), "lab: it calls itself \"other\" now, and was \"lab\"",
       "nothing was taken; if its publisher confirms the new name, `zoo registry remove lab` and "
       "add it again"},
      {{Reply(200, Document(8)), Reply(200, Sign(other, Document(8)))},
       "lab: the signature is by key " + other.public_key().id.ToString() + ", not by key " +
           desk.secret.public_key().id.ToString(),
       "use it only if its publisher tells you, by another way, of a new key"},
      {{Reply(200, Document(8)), Reply(200, Sign(desk.secret, Document(9)))},
       "lab: the signature by key " + desk.secret.public_key().id.ToString() +
           " is not of this content: one of the two was changed",
       "do not use it"},
      {{Reply(200, Document(8)), Reply(404, "")},
       "lab: it has no signature, and must be signed with " + desk.lab.key->ToString() + " (",
       ask},
      {{NotModified(), Reply(404, "")},
       "lab: it has no signature, and must be signed with " + desk.lab.key->ToString() + " (",
       ask},
      {{Reply(200, Document(8)), Reply(200, "")}, "lab: ", ""},
      {{Reply(200, "<html>"), Reply(200, "<html>")}, "lab: ", ""},
      {desk.Signed(Document(8, "lab", "../../net")),
       "lab: " + desk.lab.url + "zoo.json: entries[0]: model ", ""},
  };
  for (const auto& row : kRows) {
    const Error error = desk.Refused(row.script);
    EXPECT_EQ(error.code, ErrorCode::kCorrupt) << row.message << error.Text();
    EXPECT_TRUE(error.message.starts_with(row.message)) << error.message << "\n" << row.message;
    if (!row.hint.empty()) {
      EXPECT_EQ(error.hint, row.hint);
    }
    EXPECT_EQ(desk.Version(), "7");
  }
  ASSERT_TRUE(desk.Update(desk.Signed(Document(8)))) << "and goes on";
  EXPECT_EQ(desk.Version(), "8");
}

TEST_P(FetchRegistryTest, NothingOfAFirstOneThatIsWrongStays) {
  Desk desk(GetParam());
  EXPECT_EQ(desk.Refused({Reply(200, Document(1)), Reply(404, "")}).code, ErrorCode::kCorrupt);
  EXPECT_FALSE(fs::exists(desk.places.state / "registries" / "lab"));
}

TEST_P(FetchRegistryTest, UnsignedFromThisMachineWithAWordOnTheKeyThatStandsThere) {
  Desk desk(GetParam());
  desk.lab.key.reset();
  Result<UpdatedRegistry> updated = desk.Update({Tagged(Document(1), "\"d\""), Reply(404, "")});
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(updated->other_key, std::nullopt);
  EXPECT_TRUE(updated->now.private_host);
  updated = desk.Update({NotModified()});
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(updated->requests, 1) << "nothing is asked of a signature that nobody compares";
  updated = desk.Update(desk.Signed(Document(2)));
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(updated->other_key, desk.secret.public_key().id);
  const Error error = desk.Refused({Reply(200, Document(1)), Reply(404, "")});
  EXPECT_EQ(error.message, "lab: version 1 is offered, and version 2 was seen before");
}

TEST_P(FetchRegistryTest, TooLongIsCutOff) {
  Desk desk(GetParam());
  const std::string kilobyte(1024, 'x');
  ScriptedReply endless = Reply(200, kilobyte);
  endless.repeat = 1 << 20;
  endless.chunked = true;
  const Error error = desk.Refused({Reply(200, Document(1)), endless});
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_EQ(error.message, "lab: " + desk.lab.url +
                               "zoo.json.minisig: it sends more than 64.0 KiB, which is the most "
                               "that is taken");
  ScriptedReply large = Reply(200, "");
  large.content_length = 300 << 20;
  EXPECT_EQ(desk.Refused({large}).message,
            "lab: " + desk.lab.url +
                "zoo.json: it offers 300.0 MiB, and 256.0 MiB is the most "
                "that is taken");
}

TEST_P(FetchRegistryTest, EncodedOrCutIsNotTaken) {
  Desk desk(GetParam());
  const Error encoded = desk.Refused({Reply(200, Document(1)).With("Content-Encoding", "gzip")});
  EXPECT_EQ(encoded.message,
            "lab: " + desk.lab.url +
                "zoo.json: it sends the body encoded as \"gzip\", though asked not to");
  const std::string document = Document(1);
  for (size_t cut = 0; cut < document.size(); cut += 37) {
    // Without a length, a cut body looks like a whole one.
    ScriptedReply reply = Reply(200, document).CutAfter(cut);
    reply.content_length = -1;
    EXPECT_NE(desk.Refused({reply, Reply(200, Sign(desk.secret, document)), reply,
                            Reply(200, Sign(desk.secret, document))})
                  .message,
              "")
        << cut;
  }
}

TEST_P(FetchRegistryTest, TriesAgainAsOftenAsItIsTold) {
  Desk desk(GetParam());
  std::vector<ScriptedReply> script = desk.Signed(Document(1));
  script.insert(script.begin(), 2, Reply(503, "busy"));
  ASSERT_TRUE(desk.Update(script));
  EXPECT_EQ(desk.clock.sleeps().size(), 2u);
  desk.attempts = 1;
  desk.clock.Advance(std::chrono::hours(1));
  const Error error = desk.Refused({Reply(503, "busy")});
  EXPECT_EQ(error.code, ErrorCode::kNetwork);
  EXPECT_EQ(error.message, "lab: " + desk.lab.url + "zoo.json: it answers 503 Service Unavailable");
  EXPECT_EQ(desk.requests.size(), 1u);
  const SeenRegistry seen = ReadSeen(desk.places, desk.lab).value().value();
  EXPECT_GE(seen.tried, seen.checked + 3600) << "a failure is noted";
  EXPECT_EQ(desk.Refused({Reply(404, "")}).Text(),
            "lab: " + desk.lab.url +
                "zoo.json: it answers 404 Not Found; a registry's URL is that of its folder, where "
                "a zoo.json is, or of its file");
}

TEST_P(FetchRegistryTest, ADamagedCopyIsFetchedWhole) {
  Desk desk(GetParam());
  ASSERT_TRUE(desk.Update(desk.Signed(Document(1))));
  for (const auto& file : fs::directory_iterator(desk.places.state / "registries" / "lab")) {
    if (file.path().filename() != "state.json") std::ofstream(file.path()) << "damage";
  }
  EXPECT_NE(desk.Version(), "1");
  const Result<UpdatedRegistry> updated = desk.Update(desk.Signed(Document(1)));
  ASSERT_TRUE(updated) << updated.error().Text();
  EXPECT_EQ(desk.requests[0].header("if-none-match"), "");
  EXPECT_EQ(desk.Version(), "1");
}

TEST(FetchRegistryFakeTest, NeverFromHttpsToHttp) {
  Desk desk;
  FakeTransport fake({Reply(302, "").With("Location", "http://host/zoo.json")});
  desk.lab.url = "https://host/";
  const Result<FetchedRegistry> fetched =
      FetchRegistry(desk.lab, {}, {fake, desk.clock}, {.attempts = kMaxAttempts});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kNetwork);
  EXPECT_EQ(fetched.error().message,
            "lab: https://host/zoo.json: it redirects from https to http (http://host/zoo.json)");
  EXPECT_EQ(fake.requests().size(), 1u);
}

TEST(FetchRegistryFakeTest, AnyChangedByteIsRefusedOrWithoutEffect) {
  constexpr int kChanges = 1000;
  Desk desk;
  desk.lab.url = "http://host/";
  const std::string document = Document(3), signature = Sign(desk.secret, document);
  std::minstd_rand random(20261128);
  int refused = 0;
  for (int i = 0; i < kChanges; ++i) {
    std::string pages[] = {document, signature};
    std::string& page = pages[random() % 2];
    page[random() % page.size()] ^= static_cast<char>(1 + random() % 255);
    FakeTransport fake(
        {Reply(200, pages[0]), Reply(200, pages[1]), Reply(200, pages[0]), Reply(200, pages[1])});
    const auto fetched = FetchRegistry(desk.lab, {}, {fake, desk.clock}, {});
    refused += !fetched;
    if (fetched) {
      EXPECT_EQ(fetched->copy->document, document) << i;
    } else {
      EXPECT_EQ(fetched.error().code, ErrorCode::kCorrupt) << i << fetched.error().Text();
    }
  }
  EXPECT_GT(refused, kChanges * 8 / 10) << "only the untrusted comment may say anything";
}

// A host with a public address.
class PublicTransport final : public Transport {
 public:
  explicit PublicTransport(std::vector<ScriptedReply> script) : fake_(std::move(script)) {}
  Outcome Get(const HttpRequest& request, const Receiver& receiver) override {
    const auto as_public = [](ResponseHead head) {
      head.private_address = false;
      return head;
    };
    Outcome outcome = fake_.Get(
        request, {.head = [&](const ResponseHead& head) { return receiver.head(as_public(head)); },
                  .body = receiver.body});
    outcome.head.private_address = false;
    return outcome;
  }

 private:
  FakeTransport fake_;
};

TEST(FetchRegistryFakeTest, UnsignedOverHttpOnlyFromAPrivateAddress) {
  Desk desk;
  desk.lab.key.reset();
  desk.lab.url = "http://host/";
  PublicTransport http({Reply(200, Document(1)), Reply(404, "")});
  const auto refused = FetchRegistry(desk.lab, {}, {http, desk.clock}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_EQ(refused.error().Text(),
            "lab: http://host/zoo.json: it is neither signed with a key that is known nor fetched "
            "over https, so anybody on the way could change it; add it with --key, or by its "
            "https:// URL");
  desk.lab.url = "https://host/";
  PublicTransport https({Reply(200, Document(1)), Reply(404, "")});
  const auto taken = FetchRegistry(desk.lab, {}, {https, desk.clock}, {});
  ASSERT_TRUE(taken) << taken.error().Text();
  EXPECT_FALSE(taken->seen.private_host);
  // Signed, the way does not matter.
  desk.lab.url = "http://host/";
  desk.lab.key = desk.secret.public_key();
  PublicTransport signed_http(desk.Signed(Document(1)));
  EXPECT_TRUE(FetchRegistry(desk.lab, {}, {signed_http, desk.clock}, {}));
}

TEST(FetchRegistryFakeTest, OncePublicAlwaysPublic) {
  Desk desk;
  ASSERT_TRUE(desk.Update(desk.Signed(Document(1)))->now.private_host);
  LastSeen last{.seen = ReadSeen(desk.places, desk.lab).value(), .have_copy = true};
  last.seen->private_host = false;
  FakeTransport fake(desk.Signed(Document(2)));
  const auto fetched = FetchRegistry(desk.lab, last, {fake, desk.clock}, {});
  ASSERT_TRUE(fetched) << fetched.error().Text();
  EXPECT_FALSE(fetched->seen.private_host) << "a name may be pointed at this machine later";
}

TEST(RegistryUrl, OfAFolderOrAFile) {
  EXPECT_EQ(RegistryUrl("https://Host").value(), "https://host/");
  EXPECT_EQ(RegistryUrl("https://host:8443/a/b").value(), "https://host:8443/a/b/");
  EXPECT_EQ(RegistryUrl("http://host/a/x.json").value(), "http://host/a/x.json");
  const struct {
    const char *url, *text;
  } kRows[] = {
      {"https://me:canary@host/",
       "\"https://***@host/\" cannot be a registry's URL: it holds a user or a password; write "
       "https://host/folder/ or https://host/folder/file.json"},
      {"https://host/?token=canary",
       "\"https://host/?***\" cannot be a registry's URL: it holds a query or an '@'; write "
       "https://host/folder/ or https://host/folder/file.json"},
  };
  for (const auto& row : kRows) {
    const Result<std::string> url = RegistryUrl(row.url);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code, ErrorCode::kUsage);
    EXPECT_EQ(url.error().Text(), row.text);
  }
  EXPECT_FALSE(RegistryUrl("ftp://host/"));
  EXPECT_FALSE(RegistryUrl("https://host/a b/"));
}

}  // namespace
}  // namespace zoo
