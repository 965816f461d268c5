#include "kernels/heads.hpp"

#include <algorithm>

#include "kernels/simd.hpp"

namespace bertqa::kernels {
namespace {

// Where the first head of a matrix row lies in a part; the next one is T D further on.
BERTQA_INLINE std::size_t first_head(std::size_t row, const HeadSizes& sizes) noexcept {
  const std::size_t sequence = row / sizes.tokens;
  const std::size_t token = row % sizes.tokens;
  return ((sequence * sizes.heads * sizes.tokens) + token) * sizes.head_size;
}

}  // namespace

BERTQA_CLONES void split_heads(const float* x, const float* bias, std::span<float* const> parts,
                               const HeadSizes& sizes, std::size_t begin, std::size_t end) noexcept {
  const std::size_t width = sizes.head_size;
  const std::size_t columns = parts.size() * sizes.heads * width;
  for (std::size_t row = begin; row < end; ++row) {
    const float* from = x + (row * columns);
    const float* added = bias;
    for (float* const part : parts) {
      float* to = part + first_head(row, sizes);
      for (std::size_t head = 0; head < sizes.heads; ++head) {
        if (added != nullptr) {
#pragma omp simd
          for (std::size_t i = 0; i < width; ++i) {
            to[i] = from[i] + added[i];
          }
          added += width;
        } else {
          std::copy_n(from, width, to);
        }
        from += width;
        to += sizes.tokens * width;
      }
    }
  }
}

void merge_heads(std::span<const float* const> parts, float* x, const HeadSizes& sizes, std::size_t begin,
                 std::size_t end) noexcept {
  // A few rows at a time: one after the other they are read in runs long enough for the processor to fetch
  // ahead, and lie near each other where they are written.
  constexpr std::size_t kRows = 16;
  const std::size_t width = sizes.head_size;
  const std::size_t columns = parts.size() * sizes.heads * width;
  for (std::size_t block = begin; block < end; block += kRows) {
    const std::size_t last = std::min(end, block + kRows);
    for (std::size_t column = 0; column < columns; column += width) {
      const float* const part = parts[column / (sizes.heads * width)];
      const std::size_t head = column / width % sizes.heads;
      for (std::size_t row = block; row < last; ++row) {
        const float* from = part + first_head(row, sizes) + (head * sizes.tokens * width);
        std::copy_n(from, width, x + (row * columns) + column);
      }
    }
  }
}

}  // namespace bertqa::kernels
