// Integrated gradients (Sundararajan et al. 2017) at any layers, with fixed nodes or to a tolerance.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/model.hpp"
#include "engine/schedule.hpp"
#include "engine/sequences.hpp"
#include "engine/target.hpp"
#include "quadrature/adaptive.hpp"

namespace bertqa::engine {

// Where the path starts, in the layer's own space.
struct Baseline {
  enum class Kind : unsigned char {
    zero,    // all zeros
    tokens,  // the hidden state of the same sequence with other input ids (pads, masks)
    values   // given
  };
  Kind kind = Kind::zero;
  std::span<const std::int64_t> input_ids;  // [total tokens], for `tokens`
  std::span<const float> values;            // [total tokens, H], for `values`
};

struct IntegrationRequest {
  Sequences sequences;
  // The hidden states to explain at the one layer asked for, [total tokens, H]; without any, those that the
  // model has of the sequences.
  std::optional<std::span<const float>> states;
  // The target of sequence i: spans [i * spans_per_target, (i + 1) * spans_per_target).
  Spans spans;
  std::size_t spans_per_target = 1;
  TargetForm target;
  Baseline baseline;
  std::span<const int> layers;  // cut at the outputs of these (-1: the embeddings)
  // Fixed nodes in [0, 1], rising, and as many weights; or, in their place, what to reach.
  std::span<const double> nodes, weights;
  std::optional<quadrature::AdaptiveRule> adaptive;
  std::size_t pad_to = 0;  // pad every sequence to this length (0: no further than its batch needs)
  bool softmax_over_padding = false;  // let padded positions take part in the softmax over positions
  std::size_t rows_per_batch = 0;     // 0: as many as are worth having and fit
  bool keep_values = false;
  Traversal traversal = Traversal::automatic;
};

struct IntegrationResult {
  std::vector<float> scores;           // [layers, total tokens], L2 norms over H
  std::vector<float> signed_sums;      // [layers, total tokens], sums over H
  std::vector<float> values;           // [layers, total tokens, H], or empty
  std::vector<double> value;           // [sequences], the target at the input (or the given states)
  std::vector<double> baseline_value;  // [layers, sequences], the target at the baseline
  // [layers, sequences] each: gradient evaluations spent (forward ones count half), and what the adaptive
  // rule says of its error (nothing, for fixed nodes).
  std::vector<double> evaluations, error;
  Statistics statistics;
};

// std::invalid_argument for a request whose parts do not fit; EngineError where the runtime refuses.
IntegrationResult integrate(Model& model, const IntegrationRequest& request, const Progress& progress);

}  // namespace bertqa::engine
