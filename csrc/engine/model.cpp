#include "engine/model.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace bertqa::engine {

std::string layer_name(int layer) { return layer == kEmbeddings ? "embeddings" : std::to_string(layer); }

Model::Model(std::shared_ptr<runtime::Environment> env, Description description)
    : env_(std::move(env)),
      description_(std::move(description)),
      weights_(std::make_shared<runtime::WeightFile>(env_, description_.folder / "weights.bin",
                                                     description_.tensors)),
      prepacked_(std::make_shared<runtime::PrepackedWeights>(env_)) {
  session("finish");  // the smallest graph: a device that is not there is found out now, not at first use
}

runtime::Session& Model::session(const std::string& graph) {
  const std::scoped_lock lock(mutex_);
  auto& slot = sessions_[graph];
  if (!slot) {
    runtime::SessionOptions options;
    options.device = description_.device;
    slot = std::make_unique<runtime::Session>(env_, description_.folder / (graph + ".onnx"), weights_,
                                              prepacked_, options);
    // The session has packed its copies; the mapped originals need not stay resident.
    weights_->release_pages();
  }
  return *slot;
}

std::vector<runtime::Value> Model::run(const std::string& graph, std::span<const runtime::Input> inputs,
                                       std::span<const std::string> outputs, Statistics& statistics,
                                       const runtime::RunFlags& flags) {
  runtime::Session& loaded = session(graph);
  const auto start = std::chrono::steady_clock::now();
  auto values = loaded.run(inputs, outputs, flags);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  statistics.runtime_seconds += elapsed.count();
  ++statistics.batches;
  return values;
}

void Model::require_layer(int layer) const {
  if (layer < kEmbeddings || layer >= description_.sizes.num_layers) {
    throw std::invalid_argument("layer: got " + std::to_string(layer) + ", wanted -1 (embeddings) to " +
                                std::to_string(description_.sizes.num_layers - 1));
  }
}

}  // namespace bertqa::engine
