#include "engine/request.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace bertqa::engine {
namespace {

std::int64_t dim(std::size_t size) { return static_cast<std::int64_t>(size); }

void require(bool holds, const std::string& message) {
  if (!holds) throw std::invalid_argument(message);
}

}  // namespace

void validate_sequences(const Model& model, const Sequences& sequences) {
  const auto& d = model.description();
  sequences.validate(d.max_positions);
  validate_ids(sequences.input_ids, d.vocabulary_size(), "input_ids");
}

void validate_targets(const Model& model, const Sequences& sequences, const Spans& spans,
                      std::size_t per_target, const TargetForm& form) {
  require(per_target >= 1 && spans.sign.size() == sequences.size() * per_target &&
              spans.start.size() == spans.sign.size() && spans.end.size() == spans.sign.size(),
          "span: wanted as many starts, ends and signs for every sequence");
  const Head head = model.description().head();
  require(head.is_reader() || form.only_starts(), "target: wanted one of classes, which have no ends");
  for (std::size_t i = 0; i < spans.sign.size(); ++i) {
    const auto width = dim(head.width(sequences.length(i / per_target)));
    const auto start = spans.start[i];
    const auto end = spans.end[i];
    if (start >= 0 && start < width && end >= 0 && end < width) continue;
    const std::string last = std::to_string(width - 1);
    throw std::invalid_argument(head.is_reader()
                                    ? "span: got (" + std::to_string(start) + ", " + std::to_string(end) +
                                          "), wanted positions from 0 to " + last
                                    : "label: got " + std::to_string(start) + ", wanted 0 to " + last);
  }
}

void validate(const Model& model, const IntegrationRequest& r) {
  const auto& d = model.description();
  validate_sequences(model, r.sequences);
  validate_ids(r.baseline.input_ids, d.vocabulary_size(), "baseline");
  require(!r.layers.empty(), "layers: got none, wanted at least one");
  for (const int layer : r.layers) model.require_layer(layer);
  require(r.traversal != Traversal::all_layers || model.takes_empty_tensors(),
          "traversal: got 'all_layers', but on device \"" + d.device.name() +
              "\" graphs do not run where tensors are empty; wanted 'auto' or 'cuts'");
  require(r.traversal != Traversal::all_layers || model.has("all_layers"),
          "traversal: got 'all_layers', but an export of the generic path has a graph for each layer alone; "
          "wanted 'auto' or 'cuts'");
  if (r.adaptive) {
    require(r.nodes.empty(), "nodes: got some beside a tolerance, wanted one or the other");
    require(r.adaptive->tolerance > 0.0, "tol: wanted a positive number");
    require(r.adaptive->max_nodes >= quadrature::first_nodes().size(),
            "n_steps: got " + std::to_string(r.adaptive->max_nodes) + ", wanted at least " +
                std::to_string(quadrature::first_nodes().size()) + " for an adaptive rule");
  } else {
    require(!r.nodes.empty() && r.nodes.size() == r.weights.size(),
            "nodes: wanted at least one, and as many weights as nodes");
  }
  for (std::size_t i = 0; i < r.nodes.size(); ++i) {
    require(std::isfinite(r.nodes[i]) && std::isfinite(r.weights[i]), "nodes: wanted finite numbers");
  }
  validate_targets(model, r.sequences, r.spans, r.spans_per_target, r.target);
  require(!r.softmax_over_padding || d.head().is_reader(),
          "softmax_over_padding: the model is a classifier, whose classes are never padded");
  if (r.states) {
    require(r.layers.size() == 1, "layers: got " + std::to_string(r.layers.size()) +
                                      " beside hidden states, wanted the one that they belong to");
    require(r.states->size() == r.sequences.total() * d.sizes.hidden_size, "states: wanted H values a token");
    require(std::ranges::all_of(*r.states, [](float x) { return std::isfinite(x); }),
            "states: wanted finite numbers");
  }
  require(r.baseline.kind != Baseline::Kind::tokens || r.baseline.input_ids.size() == r.sequences.total(),
          "baseline: wanted one input id a token");
  require(r.baseline.kind != Baseline::Kind::values ||
              r.baseline.values.size() == r.sequences.total() * d.sizes.hidden_size,
          "baseline: wanted H values a token");
  require(r.pad_to <= d.max_positions, "pad_to: got " + std::to_string(r.pad_to) +
                                           ", wanted no more than the model's positions, " +
                                           std::to_string(d.max_positions));
}

}  // namespace bertqa::engine
