// From a C++ class to the table of callbacks by which the runtime knows an operator.
//
// The class names itself and its ports, is made from a node's attributes, and computes:
//
//   struct Scale {
//     static constexpr const char* kName = "Scale";
//     static constexpr std::array kInputs = {ElementType::float32};
//     static constexpr std::size_t kOutputs = 1;          // float32, all
//     static constexpr std::size_t kRequiredOutputs = 1;  // the others may be left out
//     static inline std::array<int, 1> in_place_inputs = {0};   // input 0 and output 0 may be one
//     static inline std::array<int, 1> in_place_outputs = {0};
//     explicit Scale(const Attributes& attributes);
//     void compute(const KernelContext& context) const;
//   };
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>

#include "runtime/element_type.hpp"
#include "runtime/kernel_context.hpp"
#include "runtime/ort_api.hpp"
#include "runtime/ort_custom_op.hpp"
#include "runtime/status.hpp"

namespace bertqa::runtime {

// What is known of the node that a kernel is made for.
class Attributes {
 public:
  Attributes(const ort::Api& api, const ort::KernelInfo* info) : api_(&api), info_(info) {}
  [[nodiscard]] float number(const char* name) const {
    float value = 0.0F;
    check(*api_, api_->KernelInfoGetAttribute_float(info_, name, &value), "KernelInfoGetAttribute_float");
    return value;
  }
  // An input that is float32 and the same in every run; empty where it is not. Lives as long as the session.
  [[nodiscard]] std::optional<Operand<float>> constant(std::size_t index) const {
    int is_constant = 0;
    const ort::Value* value = nullptr;
    check(*api_, api_->KernelInfoGetConstantInput_tensor(info_, index, &is_constant, &value),
          "KernelInfoGetConstantInput_tensor");
    if (is_constant == 0 || value == nullptr) return std::nullopt;
    Operand<float> found{};
    found.data = static_cast<const float*>(read_tensor(*api_, value, &found.shape));
    return found;
  }

 private:
  const ort::Api* api_;
  const ort::KernelInfo* info_;
};

// The callbacks of an operator. No exception crosses them: the runtime is built without handlers for ours.
template <typename Op>
class Callbacks {
 public:
  static constexpr ort::CustomOp table() {
    ort::CustomOp op{};
    op.version = ort::kApiVersion;
    op.GetName = [](const ort::CustomOp*) { return Op::kName; };
    op.GetExecutionProviderType = [](const ort::CustomOp*) -> const char* { return nullptr; };  // the CPU
    op.GetInputTypeCount = [](const ort::CustomOp*) { return Op::kInputs.size(); };
    op.GetInputType = [](const ort::CustomOp*, std::size_t i) { return static_cast<int>(Op::kInputs[i]); };
    op.GetOutputTypeCount = [](const ort::CustomOp*) { return Op::kOutputs; };
    op.GetOutputType = [](const ort::CustomOp*, std::size_t) {
      return static_cast<int>(ElementType::float32);
    };
    op.GetInputCharacteristic = [](const ort::CustomOp*, std::size_t) { return ort::kRequired; };
    op.GetOutputCharacteristic = [](const ort::CustomOp*, std::size_t i) {
      return i < Op::kRequiredOutputs ? ort::kRequired : ort::kOptional;
    };
    op.GetInputMemoryType = [](const ort::CustomOp*, std::size_t) { return ort::kMemoryDefault; };
    op.GetStartVersion = [](const ort::CustomOp*) { return 1; };
    op.GetEndVersion = [](const ort::CustomOp*) { return 1; };
    op.GetMayInplace = [](int** inputs, int** outputs) {
      *inputs = Op::in_place_inputs.data();
      *outputs = Op::in_place_outputs.data();
      return Op::in_place_inputs.size();
    };
    op.ReleaseMayInplace = [](int*, int*) {};  // nothing to release: the arrays are the class's own
    op.CreateKernelV2 = &create;
    op.KernelComputeV2 = &compute;
    op.KernelDestroy = [](void* kernel) { delete static_cast<Kernel*>(kernel); };
    return op;
  }

 private:
  struct Kernel {
    const ort::Api* api;
    Op op;
  };

  template <typename Work>
  static ort::Status* guarded(const ort::Api& api, const Work& work) noexcept {
    try {
      work();
      return nullptr;
    } catch (const std::exception& error) {
      return api.CreateStatus(ort::kFail, error.what());
    } catch (...) {
      return api.CreateStatus(ort::kFail, "an operator threw what is no exception");
    }
  }

  static ort::Status* create(const ort::CustomOp*, const ort::Api* api, const ort::KernelInfo* info,
                             void** kernel) noexcept {
    return guarded(
        *api, [&] { *kernel = std::make_unique<Kernel>(Kernel{api, Op(Attributes(*api, info))}).release(); });
  }

  static ort::Status* compute(void* kernel, ort::KernelContext* context) noexcept {
    const Kernel& self = *static_cast<const Kernel*>(kernel);
    return guarded(*self.api, [&] { self.op.compute(KernelContext(*self.api, context)); });
  }
};

// The table of an operator. It lives as long as the process: domains only point to it.
template <typename Op>
inline constexpr ort::CustomOp custom_op = Callbacks<Op>::table();

}  // namespace bertqa::runtime
