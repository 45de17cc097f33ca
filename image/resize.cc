// Two passes, along the rows and along the columns, each rounded to 8 bits. Which comes first shows
// in the result: see RowsFirst.
//
// 1. Output position i lies at (i + 0.5) * scale in the input, scale = input / output length. Its
//    window reaches `support` input pixels to both sides: the filter's radius times max(scale, 1).
// 2. A pixel of the window weighs filter(distance / max(scale, 1)); the weights are divided by
//    their sum, so that a window cut by the border still sums to one.
// 3. Weights are rounded to 22 fractional bits; a result is the sum of weight * byte and one half,
//    shifted right by 22 bits and clamped to a byte.
//
// The weights must be evaluated as written, without fused multiply-adds: one that differs in its
// last bit differs from PIL's.
#include "zoo/image/resize.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace zoo {
namespace {

constexpr int kFractionBits = 22;
constexpr int32_t kHalf = 1 << (kFractionBits - 1);

struct Filter {
  double radius;
  double (*weight)(double distance);
};

double Triangle(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

// Keys' cubic with a = -1/2.
double Cubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

Filter FilterOf(Interpolation interpolation) {
  return interpolation == Interpolation::kBilinear ? Filter{1.0, Triangle} : Filter{2.0, Cubic};
}

// The window of one output position: weights[at .. at + count) for the input from `first` on.
struct Window {
  int first;
  int count;
  size_t at;
};

struct Axis {
  std::vector<Window> windows;
  std::vector<int32_t> weights;
  int first = 0, end = 0;  // the input that all windows need
};

int32_t ToFixed(double weight) {
  return static_cast<int32_t>(weight * (1 << kFractionBits) + (weight < 0 ? -0.5 : 0.5));
}

// The windows of the output positions `from` .. `to`.
Axis PlanAxis(int input, int output, int from, int to, const Filter& filter) {
  const double scale = static_cast<double>(input) / output;
  const double stretch = std::max(scale, 1.0);
  const double support = filter.radius * stretch;
  const double inverse = 1.0 / stretch;
  Axis axis;
  axis.first = input;
  std::vector<double> raw;
  for (int i = from; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int end = std::min(static_cast<int>(centre + support + 0.5), input);
    raw.clear();
    double sum = 0.0;
    for (int j = first; j < end; ++j) {
      raw.push_back(filter.weight((j - centre + 0.5) * inverse));
      sum += raw.back();
    }
    axis.windows.push_back({first, end - first, axis.weights.size()});
    for (double weight : raw) axis.weights.push_back(ToFixed(weight / sum));
    axis.first = std::min(axis.first, first);
    axis.end = std::max(axis.end, end);
  }
  return axis;
}

uint8_t ToByte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

// Weights for the pass along rows, as two 16-bit parts (weight = high * 4096 + low, both of the
// weight's sign, so that neither sum can pass 32 bits): processors multiply and add eight such
// pairs at once. Windows are filled up with zero weights to whole groups of eight.
constexpr int kGroup = 8;
constexpr int kLowRange = 1 << 12;

struct RowWeights {
  std::vector<Window> windows;  // count: groups
  std::vector<int16_t> high, low;
};

RowWeights SplitWeights(const Axis& axis) {
  RowWeights split;
  for (const Window& window : axis.windows) {
    const int groups = (window.count + kGroup - 1) / kGroup;
    const size_t at = split.high.size();
    split.windows.push_back({window.first, groups, at});
    split.high.resize(at + static_cast<size_t>(groups) * kGroup);
    split.low.resize(split.high.size());
    for (int k = 0; k < window.count; ++k) {
      const int32_t weight = axis.weights[window.at + k];
      split.high[at + k] = static_cast<int16_t>(weight / kLowRange);
      split.low[at + k] = static_cast<int16_t>(weight % kLowRange);
    }
  }
  return split;
}

int32_t WeightedSum(const int16_t* samples, const int16_t* high, const int16_t* low, int groups) {
  int32_t high_sum = 0, low_sum = 0;
  for (int k = 0; k < groups * kGroup; ++k) {
    high_sum += samples[k] * high[k];
    low_sum += samples[k] * low[k];
  }
  return high_sum * kLowRange + low_sum;
}

// Rows or columns first .. end of an image.
struct Range {
  int first, end;
};

// The pass along rows, for some rows of `image`, whose first column is the input's column `left`.
Image PassAlongRows(const Image& image, Range rows, const Axis& columns, int left) {
  const RowWeights weights = SplitWeights(columns);
  Image out{static_cast<int>(columns.windows.size()), rows.end - rows.first, {}};
  out.rgb.resize(static_cast<size_t>(out.width) * out.height * 3);
  const size_t length = static_cast<size_t>(columns.end - columns.first);
  const size_t plane = length + kGroup;  // a window's last group may reach past the end
  std::vector<int16_t> samples(plane * 3);
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* in = image.row(rows.first + y) + static_cast<size_t>(columns.first - left) * 3;
    for (size_t x = 0; x < length; ++x) {
      samples[x] = in[x * 3];
      samples[plane + x] = in[x * 3 + 1];
      samples[plane * 2 + x] = in[x * 3 + 2];
    }
    uint8_t* to = out.row(y);
    for (const Window& window : weights.windows) {
      const int16_t* from = samples.data() + (window.first - columns.first);
      for (int c = 0; c < 3; ++c) {
        *to++ = ToByte(kHalf + WeightedSum(from + plane * c, &weights.high[window.at],
                                           &weights.low[window.at], window.count));
      }
    }
  }
  return out;
}

// The pass along columns, for some columns of `image`, whose first row is the input's row `top`. A
// row at a time.
Image PassAlongColumns(const Image& image, Range columns, const Axis& rows, int top) {
  Image out{columns.end - columns.first, static_cast<int>(rows.windows.size()), {}};
  const size_t length = static_cast<size_t>(out.width) * 3;
  out.rgb.resize(length * out.height);
  std::vector<int32_t> sums(length);
  for (int y = 0; y < out.height; ++y) {
    const Window& window = rows.windows[y];
    std::fill(sums.begin(), sums.end(), kHalf);
    for (int k = 0; k < window.count; ++k) {
      const int32_t weight = rows.weights[window.at + k];
      const uint8_t* in = image.row(window.first + k - top) + size_t{3} * columns.first;
      for (size_t x = 0; x < length; ++x) sums[x] += weight * in[x];
    }
    std::transform(sums.begin(), sums.end(), out.row(y), ToByte);
  }
  return out;
}

// Since version 13 Pillow begins with the columns if that takes away more than twice as many rows
// as the other pass takes columns: photos more than twice as high as wide.
bool RowsFirst(const Image& image, Size size) {
  const int64_t fewer_rows = int64_t{image.height} - size.height;
  const int64_t fewer_columns = int64_t{image.width} - size.width;
  return fewer_rows <= 0 || fewer_rows <= 2 * fewer_columns;
}

}  // namespace

Image ResizePart(const Image& image, Size size, const Part& part, Interpolation interpolation) {
  const Filter filter = FilterOf(interpolation);
  const Axis columns = PlanAxis(image.width, size.width, part.left, part.left + part.width, filter);
  const Axis rows = PlanAxis(image.height, size.height, part.top, part.top + part.height, filter);
  if (RowsFirst(image, size)) {
    const Image narrow = PassAlongRows(image, {rows.first, rows.end}, columns, 0);
    return PassAlongColumns(narrow, {0, narrow.width}, rows, rows.first);
  }
  const Image low = PassAlongColumns(image, {columns.first, columns.end}, rows, 0);
  return PassAlongRows(low, {0, low.height}, columns, columns.first);
}

Image Resize(const Image& image, int width, int height, Interpolation interpolation) {
  if (image.width == width && image.height == height) return image;
  return ResizePart(image, {width, height}, {0, 0, width, height}, interpolation);
}

Size ShortSideSize(int width, int height, int short_side) {
  const int64_t shorter = std::min(width, height), longer = std::max(width, height);
  const int64_t scaled = std::min<int64_t>(short_side * longer / shorter, INT_MAX);
  if (width <= height) return {short_side, static_cast<int>(scaled)};
  return {static_cast<int>(scaled), short_side};
}

}  // namespace zoo
