// The product in float32; see product.hpp.
#pragma once

#include <memory>

#include "kernels/product.hpp"

namespace bertqa::kernels {

[[nodiscard]] bool has_avx512() noexcept;
// Where has_avx512().
std::unique_ptr<const PackedMatrix> pack_float32(const Matrix& matrix);

}  // namespace bertqa::kernels
