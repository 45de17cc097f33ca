// The `pieces` of an artifact: the layer of its BitTorrent v2 hash tree (BEP 52) that lets a
// damaged part be found and fetched alone. Pure; any thread.
#ifndef ZOO_REGISTRY_PIECES_H_
#define ZOO_REGISTRY_PIECES_H_

#include <cstdint>
#include <optional>

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/fields.h"

namespace zoo {

// Reads `artifact`.pieces, if it is there, for a file of that exact size (nothing if the size is
// not known, which then is a problem: the count of the hashes follows from it).
std::optional<Pieces> ReadPieces(Fields& artifact, std::optional<uint64_t> size);

// The same as JSON.
Json PiecesJson(const Pieces& pieces);

}  // namespace zoo

#endif  // ZOO_REGISTRY_PIECES_H_
