// What a file is, told by its first bytes: the checkpoint reader names what it cannot read, the
// cache names what came instead of a file. Never by extension. Pure; any thread.
//
//   Sniffed seen = Sniff(first_bytes);
//   seen.what;  // "an HTML page"
//   seen.hint;  // "the server answered with a page; ..."; may be empty
#ifndef ZOO_BASE_SNIFF_H_
#define ZOO_BASE_SNIFF_H_

#include <string_view>

#include "zoo/base/bytes.h"

namespace zoo {

enum class FileKind {
  kUnknown,
  kEmpty,
  kHtml,
  kXml,
  kJson,
  kGitLfsPointer,
  kCompressed,   // gzip, xz, bzip2, zstd
  kArchive,      // 7z, rar
  kPicture,      // png, jpeg, gif
  kOther,        // another program's format: named in `what`
  kZip,          // any zip archive
  kTorchLegacy,  // torch.save before 1.6
  kTar,
  kPickle,
  kSafetensors,
  kTorchFlatbuffer,  // PyTorch mobile
  kTorchPreRelease,
};

struct Sniffed {
  FileKind kind = FileKind::kUnknown;
  std::string_view what;  // with its article: "a gzip file"; "not a format known here"
  std::string_view hint;  // what to do; may be empty
};

// Looks at no more than the first kSniffBytes; fewer are enough for all but tar.
inline constexpr size_t kSniffBytes = 512;
Sniffed Sniff(ByteView head);

}  // namespace zoo

#endif  // ZOO_BASE_SNIFF_H_
