// Intel's OpenVINO on the CPU, through the plug-in provider that onnxruntime-ep-openvino brings.
#include <string>
#include <string_view>

#include "runtime/provider.hpp"

namespace bertqa::runtime {
namespace {

constexpr const char* kName = "OpenVINOExecutionProvider";

// How many compiled primitives a session keeps. OpenVINO keeps 5,000, those of every length that has come by:
// measured by benchmarks/steady_memory.py, 689 MiB after 200 calls and 774 MiB after 800. With 64, which is
// more than a graph needs for one length, it is 512 and 517 MiB and a call takes as long (0.07 s; without any
// 0.12 s).
constexpr int kCompiledKept = 64;

std::string_view metadata(const ort::Api& api, const ort::EpDevice* device, const char* key) {
  const char* value = api.GetKeyValue(api.EpDevice_EpMetadata(device), key);
  return value != nullptr ? value : "";
}

class OpenVino final : public Provider {
 public:
  [[nodiscard]] const char* name() const override { return kName; }

  void append(Environment& env, ort::SessionOptions* options, const ProviderRequest& request) const override {
    const ort::EpDevice* device = cpu_device(env);
    // It would take bfloat16 where the CPU has it; its threads are its own.
    const std::string config = R"({"CPU": {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": ")" +
                               std::to_string(env.threads()) + R"(", "CPU_RUNTIME_CACHE_CAPACITY": ")" +
                               std::to_string(kCompiledKept) + R"("}})";
    const ProviderOptions all = with_defaults(request, {{"load_config", config}});
    append_plug_in(env, options, device, all);
  }

  [[nodiscard]] bool is_failure(const EngineError& /*error*/) const override { return false; }

  [[nodiscard]] Trouble explain(const EngineError& error) const override {
    return {"OpenVINO does not start", error.what(), "pip install --upgrade bertqa_fast[openvino]"};
  }

 private:
  static const ort::EpDevice* cpu_device(const Environment& env) {
    const ort::Api& api = env.api();
    for (const ort::EpDevice* device : plug_in_devices(env, kName)) {
      if (metadata(api, device, "ov_device") == "CPU") return device;
    }
    throw DeviceUnavailableError(
        "device \"openvino\": its provider is not registered, or finds no CPU; pip install "
        "bertqa_fast[openvino], or use device=\"cpu\"");
  }
};

}  // namespace

const Provider& openvino_provider() {
  static const OpenVino openvino;
  return openvino;
}

}  // namespace bertqa::runtime
