// The `artifact` of an entry: the file as published, its identity, its size and where it can be
// had. Pure; any thread.
#ifndef ZOO_REGISTRY_PARSE_ARTIFACT_H_
#define ZOO_REGISTRY_PARSE_ARTIFACT_H_

#include "zoo/registry/entry.h"
#include "zoo/registry/fields.h"

namespace zoo {

// Problems are noted in `entry`'s problem; the artifact then holds what was read before the first.
Artifact ParseArtifact(Fields& entry, RegistryOrigin origin);

}  // namespace zoo

#endif  // ZOO_REGISTRY_PARSE_ARTIFACT_H_
