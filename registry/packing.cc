#include "zoo/registry/packing.h"

#include <array>
#include <cstring>
#include <utility>

namespace zoo {
namespace {

// Of a JSON value.
enum Tag : uint8_t { kNull, kFalse, kTrue, kSigned, kUnsigned, kReal, kText, kArray, kObject };

// As deep as the documents are that registries are read from.
constexpr int kDeepest = 64;

}  // namespace

void Packer::Whole(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

// The sign in the lowest bit, so that small numbers of either sign are short.
void Packer::Signed(int64_t value) {
  Whole(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
}

void Packer::Real(double value) {
  std::array<char, sizeof(value)> raw;
  std::memcpy(raw.data(), &value, sizeof(value));
  bytes_.append(raw.data(), raw.size());
}

void Packer::Text(std::string_view text) {
  Whole(text.size());
  bytes_ += text;
}

void Packer::Sha256(const Digest& digest) { bytes_ += AsText(digest.bytes()); }

void Packer::Value(const Json& value) {
  if (const bool* flag = value.AsBool()) {
    bytes_ += static_cast<char>(*flag ? kTrue : kFalse);
  } else if (auto whole = value.AsInt64()) {
    bytes_ += static_cast<char>(kSigned);
    Signed(*whole);
  } else if (auto large = value.AsUint64()) {
    bytes_ += static_cast<char>(kUnsigned);
    Whole(*large);
  } else if (auto real = value.AsDouble()) {
    bytes_ += static_cast<char>(kReal);
    Real(*real);
  } else if (const std::string* text = value.AsString()) {
    bytes_ += static_cast<char>(kText);
    Text(*text);
  } else if (const Json::Array* items = value.AsArray()) {
    bytes_ += static_cast<char>(kArray);
    Whole(items->size());
    for (const Json& item : *items) Value(item);
  } else if (const Json::Object* members = value.AsObject()) {
    bytes_ += static_cast<char>(kObject);
    Members(*members);
  } else {
    bytes_ += static_cast<char>(kNull);
  }
}

void Packer::Members(const Json::Object& members) {
  Whole(members.size());
  for (const auto& [key, value] : members) {
    Text(key);
    Value(value);
  }
}

void Unpacker::Fail() {
  failed_ = true;
  left_ = {};
}

ByteView Unpacker::Take(size_t size) {
  if (size > left_.size()) {
    Fail();
    return {};
  }
  ByteView taken = left_.first(size);
  left_ = left_.subspan(size);
  return taken;
}

bool Unpacker::Flag() {
  ByteView byte = Take(1);
  if (byte.empty()) return false;
  if (static_cast<uint8_t>(byte[0]) > 1) Fail();
  return byte[0] == std::byte{1};
}

uint64_t Unpacker::Whole() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    ByteView taken = Take(1);
    if (taken.empty()) return 0;
    const auto byte = static_cast<uint8_t>(taken[0]);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  Fail();
  return 0;
}

int64_t Unpacker::Signed() {
  const uint64_t value = Whole();
  return static_cast<int64_t>(value >> 1 ^ (0 - (value & 1)));
}

double Unpacker::Real() {
  double value = 0;
  ByteView raw = Take(sizeof(value));
  if (!raw.empty()) std::memcpy(&value, raw.data(), sizeof(value));
  return value;
}

std::string_view Unpacker::Text() { return AsText(Take(Count(1))); }

Digest Unpacker::Sha256() {
  std::array<std::byte, Digest::kBytes> bytes{};
  ByteView raw = Take(bytes.size());
  if (!raw.empty()) std::memcpy(bytes.data(), raw.data(), bytes.size());
  return Digest(bytes);
}

size_t Unpacker::Count(size_t bytes_each) {
  const uint64_t count = Whole();
  if (count <= left_.size() / bytes_each) return count;
  Fail();
  return 0;
}

Json Unpacker::Value(int depth) {
  ByteView tag = Take(1);
  if (tag.empty()) return {};
  switch (static_cast<uint8_t>(tag[0])) {
    case kNull:
      return {};
    case kFalse:
      return false;
    case kTrue:
      return true;
    case kSigned:
      return Signed();
    case kUnsigned:
      return Whole();
    case kReal:
      return Real();
    case kText:
      return Text();
    case kArray: {
      Json::Array items;
      const size_t count = depth < kDeepest ? Count(1) : (Fail(), 0);
      items.reserve(count);
      for (size_t i = 0; i < count && !failed_; ++i) items.push_back(Value(depth + 1));
      return items;
    }
    case kObject:
      return Members(depth);
  }
  Fail();
  return {};
}

Json::Object Unpacker::Members(int depth) {
  Json::Object members;
  const size_t count = depth < kDeepest ? Count(2) : (Fail(), 0);
  members.reserve(count);
  for (size_t i = 0; i < count && !failed_; ++i) {
    std::string_view key = Text();
    members.emplace_back(key, Value(depth + 1));
  }
  return members;
}

}  // namespace zoo
