#include "zoo/registry/family.h"

#include <cstddef>

namespace zoo {
namespace {

// The longest of these that begins the architecture's name is its family; a letter must not follow
// ("resnetish" is no resnet).
constexpr std::string_view kFamilies[] = {
    "alexnet",   "convnext",  "densenet", "efficientnet", "efficientnet_lite",
    "googlenet", "inception", "maxvit",   "mnasnet",      "mobilenet",
    "regnet",    "resnet",    "resnext",  "shufflenet",   "squeezenet",
    "swin",      "vgg",       "vit",      "wide_resnet"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string FamilyOf(std::string_view architecture) {
  std::string_view longest;
  for (std::string_view family : kFamilies) {
    bool begins = architecture.starts_with(family) &&
                  (architecture.size() == family.size() || !IsLetter(architecture[family.size()]));
    if (begins && family.size() > longest.size()) longest = family;
  }
  if (!longest.empty()) return std::string(longest);
  std::string_view own = architecture.substr(0, architecture.find_first_of("0123456789"));
  size_t end = own.find_last_not_of("._-");
  own = end == std::string_view::npos ? architecture : own.substr(0, end + 1);
  return std::string(own);
}

}  // namespace zoo
