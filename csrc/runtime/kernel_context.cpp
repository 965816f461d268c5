#include "runtime/kernel_context.hpp"

#include "runtime/handles.hpp"

namespace bertqa::runtime {

const void* read_tensor(const ort::Api& api, const ort::Value* value, std::vector<std::int64_t>* shape) {
  TensorInfoHandle info(api);
  check(api, api.GetTensorTypeAndShape(value, info.out()), "GetTensorTypeAndShape");
  std::size_t rank = 0;
  check(api, api.GetDimensionsCount(info.get(), &rank), "GetDimensionsCount");
  shape->resize(rank);
  check(api, api.GetDimensions(info.get(), shape->data(), rank), "GetDimensions");
  void* memory = nullptr;
  // The API has one function for reading and writing; nothing is written through what this returns.
  auto* writable = const_cast<ort::Value*>(value);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  check(api, api.GetTensorMutableData(writable, &memory), "GetTensorMutableData");
  return memory;
}

const void* KernelContext::read(std::size_t index, std::vector<std::int64_t>* shape) const {
  const ort::Value* value = nullptr;
  check(*api_, api_->KernelContext_GetInput(raw_, index, &value), "KernelContext_GetInput");
  return read_tensor(*api_, value, shape);
}

float* KernelContext::output(std::size_t index, std::span<const std::int64_t> shape) const {
  ort::Value* value = nullptr;
  check(*api_, api_->KernelContext_GetOutput(raw_, index, shape.data(), shape.size(), &value),
        "KernelContext_GetOutput");
  if (value == nullptr) {
    return nullptr;
  }
  void* memory = nullptr;
  check(*api_, api_->GetTensorMutableData(value, &memory), "GetTensorMutableData");
  return static_cast<float*>(memory);
}

void KernelContext::parallel(ort::ParallelWork* work, std::size_t count, void* data) const {
  check(*api_, api_->KernelContext_ParallelFor(raw_, work, count, 0, data), "KernelContext_ParallelFor");
}

}  // namespace bertqa::runtime
