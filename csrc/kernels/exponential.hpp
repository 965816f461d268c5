// The exponential function of arguments up to 0, in a form that vectorises.
#pragma once

#include <bit>
#include <cstdint>
#include <numbers>

#include "kernels/simd.hpp"

namespace bertqa::kernels {

// exp(x) for x <= 0 within 2 units in the last place; exactly 0 below -87.3, where it would be denormal; NaN
// for NaN. With n the integer next to x / ln 2 and r = x - n ln 2: exp(x) = 2^n exp(r), |r| <= 0.35. The
// coefficients minimise the largest relative error of 1 + r + r^2 P(r), which is 3e-9.
BERTQA_INLINE float exp_nonpositive(float x) noexcept {
  constexpr float kLowest = -87.3F;
  constexpr auto kLog2E = std::numbers::log2e_v<float>;
  constexpr float kLn2High = 355.0F / 512.0F;  // few bits: its product with n is exact
  constexpr auto kLn2Low = static_cast<float>(std::numbers::ln2 - static_cast<double>(kLn2High));
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: a sum with it is a whole number, in its last bits
  const float bounded = x < kLowest ? kLowest : x;
  const float rounded = (bounded * kLog2E) + kRound;
  const float n = rounded - kRound;
  const float r = (bounded - (n * kLn2High)) - (n * kLn2Low);
  float p = 0.00138145965F;
  p = (p * r) + 0.0083687175F;
  p = (p * r) + 0.041668389F;
  p = (p * r) + 0.16666521F;
  p = (p * r) + 0.49999994F;
  const float value = (p * (r * r)) + r + 1.0F;
  const auto power = std::bit_cast<float>((std::bit_cast<std::uint32_t>(rounded) + 127U) << 23U);
  return x < kLowest ? 0.0F : value * power;
}

}  // namespace bertqa::kernels
