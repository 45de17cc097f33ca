#include "zoo/base/hash_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "zoo/base/base64.h"
#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo {
namespace {

// As tests/data/make_hash_tree_goldens.py makes them.
std::string Content(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>(static_cast<uint32_t>(i) * 2654435761u >> 24);
  }
  return bytes;
}

HashTree TreeOf(std::string_view content, uint64_t length, size_t chunk) {
  HashTreeHasher hasher(length);
  for (; !content.empty(); content.remove_prefix(std::min(chunk, content.size()))) {
    hasher.Update(AsBytes(content.substr(0, chunk)));
  }
  return hasher.Finish();
}

std::string PiecesText(const HashTree& tree) {
  std::string bytes;
  for (const Digest& piece : tree.pieces) bytes += AsText(piece.bytes());
  return ToBase64(AsBytes(bytes));
}

uint64_t Whole(const Json& row, std::string_view name) { return *At(row, {name}).AsUint64(); }

TEST(HashTree, IsWhatLibtorrentComputes) {
  const Json goldens = ReadGoldenFile("tests/data/hash_tree_goldens.json");
  ASSERT_GT(goldens.AsArray()->size(), 30u);
  for (const Json& row : *goldens.AsArray()) {
    const std::string content = Content(Whole(row, "size"));
    for (size_t chunk : {size_t{4097}, size_t{kHashBlock}, size_t{1} << 20}) {
      const HashTree tree = TreeOf(content, Whole(row, "length"), chunk);
      EXPECT_EQ(tree.root.hex(), Text(At(row, {"root"}))) << row.Dump(-1);
      EXPECT_EQ(PiecesText(tree), Text(At(row, {"pieces"}))) << row.Dump(-1);
      EXPECT_EQ(tree.piece_length, Whole(row, "length"));
    }
  }
}

TEST(HashTree, AnEmptyFileHasNone) {
  const HashTree tree = HashTreeHasher(kHashBlock).Finish();
  EXPECT_EQ(tree, (HashTree{.piece_length = kHashBlock}));
  EXPECT_EQ(tree.root, Digest());
}

TEST(HashTree, AHasherStartsAnewAfterFinish) {
  const std::string content = Content(5 * kHashBlock + 3);
  HashTreeHasher hasher(2 * kHashBlock);
  hasher.Update(AsBytes(content));
  const HashTree tree = hasher.Finish();
  hasher.Update(AsBytes(content));
  EXPECT_EQ(hasher.Finish(), tree);
  EXPECT_EQ(hasher.Finish().root, Digest());
}

TEST(HashTree, EachPieceAloneHasTheHashThatTheTreeHas) {
  constexpr uint64_t kLength = 4 * kHashBlock;
  for (uint64_t size : {kLength + 1, 2 * kLength, 3 * kLength + kHashBlock, 5 * kLength - 1}) {
    const std::string content = Content(size);
    const HashTree tree = TreeOf(content, kLength, size);
    ASSERT_EQ(tree.pieces.size(), (size + kLength - 1) / kLength);
    for (size_t i = 0; i < tree.pieces.size(); ++i) {
      std::string piece = content.substr(i * kLength, kLength);
      EXPECT_EQ(HashPiece(AsBytes(piece), kLength), tree.pieces[i]) << size << ' ' << i;
      piece.back() ^= 1;
      EXPECT_NE(HashPiece(AsBytes(piece), kLength), tree.pieces[i]) << size << ' ' << i;
    }
    EXPECT_EQ(RootOfPieces(tree.pieces, kLength), tree.root);
  }
}

// The same file has one root, whatever its pieces.
TEST(HashTree, TheRootDoesNotDependOnTheLengthOfPieces) {
  const std::string content = Content(21 * kHashBlock + 100);
  const Digest root = TreeOf(content, kHashBlock, 1 << 20).root;
  for (uint64_t length = 2 * kHashBlock; length <= 128 * kHashBlock; length *= 2) {
    EXPECT_EQ(TreeOf(content, length, 1 << 20).root, root) << length;
  }
}

TEST(HashTree, AListOfOtherPiecesHasAnotherRoot) {
  HashTree tree = TreeOf(Content(5 * kHashBlock), kHashBlock, 1 << 20);
  std::swap(tree.pieces[0], tree.pieces[1]);
  EXPECT_NE(RootOfPieces(tree.pieces, kHashBlock), tree.root);
  std::swap(tree.pieces[0], tree.pieces[1]);
  tree.pieces.pop_back();
  EXPECT_NE(RootOfPieces(tree.pieces, kHashBlock), tree.root);
}

TEST(HashTree, PieceLengthsArePowersOfTwo) {
  for (uint64_t length : {uint64_t{16384}, uint64_t{32768}, uint64_t{1} << 20, uint64_t{1} << 63}) {
    EXPECT_TRUE(IsPieceLength(length)) << length;
  }
  for (uint64_t length :
       {uint64_t{0}, uint64_t{1}, uint64_t{8192}, uint64_t{16385}, uint64_t{49152}, ~uint64_t{0}}) {
    EXPECT_FALSE(IsPieceLength(length)) << length;
  }
}

}  // namespace
}  // namespace zoo
