// The softmax of attention, and its backward twin, over rows.
#pragma once

#include <cstddef>

namespace bertqa::kernels {

// p = softmax(scores + bias) for rows [begin, end) of `keys` scores each. `bias` has one row of `keys`
// numbers for every `rows_per_bias` rows. What is 87.3 below the largest becomes exactly 0. p may be
// `scores`.
void masked_softmax(const float* scores, const float* bias, float* p, std::size_t begin, std::size_t end,
                    std::size_t keys, std::size_t rows_per_bias) noexcept;

// ds = p (dp - sum(p dp)) for the same rows. ds may be `dp`.
void softmax_backward(const float* p, const float* dp, float* ds, std::size_t begin, std::size_t end,
                      std::size_t keys) noexcept;

}  // namespace bertqa::kernels
