#include "runtime/device.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <span>
#include <stdexcept>
#include <system_error>

#include "runtime/status.hpp"

namespace bertqa::runtime {
namespace {

bool has_provider(const ort::Api& api, std::string_view wanted) {
  char** names = nullptr;
  int count = 0;
  check(api, api.GetAvailableProviders(&names, &count), "GetAvailableProviders");
  const std::span<char*> all(names, static_cast<std::size_t>(count));
  const bool found = std::ranges::any_of(all, [&](const char* name) { return name == wanted; });
  check(api, api.ReleaseAvailableProviders(names, count), "ReleaseAvailableProviders");
  return found;
}

void append_cuda(const ort::Api& api, ort::SessionOptions* options, int index) {
  CUDAProviderOptionsHandle cuda(api);
  check(api, api.CreateCUDAProviderOptions(cuda.out()), "CreateCUDAProviderOptions");
  const std::string device_id = std::to_string(index);
  // TF32 is on by default and costs 1e-3 in accuracy; the default arena doubles whenever a shape changes.
  const std::array<const char*, 3> keys = {"device_id", "use_tf32", "arena_extend_strategy"};
  const std::array<const char*, 3> values = {device_id.c_str(), "0", "kSameAsRequested"};
  check(api, api.UpdateCUDAProviderOptions(cuda.get(), keys.data(), values.data(), keys.size()),
        "UpdateCUDAProviderOptions");
  check(api, api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda.get()),
        "SessionOptionsAppendExecutionProvider_CUDA_V2");
}

}  // namespace

Device Device::parse(std::string_view text) {
  constexpr std::string_view prefix = "cuda:";
  if (text == "cpu") {
    return {};
  }
  if (text == "cuda") {
    return {Kind::cuda, 0};
  }
  if (text.starts_with(prefix)) {
    const std::string_view digits = text.substr(prefix.size());
    const char* begin = std::to_address(digits.begin());
    const char* end = std::to_address(digits.end());
    int index = 0;
    const auto [stopped, error] = std::from_chars(begin, end, index);
    if (error == std::errc() && stopped == end && index >= 0) {
      return {Kind::cuda, index};
    }
  }
  throw std::invalid_argument("device: got \"" + std::string(text) +
                              "\", wanted \"cpu\", \"cuda\" or \"cuda:N\"");
}

std::string Device::name() const { return kind == Kind::cpu ? "cpu" : "cuda:" + std::to_string(index); }

void append_provider(const Environment& env, ort::SessionOptions* options, const Device& device) {
  if (device.kind == Device::Kind::cpu) {
    return;
  }
  const Library& library = env.library();
  if (!has_provider(env.api(), "CUDAExecutionProvider")) {
    throw DeviceUnavailableError("device \"" + device.name() + "\": the installed ONNX Runtime " +
                                 library.version() + " (" + library.path().string() +
                                 ") has no CUDA provider; pip uninstall onnxruntime, then pip install "
                                 "bertqa_fast[gpu], or use device=\"cpu\"");
  }
  try {
    append_cuda(env.api(), options, device.index);
  } catch (const EngineError& error) {
    throw device_failure(error, env, device);
  }
}

bool is_device_failure(const EngineError& error, const Device& device) {
  return device.kind == Device::Kind::cuda &&
         std::string_view(error.what()).find("CUDA failure") != std::string_view::npos;
}

DeviceUnavailableError device_failure(const EngineError& error, const Environment& env,
                                      const Device& device) {
  std::string reason = error.what();
  std::ranges::replace(reason, '\n', ' ');
  return DeviceUnavailableError("device \"" + device.name() + "\": the CUDA provider of ONNX Runtime " +
                                env.library().version() + " does not start: " + reason +
                                "; check the driver (nvidia-smi) and CUDA's libraries "
                                "(pip install onnxruntime-gpu[cuda,cudnn]), or use device=\"cpu\"");
}

}  // namespace bertqa::runtime
