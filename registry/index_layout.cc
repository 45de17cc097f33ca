#include "zoo/registry/index_layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "zoo/registry/name_order.h"
#include "zoo/registry/packed_entry.h"
#include "zoo/registry/packing.h"

namespace zoo {
namespace {

constexpr uint64_t kMagic = 0x7865646e696f6f7a;
// Another one for every change of what is written, and for every field that the parser learns: an
// index of an older program would lack it.
constexpr uint64_t kFormat = 1;
constexpr size_t kAlignment = 8;

struct Head {
  uint64_t magic = kMagic, format = kFormat, checksum = 0;
  uint64_t about_bytes = 0, entries = 0, records_bytes = 0;
};
constexpr size_t kUnsummed = 3 * sizeof(uint64_t);  // magic, format and the checksum itself

Error Corrupt(std::string what) { return {ErrorCode::kCorrupt, "the index " + what, ""}; }

uint64_t Padded(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// One word into one sum. For each word it maps sums one to one, and for each sum words: two inputs
// that differ in one word alone never have one checksum.
uint64_t Mix(uint64_t sum, uint64_t word) {
  return std::rotl((sum ^ word) * 0x9E3779B97F4A7C15, 29);
}

// Against accidents, not against forgers. Four sums in turn, so that none waits for the one before.
uint64_t Checksum(ByteView bytes) {
  constexpr size_t kTurn = 4 * sizeof(uint64_t);
  std::array<uint64_t, 4> sums = {1, 2, 3, 4}, words;
  auto take = [&](size_t count) {
    std::memcpy(words.data(), bytes.data(), count);
    for (size_t i = 0; i < sums.size(); ++i) sums[i] = Mix(sums[i], words[i]);
    bytes = bytes.subspan(count);
  };
  const size_t size = bytes.size();
  while (bytes.size() >= kTurn) take(kTurn);
  words = {};
  if (!bytes.empty()) take(bytes.size());
  uint64_t all = size;
  for (uint64_t sum : sums) all = Mix(all, sum);
  return all;
}

void PackAbout(const Registry& registry, const IndexedDocument& document, Packer& packer) {
  packer.Sha256(document.sha256);
  packer.Whole(static_cast<uint64_t>(document.origin));
  packer.Whole(document.bytes);
  packer.Signed(document.modified_ns);
  packer.Signed(document.changed_ns);
  packer.Whole(document.inode);
  packer.Text(registry.name());
  packer.Whole(registry.version());
  packer.Whole(registry.categories().size());
  for (const auto& [list, names] : registry.categories()) {
    packer.Text(list);
    packer.Whole(names.size());
    for (const std::string& name : names) packer.Text(name);
  }
}

// False if these are not the bytes of PackAbout and their padding.
bool UnpackAbout(ByteView bytes, IndexContent& content) {
  Unpacker unpacker(bytes);
  content.document.sha256 = unpacker.Sha256();
  content.document.origin = static_cast<RegistryOrigin>(unpacker.Whole());
  content.document.bytes = unpacker.Whole();
  content.document.modified_ns = unpacker.Signed();
  content.document.changed_ns = unpacker.Signed();
  content.document.inode = unpacker.Whole();
  content.name = unpacker.Text();
  content.version = unpacker.Whole();
  const size_t lists = unpacker.Count(2);
  for (size_t i = 0; i < lists && !unpacker.failed(); ++i) {
    std::vector<std::string>& names = content.categories[std::string(unpacker.Text())];
    names.resize(unpacker.Count(1));
    for (std::string& name : names) name = unpacker.Text();
  }
  while (!unpacker.failed() && !unpacker.AtEnd()) {
    if (unpacker.Flag()) unpacker.Fail();
  }
  return unpacker.AtEnd();
}

// Appends raw values, and zeros up to the alignment.
template <typename T>
void Append(std::string& bytes, std::span<const T> values) {
  bytes += AsText(std::as_bytes(values));
  bytes.resize(Padded(bytes.size()));
}

template <typename T>
std::span<const T> SpanOf(ByteView bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

// The bytes that sections 3 and 4 take for so many entries.
struct TableBytes {
  uint64_t starts, order;

  explicit TableBytes(uint64_t entries)
      : starts((entries + 1) * sizeof(uint64_t)), order(Padded(entries * sizeof(uint32_t))) {}
};

// What a head says must be exactly the bytes that are there.
Status CheckHead(const Head& head, ByteView bytes) {
  if (head.magic != kMagic || head.format != kFormat) {
    return Corrupt("is none of this version of the program");
  }
  const uint64_t left = bytes.size() - sizeof(Head);
  bool fits = head.about_bytes <= left && head.about_bytes % kAlignment == 0 &&
              head.entries <= left / sizeof(uint64_t) &&
              head.entries <= std::numeric_limits<uint32_t>::max() && head.records_bytes <= left;
  if (fits) {
    const TableBytes tables(head.entries);
    fits = head.about_bytes + tables.starts + tables.order + head.records_bytes == left;
  }
  if (!fits) return Corrupt("is not as long as it says");
  if (Checksum(bytes.subspan(kUnsummed)) != head.checksum) return Corrupt("is damaged");
  return {};
}

bool AreStarts(std::span<const uint64_t> starts, uint64_t end) {
  return starts.front() == 0 && starts.back() == end && std::ranges::is_sorted(starts);
}

}  // namespace

std::string IndexBytes(const Registry& parsed, const IndexedDocument& document) {
  const std::vector<Entry>& entries = parsed.entries();
  Packer records, about;
  std::vector<uint64_t> starts;
  starts.reserve(entries.size() + 1);
  for (const Entry& entry : entries) {
    starts.push_back(records.bytes().size());
    PackEntry(entry, records);
  }
  starts.push_back(records.bytes().size());
  const std::vector<uint32_t> order = OrderByName(entries.size(), [&](uint32_t i) {
    return EntryName{entries[i].model, entries[i].weights, entries[i].is_default};
  });
  PackAbout(parsed, document, about);
  const Head head{.about_bytes = Padded(about.bytes().size()),
                  .entries = entries.size(),
                  .records_bytes = records.bytes().size()};
  std::string bytes;
  const TableBytes tables(entries.size());
  bytes.reserve(sizeof(head) + head.about_bytes + tables.starts + tables.order +
                head.records_bytes);
  Append(bytes, std::span(&head, 1));
  Append(bytes, std::span(about.bytes()));
  Append(bytes, std::span<const uint64_t>(starts));
  Append(bytes, std::span<const uint32_t>(order));
  bytes += records.bytes();
  SealIndex(bytes);
  return bytes;
}

void SealIndex(std::string& bytes) {
  const uint64_t checksum = Checksum(AsBytes(bytes).subspan(kUnsummed));
  std::memcpy(bytes.data() + offsetof(Head, checksum), &checksum, sizeof(checksum));
}

Result<IndexContent> ReadIndex(ByteView bytes, std::shared_ptr<const void> memory) {
  Head head;
  if (bytes.size() < sizeof(head)) return Corrupt("is cut off");
  std::memcpy(&head, bytes.data(), sizeof(head));
  ZOO_RETURN_IF_ERROR(CheckHead(head, bytes));
  const TableBytes tables(head.entries);
  const ByteView about = bytes.subspan(sizeof(head), head.about_bytes);
  const ByteView rest = bytes.subspan(sizeof(head) + head.about_bytes);
  IndexContent content;
  content.sections = {
      .memory = std::move(memory),
      .starts = SpanOf<uint64_t>(rest.first(tables.starts)),
      .by_name = SpanOf<uint32_t>(rest.subspan(tables.starts, tables.order)).first(head.entries),
      .records = rest.subspan(tables.starts + tables.order)};
  const bool right = UnpackAbout(about, content) &&
                     AreStarts(content.sections.starts, head.records_bytes) &&
                     std::ranges::all_of(content.sections.by_name,
                                         [&](uint32_t number) { return number < head.entries; });
  if (!right) return Corrupt("contradicts itself");
  return content;
}

}  // namespace zoo
