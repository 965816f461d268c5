// The products of attention as operators of the runtime.
#pragma once

#include "kernels/product.hpp"
#include "runtime/ort_api.hpp"
#include "runtime/ort_custom_op.hpp"

namespace bertqa::runtime {

// Adds `HeadProduct`, `HeadProductTransposedLeft` and `HeadProductTransposedRight` to a domain. There are
// none in float32, which the runtime has itself. A product with B transposed makes attention scores, or
// gradients of probabilities: softmax and its gradient take differences of these, and so they are bfloat16x3
// always.
void add_head_operators(const ort::Api& api, ort::CustomOpDomain* domain, kernels::Arithmetic arithmetic);

}  // namespace bertqa::runtime
