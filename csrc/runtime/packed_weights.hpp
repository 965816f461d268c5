// Packed copies of weights, one for all the kernels of a process that multiply with the same weight.
#pragma once

#include <memory>

#include "kernels/product.hpp"

namespace bertqa::runtime {

// The copy that is there, or a new one. A weight is known by its address, for which the kernel's session must
// keep it alive: then no other can come to lie there while a copy lives.
std::shared_ptr<const kernels::PackedMatrix> packed_weight(kernels::Arithmetic arithmetic,
                                                           const kernels::Matrix& matrix);

}  // namespace bertqa::runtime
