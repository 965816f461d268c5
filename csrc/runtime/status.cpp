#include "runtime/status.hpp"

#include <array>
#include <cstddef>
#include <string>

#include "runtime/errors.hpp"

namespace bertqa::runtime {
namespace {

constexpr std::array<const char*, 13> kCodes = {
    "OK",
    "FAIL",
    "INVALID_ARGUMENT",
    "NO_SUCHFILE",
    "NO_MODEL",
    "ENGINE_ERROR",
    "RUNTIME_EXCEPTION",
    "INVALID_PROTOBUF",
    "MODEL_LOADED",
    "NOT_IMPLEMENTED",
    "INVALID_GRAPH",
    "EP_FAIL",
    "MODEL_LOAD_CANCELED",
};

std::string code_name(ort::ErrorCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kCodes.size() ? kCodes.at(index) : "CODE_" + std::to_string(static_cast<int>(code));
}

}  // namespace

void check(const ort::Api& api, ort::Status* status, const char* call) {
  if (status == nullptr) {
    return;
  }
  const std::string code = code_name(api.GetErrorCode(status));
  const std::string message = api.GetErrorMessage(status);
  api.ReleaseStatus(status);
  throw EngineError(std::string(call) + ": " + message + " (" + code + ")", code, call);
}

}  // namespace bertqa::runtime
