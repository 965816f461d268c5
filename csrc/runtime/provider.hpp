// How a session gets to a device other than the CPU: one file for each of the runtime's providers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/product.hpp"
#include "runtime/device.hpp"
#include "runtime/environment.hpp"
#include "runtime/errors.hpp"

namespace bertqa::runtime {

// The provider's own options, by its keys; they go before what we set.
using ProviderOptions = std::vector<std::pair<std::string, std::string>>;

struct ProviderRequest {
  Device device;
  Precision precision = Precision::fp32;
  ProviderOptions options;
};

// What keeps a device from working.
struct Trouble {
  std::string cause;   // in a user's words
  std::string words;   // the runtime's own, or the loader's or the driver's that it passes on
  std::string advice;  // what to do
};

class Provider {
 public:
  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  Provider(Provider&&) = delete;
  Provider& operator=(Provider&&) = delete;
  virtual ~Provider() = default;

  // As the runtime calls it.
  [[nodiscard]] virtual const char* name() const = 0;
  [[nodiscard]] virtual bool has(Precision precision) const { return precision == Precision::fp32; }
  // Adds it to a session's options. Throws DeviceUnavailableError, saying what is missing and what to do, and
  // std::invalid_argument for options of the caller's that it does not take. What a device refuses later,
  // when the session is made, is is_failure().
  virtual void append(Environment& env, ort::SessionOptions* options,
                      const ProviderRequest& request) const = 0;
  // Whether graphs run where some of their tensors have no elements.
  [[nodiscard]] virtual bool takes_empty_tensors() const { return true; }
  // What the runtime may call the device's memory, newest name first; none where values lie in the host's.
  [[nodiscard]] virtual std::span<const char* const> memory_names() const { return {}; }
  // Whether an error says that the device is not there, or has no memory left.
  [[nodiscard]] virtual bool is_failure(const EngineError& error) const = 0;
  // Whether a run failed for want of a library: some are loaded by the first kernel that needs them.
  [[nodiscard]] virtual bool lacks_library(const EngineError& /*error*/) const { return false; }
  // What an error of either kind means.
  [[nodiscard]] virtual Trouble explain(const EngineError& error) const = 0;
};

// Null for the CPU, which is always there.
const Provider* provider_of(Device::Kind kind);
const Provider& cuda_provider();
const Provider& webgpu_provider();
const Provider& openvino_provider();

// The options of a request, and ours for what it does not say.
ProviderOptions with_defaults(const ProviderRequest& request, ProviderOptions ours);

// Options as the C API takes them; looks into `options`, which must outlive it.
struct OptionTexts {
  explicit OptionTexts(const ProviderOptions& options);
  std::vector<const char*> keys, values;
};

// Whether the runtime was built with a provider.
bool is_built_in(const Environment& env, const char* provider);

// The devices of a plug-in provider (Environment::register_provider_library), as the runtime lists them.
std::vector<const ort::EpDevice*> plug_in_devices(const Environment& env, const char* provider);

// Adds a plug-in provider with one of its devices.
void append_plug_in(Environment& env, ort::SessionOptions* options, const ort::EpDevice* device,
                    const ProviderOptions& with);

// What our own linear layers multiply in: only on the CPU. Throws DeviceUnavailableError where the processor
// has no units for what is asked; empty where it has none for float32, and the runtime's products serve.
std::optional<kernels::Arithmetic> linear_arithmetic(const Device& device, Precision precision);

// Adds the device's provider, if it needs one. Throws as Provider::append does, and std::invalid_argument for
// a precision that the device does not have. There is no silent fall-back.
void append_provider(Environment& env, ort::SessionOptions* options, const ProviderRequest& request);

// The error for a device that failed with `error`.
[[nodiscard]] DeviceUnavailableError device_failure(const EngineError& error, const Environment& env,
                                                    const Device& device);

}  // namespace bertqa::runtime
