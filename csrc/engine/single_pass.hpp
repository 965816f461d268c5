// Explanations that one run of the whole model gives: gradients at the embeddings, relevance.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/model.hpp"
#include "engine/sequences.hpp"
#include "engine/target.hpp"

namespace bertqa::engine {

struct SinglePassRequest {
  Sequences sequences;
  // What to run: its outputs are scores_<layer>, signed_<layer> and values_<layer>, beside the logits.
  std::string graph;
  // The target of sequence i: spans [i * spans_per_target, (i + 1) * spans_per_target).
  Spans spans;
  std::size_t spans_per_target = 1;
  TargetForm target;
  // What relevance begins with, as graphs of relevance take it in place of a target: seed . (logit,
  // probability, 1) of the one pinned class, or of both ends of the one span. Empty: gradients.
  std::span<const float> seed;
  // Outputs of the graph that are a number for each sequence.
  std::vector<std::string> numbers;
  std::span<const int> layers;
  std::size_t rows_per_batch = 0;  // 0: as many as are worth having and fit
  bool keep_values = false;
};

struct SinglePassResult {
  std::vector<float> scores, signed_sums;  // [layers, total tokens]
  std::vector<float> values;               // [layers, total tokens, H], or empty
  std::vector<double> value;               // [sequences], the target
  std::vector<float> numbers;              // [numbers, sequences]
  Logits logits;
  Statistics statistics;
};

// std::invalid_argument for a request whose parts do not fit; EngineError where the runtime refuses.
SinglePassResult single_pass(Model& model, const SinglePassRequest& request, const Progress& progress);

}  // namespace bertqa::engine
