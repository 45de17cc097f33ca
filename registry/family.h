// Families: what an architecture belongs to, for lists and filters. Pure; any thread.
#ifndef ZOO_REGISTRY_FAMILY_H_
#define ZOO_REGISTRY_FAMILY_H_

#include <string>
#include <string_view>

namespace zoo {

// "resnet18" -> "resnet", "vit_b_16" -> "vit". An architecture that no family here knows is its
// own: its name up to the first digit.
std::string FamilyOf(std::string_view architecture);

}  // namespace zoo

#endif  // ZOO_REGISTRY_FAMILY_H_
