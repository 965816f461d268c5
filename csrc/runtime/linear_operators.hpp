// Linear layers as operators of the domain "bertqa_fast": products with a weight that a session packs when it
// is made. Sessions whose domain lacks them run the function of a Gemm in their place.
#pragma once

#include "kernels/product.hpp"
#include "runtime/handles.hpp"

namespace bertqa::runtime {

// Linear, LinearBackward and LinearBackwardAdd, multiplying so. Only where kernels::can_multiply().
void add_linear_operators(const ort::Api& api, ort::CustomOpDomain* domain, kernels::Arithmetic arithmetic);

}  // namespace bertqa::runtime
