#include "zoo/tests/support/heap_peak.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace zoo {
namespace {

std::atomic<int64_t> live{0}, peak{0};

void* Allocate(size_t size) {
  void* block = std::malloc(std::max<size_t>(size, 1));
  if (block == nullptr) return nullptr;
  int64_t now = live += static_cast<int64_t>(malloc_usable_size(block));
  for (int64_t seen = peak; seen < now && !peak.compare_exchange_weak(seen, now);) {
  }
  return block;
}

void Free(void* block) {
  if (block != nullptr) live -= static_cast<int64_t>(malloc_usable_size(block));
  std::free(block);
}

}  // namespace

HeapPeak::HeapPeak() : before_(live) { peak = before_; }

uint64_t HeapPeak::bytes() const { return static_cast<uint64_t>(peak - before_); }

}  // namespace zoo

void* operator new(size_t size) {
  if (void* block = zoo::Allocate(size)) return block;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return zoo::Allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return zoo::Allocate(size); }
void operator delete(void* block) noexcept { zoo::Free(block); }
void operator delete[](void* block) noexcept { zoo::Free(block); }
void operator delete(void* block, size_t) noexcept { zoo::Free(block); }
void operator delete[](void* block, size_t) noexcept { zoo::Free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { zoo::Free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { zoo::Free(block); }
