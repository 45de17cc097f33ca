#include "zoo/registry/packed_entry.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/packing.h"
#include "zoo/registry/registry.h"
#include "zoo/registry/test_registry.h"

namespace zoo {
namespace {

std::string Packed(const Entry& entry) {
  Packer packer;
  PackEntry(entry, packer);
  return packer.bytes();
}

// kGood's, which has a value in every field, as its registry's file has it.
Entry Full() {
  Entry entry = ParseText(kGood).value().entries()[0];
  entry.registry.clear();
  return entry;
}

void ExpectItself(const Entry& entry) {
  const std::string bytes = Packed(entry);
  const std::optional<Entry> again = UnpackEntry(AsBytes(bytes));
  ASSERT_TRUE(again) << entry.name();
  EXPECT_TRUE(*again == entry) << entry.name();
  const EntryName name = UnpackName(AsBytes(bytes));
  EXPECT_EQ(name.model, entry.model);
  EXPECT_EQ(name.weights, entry.weights);
  EXPECT_EQ(name.is_default, entry.is_default);
}

TEST(PackedEntry, EveryFieldComesBack) {
  ExpectItself(Full());
  ExpectItself(Entry());
}

TEST(PackedEntry, EveryFieldComesBackWhereItIsLeftOut) {
  const std::string kPaths[] = {
      "weights",     "default", "architecture", "artifact.pieces", "parameters", "license",
      "metrics",     "gflops",  "min_size",     "recipe",          "categories", "preset",
      "fingerprint", "probe",   "supersedes",   "provenance",      "later"};
  for (const std::string& path : kPaths) {
    Entry entry = ParseText(With("entries.0." + path, "")).value().entries()[0];
    EXPECT_FALSE(entry == Full()) << path;
    entry.registry.clear();
    ExpectItself(entry);
  }
}

TEST(PackedEntry, TheBuiltinOnesComeBack) {
  const Registry builtin = BuiltinRegistry();
  for (Entry entry : builtin.entries()) {
    entry.registry.clear();
    ExpectItself(entry);
  }
}

TEST(PackedEntry, WhereItWasFoundIsNotInIt) {
  Entry entry = Full();
  const std::string bytes = Packed(entry);
  entry.registry = "lab";
  entry.base = "https://host/";
  entry.public_addresses_only = true;
  EXPECT_EQ(Packed(entry), bytes);
}

TEST(PackedEntry, EveryPrefixIsNone) {
  const std::string bytes = Packed(Full());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(UnpackEntry(AsBytes(bytes).first(size))) << size;
  }
  EXPECT_FALSE(UnpackEntry(AsBytes(bytes + '\0')));
}

// There is no checksum in an entry: whatever comes back is one that would be written so.
TEST(PackedEntry, EveryOtherByteIsNoneOrAnotherEntry) {
  const std::string bytes = Packed(Full());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int change = 1; change < 256; ++change) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ change);
      (void)UnpackName(AsBytes(changed));
      const std::optional<Entry> entry = UnpackEntry(AsBytes(changed));
      if (!entry) continue;
      const std::string again = Packed(*entry);
      ASSERT_TRUE(UnpackEntry(AsBytes(again))) << at << " " << change;
      ASSERT_NE(again, bytes) << at << " " << change;
    }
  }
}

}  // namespace
}  // namespace zoo
