#include "kernels/product.hpp"

#include <cstdlib>
#include <string_view>

#include "kernels/product_bfloat16.hpp"
#include "kernels/product_float32.hpp"

namespace bertqa::kernels {
namespace {

bool left_out(Arithmetic arithmetic) noexcept {
  static const char* const newest = std::getenv("BERTQA_FAST_MAX_ISA");  // NOLINT(concurrency-mt-unsafe)
  if (newest == nullptr) return false;
  const std::string_view name = newest;
  return name == "avx2" || (name == "avx512" && arithmetic != Arithmetic::float32);
}

}  // namespace

bool can_multiply(Arithmetic arithmetic) noexcept {
  if (left_out(arithmetic)) return false;
  return arithmetic == Arithmetic::float32 ? has_avx512() : has_amx();
}

std::unique_ptr<const PackedMatrix> PackedMatrix::pack(Arithmetic arithmetic, const Matrix& matrix) {
  if (arithmetic == Arithmetic::float32) return pack_float32(matrix);
  return pack_bfloat16(matrix, arithmetic == Arithmetic::bfloat16x3);
}

}  // namespace bertqa::kernels
