// Where a session runs.
#pragma once

#include <string>
#include <string_view>

#include "runtime/environment.hpp"

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
void append_provider(const Environment& env, ort::SessionOptions* options, const Device& device);

}  // namespace bertqa::runtime
