// Where a session runs.
#pragma once

#include <string>
#include <string_view>

#include "runtime/environment.hpp"
#include "runtime/errors.hpp"

namespace bertqa::runtime {

struct Device {
  enum class Kind : unsigned char { cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;

  // "cpu", "cuda" or "cuda:N"; std::invalid_argument naming `device` for anything else.
  static Device parse(std::string_view text);
  // The text that parse() takes.
  [[nodiscard]] std::string name() const;
  bool operator==(const Device&) const = default;
};

// Adds the device's provider to the options of a session (none for the CPU: it is always there). Throws
// DeviceUnavailableError, saying what is missing and what to do; there is no silent fall-back.
//
// What a device refuses later, when a session is created, is is_device_failure().
void append_provider(const Environment& env, ort::SessionOptions* options, const Device& device);

// Whether a failure to create a session is the device's: no such GPU, no memory left on it, no driver.
[[nodiscard]] bool is_device_failure(const EngineError& error, const Device& device);

// The error for a device that failed so.
[[nodiscard]] DeviceUnavailableError device_failure(const EngineError& error, const Environment& env,
                                                    const Device& device);

}  // namespace bertqa::runtime
