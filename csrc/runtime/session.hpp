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

#include "runtime/placements.hpp"
#include "runtime/provider.hpp"
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
  Precision precision = Precision::fp32;
  // The device's provider's own options, by its keys.
  ProviderOptions provider_options;
  // Whether a device may leave nodes to the CPU. It may always leave those whose names hold kIndexNode:
  // they work on a few integers, which the runtime keeps on the host.
  bool allow_partial = false;
  int optimization_level = 99;  // 0 none, 1 basic, 2 extended, 99 all
  // Our own kernels for the fused operators, on the CPU; without them, and on other devices, the functions of
  // plain operators in the graph run in their place.
  bool fused_operators = true;
  // Among them our own linear layers, where the processor has units for them; precisions other than fp32 need
  // them.
  bool linear_operators = true;
  // The runtime's own session options, by its keys.
  std::vector<std::pair<std::string, std::string>> config;
  // Writes a profile to <prefix>_<time>.json; see end_profiling().
  std::optional<std::string> profile_prefix;
};

// Begins the names that the exporter gives nodes which know no floating-point numbers: shapes, positions,
// counts. The runtime puts its own before those of nodes in functions.
inline constexpr const char* kIndexNode = "index/";

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

struct Output {
  std::string name;
  // Where the device has memory of its own, the value stays there for other runs.
  bool stays = false;
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

  // One value for each of `outputs`. The inputs must live until it returns.
  [[nodiscard]] std::vector<Value> run(std::span<const Input> inputs, std::span<const Output> outputs,
                                       const RunFlags& flags = {});

  // Whether values can stay on the device.
  [[nodiscard]] bool has_device_memory() const noexcept { return static_cast<bool>(device_memory_); }
  // Nodes that the device leaves to the CPU; none where it takes them all, or the CPU is the device.
  [[nodiscard]] const std::vector<Placement>& left_to_cpu() const noexcept { return left_to_cpu_; }

  // Ends profiling and returns the path of the profile. Call once, and only with a profile_prefix.
  std::string end_profiling();

 private:
  void create(const std::filesystem::path& path, ort::SessionOptions* raw, const SessionOptions& options);
  [[nodiscard]] ort::Status* run_unbound(const ort::RunOptions* options, std::span<const Input> inputs,
                                         std::span<const Output> outputs, std::span<ort::Value*> out);
  [[nodiscard]] ort::Status* run_bound(const ort::RunOptions* options, std::span<const Input> inputs,
                                       std::span<const Output> outputs, std::span<ort::Value*> out);

  std::shared_ptr<Environment> env_;
  // Before the session: both must outlive it.
  std::shared_ptr<WeightFile> weights_;
  std::shared_ptr<PrepackedWeights> prepacked_;
  SessionHandle session_;
  MemoryInfoHandle device_memory_;  // null where values lie in the host's
  std::vector<Placement> left_to_cpu_;
  Device device_;
  std::string arenas_;  // what run() shrinks
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

}  // namespace bertqa::runtime
