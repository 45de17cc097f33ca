// Preset: how a photo becomes a model's input. Data only; image/preprocess.h carries it out.
#ifndef ZOO_BASE_PRESET_H_
#define ZOO_BASE_PRESET_H_

#include <array>

namespace zoo {

enum class Interpolation { kBilinear, kBicubic };

// torchvision's ImageClassification transform: the short side becomes `resize` pixels, the centre
// square of `crop` pixels is kept, bytes are divided by 255, then `mean` is subtracted and the
// result divided by `std`, per channel R, G, B.
struct Preset {
  int resize = 256;
  int crop = 224;
  Interpolation interpolation = Interpolation::kBilinear;
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> std = {0.229, 0.224, 0.225};

  bool operator==(const Preset&) const = default;
};

}  // namespace zoo

#endif  // ZOO_BASE_PRESET_H_
