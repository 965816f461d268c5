// numpy arrays as tensors of the runtime, and back, without copies.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "runtime/value.hpp"

namespace bertqa::bindings {

// A value that looks at the array's memory; the array must outlive it. Throws std::invalid_argument, with the
// line that fixes it, unless the array is C-contiguous, aligned, in native byte order and of the type that is
// wanted. `name` is what the message calls it. The memory is only ever read.
runtime::Value view_of(const std::shared_ptr<runtime::Environment>& env, const pybind11::array& array,
                       runtime::ElementType wanted, const std::string& name);

// An array on the value's memory, which it owns from then on.
pybind11::array to_numpy(runtime::Value&& value);

}  // namespace bertqa::bindings
