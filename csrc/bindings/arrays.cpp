#include "bindings/arrays.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace py = pybind11;

namespace bertqa::bindings {

runtime::Value view_of(const std::shared_ptr<runtime::Environment>& env, const py::array& array,
                       runtime::ElementType wanted, const std::string& name) {
  const std::string wanted_name(runtime::name_of(wanted));
  const auto type_name = py::cast<std::string>(py::str(array.dtype()));  // ">f4" for foreign byte orders
  if (type_name != wanted_name) {
    throw std::invalid_argument(name + ": got " + type_name + ", wanted " + wanted_name +
                                "; pass array.astype(\"" + wanted_name + "\")");
  }
  constexpr unsigned usable = static_cast<unsigned>(py::array::c_style) |
                              static_cast<unsigned>(py::detail::npy_api::NPY_ARRAY_ALIGNED_);
  if ((static_cast<unsigned>(array.flags()) & usable) != usable) {
    throw std::invalid_argument(name +
                                ": the array is not C-contiguous; pass numpy.ascontiguousarray(array)");
  }
  const std::vector<std::int64_t> shape(array.shape(), array.shape() + array.ndim());
  // The runtime takes inputs by pointers to non-const memory and does not write to them.
  void* memory = const_cast<void*>(array.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  return runtime::Value::view(env, wanted, shape, memory, static_cast<std::size_t>(array.nbytes()));
}

py::array to_numpy(runtime::Value&& value) {
  if (value.type() == runtime::ElementType::bfloat16) {
    throw std::invalid_argument(
        "element type: numpy has no bfloat16; cast the output to float32 in the graph");
  }
  const py::dtype type(std::string(runtime::name_of(value.type())));
  const std::vector<py::ssize_t> shape(value.shape().begin(), value.shape().end());
  void* memory = value.memory();
  auto owned = std::make_unique<runtime::Value>(std::move(value));
  // NOLINTNEXTLINE(bugprone-unused-return-value): the capsule's from here
  const py::capsule owner(owned.release(),
                          [](void* pointer) { delete static_cast<runtime::Value*>(pointer); });
  return {type, shape, memory, owner};
}

std::vector<runtime::TensorEntry> tensor_table(const std::vector<EntryTuple>& entries) {
  std::vector<runtime::TensorEntry> table;
  table.reserve(entries.size());
  for (const auto& [name, type, shape, offset, bytes] : entries) {
    table.push_back({name, runtime::element_type(type), shape, offset, bytes});
  }
  return table;
}

}  // namespace bertqa::bindings
