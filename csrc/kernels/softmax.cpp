#include "kernels/softmax.hpp"

#include <limits>

#include "kernels/exponential.hpp"
#include "kernels/simd.hpp"

namespace bertqa::kernels {

BERTQA_CLONES void masked_softmax(const float* scores, const float* bias, float* p, std::size_t begin,
                                  std::size_t end, std::size_t keys, const BiasRows& rows) noexcept {
  for (std::size_t row = begin; row < end; ++row) {
    const float* s = scores + (row * keys);
    const float* added = bias + (rows.row(row) * keys);
    float* out = p + (row * keys);
    // NaN loses every comparison, but comes back with the exponential and then with the sum.
    float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
    for (std::size_t i = 0; i < keys; ++i) {
      const float score = s[i] + added[i];
      out[i] = score;
      largest = score > largest ? score : largest;
    }
    float total = 0.0F;
#pragma omp simd reduction(+ : total)
    for (std::size_t i = 0; i < keys; ++i) {
      const float e = exp_nonpositive(out[i] - largest);
      out[i] = e;
      total += e;
    }
    const float scale = 1.0F / total;
#pragma omp simd
    for (std::size_t i = 0; i < keys; ++i) {
      out[i] *= scale;
    }
  }
}

BERTQA_CLONES void softmax_backward(const float* p, const float* dp, float* ds, std::size_t begin,
                                    std::size_t end, std::size_t keys) noexcept {
  for (std::size_t row = begin; row < end; ++row) {
    const float* probability = p + (row * keys);
    const float* gradient = dp + (row * keys);
    float* out = ds + (row * keys);
    float total = 0.0F;
#pragma omp simd reduction(+ : total)
    for (std::size_t i = 0; i < keys; ++i) {
      total += probability[i] * gradient[i];
    }
#pragma omp simd
    for (std::size_t i = 0; i < keys; ++i) {
      out[i] = probability[i] * (gradient[i] - total);
    }
  }
}

}  // namespace bertqa::kernels
