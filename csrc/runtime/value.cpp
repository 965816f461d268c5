#include "runtime/value.hpp"

#include <stdexcept>
#include <string>

#include "runtime/status.hpp"

namespace bertqa::runtime {

Value Value::allocate(std::shared_ptr<Environment> env, ElementType type,
                      std::span<const std::int64_t> shape) {
  (void)byte_count(type, shape);  // throws where the size overflows
  const ort::Api& api = env->api();
  ValueHandle handle(api);
  check(api,
        api.CreateTensorAsOrtValue(env->allocator(), shape.data(), shape.size(), static_cast<int>(type),
                                   handle.out()),
        "CreateTensorAsOrtValue");
  return {std::move(env), std::move(handle), type, {shape.begin(), shape.end()}};
}

Value Value::view(std::shared_ptr<Environment> env, ElementType type, std::span<const std::int64_t> shape,
                  void* memory, std::size_t bytes) {
  const std::size_t needed = byte_count(type, shape);
  if (bytes < needed) {
    throw std::invalid_argument("bytes: got " + std::to_string(bytes) + ", but " +
                                std::string(name_of(type)) + shape_text(shape) + " needs " +
                                std::to_string(needed));
  }
  const ort::Api& api = env->api();
  ValueHandle handle(api);
  check(api,
        api.CreateTensorWithDataAsOrtValue(env->cpu_memory(), memory, needed, shape.data(), shape.size(),
                                           static_cast<int>(type), handle.out()),
        "CreateTensorWithDataAsOrtValue");
  return {std::move(env), std::move(handle), type, {shape.begin(), shape.end()}};
}

Value Value::adopt(std::shared_ptr<Environment> env, ValueHandle handle, bool device_memory) {
  const ort::Api& api = env->api();
  TensorInfoHandle info(api);
  check(api, api.GetTensorTypeAndShape(handle.get(), info.out()), "GetTensorTypeAndShape");
  int type = 0;
  check(api, api.GetTensorElementType(info.get(), &type), "GetTensorElementType");
  std::size_t rank = 0;
  check(api, api.GetDimensionsCount(info.get(), &rank), "GetDimensionsCount");
  std::vector<std::int64_t> shape(rank);
  check(api, api.GetDimensions(info.get(), shape.data(), rank), "GetDimensions");
  return {std::move(env), std::move(handle), runtime::element_type(type), std::move(shape), device_memory};
}

Value::Value(std::shared_ptr<Environment> env, ValueHandle handle, ElementType type,
             std::vector<std::int64_t> shape, bool device_memory)
    : env_(std::move(env)),
      handle_(std::move(handle)),
      type_(type),
      shape_(std::move(shape)),
      count_(runtime::element_count(shape_)) {
  const ort::Api& api = env_->api();
  const ort::MemoryInfo* where = nullptr;  // a part of the tensor
  check(api, api.GetTensorMemoryInfo(handle_.get(), &where), "GetTensorMemoryInfo");
  const char* name = nullptr;
  check(api, api.MemoryInfoGetName(where, &name), "MemoryInfoGetName");
  place_ = name;
  on_host_ = !device_memory || place_ == "Cpu";
  // A device's address means nothing here.
  if (on_host()) check(api, api.GetTensorMutableData(handle_.get(), &memory_), "GetTensorMutableData");
}

void Value::require(ElementType wanted) const {
  if (!on_host()) {
    throw std::invalid_argument("the tensor is in the memory \"" + place_ +
                                "\", and was not bound to come back");
  }
  if (type_ != wanted) {
    throw std::invalid_argument("element type: the tensor holds " + std::string(name_of(type_)) + ", not " +
                                std::string(name_of(wanted)));
  }
}

void Value::require_count(std::size_t got, std::span<const std::int64_t> shape) {
  const std::size_t wanted = runtime::element_count(shape);
  if (got != wanted) {
    throw std::invalid_argument("elements: got " + std::to_string(got) + ", but the shape " +
                                shape_text(shape) + " has " + std::to_string(wanted));
  }
}

}  // namespace bertqa::runtime
