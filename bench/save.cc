// What save.py measures of zoo, one process for all rounds: reads commands from standard input and
// answers each with the seconds it took.
//
//   crc PATH | plain PATH | sha256 PATH    writes the tensors; with CRCs, without, with a SHA-256
//   too hash                                   the SHA-256 of the tensors alone
//
// The tensors are random bytes, of the sizes that its arguments give.
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/writer.h"

namespace zoo {
namespace {

std::vector<std::byte> RandomBytes(size_t count, std::mt19937_64& generator) {
  std::vector<std::byte> bytes(count);
  for (size_t i = 0; i + sizeof(uint64_t) <= count; i += sizeof(uint64_t)) {
    uint64_t value = generator();
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
  return bytes;
}

Document MakeDocument(const std::vector<std::vector<std::byte>>& tensors) {
  Document document;
  std::vector<std::pair<Document::Id, Document::Id>> entries;
  for (const auto& bytes : tensors) {
    uint32_t storage = document.AddStorage({.dtype = DType::kFloat32, .bytes = bytes});
    const auto elements = static_cast<int64_t>(bytes.size() / ItemSize(DType::kFloat32));
    auto tensor = document.Tensor({.storage = storage, .shape = {elements}, .stride = {1}});
    entries.emplace_back(document.String(fmt::format("{}.weight", entries.size())), tensor);
  }
  document.SetRoot(document.Dict(std::move(entries), {.ordered = true}));
  return document;
}

void Save(const Document& document, const std::string& path, const WriteOptions& options) {
  Result<Written> written = WriteCheckpoint(document, path, options);
  if (written) return;
  fmt::print(stderr, "{}\n", written.error().Text());
  std::exit(1);
}

}  // namespace
}  // namespace zoo

int main(int argc, char** argv) {
  std::mt19937_64 generator(1);
  std::vector<std::vector<std::byte>> tensors;
  for (int i = 1; i < argc; ++i) {
    tensors.push_back(zoo::RandomBytes(std::strtoull(argv[i], nullptr, 10), generator));
  }
  const zoo::Document document = zoo::MakeDocument(tensors);
  std::string command, path;
  while (std::cin >> command) {
    if (command != "hash") std::cin >> path;
    const auto start = std::chrono::steady_clock::now();
    if (command == "hash") {
      zoo::Sha256 hasher;
      for (const auto& bytes : tensors) hasher.Update(bytes);
      hasher.Finish();
    } else {
      zoo::Save(document, path,
                {.crc = command != "plain", .sha256 = command == "sha256", .sync = false});
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fmt::print("{}\n", seconds.count());
    std::fflush(stdout);
  }
}
