// Activations of the feed-forward layer: value and derivative in one pass.
#pragma once

#include <cstddef>

namespace bertqa::kernels {

// y = f(u + bias) and slope = f'(u + bias) for rows [begin, end) of a matrix of `columns` columns; `bias` has
// one number a column. `slope` may be null, and y or slope may be u itself.

// f(u) = u Phi(u), Phi the normal distribution function (Hendrycks and Gimpel 2016, eq. 1).
void gelu(const float* u, const float* bias, float* y, float* slope, std::size_t begin, std::size_t end,
          std::size_t columns) noexcept;

// f(u) = u/2 (1 + tanh(sqrt(2/pi) (u + 0.044715 u^3))), the same paper's approximation.
void gelu_tanh(const float* u, const float* bias, float* y, float* slope, std::size_t begin, std::size_t end,
               std::size_t columns) noexcept;

}  // namespace bertqa::kernels
