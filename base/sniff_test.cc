#include "zoo/base/sniff.h"

#include <gtest/gtest.h>

#include <string>

namespace zoo {
namespace {

using namespace std::string_literals;

struct Case {
  std::string name, head;
  FileKind kind;
  std::string what;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// A tar header from before ustar, with its checksum.
std::string OldTar() {
  std::string head(512, '\0');
  head.replace(0, 8, "sys_info");
  unsigned sum = 8 * ' ';
  for (char c : head) sum += static_cast<uint8_t>(c);
  char text[9];
  snprintf(text, sizeof text, "%06o", sum);
  return head.replace(148, 6, text, 6);
}

class Sniffs : public testing::TestWithParam<Case> {};
TEST_P(Sniffs, TheKind) {
  Sniffed seen = Sniff(AsBytes(GetParam().head));
  EXPECT_EQ(seen.kind, GetParam().kind);
  EXPECT_EQ(seen.what, GetParam().what);
}

const std::string kMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

INSTANTIATE_TEST_SUITE_P(
    Heads, Sniffs,
    testing::Values(Case{"empty", "", FileKind::kEmpty, "an empty file"},
                    Case{"zip", "PK\3\4xx", FileKind::kZip, "a zip archive"},
                    Case{"empty_zip", "PK\5\6xx", FileKind::kZip, "a zip archive"},
                    Case{"legacy", "\x80\2" + kMagic, FileKind::kTorchLegacy,
                         "a legacy PyTorch file"},
                    Case{"legacy_framed", "\x80\4\x95\x0d" + std::string(7, '\0') + kMagic,
                         FileKind::kTorchLegacy, "a legacy PyTorch file"},
                    Case{"legacy_text", "L119547037146038801333356L\n.", FileKind::kTorchLegacy,
                         "a legacy PyTorch file"},
                    Case{"pickle", "\x80\2}q\1.", FileKind::kPickle, "a plain pickle"},
                    Case{"safetensors", "\x40\0\0\0\0\0\0\0{\"a\":"s, FileKind::kSafetensors,
                         "a safetensors file"},
                    Case{"safetensors_empty", "\2\0\0\0\0\0\0\0{}"s, FileKind::kSafetensors,
                         "a safetensors file"},
                    Case{"safetensors_spaced", "\2\1\0\0\0\0\0\0{ \n \"a\""s,
                         FileKind::kSafetensors, "a safetensors file"},
                    Case{"safetensors_as_long_as_gzip", "\x1f\x8b\0\0\0\0\0\0{\"a\":"s,
                         FileKind::kSafetensors, "a safetensors file"},
                    Case{"safetensors_as_long_as_zip", "PK\3\4\0\0\0\0{\"a\":"s,
                         FileKind::kSafetensors, "a safetensors file"},
                    Case{"length_and_brace", "\x40\0\0\0\0\0\0\0{a"s, FileKind::kUnknown,
                         "not a format known here"},
                    Case{"brace_behind_40_bits", "\x40\0\0\0\1\0\0\0{\"a"s, FileKind::kUnknown,
                         "not a format known here"},
                    Case{"tar", std::string(257, 'a') + "ustar" + std::string(250, '\0'),
                         FileKind::kTar, "a tar archive"},
                    Case{"old_tar", OldTar(), FileKind::kTar, "a tar archive"},
                    Case{"html", "\xef\xbb\xbf\n<!doctype HTML>", FileKind::kHtml, "an HTML page"},
                    Case{"html_tag", "<HTML lang=en>", FileKind::kHtml, "an HTML page"},
                    Case{"xml", "<?xml version", FileKind::kXml, "an XML document"},
                    Case{"json", " { \"error\"", FileKind::kJson, "a JSON document"},
                    Case{"json_array", "[{", FileKind::kJson, "a JSON document"},
                    Case{"git_lfs", "version https://git-lfs.github.com/spec/v1",
                         FileKind::kGitLfsPointer, "a Git LFS pointer"},
                    Case{"gzip", "\x1f\x8b\x08", FileKind::kCompressed, "a gzip file"},
                    Case{"xz",
                         "\xfd"
                         "7zXZ\0"s,
                         FileKind::kCompressed, "an xz file"},
                    Case{"zstd", "\x28\xb5\x2f\xfd", FileKind::kCompressed, "a zstd file"},
                    Case{"seven_zip", "7z\xbc\xaf\x27\x1c", FileKind::kArchive, "a 7z archive"},
                    Case{"png", "\x89PNG\r\n\x1a\n", FileKind::kPicture, "a PNG picture"},
                    Case{"jpeg", "\xff\xd8\xff\xe0", FileKind::kPicture, "a JPEG picture"},
                    Case{"mobile", "\x20\0\0\0PTMF"s, FileKind::kTorchFlatbuffer,
                         "a PyTorch mobile flatbuffer"},
                    Case{"pre_release", "PYTORCH1", FileKind::kTorchPreRelease,
                         "a pre-release PyTorch archive"},
                    Case{"hdf5", "\x89HDF\r\n\x1a\n", FileKind::kOther, "an HDF5 file (Keras)"},
                    Case{"text", "hello", FileKind::kUnknown, "not a format known here"},
                    Case{"brace_alone", "{", FileKind::kUnknown, "not a format known here"}),
    [](const auto& info) { return info.param.name; });

// Every prefix of every head has an answer.
TEST(Sniff, TakesAnyLength) {
  std::string all(600, '\x80');
  for (size_t size = 0; size < all.size(); ++size) {
    EXPECT_FALSE(Sniff(AsBytes(all).first(size)).what.empty());
  }
}

}  // namespace
}  // namespace zoo
