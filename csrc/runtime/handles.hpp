// Move-only owners of the runtime's C objects. Each is a pointer and the table that releases it, so that no
// naked pointer survives the line that made it:
//
//   SessionOptionsHandle options(api);
//   check(api, api.CreateSessionOptions(options.out()), "CreateSessionOptions");
#pragma once

#include <utility>

#include "runtime/ort_api.hpp"

namespace bertqa::runtime {

// `Release` is the table's entry that frees a `T`.
template <typename T, void (*ort::Api::*Release)(T*)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(const ort::Api& api, T* raw = nullptr) noexcept : api_(&api), raw_(raw) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&& other) noexcept : api_(other.api_), raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      api_ = other.api_;
      raw_ = std::exchange(other.raw_, nullptr);
    }
    return *this;
  }
  ~Handle() { reset(); }

  [[nodiscard]] T* get() const noexcept { return raw_; }
  explicit operator bool() const noexcept { return raw_ != nullptr; }
  // Where a C function writes the object it creates; frees what was held before.
  [[nodiscard]] T** out() noexcept {
    reset();
    return &raw_;
  }

 private:
  void reset() noexcept {
    if (raw_ != nullptr) {
      (api_->*Release)(std::exchange(raw_, nullptr));
    }
  }

  const ort::Api* api_ = nullptr;
  T* raw_ = nullptr;
};

using ArenaCfgHandle = Handle<ort::ArenaCfg, &ort::Api::ReleaseArenaCfg>;
using CUDAProviderOptionsHandle = Handle<ort::CUDAProviderOptions, &ort::Api::ReleaseCUDAProviderOptions>;
using CustomOpDomainHandle = Handle<ort::CustomOpDomain, &ort::Api::ReleaseCustomOpDomain>;
using EnvHandle = Handle<ort::Env, &ort::Api::ReleaseEnv>;
using IoBindingHandle = Handle<ort::IoBinding, &ort::Api::ReleaseIoBinding>;
using MemoryInfoHandle = Handle<ort::MemoryInfo, &ort::Api::ReleaseMemoryInfo>;
using PrepackedWeightsHandle =
    Handle<ort::PrepackedWeightsContainer, &ort::Api::ReleasePrepackedWeightsContainer>;
using RunOptionsHandle = Handle<ort::RunOptions, &ort::Api::ReleaseRunOptions>;
using SessionHandle = Handle<ort::Session, &ort::Api::ReleaseSession>;
using SessionOptionsHandle = Handle<ort::SessionOptions, &ort::Api::ReleaseSessionOptions>;
using TensorInfoHandle = Handle<ort::TensorTypeAndShapeInfo, &ort::Api::ReleaseTensorTypeAndShapeInfo>;
using ThreadingOptionsHandle = Handle<ort::ThreadingOptions, &ort::Api::ReleaseThreadingOptions>;
using TypeInfoHandle = Handle<ort::TypeInfo, &ort::Api::ReleaseTypeInfo>;
using ValueHandle = Handle<ort::Value, &ort::Api::ReleaseValue>;

}  // namespace bertqa::runtime
