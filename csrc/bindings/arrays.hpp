// numpy arrays as tensors of the runtime, and back, without copies.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/value.hpp"
#include "runtime/weights.hpp"

namespace bertqa::bindings {

// A value that looks at the array's memory; the array must outlive it. Throws std::invalid_argument, with the
// line that fixes it, unless the array is C-contiguous, aligned, in native byte order and of the type that is
// wanted. `name` is what the message calls it. The memory is only ever read.
runtime::Value view_of(const std::shared_ptr<runtime::Environment>& env, const pybind11::array& array,
                       runtime::ElementType wanted, const std::string& name);

// An array on the value's memory, which it owns from then on.
pybind11::array to_numpy(runtime::Value&& value);

// An array of that shape on the vector's memory, which it owns from then on.
template <typename T>
pybind11::array to_numpy(std::vector<T>&& elements, const std::vector<pybind11::ssize_t>& shape) {
  auto owned = std::make_unique<std::vector<T>>(std::move(elements));
  T* memory = owned->data();
  const pybind11::capsule owner(owned.get(),
                                [](void* pointer) { delete static_cast<std::vector<T>*>(pointer); });
  (void)owned.release();  // the capsule's from here
  return pybind11::array_t<T>(shape, memory, owner);
}

// (name, dtype, shape, offset in bytes, size in bytes), as Python gives them.
using EntryTuple =
    std::tuple<std::string, std::string, std::vector<std::int64_t>, std::uint64_t, std::uint64_t>;
std::vector<runtime::TensorEntry> tensor_table(const std::vector<EntryTuple>& entries);

}  // namespace bertqa::bindings
