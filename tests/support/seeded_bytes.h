// Bytes that look random and are the same in every run: a seed stands for a file.
#ifndef ZOO_TESTS_SUPPORT_SEEDED_BYTES_H_
#define ZOO_TESTS_SUPPORT_SEEDED_BYTES_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

namespace zoo {

inline std::string SeededBytes(uint64_t count, uint64_t seed) {
  std::string bytes(count, '\0');
  uint64_t state = seed * 2 + 1;
  for (uint64_t at = 0; at < count; at += sizeof state) {
    // xorshift64*, Vigna 2016.
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    const uint64_t value = state * 0x2545f4914f6cdd1dULL;
    std::memcpy(bytes.data() + at, &value, std::min<uint64_t>(sizeof value, count - at));
  }
  return bytes;
}

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_SEEDED_BYTES_H_
