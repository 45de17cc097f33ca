#include "zoo/registry/registry_signature.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/registry/name.h"

namespace zoo {
namespace {

constexpr JsonLimits kLimits = {.bytes = 256 << 20, .depth = 64};

// Ends the reading of a document of which enough is known.
constexpr ErrorCode kEnough = ErrorCode::kCancelled;

// Takes the name and the version out of the outermost object's members.
class Head {
 public:
  Status Take(const JsonEvent& event) {
    using Kind = JsonEvent::Kind;
    if (event.kind == Kind::kEndObject || event.kind == Kind::kEndArray) --depth_;
    if (depth_ == 1 && event.kind == Kind::kKey) {
      key_ = event.text;
    } else if (depth_ == 1 && key_ == "name" && event.kind == Kind::kString) {
      name_ = event.text;
    } else if (depth_ == 1 && key_ == "version" && event.kind == Kind::kWhole && !event.negative) {
      version_ = event.magnitude;
    }
    if (event.kind == Kind::kBeginObject || event.kind == Kind::kBeginArray) ++depth_;
    return name_ && version_ ? Status(Error{kEnough, "", ""}) : Status();
  }

  const std::optional<std::string>& name() const { return name_; }
  const std::optional<uint64_t>& version() const { return version_; }

 private:
  int depth_ = 0;
  std::string key_;
  std::optional<std::string> name_;
  std::optional<uint64_t> version_;
};

Error Missing(std::string_view field) {
  return {ErrorCode::kCorrupt, fmt::format("the registry has no {}", field),
          "a signed registry has a \"name\" and a \"version\" that only rises"};
}

}  // namespace

Result<RegistryIdentity> IdentityOf(std::string_view document) {
  Head head;
  const Status read =
      ReadJsonEvents(document, kLimits, [&](const JsonEvent& event) { return head.Take(event); });
  if (!read && read.error().code != kEnough) return read.error();
  if (!head.name() || !IsNamePart(*head.name())) return Missing("name");
  if (!head.version()) return Missing("version");
  return RegistryIdentity{*head.name(), *head.version(), Digest::Of(AsBytes(document))};
}

std::string TrustedComment(const RegistryIdentity& identity) {
  return fmt::format("zoo registry {} version {} sha256 {}", identity.name, identity.version,
                     identity.sha256.hex());
}

std::optional<RegistryIdentity> ParseTrustedComment(std::string_view comment) {
  std::string_view rest = comment;
  // The word after `label`, or nothing.
  const auto next = [&](std::string_view label) -> std::string_view {
    if (!rest.starts_with(label)) return {};
    rest.remove_prefix(label.size());
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
  };
  RegistryIdentity identity{.name = std::string(next("zoo registry "))};
  const std::string_view version = next(" version ");
  std::from_chars(version.data(), version.data() + version.size(), identity.version);
  const auto digest = Digest::FromHex(next(" sha256 "));
  if (!digest || !IsNamePart(identity.name)) return std::nullopt;
  identity.sha256 = *digest;
  // One spelling only: no leading zero, no sign, nothing that follows.
  if (TrustedComment(identity) != comment) return std::nullopt;
  return identity;
}

Result<RegistryIdentity> VerifyRegistry(std::string_view document, std::string_view signature,
                                        const PublicKey& key) {
  ZOO_ASSIGN_OR_RETURN(std::string comment, VerifySignature(AsBytes(document), signature, key));
  ZOO_ASSIGN_OR_RETURN(RegistryIdentity identity, IdentityOf(document));
  const std::string expected = TrustedComment(identity);
  if (comment == expected) return identity;
  return Error{
      ErrorCode::kCorrupt,
      fmt::format("the signature's trusted comment is {}, and this registry is {}", Quote(comment),
                  Quote(expected)),
      "do not use it; its publisher must sign it with `zoo sign`, or with `minisign -S -t` "
      "and that comment"};
}

}  // namespace zoo
