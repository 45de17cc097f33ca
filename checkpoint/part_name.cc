#include "zoo/checkpoint/part_name.h"

namespace zoo {

std::string_view PartName(Layout layout, size_t i) {
  static constexpr std::string_view kCoo[] = {"indices", "values"};
  static constexpr std::string_view kCompressed[] = {"compressed_indices", "plain_indices",
                                                     "values"};
  static constexpr std::string_view kNested[] = {"buffer", "sizes", "strides", "offsets"};
  if (layout == Layout::kSparseCoo) return kCoo[i];
  return layout == Layout::kNested ? kNested[i] : kCompressed[i];
}

}  // namespace zoo
