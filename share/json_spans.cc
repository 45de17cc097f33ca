#include "zoo/share/json_spans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zoo {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

Error NotJson(size_t at) {
  return {ErrorCode::kCorrupt, fmt::format("not valid JSON at byte {}", at + 1), ""};
}

// A place in the text that only moves forward, and never behind its end.
class Reader {
 public:
  Reader(std::string_view text, JsonSpan span) : text_(text.substr(0, span.end)), at_(span.begin) {}

  size_t at() const { return at_; }
  bool ended() const { return at_ >= text_.size(); }

  void SkipSpace() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }
  bool Take(char c) {
    SkipSpace();
    if (ended() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // The span of a string without its quotes.
  Result<JsonSpan> TakeString() {
    if (!Take('"')) return NotJson(at_);
    const size_t begin = at_;
    while (!ended() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (ended()) return NotJson(at_ = text_.size());
    return JsonSpan{begin, at_++};
  }

  Result<JsonSpan> TakeValue() {
    SkipSpace();
    if (ended()) return NotJson(at_);
    const size_t begin = at_;
    const char first = text_[at_];
    if (first == '"') {
      ZOO_RETURN_IF_ERROR(TakeString());
    } else if (first == '{' || first == '[') {
      ZOO_RETURN_IF_ERROR(SkipNested());
    } else {
      at_ = std::min(text_.find_first_of(",:]}[{\" \t\r\n", at_), text_.size());
    }
    if (at_ == begin) return NotJson(at_);
    return JsonSpan{begin, at_};
  }

 private:
  // From an opening bracket to behind the one that closes it.
  Status SkipNested() {
    size_t open = 0;
    while (!ended()) {
      const char c = text_[at_];
      if (c == '"') {
        ZOO_RETURN_IF_ERROR(TakeString());
        continue;
      }
      open += c == '{' || c == '[';
      open -= c == '}' || c == ']';
      ++at_;
      if (open == 0) return {};
    }
    return NotJson(at_);
  }

  std::string_view text_;
  size_t at_;
};

// Reads `open`, items parted by commas, `close`, and nothing behind it.
template <typename ReadItem>
Status ReadItems(Reader& reader, char open, char close, const ReadItem& read_item) {
  if (!reader.Take(open)) return NotJson(reader.at());
  if (!reader.Take(close)) {
    do {
      ZOO_RETURN_IF_ERROR(read_item());
    } while (reader.Take(','));
    if (!reader.Take(close)) return NotJson(reader.at());
  }
  reader.SkipSpace();
  return reader.ended() ? Status() : NotJson(reader.at());
}

}  // namespace

JsonSpan WholeText(std::string_view text) { return {0, text.size()}; }

Result<std::vector<JsonMember>> MembersOf(std::string_view text, JsonSpan object) {
  std::vector<JsonMember> members;
  Reader reader(text, object);
  ZOO_RETURN_IF_ERROR(ReadItems(reader, '{', '}', [&]() -> Status {
    ZOO_ASSIGN_OR_RETURN(const JsonSpan key, reader.TakeString());
    if (!reader.Take(':')) return NotJson(reader.at());
    ZOO_ASSIGN_OR_RETURN(const JsonSpan value, reader.TakeValue());
    members.push_back({key.In(text), value});
    return {};
  }));
  return members;
}

Result<std::vector<JsonSpan>> ItemsOf(std::string_view text, JsonSpan array) {
  std::vector<JsonSpan> items;
  Reader reader(text, array);
  ZOO_RETURN_IF_ERROR(ReadItems(reader, '[', ']', [&]() -> Status {
    ZOO_ASSIGN_OR_RETURN(const JsonSpan item, reader.TakeValue());
    items.push_back(item);
    return {};
  }));
  return items;
}

const JsonMember* FindMember(std::span<const JsonMember> members, std::string_view key) {
  const auto at = std::ranges::find(members, key, &JsonMember::key);
  return at == members.end() ? nullptr : &*at;
}

std::string WithEdits(std::string_view text, std::vector<TextEdit> edits) {
  std::ranges::stable_sort(edits, {}, [](const TextEdit& edit) { return edit.where.begin; });
  std::string out;
  size_t size = text.size(), at = 0;
  for (const TextEdit& edit : edits) size += edit.text.size();
  out.reserve(size);
  for (const TextEdit& edit : edits) {
    out += text.substr(at, edit.where.begin - at);
    out += edit.text;
    at = edit.where.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace zoo
