// Any bytes as a pickle whose persistent ids are all storages of six floats.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/arena.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/python_repr.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zoo::Limits limits;
  limits.nodes = 1'000'000;
  zoo::Arena arena(limits);
  arena.storages.push_back({.key = "k", .dtype = zoo::DType::kFloat32, .elements = 6});
  auto persistent = [](zoo::Arena& arena, zoo::NodeId) -> zoo::Result<zoo::NodeId> {
    return arena.AddStorage(0, std::nullopt);
  };
  zoo::Unpickler unpickler(arena, {.bytes = std::as_bytes(std::span(data, size)),
                                   .where = "x",
                                   .persistent = persistent});
  auto root = unpickler.Read();
  if (root) zoo::Repr(arena, *root, 1000);
  return 0;
}
