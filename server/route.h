// Route: what the target of a request asks for, by its text alone. Nothing here looks at a disk,
// and no part of a target ever becomes a part of a path on one. docs/serving.md lists the paths.
// Pure; any thread.
//
//   RouteOf("/cas/f37072fd...").kind              Route::Kind::kBlob
//   RouteOf("/weights/lab/digits:v1").subject     "lab/digits:v1"
//   RouteOf("/weights/../../etc/passwd").status   400
#ifndef ZOO_SERVER_ROUTE_H_
#define ZOO_SERVER_ROUTE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/digest.h"

namespace zoo {

struct Route {
  enum class Kind {
    kPage,     // "/": what is here, for people
    kIndex,    // "/index.json": the same for programs
    kBlob,     // "/cas/HEX": `digest`
    kWeights,  // "/weights/NAME": `subject` is the name
    kPath,     // "/registries/..." and "/https/HOST/...": `subject` is the key of the Collection
    kRefused,  // `status`, and `subject` says why
  };
  Kind kind = Kind::kRefused;
  std::string subject;
  std::optional<Digest> digest;
  int status = 0;
};

inline constexpr size_t kLongestTarget = 4096;

// The target as it stands in the request, query and percent signs included. Refused are: what is
// too long (414); what is no absolute path, has other characters than a URL may have, a percent
// sign that is no escape, a part that is "." or "..", or one with an escaped slash, backslash or
// control character (400); an empty part, and all that leads nowhere (404).
Route RouteOf(std::string_view target);

// Under which path a URL is answered for those that use this server as a mirror:
// "https://host/a?b" is "/https/host/a?b". Nothing for a URL that is not http or https, or that
// holds a user or a password.
std::optional<std::string> PathOfUrl(std::string_view url);

}  // namespace zoo

#endif  // ZOO_SERVER_ROUTE_H_
