// Memory of packed weights: aligned to cache lines, zero where nothing is written.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace bertqa::kernels {

inline constexpr std::size_t kCacheLine = 64;

struct FreeMemory {
  void operator()(void* memory) const noexcept { std::free(memory); }  // NOLINT: what aligned_alloc gave
};
template <typename T>
using PackedMemory = std::unique_ptr<T[], FreeMemory>;  // NOLINT(*-avoid-c-arrays): the owner of one

template <typename T>
PackedMemory<T> allocate_packed(std::size_t count) {
  const std::size_t bytes = (count * sizeof(T) + kCacheLine - 1) / kCacheLine * kCacheLine;
  void* memory = std::aligned_alloc(kCacheLine, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, bytes);
  return PackedMemory<T>(static_cast<T*>(memory));
}

}  // namespace bertqa::kernels
