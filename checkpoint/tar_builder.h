// Tar files for tests, header by header: TarMemberText({.name = "pickle", .data = bytes}).
#ifndef ZOO_CHECKPOINT_TAR_BUILDER_H_
#define ZOO_CHECKPOINT_TAR_BUILDER_H_

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace zoo {

struct TarEntry {
  std::string name;
  std::string data;
  char type = '0';
  bool ustar = true;
  std::string prefix;
  std::optional<std::string> size;      // the field's text, if it is not that of the data
  std::optional<std::string> checksum;  // likewise
};

inline std::string TarMemberText(const TarEntry& entry) {
  auto octal = [](uint64_t value, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
    return std::string(text);
  };
  std::string head(512, '\0');
  head.replace(0, entry.name.size(), entry.name);
  head.replace(100, 7, "0000644");
  head.replace(108, 7, "0000000");
  head.replace(116, 7, "0000000");
  std::string size = entry.size.value_or(octal(entry.data.size(), 11));
  head.replace(124, size.size(), size);
  head.replace(136, 11, "00000000000");
  head.replace(148, 8, "        ");
  head[156] = entry.type;
  if (entry.ustar) head.replace(257, 8, std::string("ustar\00000", 8));
  head.replace(345, entry.prefix.size(), entry.prefix);
  unsigned sum = 0;
  for (char c : head) sum += static_cast<unsigned char>(c);
  head.replace(148, 8, entry.checksum.value_or(octal(sum, 6) + std::string("\0 ", 2)));
  return head + entry.data + std::string((512 - entry.data.size() % 512) % 512, '\0');
}

inline std::string TarEnd() { return std::string(1024, '\0'); }

// A pax header with one record.
inline std::string PaxText(const std::string& key, const std::string& value) {
  size_t length = key.size() + value.size() + 3;
  length += std::to_string(length + 1).size();
  return TarMemberText({.name = "PaxHeaders/x",
                        .data = std::to_string(length) + " " + key + "=" + value + "\n",
                        .type = 'x'});
}

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TAR_BUILDER_H_
