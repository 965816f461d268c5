// GPUs of any vendor, through WebGPU: the plug-in provider of onnxruntime-ep-webgpu, or the one that the
// older onnxruntime-webgpu was built with.
#include <array>
#include <string>
#include <string_view>

#include "runtime/provider.hpp"
#include "runtime/status.hpp"

namespace bertqa::runtime {
namespace {

class WebGpu final : public Provider {
 public:
  [[nodiscard]] const char* name() const override { return "WebGpuExecutionProvider"; }

  void append(Environment& env, ort::SessionOptions* options, const ProviderRequest& request) const override {
    if (!is_built_in(env, name())) {
      const auto found = plug_in_devices(env, name());
      if (found.empty()) {
        throw DeviceUnavailableError(
            "device \"webgpu\": the plug-in onnxruntime-ep-webgpu finds no GPU on this machine; see that its "
            "driver is there and that this process may use it (/dev/dri), or use device=\"cpu\"");
      }
      append_plug_in(env, options, found.front(), request.options);
      return;
    }
    const OptionTexts texts(request.options);
    const ort::Api& api = env.api();
    check(api,
          api.SessionOptionsAppendExecutionProvider(options, "WebGPU", texts.keys.data(), texts.values.data(),
                                                    texts.keys.size()),
          "SessionOptionsAppendExecutionProvider");
  }

  // ONNX Runtime 1.27: "Invalid dispatch group size (0, 1, 1)".
  [[nodiscard]] bool takes_empty_tensors() const override { return false; }

  [[nodiscard]] std::span<const char* const> memory_names() const override {
    static constexpr std::array<const char*, 2> kNames = {"WebGPU_Buf", "WebGPU_Buffer"};
    return kNames;
  }

  [[nodiscard]] bool is_failure(const EngineError& error) const override {
    const std::string_view text = error.what();
    return text.find("Failed to get a WebGPU adapter") != std::string_view::npos ||
           text.find("Failed to get a WebGPU device") != std::string_view::npos;
  }

  [[nodiscard]] Trouble explain(const EngineError& error) const override {
    return {
        "WebGPU does not start", error.what(),
        "install a Vulkan driver for the GPU and libvulkan.so.1 (Debian: libvulkan1; vulkaninfo shows what "
        "it finds)"};
  }
};

}  // namespace

const Provider& webgpu_provider() {
  static const WebGpu webgpu;
  return webgpu;
}

}  // namespace bertqa::runtime
