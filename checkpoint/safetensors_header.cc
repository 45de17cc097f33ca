// {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
//  "__metadata__": {"KEY": "VALUE", ...}}
//
// Read event by event: a tree of 66,000 tensors takes four times as long to make.
#include "zoo/checkpoint/safetensors_header.h"

#include <fmt/format.h>

#include <array>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/name_table.h"

namespace zoo {
namespace {

using Kind = JsonEvent::Kind;

constexpr std::string_view kMetadata = "__metadata__";

// The members of a tensor, all of which it must have once.
enum Field : uint8_t { kDType, kShape, kOffsets };
constexpr std::array<std::string_view, 3> kFields = {"dtype", "shape", "data_offsets"};

class Reader {
 public:
  explicit Reader(const Limits& limits) : limits_(limits) {}

  Status Take(const JsonEvent& event);
  Status CheckNames() const;
  SafetensorsHeader header;

 private:
  enum class Inside { kNothing, kTop, kTensor, kNumbers, kMetadata };

  Status TakeTop(const JsonEvent& event);
  Status TakeTensor(const JsonEvent& event);
  Status BeginField(std::string_view name);
  Status SetDType(std::string_view name);
  Status EndTensor();
  Status TakeNumber(const JsonEvent& event);
  Status AddNumber(uint64_t number);
  Status EndNumbers();
  Status TakeMetadata(const JsonEvent& event);
  Error Wrong(std::string_view what, ErrorCode code = ErrorCode::kCorrupt) const {
    return {code, fmt::format("tensor {}: {}", Quote(name_, 80), what), ""};
  }

  const Limits& limits_;
  Inside inside_ = Inside::kNothing;
  std::string name_;  // of the member of the top object that is being read
  std::string key_;   // of the metadata
  Field field_ = kDType;
  std::array<bool, 3> has_{};  // of the tensor's fields
  size_t count_ = 0;           // of numbers in an array
  bool has_metadata_ = false;
};

Status Reader::Take(const JsonEvent& event) {
  switch (inside_) {
    case Inside::kNothing:
      inside_ = Inside::kTop;
      if (event.kind == Kind::kBeginObject) return {};
      return Error{ErrorCode::kCorrupt,
                   fmt::format("it is {}, not an object", JsonEventName(event.kind)), ""};
    case Inside::kTop:
      return TakeTop(event);
    case Inside::kTensor:
      return TakeTensor(event);
    case Inside::kNumbers:
      return TakeNumber(event);
    case Inside::kMetadata:
      return TakeMetadata(event);
  }
  return {};
}

Status Reader::TakeTop(const JsonEvent& event) {
  if (event.kind == Kind::kEndObject) return {};
  if (event.kind == Kind::kKey) {
    name_ = event.text;
    return {};
  }
  bool metadata = name_ == kMetadata;
  if (event.kind != Kind::kBeginObject) {
    return Error{
        ErrorCode::kCorrupt,
        fmt::format("{} is {}, not an object", Quote(name_, 80), JsonEventName(event.kind)), ""};
  }
  if (metadata && has_metadata_) {
    return Error{ErrorCode::kCorrupt, fmt::format("{} is there twice", Quote(kMetadata)), ""};
  }
  inside_ = metadata ? Inside::kMetadata : Inside::kTensor;
  if (metadata) {
    has_metadata_ = true;
  } else {
    has_ = {};
    header.tensors.push_back({.name = name_});
  }
  return {};
}

Status Reader::TakeTensor(const JsonEvent& event) {
  if (event.kind == Kind::kKey) return BeginField(event.text);
  if (event.kind == Kind::kEndObject) return EndTensor();
  bool numbers = field_ != kDType;
  if (numbers && event.kind == Kind::kBeginArray) {
    inside_ = Inside::kNumbers;
    count_ = 0;
    if (field_ == kShape) header.tensors.back().dims = header.dims.size();
    return {};
  }
  if (!numbers && event.kind == Kind::kString) return SetDType(event.text);
  return Wrong(fmt::format("its {} is {}, not {}", kFields[field_], JsonEventName(event.kind),
                           numbers ? "an array" : "a string"));
}

Status Reader::BeginField(std::string_view name) {
  for (Field field : {kDType, kShape, kOffsets}) {
    if (name != kFields[field]) continue;
    if (has_[field]) return Wrong(fmt::format("it has {} twice", name));
    field_ = field;
    has_[field] = true;
    return {};
  }
  return Wrong(fmt::format("it has a member {}, which is not known here", Quote(name, 80)),
               ErrorCode::kUnsupported);
}

Status Reader::SetDType(std::string_view name) {
  const SafetensorsDType* dtype = SafetensorsDTypeNamed(name);
  header.tensors.back().dtype = dtype;
  if (dtype != nullptr) return {};
  return Wrong(fmt::format("its dtype {} is not known here", Quote(name, 80)),
               ErrorCode::kUnsupported);
}

Status Reader::EndTensor() {
  for (Field field : {kDType, kShape, kOffsets}) {
    if (!has_[field]) return Wrong(fmt::format("it has no {}", kFields[field]));
  }
  inside_ = Inside::kTop;
  return {};
}

Status Reader::TakeNumber(const JsonEvent& event) {
  if (event.kind == Kind::kEndArray) return EndNumbers();
  if (event.kind != Kind::kWhole) {
    std::string_view what =
        event.kind == Kind::kReal ? "a number with a fraction" : JsonEventName(event.kind);
    return Wrong(fmt::format("its {} holds {}, not a whole number", kFields[field_], what));
  }
  if (event.negative) {
    return Wrong(
        fmt::format("its {} holds -{}, which is negative", kFields[field_], event.magnitude));
  }
  if (event.magnitude > static_cast<uint64_t>(INT64_MAX)) {
    return Wrong(
        fmt::format("its {} holds {}, which is beyond 2^63", kFields[field_], event.magnitude));
  }
  return AddNumber(event.magnitude);
}

Status Reader::AddNumber(uint64_t number) {
  ++count_;
  if (field_ == kShape) {
    header.dims.push_back(static_cast<int64_t>(number));
  } else if (count_ == 1) {
    header.tensors.back().begin = number;
  } else {
    header.tensors.back().end = number;
  }
  return {};
}

Status Reader::EndNumbers() {
  inside_ = Inside::kTensor;
  if (field_ == kOffsets && count_ != 2) {
    return Wrong(fmt::format("its data_offsets are {} numbers, not two", count_));
  }
  if (field_ == kShape && (count_ > limits_.rank || count_ > UINT8_MAX)) {
    Error error =
        Wrong(fmt::format("its shape has {} dimensions, the limit is {}", count_, limits_.rank));
    error.hint = RaiseLimit("rank");
    return error;
  }
  if (field_ == kShape) header.tensors.back().rank = static_cast<uint8_t>(count_);
  return {};
}

Status Reader::TakeMetadata(const JsonEvent& event) {
  switch (event.kind) {
    case Kind::kKey:
      key_ = event.text;
      return {};
    case Kind::kEndObject:
      inside_ = Inside::kTop;
      return {};
    case Kind::kString:
      header.metadata.emplace_back(key_, event.text);
      return {};
    default:
      return Error{ErrorCode::kCorrupt,
                   fmt::format("{} in {} is {}, not a string", Quote(key_, 80), Quote(kMetadata),
                               JsonEventName(event.kind)),
                   ""};
  }
}

// Two readers could see different tensors under a name that is there twice.
Status Reader::CheckNames() const {
  NameTable names(header.tensors.size());
  auto name_of = [this](uint32_t i) -> std::string_view { return header.tensors[i].name; };
  for (uint32_t i = 0; i < header.tensors.size(); ++i) {
    if (names.Add(name_of(i), i, name_of) == i) continue;
    return Error{ErrorCode::kCorrupt, fmt::format("two tensors {}", Quote(name_of(i), 80)), ""};
  }
  NameTable keys(header.metadata.size());
  auto key_of = [this](uint32_t i) -> std::string_view { return header.metadata[i].first; };
  for (uint32_t i = 0; i < header.metadata.size(); ++i) {
    if (keys.Add(key_of(i), i, key_of) == i) continue;
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{} is twice in {}", Quote(key_of(i), 80), Quote(kMetadata)), ""};
  }
  return {};
}

}  // namespace

Result<SafetensorsHeader> ReadSafetensorsHeader(std::string_view json, const Limits& limits) {
  Reader reader(limits);
  JsonLimits json_limits{.bytes = limits.header_bytes};
  ZOO_RETURN_IF_ERROR(ReadJsonEvents(json, json_limits,
                                     [&](const JsonEvent& event) { return reader.Take(event); }));
  ZOO_RETURN_IF_ERROR(reader.CheckNames());
  return std::move(reader.header);
}

}  // namespace zoo
