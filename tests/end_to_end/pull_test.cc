// `zoo pull` as a process, from nginx.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/tests/support/child.h"
#include "zoo/tests/support/nginx.h"
#include "zoo/tests/support/seeded_bytes.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int kNetworkExit = 4;
constexpr int kInterruptedExit = 130;

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file to be served, a registry that names it, and `zoo` with a cache of its own.
class EndToEndPullTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(HaveNginx()) << "install nginx (Debian: nginx-light)"; }

  void Publish(const std::string& bytes, const std::string& url) {
    folder_.Write("files/w\xc3\xa4hts of it.pth", bytes);
    WriteRegistry(bytes, url);
  }
  void WriteRegistry(const std::string& bytes, const std::string& url) {
    folder_.Write("zoo.json",
                  fmt::format(R"({{"schema": "zoo/registry/1", "name": "test", "version": 1,
      "entries": [{{"model": "big", "weights": "v1",
                    "architecture": {{"name": "a", "options": {{}}}},
                    "artifact": {{"file": "big.pth", "size": {}, "sha256": "{}",
                                  "sources": [{{"url": "{}/w%C3%A4hts%20of%20it.pth"}}]}}}}]}})",
                              bytes.size(), Digest::Of(AsBytes(bytes)).hex(), url));
  }

  ChildPlan Zoo(std::vector<std::string> arguments,
                std::vector<std::string> environment = {}) const {
    arguments.insert(arguments.begin(), Program("cli/zoo"));
    environment.push_back("ZOO_CACHE=" + (folder_.path() / "c\xc3\xa4"
                                                           "che of mine")
                                             .string());
    environment.push_back("ZOO_REGISTRY=" + (folder_.path() / "zoo.json").string());
    environment.push_back("ZOO_OFFLINE=0");
    return {.argv = std::move(arguments),
            .environment = std::move(environment),
            .out = folder_.path() / "out",
            .err = folder_.path() / "err"};
  }
  std::string out() const { return Contents(folder_.path() / "out"); }
  std::string err() const { return Contents(folder_.path() / "err"); }
  std::string Location(const std::string& more = "") const {
    return fmt::format("location / {{ root {}; {} }}", (folder_.path() / "files").string(), more);
  }

  TempDir folder_;
};

TEST_F(EndToEndPullTest, KilledFiveTimesItEndsWithTheRightBytes) {
  constexpr uint64_t kSize = 45'000'000;
  constexpr int kKills = 5;
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const std::string bytes = SeededBytes(kSize, seed);
  // Of itself nginx sends 2 MiB at once and then nothing for a while, in which a kill costs
  // nothing.
  Nginx nginx(folder_.path(), Location("limit_rate 10m; sendfile_max_chunk 64k;"));
  Publish(bytes, nginx.url());
  for (int i = 0; i < kKills; ++i) {
    Child zoo(Zoo({"pull", "big"}));
    const milliseconds life(std::uniform_int_distribution<>(150, 700)(random));
    ASSERT_EQ(zoo.WaitFor(life), std::nullopt) << "it ended before it was killed: " << err();
    zoo.Send(SIGKILL);
    EXPECT_EQ(zoo.Wait(), 128 + SIGKILL);
  }
  ASSERT_EQ(RunChild(Zoo({"pull", "big", "--json"})), 0) << err();
  const Json document = ParseJson(out()).value();
  const Json& pulled = document.Find("pulled")->AsArray()->at(0);
  EXPECT_EQ(Contents(*pulled.Find("path")->AsString()), bytes);
  EXPECT_GT(pulled.Find("bytes_reused")->AsUint64().value(), 0u);

  const auto served = nginx.Stop();
  ASSERT_EQ(served.size(), static_cast<size_t>(kKills + 1));
  const uint64_t sent =
      std::accumulate(served.begin(), served.end(), uint64_t{0},
                      [](uint64_t sum, const Nginx::Served& one) { return sum + one.body_bytes; });
  EXPECT_LE(sent, kSize + kSize / 50);
  std::printf("%.3f %% more than the file\n", 100.0 * (sent - kSize) / kSize);
  for (size_t i = 1; i < served.size(); ++i) EXPECT_EQ(served[i].status, 206);
}

TEST_F(EndToEndPullTest, InterruptedItSaysWhatIsKeptAndGoesOn) {
  const std::string bytes = SeededBytes(3'000'000, 1);
  Nginx nginx(folder_.path(), Location("limit_rate 2m;"));
  Publish(bytes, nginx.url());
  {
    Child zoo(Zoo({"pull", "big"}));
    ASSERT_EQ(zoo.WaitFor(milliseconds(400)), std::nullopt);
    zoo.Send(SIGINT);
    EXPECT_EQ(zoo.Wait(), kInterruptedExit);
  }
  EXPECT_NE(err().find("zoo: big:v1: cancelled; the "), std::string::npos) << err();
  EXPECT_TRUE(err().ends_with(" that arrived are kept: the same command goes on from there\n"));
  EXPECT_EQ(out(), "");
  ASSERT_EQ(RunChild(Zoo({"pull", "big"})), 0) << err();
  EXPECT_EQ(Contents(out().substr(0, out().size() - 1)), bytes);
  const auto served = nginx.Stop();
  ASSERT_EQ(served.size(), 2u);
  EXPECT_EQ(served[1].status, 206);
}

// A certificate for "localhost" that `trusted` holds.
void MakeCertificate(const fs::path& folder) {
  ASSERT_EQ(
      RunChild({.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                         (folder / "key.pem").string(), "-out", (folder / "cert.pem").string()}}),
      0);
}

TEST_F(EndToEndPullTest, OnlyATrustedCertificateWillDo) {
  const std::string bytes = SeededBytes(10'000, 2);
  MakeCertificate(folder_.path());
  const std::string tls = fmt::format(
      "ssl_certificate {0}/cert.pem; ssl_certificate_key "
      "{0}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;",
      folder_.path().string());
  Nginx nginx(folder_.path(), tls + Location(), "ssl");
  const std::string trust = "CURL_CA_BUNDLE=" + (folder_.path() / "cert.pem").string();

  Publish(bytes, nginx.url("https", "localhost"));
  EXPECT_EQ(RunChild(Zoo({"pull", "big"})), kNetworkExit);
  EXPECT_NE(err().find("no trusted connection ("), std::string::npos) << err();
  EXPECT_EQ(RunChild(Zoo({"pull", "big"}, {trust})), 0) << err();

  WriteRegistry(SeededBytes(10'000, 3), nginx.url("https", "127.0.0.1"));
  EXPECT_EQ(RunChild(Zoo({"pull", "big"}, {trust})), kNetworkExit) << "another host's certificate";
  EXPECT_NE(err().find("no trusted connection ("), std::string::npos) << err();
}

TEST_F(EndToEndPullTest, OldTlsWillNotDo) {
  MakeCertificate(folder_.path());
  const std::string tls = fmt::format(
      "ssl_certificate {0}/cert.pem; ssl_certificate_key "
      "{0}/key.pem; ssl_protocols TLSv1.1; ssl_ciphers "
      "ALL:@SECLEVEL=0;",
      folder_.path().string());
  Nginx nginx(folder_.path(), tls + Location(), "ssl");
  Publish("bytes", nginx.url("https", "localhost"));
  EXPECT_EQ(
      RunChild(Zoo({"pull", "big"}, {"CURL_CA_BUNDLE=" + (folder_.path() / "cert.pem").string()})),
      kNetworkExit);
  EXPECT_NE(err().find("no trusted connection ("), std::string::npos) << err();
}

TEST_F(EndToEndPullTest, AHitMakesNoRequest) {
  const std::string bytes = SeededBytes(10'000, 4);
  Nginx nginx(folder_.path(), Location());
  Publish(bytes, nginx.url());
  ASSERT_EQ(RunChild(Zoo({"pull", "big"})), 0) << err();
  const std::string path = out();
  ASSERT_EQ(RunChild(Zoo({"pull", "big", "--quiet"})), 0) << err();
  EXPECT_EQ(out(), path);
  EXPECT_EQ(err(), "");
  ASSERT_EQ(RunChild(Zoo({"pull", "big", "--offline"})), 0) << err();
  EXPECT_EQ(nginx.Stop().size(), 1u);
}

}  // namespace
}  // namespace zoo
