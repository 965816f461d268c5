// LayerNorm (Ba et al. 2016, eq. 4) over rows, joined with the additions around it.
#pragma once

#include <cstddef>

namespace bertqa::kernels {

// A residual connection and its LayerNorm. With x = a + bias + b, z = (x - mean) / std: y = z weight + shift.
struct AddNorm {
  const float* a;       // [rows, columns]
  const float* bias;    // [columns]
  const float* b;       // [rows, columns]
  const float* weight;  // [columns]
  const float* shift;   // [columns]
  float epsilon;
  float* y;            // [rows, columns]
  float* z;            // [rows, columns], or null; may be `a`
  float* inverse_std;  // [rows], or null
};

// Rows [begin, end). The variance is that of the deviations, not a difference of squares.
void add_norm(const AddNorm& norm, std::size_t begin, std::size_t end, std::size_t columns) noexcept;

// Its twin. With d = (a + b) weight: dx = (d - mean(d) - z mean(d z)) / std.
struct NormBackward {
  const float* a;  // [rows, columns]
  const float* b;  // [rows, columns], or null
  const float* z;
  const float* inverse_std;
  const float* weight;
  float* dx;  // [rows, columns]; may be `a`
};

void norm_backward(const NormBackward& norm, std::size_t begin, std::size_t end,
                   std::size_t columns) noexcept;

}  // namespace bertqa::kernels
