// The hash tree of a file that BitTorrent v2 defines (BEP 52): a binary tree of SHA-256 over blocks
// of 16 KiB. Its root is the file's identity there; the layer of its nodes that cover one piece
// each lets a damaged piece be found, and fetched, alone.
//
//   HashTreeHasher hasher(kPieceLength);
//   while (...) hasher.Update(chunk);
//   HashTree tree = hasher.Finish();
//   if (HashPiece(bytes, tree.piece_length) == tree.pieces[i]) ...
//
// Leaves that a tree of full width has and the file has not are 32 zero bytes. Values; a hasher
// belongs to one thread at a time.
#ifndef ZOO_BASE_HASH_TREE_H_
#define ZOO_BASE_HASH_TREE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"

namespace zoo {

// What a leaf covers; the last block of a file is hashed as it is, however short.
inline constexpr uint64_t kHashBlock = 16384;

// A power of two from kHashBlock.
bool IsPieceLength(uint64_t bytes);

struct HashTree {
  uint64_t piece_length = 0;
  Digest root;                 // all zero for an empty file, which has no tree
  std::vector<Digest> pieces;  // in order, the last one over padding too; empty if it is one piece

  bool operator==(const HashTree&) const = default;
};

// Takes a file once, from its first byte to its last, and keeps 32 bytes a piece and 32 a block of
// the piece that is being read.
class HashTreeHasher {
 public:
  // REQUIRES: IsPieceLength(piece_length).
  explicit HashTreeHasher(uint64_t piece_length);

  void Update(ByteView bytes);
  // The tree over all bytes so far; the hasher then starts anew.
  HashTree Finish();

 private:
  void EndBlock();

  uint64_t piece_length_;
  Sha256 block_;
  uint64_t in_block_ = 0;       // bytes that block_ has taken
  std::vector<Digest> blocks_;  // of the piece that is being read; never a whole piece of them
  std::vector<Digest> pieces_;
};

// What HashTree::pieces has for these bytes: a whole piece, or the last and shorter one of a file
// that has several. (A file of one piece has only its root.)
// REQUIRES: IsPieceLength(piece_length), 0 < piece.size() <= piece_length.
Digest HashPiece(ByteView piece, uint64_t piece_length);

// The root of the tree in which those are the nodes over one piece each. With it a list of pieces
// from anywhere is held against a root that is trusted.
// REQUIRES: IsPieceLength(piece_length), at least two pieces.
Digest RootOfPieces(std::span<const Digest> pieces, uint64_t piece_length);

}  // namespace zoo

#endif  // ZOO_BASE_HASH_TREE_H_
