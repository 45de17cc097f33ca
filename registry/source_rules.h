// What a registry may say of where a file is had, and how the file is called. Each function answers
// nothing if the text may stand, else the rest of a sentence that begins with the field's name:
// `"x y" has a blank`. Pure; any thread.
#ifndef ZOO_REGISTRY_SOURCE_RULES_H_
#define ZOO_REGISTRY_SOURCE_RULES_H_

#include <optional>
#include <string>
#include <string_view>

#include "zoo/registry/entry.h"

namespace zoo {

// A file name: no '/', '\' or control character, not "." or "..", at most 255 bytes.
std::optional<std::string> WrongFileName(std::string_view name);
// http:// or https:// and a host; file:/// only from a file; "files/NAME" beside a registry that
// was read from somewhere. No blank, no control character.
std::optional<std::string> WrongUrl(std::string_view url, RegistryOrigin origin);
// NAME==VERSION.
std::optional<std::string> WrongRequirement(std::string_view requirement);
// A relative path with '/' between its parts, none of them empty, "." or "..".
std::optional<std::string> WrongMember(std::string_view member);

// The absolute URL of a source of that entry: a relative one begins at Entry::base. Without a base
// it stays relative, and nothing can fetch it.
std::string ResolveSource(const Entry& entry, const UrlSource& source);

}  // namespace zoo

#endif  // ZOO_REGISTRY_SOURCE_RULES_H_
