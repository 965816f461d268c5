// Products of attention: small matrices that are all made while running, many of them, on tiles of bfloat16.
#pragma once

#include <cstddef>

namespace bertqa::kernels {

// Which of A and B is given the other way round.
enum class Transposed : unsigned char { neither, left, right };

// C [rows, columns] = A B over `depth`. A is [rows, depth], or (left) [depth, rows]; B is [depth, columns],
// or (right) [columns, depth].
struct HeadProduct {
  const float* a;
  const float* b;
  float* c;
  std::size_t rows, depth, columns;
  Transposed transposed;
};

// Only where has_amx(); needs a quarter of a megabyte of stack. `split`: Arithmetic::bfloat16x3
// (product.hpp), not bfloat16.
void multiply_heads(const HeadProduct& product, bool split) noexcept;

}  // namespace bertqa::kernels
