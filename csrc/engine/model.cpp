#include "engine/model.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "runtime/page_release.hpp"

namespace bertqa::engine {

std::string layer_name(int layer) { return layer == kEmbeddings ? "embeddings" : std::to_string(layer); }

namespace {

using Clock = std::chrono::steady_clock;

// "cut" for "cut_3" and "cut_3_logits": layers add up.
std::string stage_name(const std::string& graph) {
  for (const char* stage : {"cut", "forward", "all_layers", "attend", "masked", "gradient", "relevance"}) {
    if (graph.starts_with(stage)) return stage;
  }
  return graph;
}

// Adds what has passed since `start` to a stage, and returns it.
double note(Statistics& statistics, const std::string& stage, Clock::time_point start) {
  const std::chrono::duration<double> elapsed = Clock::now() - start;
  auto& entry = statistics.stages[stage];
  ++entry.runs;
  entry.seconds += elapsed.count();
  return elapsed.count();
}

}  // namespace

Model::Model(std::shared_ptr<runtime::Environment> env, Description description)
    : env_(std::move(env)),
      description_(std::move(description)),
      weights_(std::make_shared<runtime::WeightFile>(env_, description_.folder / "weights.bin",
                                                     description_.tensors)),
      prepacked_(std::make_shared<runtime::PrepackedWeights>(env_)) {
  session("finish");  // the smallest graph: a device that is not there is found out now, not at first use
}

runtime::Session& Model::session(const std::string& graph, Statistics* statistics) {
  const std::scoped_lock lock(mutex_);
  auto& slot = sessions_[graph];
  if (!slot) {
    if (!has(graph)) {
      throw std::invalid_argument("model: its export has no graph \"" + graph +
                                  "\", which this needs; exports of the generic path have integrated "
                                  "gradients and plain gradients alone (docs/generic.md)");
    }
    const auto start = std::chrono::steady_clock::now();
    runtime::SessionOptions options;
    options.device = description_.device;
    options.precision = description_.precision;
    options.provider_options = description_.provider_options;
    options.allow_partial = description_.allow_partial;
    {
      // The session packs its copies; the mapped originals need not stay resident.
      const runtime::PageRelease release(*weights_);
      slot = std::make_unique<runtime::Session>(env_, file_of(graph), weights_, prepacked_, options);
    }
    if (statistics != nullptr) note(*statistics, "loading", start);
  }
  return *slot;
}

std::filesystem::path Model::file_of(const std::string& graph) const {
  return description_.folder / (graph + ".onnx");
}

bool Model::has(const std::string& graph) const { return std::filesystem::exists(file_of(graph)); }

std::vector<runtime::Value> Model::run(const std::string& graph, std::span<const runtime::Input> inputs,
                                       std::span<const runtime::Output> outputs, Statistics& statistics,
                                       const runtime::RunFlags& flags) {
  runtime::Session& loaded = session(graph, &statistics);
  const auto start = std::chrono::steady_clock::now();
  auto values = loaded.run(inputs, outputs, flags);
  const double seconds = note(statistics, stage_name(graph), start);
  statistics.runtime_seconds += seconds;
  ++statistics.batches;
  if (loaded.has_device_memory()) {
    for (const runtime::Input& input : inputs) {
      if (input.value->on_host()) statistics.to_device += input.value->bytes();
    }
    for (const runtime::Value& value : values) {
      if (value.on_host()) statistics.from_device += value.bytes();
    }
  }
  return values;
}

bool Model::has_device_memory() { return session("finish").has_device_memory(); }

bool Model::takes_empty_tensors() const {
  const runtime::Provider* provider = runtime::provider_of(description_.device.kind);
  return provider == nullptr || provider->takes_empty_tensors();
}

runtime::Value Model::to_device(runtime::Value value, Statistics& statistics) {
  if (!has_device_memory()) return value;
  const std::array feeds{runtime::Input{"values", &value}};
  const std::array<runtime::Output, 1> outputs{{{"uploaded", true}}};
  auto values = run("upload", feeds, outputs, statistics);
  return std::move(values[0]);
}

std::size_t Model::Description::vocabulary_size() const {
  const auto found = std::ranges::find(tensors, "embeddings.word", &runtime::TensorEntry::name);
  if (found == tensors.end() || found->shape.empty()) {
    throw std::invalid_argument("tensors: wanted the weight embeddings.word among them");
  }
  return static_cast<std::size_t>(found->shape.front());
}

Head Model::Description::head() const {
  const auto found = std::ranges::find(tensors, "classifier.bias", &runtime::TensorEntry::name);
  return Head(found == tensors.end() || found->shape.empty() ? 0 : static_cast<std::size_t>(found->shape[0]));
}

void Model::require_reader(const char* what) const {
  if (!description_.head().is_reader()) {
    throw std::invalid_argument(std::string(what) + ": the model is a classifier, wanted a reader");
  }
}

void Model::require_layer(int layer) const {
  if (layer < kEmbeddings || layer >= description_.sizes.num_layers) {
    throw std::invalid_argument("layer: got " + std::to_string(layer) + ", wanted -1 (embeddings) to " +
                                std::to_string(description_.sizes.num_layers - 1));
  }
}

}  // namespace bertqa::engine
