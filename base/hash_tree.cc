#include "zoo/base/hash_tree.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace zoo {
namespace {

class NodeHasher {
 public:
  Digest operator()(const Digest& left, const Digest& right) {
    sha256_.Update(left.bytes());
    sha256_.Update(right.bytes());
    return sha256_.Finish();
  }

 private:
  Sha256 sha256_;
};

// The node over `width` nodes (a power of two): the given ones, at most that many, and `padding`
// for the rest.
Digest NodeOver(std::vector<Digest> layer, uint64_t width, Digest padding) {
  NodeHasher hash;
  for (; width > 1; width /= 2) {
    if (layer.size() % 2 != 0) layer.push_back(padding);
    for (size_t i = 0; i < layer.size(); i += 2) layer[i / 2] = hash(layer[i], layer[i + 1]);
    layer.resize(layer.size() / 2);
    padding = hash(padding, padding);
  }
  return layer.front();
}

uint64_t BlocksIn(uint64_t piece_length) { return piece_length / kHashBlock; }

}  // namespace

bool IsPieceLength(uint64_t bytes) { return bytes >= kHashBlock && std::has_single_bit(bytes); }

HashTreeHasher::HashTreeHasher(uint64_t piece_length) : piece_length_(piece_length) {
  if (!IsPieceLength(piece_length)) std::abort();
}

void HashTreeHasher::Update(ByteView bytes) {
  while (!bytes.empty()) {
    const size_t taken = std::min<uint64_t>(bytes.size(), kHashBlock - in_block_);
    block_.Update(bytes.first(taken));
    bytes = bytes.subspan(taken);
    in_block_ += taken;
    if (in_block_ == kHashBlock) EndBlock();
  }
}

void HashTreeHasher::EndBlock() {
  blocks_.push_back(block_.Finish());
  in_block_ = 0;
  if (blocks_.size() < BlocksIn(piece_length_)) return;
  pieces_.push_back(NodeOver(std::exchange(blocks_, {}), BlocksIn(piece_length_), Digest()));
}

HashTree HashTreeHasher::Finish() {
  if (in_block_ > 0) EndBlock();
  HashTree tree{.piece_length = piece_length_};
  std::vector<Digest> blocks = std::exchange(blocks_, {});
  std::vector<Digest> pieces = std::exchange(pieces_, {});
  if (pieces.empty()) {
    // Of one piece, which is as wide as its blocks need, or empty.
    const uint64_t width = std::bit_ceil(blocks.size());
    if (!blocks.empty()) tree.root = NodeOver(std::move(blocks), width, Digest());
    return tree;
  }
  if (!blocks.empty()) {
    pieces.push_back(NodeOver(std::move(blocks), BlocksIn(piece_length_), Digest()));
  }
  if (pieces.size() == 1) {
    tree.root = pieces.front();
    return tree;
  }
  tree.root = RootOfPieces(pieces, piece_length_);
  tree.pieces = std::move(pieces);
  return tree;
}

Digest HashPiece(ByteView piece, uint64_t piece_length) {
  if (!IsPieceLength(piece_length) || piece.empty() || piece.size() > piece_length) std::abort();
  std::vector<Digest> blocks;
  for (; !piece.empty(); piece = piece.subspan(std::min<uint64_t>(kHashBlock, piece.size()))) {
    blocks.push_back(Digest::Of(piece.first(std::min<uint64_t>(kHashBlock, piece.size()))));
  }
  return NodeOver(std::move(blocks), BlocksIn(piece_length), Digest());
}

Digest RootOfPieces(std::span<const Digest> pieces, uint64_t piece_length) {
  if (!IsPieceLength(piece_length) || pieces.size() < 2) std::abort();
  // A piece that is all padding.
  const Digest padding = NodeOver({Digest()}, BlocksIn(piece_length), Digest());
  return NodeOver({pieces.begin(), pieces.end()}, std::bit_ceil(pieces.size()), padding);
}

}  // namespace zoo
