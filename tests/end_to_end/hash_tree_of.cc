// hash_tree_of FILE PIECE_LENGTH: the file's hash tree, as tests/data/make_hash_tree_goldens.py
// prints libtorrent's.
#include <fmt/format.h>

#include <fstream>
#include <string>
#include <vector>

#include "zoo/base/base64.h"
#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/hash_tree.h"
#include "zoo/base/json.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  zoo::HashTreeHasher hasher(std::stoull(argv[2]));
  std::vector<char> buffer(100'000);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), file.gcount() > 0) {
    hasher.Update(zoo::AsBytes({buffer.data(), static_cast<size_t>(file.gcount())}));
  }
  const zoo::HashTree tree = hasher.Finish();
  std::string pieces;
  for (const zoo::Digest& piece : tree.pieces) pieces += zoo::AsText(piece.bytes());
  fmt::print("{}\n", zoo::Json(zoo::Json::Object{{"root", tree.root.hex()},
                                                 {"pieces", zoo::ToBase64(zoo::AsBytes(pieces))}})
                         .Dump());
  return 0;
}
