#include "kernels/activations.hpp"

#include "kernels/exponential.hpp"
#include "kernels/simd.hpp"

namespace bertqa::kernels {
namespace {

struct ValueAndSlope {
  float value;
  float slope;
};

// With t = |u| the tail of the distribution is exp(-t^2/2) R(t), and the density is the same exponential over
// sqrt(2 pi). R falls smoothly from 1/2; k P(k) with k = 1/(1 + 0.3 t) has it to 3.5e-9, relative, for every
// t up to 13.5, beyond which the exponential is 0. The coefficients minimise the largest such error.
BERTQA_INLINE ValueAndSlope gelu_at(float u) noexcept {
  const float t = u < 0.0F ? -u : u;
  const float k = 1.0F / (1.0F + (0.3F * t));
  const float bell = exp_nonpositive(-0.5F * t * t);
  float p = -0.020594693F;
  p = (p * k) + 0.112273666F;
  p = (p * k) + -0.227817876F;
  p = (p * k) + 0.191234545F;
  p = (p * k) + -0.078945336F;
  p = (p * k) + 0.0958877466F;
  p = (p * k) + 0.0784874526F;
  p = (p * k) + 0.110213335F;
  p = (p * k) + 0.119574621F;
  p = (p * k) + 0.119686537F;
  const float tail = bell * (k * p);
  const float phi = u < 0.0F ? tail : 1.0F - tail;
  return {u * phi, phi + (u * (0.398942280F * bell))};
}

BERTQA_INLINE ValueAndSlope gelu_tanh_at(float u) noexcept {
  constexpr float kScale = 0.797884561F;
  constexpr float kCubic = 0.044715F;
  const float square = u * u;
  const float inner = kScale * u * (1.0F + (kCubic * square));
  const float size = inner < 0.0F ? -inner : inner;
  const float e = exp_nonpositive(-2.0F * size);
  const float tanh_size = (1.0F - e) / (1.0F + e);
  const float tanh = inner < 0.0F ? -tanh_size : tanh_size;
  // 1 - tanh^2 from e, which keeps its digits where tanh is nearly 1.
  const float sech2 = 4.0F * e / ((1.0F + e) * (1.0F + e));
  const float half = 0.5F * (1.0F + tanh);
  // Where the slope of tanh has died out, u^3 may be infinite and must not revive it; NaN stays.
  const float bend = 0.5F * u * kScale * (1.0F + (3.0F * kCubic * square));
  return {u * half, half + (sech2 == 0.0F ? 0.0F : sech2 * bend)};
}

template <ValueAndSlope (*At)(float), bool WithSlope>
BERTQA_INLINE void activate_row(const float* u, const float* bias, float* y, float* slope,
                                std::size_t columns) noexcept {
#pragma omp simd
  for (std::size_t i = 0; i < columns; ++i) {
    const ValueAndSlope both = At(u[i] + bias[i]);
    y[i] = both.value;
    if constexpr (WithSlope) {
      slope[i] = both.slope;
    }
  }
}

template <ValueAndSlope (*At)(float)>
BERTQA_INLINE void activate(const float* u, const float* bias, float* y, float* slope, std::size_t begin,
                            std::size_t end, std::size_t columns) noexcept {
  for (std::size_t first = begin * columns; first < end * columns; first += columns) {
    if (slope != nullptr) {
      activate_row<At, true>(u + first, bias, y + first, slope + first, columns);
    } else {
      activate_row<At, false>(u + first, bias, y + first, nullptr, columns);
    }
  }
}

}  // namespace

BERTQA_CLONES void gelu(const float* u, const float* bias, float* y, float* slope, std::size_t begin,
                        std::size_t end, std::size_t columns) noexcept {
  activate<gelu_at>(u, bias, y, slope, begin, end, columns);
}

BERTQA_CLONES void gelu_tanh(const float* u, const float* bias, float* y, float* slope, std::size_t begin,
                             std::size_t end, std::size_t columns) noexcept {
  activate<gelu_tanh_at>(u, bias, y, slope, begin, end, columns);
}

}  // namespace bertqa::kernels
