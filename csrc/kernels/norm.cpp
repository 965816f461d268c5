#include "kernels/norm.hpp"

#include <cmath>

#include "kernels/simd.hpp"

namespace bertqa::kernels {

BERTQA_CLONES void add_norm(const AddNorm& norm, std::size_t begin, std::size_t end,
                            std::size_t columns) noexcept {
  const auto count = static_cast<float>(columns);
  const float* bias = norm.bias;
  const float* weight = norm.weight;
  const float* shift = norm.shift;
  for (std::size_t row = begin; row < end; ++row) {
    const float* a = norm.a + (row * columns);
    const float* b = norm.b + (row * columns);
    float* y = norm.y + (row * columns);
    float total = 0.0F;
#pragma omp simd reduction(+ : total)
    for (std::size_t i = 0; i < columns; ++i) {
      const float x = a[i] + bias[i] + b[i];
      y[i] = x;
      total += x;
    }
    const float mean = total / count;
    float squares = 0.0F;
#pragma omp simd reduction(+ : squares)
    for (std::size_t i = 0; i < columns; ++i) {
      const float deviation = y[i] - mean;
      squares += deviation * deviation;
    }
    const float inverse_std = 1.0F / std::sqrt((squares / count) + norm.epsilon);
    if (norm.inverse_std != nullptr) {
      norm.inverse_std[row] = inverse_std;
    }
    if (norm.z != nullptr) {
      float* z = norm.z + (row * columns);
#pragma omp simd
      for (std::size_t i = 0; i < columns; ++i) {
        const float normalised = (y[i] - mean) * inverse_std;
        z[i] = normalised;
        y[i] = (normalised * weight[i]) + shift[i];
      }
    } else {
#pragma omp simd
      for (std::size_t i = 0; i < columns; ++i) {
        y[i] = ((y[i] - mean) * inverse_std * weight[i]) + shift[i];
      }
    }
  }
}

BERTQA_CLONES void norm_backward(const NormBackward& norm, std::size_t begin, std::size_t end,
                                 std::size_t columns) noexcept {
  const auto count = static_cast<float>(columns);
  const float* weight = norm.weight;
  for (std::size_t row = begin; row < end; ++row) {
    const float* a = norm.a + (row * columns);
    const float* z = norm.z + (row * columns);
    float* dx = norm.dx + (row * columns);
    float sum_d = 0.0F;
    float sum_dz = 0.0F;
    if (norm.b != nullptr) {
      const float* b = norm.b + (row * columns);
#pragma omp simd reduction(+ : sum_d, sum_dz)
      for (std::size_t i = 0; i < columns; ++i) {
        const float d = (a[i] + b[i]) * weight[i];
        dx[i] = d;
        sum_d += d;
        sum_dz += d * z[i];
      }
    } else {
#pragma omp simd reduction(+ : sum_d, sum_dz)
      for (std::size_t i = 0; i < columns; ++i) {
        const float d = a[i] * weight[i];
        dx[i] = d;
        sum_d += d;
        sum_dz += d * z[i];
      }
    }
    const float mean_d = sum_d / count;
    const float mean_dz = sum_dz / count;
    const float inverse_std = norm.inverse_std[row];
#pragma omp simd
    for (std::size_t i = 0; i < columns; ++i) {
      dx[i] = (dx[i] - mean_d - (z[i] * mean_dz)) * inverse_std;
    }
  }
}

}  // namespace bertqa::kernels
