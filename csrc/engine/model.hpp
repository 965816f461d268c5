// An exported model: its weights once, its graphs as sessions that are made when first needed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/batch_sizer.hpp"
#include "engine/head.hpp"
#include "engine/plan.hpp"
#include "runtime/device.hpp"
#include "runtime/environment.hpp"
#include "runtime/session.hpp"
#include "runtime/weights.hpp"

namespace bertqa::engine {

// The layer number of the embeddings; layer l >= 0 is the output of encoder block l.
inline constexpr int kEmbeddings = -1;

// "embeddings", "0", "1" ... as in the names of graphs and tensors.
std::string layer_name(int layer);

// Where time went. `runtime_seconds` is the part spent inside ONNX Runtime.
struct Statistics {
  std::size_t batches = 0;
  std::size_t rows = 0;
  std::size_t tokens = 0;         // rows times padded length
  std::size_t padded_tokens = 0;  // of which padding
  // Copied between the host and a device that has memory of its own, in bytes. Weights are not counted.
  std::size_t to_device = 0;
  std::size_t from_device = 0;
  double seconds = 0;
  double runtime_seconds = 0;
  // By stage: "loading" (sessions made), and the graphs' names without their layers ("cut", "weigh" ...).
  struct Stage {
    std::size_t runs = 0;
    double seconds = 0;
  };
  std::map<std::string, Stage> stages;
};

// Called between batches with rows done and rows in all; may throw, which ends the work and leaves the model
// as it was.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

class Model {
 public:
  struct Description {
    std::filesystem::path folder;
    std::vector<runtime::TensorEntry> tensors;
    EncoderSizes sizes;
    std::size_t max_positions = 0;
    runtime::Device device;
    runtime::Precision precision = runtime::Precision::fp32;
    runtime::ProviderOptions provider_options;
    bool allow_partial = false;
    std::size_t memory_budget = 0;  // bytes that activations of one batch may take

    // Rows of the word embeddings.
    [[nodiscard]] std::size_t vocabulary_size() const;
    // Read off the weights.
    [[nodiscard]] Head head() const;
  };

  Model(std::shared_ptr<runtime::Environment> env, Description description);

  [[nodiscard]] const Description& description() const noexcept { return description_; }
  [[nodiscard]] const std::shared_ptr<runtime::Environment>& environment() const noexcept { return env_; }

  // Runs a graph, loading it when it is first asked for. Safe to call from several threads.
  std::vector<runtime::Value> run(const std::string& graph, std::span<const runtime::Input> inputs,
                                  std::span<const runtime::Output> outputs, Statistics& statistics,
                                  const runtime::RunFlags& flags = {});
  // A tensor [E, T, H] of floats where runs can take it without copying it again: itself, or on the device.
  runtime::Value to_device(runtime::Value value, Statistics& statistics);
  // Whether values can stay on the device.
  [[nodiscard]] bool has_device_memory();
  [[nodiscard]] bool takes_empty_tensors() const;

  // How large batches are worth having, learnt from all work so far: runs forward and back, forward ones,
  // those under masks, of relevance, and of attention that is traced.
  BatchSizer gradient_sizer, forward_sizer, masked_sizer, relevance_sizer, tracing_sizer;

  // Whether the export has a graph: those of the generic path lack some.
  [[nodiscard]] bool has(const std::string& graph) const;

  // std::invalid_argument naming `what` unless the model is a reader.
  void require_reader(const char* what) const;
  // std::invalid_argument naming `layer` unless it is -1 (embeddings) to L-1.
  void require_layer(int layer) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& graph) const;
  runtime::Session& session(const std::string& graph, Statistics* statistics = nullptr);

  std::shared_ptr<runtime::Environment> env_;
  Description description_;
  std::shared_ptr<runtime::WeightFile> weights_;
  std::shared_ptr<runtime::PrepackedWeights> prepacked_;
  std::mutex mutex_;  // held while a session is made or looked up; sessions never move or go
  std::map<std::string, std::unique_ptr<runtime::Session>> sessions_;
};

}  // namespace bertqa::engine
