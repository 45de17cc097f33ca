#include "zoo/checkpoint/python_repr.h"

#include <fmt/format.h>

#include <cmath>

#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

std::string ByteEscape(uint8_t byte) {
  switch (byte) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\\':
      return "\\\\";
    default:
      return fmt::format("\\x{:02x}", byte);
  }
}

char QuoteFor(std::string_view text) {
  bool single = text.find('\'') != std::string_view::npos;
  return single && text.find('"') == std::string_view::npos ? '"' : '\'';
}

// The characters between the quotes; `bytes`: nothing above ASCII is printed.
std::string Quoted(std::string_view text, bool bytes) {
  char quote = QuoteFor(text);
  std::string out(1, quote);
  for (size_t at = 0; at < text.size(); ++at) {
    uint8_t byte = static_cast<uint8_t>(text[at]);
    bool surrogate =
        byte == 0xed && at + 2 < text.size() && static_cast<uint8_t>(text[at + 1]) >= 0xa0;
    if (text[at] == quote) {
      out += '\\';
      out += quote;
    } else if (byte < 0x20 || byte == 0x7f || byte == '\\' || (bytes && byte >= 0x80)) {
      out += ByteEscape(byte);
    } else if (surrogate) {
      out += fmt::format("\\u{:04x}", 0xd000 | (static_cast<uint8_t>(text[at + 1]) & 0x3f) << 6 |
                                          (static_cast<uint8_t>(text[at + 2]) & 0x3f));
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out + quote;
}

class Printer {
 public:
  Printer(const Arena& arena, size_t max_bytes) : arena_(arena), max_(max_bytes) {}

  std::string Print(NodeId node) {
    Put(node);
    if (out_.size() <= max_) return std::move(out_);
    size_t cut = max_;
    while (cut > 0 && (static_cast<uint8_t>(out_[cut]) & 0xc0) == 0x80) --cut;
    return out_.substr(0, cut) + "...";
  }

 private:
  bool full() const { return out_.size() > max_; }

  // Each level prints a bracket first, so that max_ bounds the recursion.
  void Put(NodeId id) {
    if (full()) return;
    const Node& node = arena_.at(id);
    switch (node.kind) {
      case NodeKind::kTuple:
        return Items("(", arena_.Tuple(id), node.count == 1 ? ",)" : ")");
      case NodeKind::kSize:
        return Items("torch.Size([", arena_.Tuple(id), "])");
      case NodeKind::kRange:
        return Items("range(", arena_.Tuple(id), ")");
      case NodeKind::kSlice:
        return Items("slice(", arena_.Tuple(id), ")");
      case NodeKind::kList:
        return Items("[", arena_.Items(id), "]");
      case NodeKind::kSet:
        return arena_.Items(id).empty() ? Text("set()") : Items("{", arena_.Items(id), "}");
      case NodeKind::kFrozenSet:
        return arena_.Items(id).empty() ? Text("frozenset()")
                                        : Items("frozenset({", arena_.Items(id), "})");
      case NodeKind::kDict:
        return Entries(arena_.Items(id));
      default:
        Text(Leaf(id));
    }
  }

  void Text(std::string_view text) { out_ += text; }

  void Items(std::string_view open, std::span<const NodeId> items, std::string_view close) {
    Text(open);
    for (size_t i = 0; i < items.size() && !full(); ++i) {
      if (i > 0) Text(", ");
      Put(items[i]);
    }
    Text(close);
  }

  void Entries(std::span<const NodeId> entries) {
    Text("{");
    for (size_t i = 0; i < entries.size() && !full(); i += 2) {
      if (i > 0) Text(", ");
      Put(entries[i]);
      Text(": ");
      Put(entries[i + 1]);
    }
    Text("}");
  }

  std::string Leaf(NodeId id) const;
  std::string TensorText(const TensorRow& row) const;

  const Arena& arena_;
  size_t max_;
  std::string out_;
};

std::string Printer::TensorText(const TensorRow& row) const {
  auto shape = std::span(arena_.dims).subspan(row.dims, row.rank);
  return fmt::format("<tensor {} [{}]>", DTypeName(row.dtype), fmt::join(shape, ", "));
}

std::string Printer::Leaf(NodeId id) const {
  const Node& node = arena_.at(id);
  std::string_view text;
  switch (node.kind) {
    case NodeKind::kString:
    case NodeKind::kBytes:
    case NodeKind::kByteArray:
      text = arena_.text(id).substr(0, max_ + 4);
      break;
    default:
      break;
  }
  switch (node.kind) {
    case NodeKind::kNone:
      return "None";
    case NodeKind::kBool:
      return node.integer != 0 ? "True" : "False";
    case NodeKind::kInt:
    case NodeKind::kBigInt:
      return IntDigits(arena_, id);
    case NodeKind::kFloat:
      return FloatRepr(node.real);
    case NodeKind::kComplex: {
      auto [real, imaginary] = arena_.numbers[node.first];
      std::string sign = std::signbit(imaginary) ? "" : "+";
      std::string re = fmt::format("{}", real), im = fmt::format("{}", imaginary);
      return real == 0 && !std::signbit(real) ? im + "j" : "(" + re + sign + im + "j)";
    }
    case NodeKind::kString:
      return Quoted(text, false);
    case NodeKind::kBytes:
      return "b" + Quoted(text, true);
    case NodeKind::kByteArray:
      return "bytearray(b" + Quoted(text, true) + ")";
    case NodeKind::kDType:
      return "torch." + std::string(arena_.text(id));
    case NodeKind::kDevice:
      return "device(" + Quoted(arena_.text(id), false) + ")";
    case NodeKind::kTensor:
      return TensorText(arena_.tensor(id));
    case NodeKind::kClass:
      return "<class " + Quoted(arena_.ClassName(id), false) + ">";
    case NodeKind::kObject:
      return fmt::format("<{} object>", arena_.ClassName(id));
    default:
      return fmt::format("<{}>",
                         NodeKindName(node.kind).substr(NodeKindName(node.kind).find(' ') + 1));
  }
}

}  // namespace

std::string FloatRepr(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".einf") == std::string::npos && std::isfinite(value) ? text + ".0"
                                                                                  : text;
}

std::string StringRepr(std::string_view utf8) { return Quoted(utf8, false); }

std::string Repr(const Arena& arena, NodeId node, size_t max_bytes) {
  return Printer(arena, max_bytes).Print(node);
}

std::string IntDigits(const Arena& arena, NodeId id) {
  const Node& node = arena.at(id);
  if (node.kind != NodeKind::kBigInt) return fmt::format("{}", node.integer);
  return node.detail == kDecimal ? std::string(arena.text(id)) : DecimalOf(arena.text(id));
}

}  // namespace zoo
