#include "zoo/registry/registry_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/index_layout.h"
#include "zoo/registry/name.h"
#include "zoo/registry/registry.h"
#include "zoo/registry/test_registry.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

// kGood and a few more, whose order in the file is not that of their names.
std::string SampleText() {
  Json document = ParseJson(kGood).value();
  Json::Array& entries = *At(document, "entries").AsArray();
  for (const char* name : {"zeta:b", "alpha", "zeta:a", "resnet18:V0", "resnet1:V1"}) {
    const Name parsed = ParseName(name).value();
    Json entry = entries[0];
    At(entry, "model") = parsed.model;
    At(entry, "weights") = parsed.weights;
    if (parsed.weights.empty()) Remove(entry, "weights");
    At(entry, "default") = parsed.model != "resnet18" && parsed.weights != "a";
    entries.push_back(std::move(entry));
  }
  return document.Dump();
}

// A document with its index beside it, in a folder of its own.
struct Lab {
  TempDir folder = TempDir::InMemory();
  std::string text = SampleText();
  std::filesystem::path file = folder.Write("zoo.json", text);
  std::filesystem::path index = folder.path() / "zoo.index";
  Registry parsed = ParseText(text).value();

  IndexedDocument Document() const {
    return StampDocument(file, Digest::Of(AsBytes(text)), RegistryOrigin::kFile).value();
  }
  Status Write() const { return WriteRegistryIndex(parsed, Document(), index); }
  Result<Registry> Open() const { return OpenRegistryIndex(Document(), index, "lab"); }
};

TEST(RegistryIndex, TheRegistryComesBack) {
  Lab lab;
  ASSERT_TRUE(lab.Write());
  const Registry registry = lab.Open().value();
  EXPECT_EQ(registry.alias(), "lab");
  EXPECT_EQ(registry.name(), "example");
  EXPECT_EQ(registry.version(), 7u);
  EXPECT_EQ(registry.size(), lab.parsed.size());
  EXPECT_EQ(registry.categories(), lab.parsed.categories());
  EXPECT_TRUE(registry.entries() == lab.parsed.entries());
}

TEST(RegistryIndex, AnEmptyRegistryComesBack) {
  TempDir folder;
  const auto file = folder.Write("zoo.json", "x");
  const auto document = StampDocument(file, Digest(), RegistryOrigin::kUrl).value();
  ASSERT_TRUE(WriteRegistryIndex(Registry::Of("lab", {}, {}), document, folder.path() / "i"));
  const Registry registry = OpenRegistryIndex(document, folder.path() / "i", "lab").value();
  EXPECT_EQ(registry.size(), 0u);
  EXPECT_TRUE(registry.entries().empty());
  EXPECT_EQ(registry.Lookup({.model = "a"}), nullptr);
}

TEST(RegistryIndex, EveryNameIsFoundAsInTheFile) {
  Lab lab;
  ASSERT_TRUE(lab.Write());
  const Registry registry = lab.Open().value();
  for (const Entry& entry : lab.parsed.entries()) {
    const Name exact{.model = entry.model, .weights = entry.weights};
    EXPECT_TRUE(*registry.Find(exact).value() == entry) << entry.name();
    const Name bare{.model = entry.model};
    EXPECT_TRUE(*registry.Find(bare).value() == *lab.parsed.Find(bare).value()) << entry.model;
  }
  for (const char* missing : {"zeta:c", "zetb", "alpha:x", "a", "zzz"}) {
    const Name name = ParseName(missing).value();
    EXPECT_EQ(registry.Find(name).error(), lab.parsed.Find(name).error());
  }
}

TEST(RegistryIndex, WhatWasFoundStays) {
  Lab lab;
  ASSERT_TRUE(lab.Write());
  const Registry registry = lab.Open().value();
  const Registry copy = registry;
  const Entry* found = registry.Find({.model = "alpha"}).value();
  EXPECT_EQ(registry.Find({.model = "alpha"}).value(), found);
  EXPECT_EQ(copy.Find({.model = "alpha"}).value(), found);
  const std::vector<Entry>& all = registry.entries();
  EXPECT_EQ(found->name(), "alpha");
  EXPECT_EQ(&registry.entries(), &all);
  EXPECT_EQ(registry.Find({.model = "alpha"}).value(), &all[2]) << "one of the others from then on";
}

TEST(RegistryIndex, ManyThreadsReadOneRegistry) {
  Lab lab;
  ASSERT_TRUE(lab.Write());
  const Registry registry = lab.Open().value();
  std::vector<std::thread> threads;
  std::vector<size_t> right(4);
  for (size_t i = 0; i < right.size(); ++i) {
    threads.emplace_back([&, i] {
      for (const Entry& entry : lab.parsed.entries()) {
        right[i] += *registry.Lookup({.model = entry.model, .weights = entry.weights}) == entry;
      }
      right[i] += registry.entries() == lab.parsed.entries();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<size_t>(4, lab.parsed.size() + 1));
}

TEST(RegistryIndex, AliasAndBaseAreOfEveryEntry) {
  Lab lab;
  ASSERT_TRUE(lab.Write());
  Registry registry = lab.Open().value();
  registry.SetBase("https://host/lab/", Reach::kPublicAddresses);
  RegistrySet set;
  set.Add(Registry::Of("lab", {}, {}));
  set.Add(registry);
  EXPECT_EQ(set.size(), lab.parsed.size());
  const Entry* entry = set.Find("lab-2/alpha").value();
  EXPECT_EQ(entry->registry, "lab-2");
  EXPECT_EQ(entry->base, "https://host/lab/");
  EXPECT_TRUE(entry->public_addresses_only);
  for (const Entry& each : set.registries()[1].entries()) {
    EXPECT_EQ(each.registry, "lab-2");
    EXPECT_EQ(each.base, "https://host/lab/");
    EXPECT_TRUE(each.public_addresses_only);
  }
}

TEST(RegistryIndex, AnIndexOfAnotherDocumentIsStale) {
  Lab lab;
  ASSERT_TRUE(lab.Write());
  IndexedDocument others[] = {lab.Document(), lab.Document(), lab.Document(),
                              lab.Document(), lab.Document(), lab.Document()};
  others[0].sha256 = Digest();
  others[1].origin = RegistryOrigin::kUrl;
  ++others[2].bytes;
  ++others[3].modified_ns;
  --others[4].changed_ns;
  ++others[5].inode;
  for (const IndexedDocument& other : others) {
    const auto registry = OpenRegistryIndex(other, lab.index, "lab");
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error(),
              (Error{ErrorCode::kCorrupt,
                     lab.index.string() +
                         ": the index is of another document, or of one that was touched since",
                     ""}));
  }
}

TEST(RegistryIndex, ADocumentThatWasWrittenAnewMakesItStale) {
  Lab lab;
  ASSERT_TRUE(lab.Write());
  ASSERT_TRUE(lab.Open());
  std::filesystem::rename(lab.folder.Write("other", lab.text), lab.file);
  EXPECT_EQ(lab.Open().error().code, ErrorCode::kCorrupt) << "the same bytes, and yet not verified";
}

TEST(RegistryIndex, WhatIsMissing) {
  Lab lab;
  EXPECT_EQ(lab.Open().error().code, ErrorCode::kNotFound);
  lab.folder.Write("zoo.index", "");
  EXPECT_EQ(lab.Open().error().message, lab.index.string() + ": the index is no file");
  EXPECT_EQ(StampDocument(lab.folder.path() / "none", Digest(), RegistryOrigin::kUrl).error().code,
            ErrorCode::kNotFound);
}

TEST(RegistryIndex, EveryPrefixIsCorrupt) {
  Lab lab;
  const std::string bytes = IndexBytes(lab.parsed, lab.Document());
  for (size_t size = 1; size < bytes.size(); ++size) {
    lab.folder.Write("zoo.index", bytes.substr(0, size));
    EXPECT_EQ(lab.Open().error().code, ErrorCode::kCorrupt) << size;
  }
  lab.folder.Write("zoo.index", bytes + '\0');
  EXPECT_EQ(lab.Open().error().code, ErrorCode::kCorrupt);
  lab.folder.Write("zoo.index", bytes);
  EXPECT_TRUE(lab.Open());
}

TEST(RegistryIndex, EveryOtherByteIsCorrupt) {
  Lab lab;
  const std::string bytes = IndexBytes(lab.parsed, lab.Document());
  const auto memory = std::make_shared<std::vector<uint64_t>>(bytes.size() / 8 + 1);
  const std::span<char> image(reinterpret_cast<char*>(memory->data()), bytes.size());
  std::ranges::copy(bytes, image.begin());
  const ByteView view = std::as_bytes(image);
  ASSERT_TRUE(ReadIndex(view, memory));
  for (char& byte : image) {
    for (int change = 1; change < 256; ++change) {
      byte = static_cast<char>(byte ^ change);
      ASSERT_EQ(ReadIndex(view, memory).error().code, ErrorCode::kCorrupt) << &byte - image.data();
      byte = static_cast<char>(byte ^ change);
    }
  }
}

// Nobody but a forger makes these; they must still be harmless.
TEST(RegistryIndex, ChangesUnderARightChecksumAreHarmless) {
  Lab lab;
  const std::string bytes = IndexBytes(lab.parsed, lab.Document());
  int opened = 0;
  for (size_t at = 24; at < bytes.size(); ++at) {
    for (const int change : {1, 0x80, 0xff}) {
      std::string forged = bytes;
      forged[at] = static_cast<char>(forged[at] ^ change);
      SealIndex(forged);
      lab.folder.Write("zoo.index", forged);
      const auto registry = lab.Open();
      if (!registry) continue;
      ++opened;
      for (const Entry& entry : lab.parsed.entries()) {
        (void)registry->Find({.model = entry.model, .weights = entry.weights});
      }
      EXPECT_EQ(registry->entries().size(), lab.parsed.size());
    }
  }
  EXPECT_GT(opened, 0);
}

}  // namespace
}  // namespace zoo
