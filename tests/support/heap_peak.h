// HeapPeak: how many bytes of C++ objects lived at once, at most, above those that lived when it
// was made. A program that links it counts every operator new, in all threads; one HeapPeak at a
// time.
//
//   HeapPeak peak;
//   auto opened = Checkpoint::Open(file);
//   EXPECT_LT(peak.bytes(), 1 << 20);
#ifndef ZOO_TESTS_SUPPORT_HEAP_PEAK_H_
#define ZOO_TESTS_SUPPORT_HEAP_PEAK_H_

#include <cstdint>

namespace zoo {

class HeapPeak {
 public:
  HeapPeak();
  uint64_t bytes() const;

 private:
  int64_t before_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_HEAP_PEAK_H_
