// The operators of the domain "bertqa_fast": what stands between the matrix products of an encoder block,
// each in one pass over memory. The graphs define every one of them as a function of plain operators as well
// (bertqa_fast/graphs/fused.py), which sessions without this domain run in its place.
#pragma once

#include <optional>

#include "kernels/product.hpp"
#include "runtime/handles.hpp"

namespace bertqa::runtime {

// The domain, for the sessions of a CPU to be given; it must outlive them. With linear layers
// (linear_operators.hpp) that multiply so, or without them.
CustomOpDomainHandle create_fused_operators(const ort::Api& api,
                                            std::optional<kernels::Arithmetic> linear_layers);

}  // namespace bertqa::runtime
