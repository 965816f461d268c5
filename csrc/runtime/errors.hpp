// What can go wrong besides a caller's mistake (that is std::invalid_argument, naming the argument).
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace bertqa {

// ONNX Runtime refused a call.
class EngineError : public std::runtime_error {
 public:
  EngineError(const std::string& message, std::string code, std::string call)
      : std::runtime_error(message), code_(std::move(code)), call_(std::move(call)) {}

  // The runtime's error code by name, such as "INVALID_ARGUMENT".
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  // The entry of the C API that failed, or the system call.
  [[nodiscard]] const std::string& call() const noexcept { return call_; }
  // Whether less work at a time may go through. The runtime has no code for it, only words: its own arena's,
  // C++'s, and CUDA's.
  [[nodiscard]] bool is_out_of_memory() const {
    const std::string message = what();
    for (const char* words : {"Failed to allocate memory", "bad_alloc", "out of memory", "ALLOC_FAILED"}) {
      if (message.find(words) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::string code_;
  std::string call_;
};

// The runtime library is missing, cannot be loaded, is too old, or another one is loaded already.
class RuntimeLoadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The device that was asked for is not there.
class DeviceUnavailableError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bertqa
