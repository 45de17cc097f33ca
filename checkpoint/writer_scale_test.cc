// Archives that need zip64: a storage over 4 GiB and what lies behind it, and more than 65,535
// records. The large one goes through a pipe into a file with holes where it has zeros.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

constexpr uint64_t kLarge = (uint64_t{4} << 30) + 4;

// Copies what comes from the pipe; whole pieces of zeros become holes.
void CopySparse(const std::filesystem::path& pipe, const std::filesystem::path& to) {
  UniqueFd in(open(pipe.c_str(), O_RDONLY | O_CLOEXEC));
  UniqueFd out(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  fcntl(in.get(), F_SETPIPE_SZ, 1 << 20);
  std::vector<char> buffer(1 << 20);
  off_t at = 0;
  for (ssize_t got; (got = read(in.get(), buffer.data(), buffer.size())) > 0; at += got) {
    const auto size = static_cast<size_t>(got);
    const bool zeros =
        buffer[0] == 0 && std::memcmp(buffer.data(), buffer.data() + 1, size - 1) == 0;
    const ssize_t put = zeros ? got : pwrite(out.get(), buffer.data(), size, at);
    ASSERT_EQ(put, got);
  }
  ASSERT_EQ(ftruncate(out.get(), at), 0);
}

TEST(WriterScale, AStorageOf4GiB) {
  TempDir folder;
  const auto pipe = folder.path() / "pipe", path = folder.path() / "x.pt";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Document document;
  uint32_t large =
      document.AddStorage({.dtype = DType::kUint8,
                           .nbytes = kLarge,
                           .read = [](uint64_t offset, std::span<std::byte> into) -> Status {
                             std::ranges::fill(into, std::byte{0});
                             if (offset + into.size() == kLarge) into.back() = std::byte{7};
                             return {};
                           }});
  uint32_t small = document.AddStorage({.dtype = DType::kUint8, .bytes = AsBytes("behind")});
  auto tensor = [&](uint32_t storage, int64_t size) {
    return document.Tensor({.storage = storage, .shape = {size}, .stride = {1}});
  };
  document.SetRoot(document.Dict(
      {{document.String("a"), tensor(large, kLarge)}, {document.String("b"), tensor(small, 6)}}));
  std::thread reader([&] { CopySparse(pipe, path); });
  auto written = WriteCheckpoint(document, pipe);
  reader.join();
  ASSERT_TRUE(written) << written.error().Text();
  EXPECT_EQ(written->size, std::filesystem::file_size(path));

  auto opened = Checkpoint::Open(path, {.immutable = true});
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ((*opened)->tensors().size(), 2u);
  EXPECT_EQ((*opened)->storages()[0].nbytes, kLarge);
  for (uint32_t storage : {0, 1}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>((*opened)->StorageView(storage).data()) % 64, 0u);
  }
  EXPECT_EQ(AsText(*(*opened)->Values((*opened)->tensors()[1])), "behind");
  std::byte last{0};
  const StorageCopy copy{.storage = 0, .offset = kLarge - 1, .into = std::span(&last, 1)};
  ASSERT_TRUE((*opened)->Copy(std::span(&copy, 1)));
  EXPECT_EQ(last, std::byte{7});
}

TEST(WriterScale, SeventyThousandRecords) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  constexpr uint32_t kCount = 70'000;
  std::vector<uint32_t> values(kCount);
  Document document;
  std::vector<std::pair<Document::Id, Document::Id>> entries;
  for (uint32_t i = 0; i < kCount; ++i) {
    values[i] = i;
    uint32_t storage = document.AddStorage(
        {.dtype = DType::kInt32, .bytes = std::as_bytes(std::span(&values[i], 1))});
    entries.emplace_back(document.Int(i), document.Tensor({.storage = storage}));
  }
  document.SetRoot(document.Dict(std::move(entries)));
  auto written = WriteCheckpoint(document, path);
  ASSERT_TRUE(written) << written.error().Text();
  auto opened = Checkpoint::Open(path);
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ((*opened)->tensors().size(), kCount);
  for (uint32_t i : {0u, 1u, 65'535u, kCount - 1}) {
    auto bytes = (*opened)->Values((*opened)->tensors()[i]);
    ASSERT_TRUE(bytes) << bytes.error().Text();
    EXPECT_EQ(std::memcmp(bytes->data(), &i, sizeof i), 0) << i;
  }
}

}  // namespace
}  // namespace zoo
