// NVIDIA's GPUs, through the provider that onnxruntime-gpu was built with.
#include <array>
#include <string>
#include <string_view>

#include "runtime/provider.hpp"
#include "runtime/status.hpp"

namespace bertqa::runtime {
namespace {

class Cuda final : public Provider {
 public:
  [[nodiscard]] const char* name() const override { return "CUDAExecutionProvider"; }

  [[nodiscard]] bool has(Precision precision) const override {
    return precision == Precision::fp32 || precision == Precision::tf32;
  }

  void append(Environment& env, ort::SessionOptions* options, const ProviderRequest& request) const override {
    if (!is_built_in(env, name())) {
      throw DeviceUnavailableError(
          "device \"" + request.device.name() + "\": the installed ONNX Runtime " + env.library().version() +
          " (" + env.library().path().string() +
          ") has no CUDA provider; pip uninstall onnxruntime, then pip install bertqa_fast[gpu], or use "
          "device=\"cpu\"");
    }
    const ort::Api& api = env.api();
    CUDAProviderOptionsHandle cuda(api);
    check(api, api.CreateCUDAProviderOptions(cuda.out()), "CreateCUDAProviderOptions");
    // TF32 is on by default and costs 1e-3 in accuracy; the default arena doubles whenever a shape changes.
    const ProviderOptions all =
        with_defaults(request, {{"device_id", std::to_string(request.device.index)},
                                {"use_tf32", request.precision == Precision::tf32 ? "1" : "0"},
                                {"arena_extend_strategy", "kSameAsRequested"}});
    const OptionTexts texts(all);
    check(
        api,
        api.UpdateCUDAProviderOptions(cuda.get(), texts.keys.data(), texts.values.data(), texts.keys.size()),
        "UpdateCUDAProviderOptions");
    check(api, api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda.get()),
          "SessionOptionsAppendExecutionProvider_CUDA_V2");
  }

  [[nodiscard]] std::span<const char* const> memory_names() const override {
    static constexpr std::array<const char*, 1> kNames = {"Cuda"};
    return kNames;
  }

  [[nodiscard]] bool is_failure(const EngineError& error) const override {
    const std::string_view text = error.what();
    return text.find("CUDA failure") != std::string_view::npos ||
           text.find("CUDA error") != std::string_view::npos ||
           text.find("CUDNN failure") != std::string_view::npos;
  }

  [[nodiscard]] std::string advice() const override {
    return "check the driver (nvidia-smi) and CUDA's libraries (pip install onnxruntime-gpu[cuda,cudnn])";
  }
};

}  // namespace

const Provider& cuda_provider() {
  static const Cuda cuda;
  return cuda;
}

}  // namespace bertqa::runtime
