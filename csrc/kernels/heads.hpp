// From tokens to attention heads and back: the copies around the products of attention.
#pragma once

#include <cstddef>
#include <span>

namespace bertqa::kernels {

// B sequences of T tokens, A heads of D numbers.
struct HeadSizes {
  std::size_t tokens;
  std::size_t heads;
  std::size_t head_size;
};

// Deals matrix rows [begin, end) of x [B T, P A D] out to P parts [B, A, T, D] each; `bias` [P A D] is added
// unless null.
void split_heads(const float* x, const float* bias, std::span<float* const> parts, const HeadSizes& sizes,
                 std::size_t begin, std::size_t end) noexcept;

// The way back: rows [begin, end) of x are put together from the parts.
void merge_heads(std::span<const float* const> parts, float* x, const HeadSizes& sizes, std::size_t begin,
                 std::size_t end) noexcept;

}  // namespace bertqa::kernels
