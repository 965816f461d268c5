// A graph, loaded and ready to run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/device.hpp"
#include "runtime/value.hpp"
#include "runtime/weights.hpp"

namespace bertqa::runtime {

// Packed copies of weights, shared by the sessions that are created with it (CPU provider only).
class PrepackedWeights {
 public:
  explicit PrepackedWeights(std::shared_ptr<Environment> env);
  [[nodiscard]] ort::PrepackedWeightsContainer* raw() const noexcept { return handle_.get(); }

 private:
  std::shared_ptr<Environment> env_;
  PrepackedWeightsHandle handle_;
};

struct SessionOptions {
  Device device;
  int optimization_level = 99;  // 0 none, 1 basic, 2 extended, 99 all
  // Our own kernels for the fused operators, on the CPU; without them, and on other devices, the functions of
  // plain operators in the graph run in their place.
  bool fused_operators = true;
  // The runtime's own session options, by its keys.
  std::vector<std::pair<std::string, std::string>> config;
  // Writes a profile to <prefix>_<time>.json; see end_profiling().
  std::optional<std::string> profile_prefix;
};

// An input or output; -1 stands for a dimension that is free.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape;
};

struct Input {
  const char* name;
  const Value* value;
};

struct RunFlags {
  // Give the arena's free memory back to the system when the run ends. Costs the next run its allocations.
  bool shrink_arena = false;
};

// Creation is serialised by the environment's mutex; run() may be called from several threads at once.
class Session {
 public:
  // `weights` (may be null) stands in for the graph's initialisers of the same names, which are then not read
  // from the graph's own external data; names that the graph does not have are ignored. `prepacked` (may be
  // null) shares the packed copies of these weights with other sessions. Throws EngineError, or
  // DeviceUnavailableError.
  Session(std::shared_ptr<Environment> env, const std::filesystem::path& path,
          std::shared_ptr<WeightFile> weights = nullptr,
          std::shared_ptr<PrepackedWeights> prepacked = nullptr, const SessionOptions& options = {});

  [[nodiscard]] const std::vector<TensorInfo>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<TensorInfo>& outputs() const noexcept { return outputs_; }

  // One value for each name in `outputs`. The inputs must live until it returns.
  [[nodiscard]] std::vector<Value> run(std::span<const Input> inputs, std::span<const std::string> outputs,
                                       const RunFlags& flags = {});

  // Ends profiling and returns the path of the profile. Call once, and only with a profile_prefix.
  std::string end_profiling();

 private:
  void create(const std::filesystem::path& path, const ort::SessionOptions* options);

  std::shared_ptr<Environment> env_;
  // Before the session: both must outlive it.
  std::shared_ptr<WeightFile> weights_;
  std::shared_ptr<PrepackedWeights> prepacked_;
  SessionHandle session_;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

}  // namespace bertqa::runtime
