// torchvision's ImageClassification transform: what the model sees. See base/preset.h for the
// steps.
#ifndef ZOO_IMAGE_PREPROCESS_H_
#define ZOO_IMAGE_PREPROCESS_H_

#include <vector>

#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/image/image.h"

namespace zoo {

// Resizes the short side and keeps the centre: preset.crop x preset.crop pixels, black where the
// photo is smaller. kUsage if the preset's numbers are not positive or the resized photo would
// exceed 178956970 pixels (a photo one pixel high, say).
Result<Image> ResizeAndCrop(const Image& photo, const Preset& preset);

// float32 [3, height, width]: byte / 255, minus mean, divided by std, each rounded to float32 on
// its own.
std::vector<float> Normalize(const Image& image, const Preset& preset);

}  // namespace zoo

#endif  // ZOO_IMAGE_PREPROCESS_H_
