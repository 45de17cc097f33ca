#include "zoo/base/sniff.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace zoo {
namespace {

using namespace std::string_view_literals;

// Bytes at an offset, in the order of trial: the longer and surer ones first.
struct Signature {
  size_t offset;
  std::string_view bytes;
  Sniffed is;
};

constexpr std::string_view kUnpackFirst = "unpack it first";
constexpr std::string_view kNotWeights = "this is the wrong file: weights are .pth or .safetensors";
constexpr std::string_view kPage =
    "the server answered with a page instead of the file: look at the address in a browser";

constexpr Signature kSignatures[] = {
    {0,
     "version https://git-lfs"sv,
     {FileKind::kGitLfsPointer, "a Git LFS pointer",
      "fetch the file it points to with `git lfs pull`"}},
    {0, "PK\3\4"sv, {FileKind::kZip, "a zip archive", ""}},
    {0, "PK\5\6"sv, {FileKind::kZip, "a zip archive", ""}},
    {2,
     "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv,
     {FileKind::kTorchLegacy, "a legacy PyTorch file", ""}},
    {0, "L119547037146038801333356L"sv, {FileKind::kTorchLegacy, "a legacy PyTorch file", ""}},
    // Protocols 4 and 5 put a FRAME of 13 bytes around it.
    {2,
     "\x95\x0d\0\0\0\0\0\0\0\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv,
     {FileKind::kTorchLegacy, "a legacy PyTorch file", ""}},
    {0,
     "PYTORCH1"sv,
     {FileKind::kTorchPreRelease, "a pre-release PyTorch archive",
      "write it again with a released PyTorch"}},
    {4,
     "PTMF"sv,
     {FileKind::kTorchFlatbuffer, "a PyTorch mobile flatbuffer",
      "ask its publisher for the state dict"}},
    {0, "\x1f\x8b"sv, {FileKind::kCompressed, "a gzip file", kUnpackFirst}},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     {FileKind::kCompressed, "an xz file", kUnpackFirst}},
    {0, "BZh"sv, {FileKind::kCompressed, "a bzip2 file", kUnpackFirst}},
    {0, "\x28\xb5\x2f\xfd"sv, {FileKind::kCompressed, "a zstd file", kUnpackFirst}},
    {0, "7z\xbc\xaf\x27\x1c"sv, {FileKind::kArchive, "a 7z archive", kUnpackFirst}},
    {0, "Rar!\x1a\7"sv, {FileKind::kArchive, "a rar archive", kUnpackFirst}},
    {0, "\x89PNG\r\n\x1a\n"sv, {FileKind::kPicture, "a PNG picture", kNotWeights}},
    {0, "\xff\xd8\xff"sv, {FileKind::kPicture, "a JPEG picture", kNotWeights}},
    {0, "GIF8"sv, {FileKind::kPicture, "a GIF picture", kNotWeights}},
    {0, "%PDF-"sv, {FileKind::kOther, "a PDF document", kNotWeights}},
    {0,
     "\x7f"
     "ELF"sv,
     {FileKind::kOther, "a program (ELF)", kNotWeights}},
    {0, "\x89HDF\r\n\x1a\n"sv, {FileKind::kOther, "an HDF5 file (Keras)", kNotWeights}},
    {0, "GGUF"sv, {FileKind::kOther, "a GGUF file (llama.cpp)", kNotWeights}},
    {0, "\x93NUMPY"sv, {FileKind::kOther, "a NumPy array file", kNotWeights}},
    {257, "ustar"sv, {FileKind::kTar, "a tar archive", ""}},
};

// A tar header from before ustar: its checksum field holds the sum of the others.
bool IsOldTar(std::string_view head) {
  if (head.size() < 512 || head[0] == 0) return false;
  unsigned sum = 0, written = 0;
  for (size_t i = 0; i < 512; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<uint8_t>(head[i]);
  }
  for (char c : head.substr(148, 8)) {
    if (c >= '0' && c <= '7') written = written * 8 + static_cast<unsigned>(c - '0');
  }
  return written == sum;
}

constexpr std::string_view kJsonSpace = " \t\r\n";

// A JSON object behind its length in 64 bits, of which no file needs more than 32.
bool IsSafetensors(std::string_view head) {
  if (head.size() < 10 || head.substr(4, 5) != "\0\0\0\0{"sv) return false;
  size_t inside = head.find_first_not_of(kJsonSpace, 9);
  return inside == std::string_view::npos || head[inside] == '"' || head[inside] == '}';
}

bool StartsWithWord(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

// Text formats: after a byte order mark and white space.
Sniffed SniffText(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  size_t start = head.find_first_not_of(kJsonSpace);
  std::string_view text = start == std::string_view::npos ? ""sv : head.substr(start);
  for (std::string_view tag : {"<!doctype html"sv, "<html"sv, "<head"sv, "<body"sv, "<!--"sv}) {
    if (StartsWithWord(text, tag)) return {FileKind::kHtml, "an HTML page", kPage};
  }
  if (StartsWithWord(text, "<?xml")) return {FileKind::kXml, "an XML document", kPage};
  size_t inside = text.find_first_not_of(kJsonSpace, 1);
  bool object = text.starts_with('{') && inside != std::string_view::npos &&
                (text[inside] == '"' || text[inside] == '}');
  if (object || text.starts_with("[{")) return {FileKind::kJson, "a JSON document", ""};
  return {FileKind::kUnknown, "not a format known here", ""};
}

}  // namespace

Sniffed Sniff(ByteView bytes) {
  if (bytes.empty()) return {FileKind::kEmpty, "an empty file", "download it again"};
  std::string_view head = AsText(bytes.first(std::min(bytes.size(), kSniffBytes)));
  // Before the signatures: the length may happen to be one of the shorter of them.
  if (IsSafetensors(head)) return {FileKind::kSafetensors, "a safetensors file", ""};
  for (const Signature& row : kSignatures) {
    if (head.size() > row.offset && head.substr(row.offset).starts_with(row.bytes)) return row.is;
  }
  if (IsOldTar(head)) return {FileKind::kTar, "a tar archive", ""};
  if (head.size() >= 2 && head[0] == '\x80' && head[1] >= 1 && head[1] <= 5) {
    return {FileKind::kPickle, "a plain pickle", ""};
  }
  return SniffText(head);
}

}  // namespace zoo
