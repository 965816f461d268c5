// The products in bfloat16; see product.hpp.
#pragma once

#include <memory>

#include "kernels/product.hpp"

namespace bertqa::kernels {

// Whether the processor multiplies tiles of bfloat16 (AMX). The first call asks the kernel for the tiles'
// registers, for the whole process.
[[nodiscard]] bool has_amx() noexcept;
// Where has_amx(). `split`: h and l of every number (Arithmetic::bfloat16x3), not h alone.
std::unique_ptr<const PackedMatrix> pack_bfloat16(const Matrix& matrix, bool split);

}  // namespace bertqa::kernels
