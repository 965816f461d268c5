// NVIDIA's GPUs, through the provider that onnxruntime-gpu was built with.
#include <array>
#include <string>

#include "runtime/cuda_trouble.hpp"
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
          ") has no CUDA provider; pip uninstall onnxruntime, then pip install bertqa_fast[gpu] "
          "onnxruntime-gpu[cuda,cudnn] (the latter brings CUDA's libraries), or use device=\"cpu\"");
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
    try {
      check(api,
            api.UpdateCUDAProviderOptions(cuda.get(), texts.keys.data(), texts.values.data(),
                                          texts.keys.size()),
            "UpdateCUDAProviderOptions");
    } catch (const EngineError& error) {
      blame_cuda_options(error.what(), request.options);
      throw;
    }
    check(api, api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda.get()),
          "SessionOptionsAppendExecutionProvider_CUDA_V2");
  }

  [[nodiscard]] std::span<const char* const> memory_names() const override {
    static constexpr std::array<const char*, 1> kNames = {"Cuda"};
    return kNames;
  }

  [[nodiscard]] bool is_failure(const EngineError& error) const override {
    return is_cuda_trouble(error.what());
  }

  [[nodiscard]] bool lacks_library(const EngineError& error) const override {
    return lacks_cudnn(error.what());
  }

  [[nodiscard]] Trouble explain(const EngineError& error) const override {
    return explain_cuda(error.what());
  }
};

}  // namespace

const Provider& cuda_provider() {
  static const Cuda cuda;
  return cuda;
}

}  // namespace bertqa::runtime
