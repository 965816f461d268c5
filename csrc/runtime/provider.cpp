#include "runtime/provider.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "runtime/status.hpp"

namespace bertqa::runtime {

const Provider* provider_of(Device::Kind kind) {
  switch (kind) {
    case Device::Kind::cuda:
      return &cuda_provider();
    case Device::Kind::webgpu:
      return &webgpu_provider();
    case Device::Kind::openvino:
      return &openvino_provider();
    case Device::Kind::cpu:
      break;
  }
  return nullptr;
}

ProviderOptions with_defaults(const ProviderRequest& request, ProviderOptions ours) {
  ProviderOptions all = request.options;
  for (auto& option : ours) {
    const bool given =
        std::ranges::any_of(request.options, [&](const auto& other) { return other.first == option.first; });
    if (!given) all.push_back(std::move(option));
  }
  return all;
}

OptionTexts::OptionTexts(const ProviderOptions& options) {
  for (const auto& [key, value] : options) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
}

bool is_built_in(const Environment& env, const char* provider) {
  const ort::Api& api = env.api();
  char** names = nullptr;
  int count = 0;
  check(api, api.GetAvailableProviders(&names, &count), "GetAvailableProviders");
  const std::span<char*> all(names, static_cast<std::size_t>(count));
  const std::string_view wanted = provider;
  const bool found = std::ranges::any_of(all, [&](const char* name) { return name == wanted; });
  check(api, api.ReleaseAvailableProviders(names, count), "ReleaseAvailableProviders");
  return found;
}

std::vector<const ort::EpDevice*> plug_in_devices(const Environment& env, const char* provider) {
  const ort::Api& api = env.api();
  const ort::EpDevice* const* found = nullptr;
  std::size_t count = 0;
  check(api, api.GetEpDevices(env.raw(), &found, &count), "GetEpDevices");
  std::vector<const ort::EpDevice*> devices(found, found + count);
  const std::string_view wanted = provider;
  std::erase_if(devices, [&](const ort::EpDevice* device) { return api.EpDevice_EpName(device) != wanted; });
  return devices;
}

void append_plug_in(Environment& env, ort::SessionOptions* options, const ort::EpDevice* device,
                    const ProviderOptions& with) {
  const OptionTexts texts(with);
  const ort::Api& api = env.api();
  const std::array<const ort::EpDevice*, 1> devices = {device};
  check(
      api,
      api.SessionOptionsAppendExecutionProvider_V2(options, env.raw(), devices.data(), devices.size(),
                                                   texts.keys.data(), texts.values.data(), texts.keys.size()),
      "SessionOptionsAppendExecutionProvider_V2");
}

std::optional<kernels::Arithmetic> linear_arithmetic(const Device& device, Precision precision) {
  if (device.kind != Device::Kind::cpu) return std::nullopt;
  using kernels::Arithmetic;
  if (precision == Precision::fp32) {
    if (!kernels::can_multiply(Arithmetic::float32)) return std::nullopt;
    return Arithmetic::float32;
  }
  const auto wanted = precision == Precision::bf16 ? Arithmetic::bfloat16 : Arithmetic::bfloat16x3;
  if (!kernels::can_multiply(wanted)) {
    throw DeviceUnavailableError(
        "precision \"" + std::string(name_of(precision)) +
        "\": this processor has no units that multiply tiles of bfloat16 (AMX), or its "
        "kernel does not let them be used; use precision=\"fp32\"");
  }
  return wanted;
}

void append_provider(Environment& env, ort::SessionOptions* options, const ProviderRequest& request) {
  const Provider* provider = provider_of(request.device.kind);
  const bool known =
      provider == nullptr ? request.precision != Precision::tf32 : provider->has(request.precision);
  if (!known) {
    throw std::invalid_argument("precision: device \"" + request.device.name() + "\" has no \"" +
                                std::string(name_of(request.precision)) +
                                "\"; \"tf32\" is for \"cuda\", \"bf16x3\" and \"bf16\" for \"cpu\"");
  }
  if (provider == nullptr) return;
  try {
    provider->append(env, options, request);
  } catch (const EngineError& error) {
    throw device_failure(error, env, request.device);
  }
}

DeviceUnavailableError device_failure(const EngineError& error, const Environment& env,
                                      const Device& device) {
  Trouble trouble = provider_of(device.kind)->explain(error);
  std::ranges::replace(trouble.words, '\n', ' ');
  return DeviceUnavailableError("device \"" + device.name() + "\": " + trouble.cause + " (ONNX Runtime " +
                                env.library().version() + ": " + trouble.words + "); " + trouble.advice +
                                ", or use device=\"cpu\"");
}

}  // namespace bertqa::runtime
