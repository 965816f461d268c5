// The masked runs of one padded batch: what masks have in common is worked out once.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "engine/attention_mask.hpp"
#include "engine/masked_forward.hpp"
#include "engine/model.hpp"
#include "engine/padded_batches.hpp"
#include "runtime/value.hpp"

namespace bertqa::engine {

// What a block has in common for all masks.
struct Attended {
  runtime::Value scores;       // [E, A, T, T], before softmax
  runtime::Value head_values;  // [E, A, T, D]
  // [E, A, T, T], without attention to padding; empty where nothing asked for them.
  std::vector<float> probabilities;
};

// Works out `attend_<layer>`. With probabilities the scores come to the host.
Attended attend(Model& model, int layer, const runtime::Value& hidden,
                const std::vector<std::size_t>& lengths, bool with_probabilities, Statistics& statistics);

class MaskedRuns {
 public:
  // Runs the sequences as they are, and keeps the hidden states that cells begin with.
  MaskedRuns(Model& model, const MaskedRequest& request, const PaddedBatch& batch, Statistics& statistics);

  // Logits of the sequences as they are, in the order of Head::outputs.
  [[nodiscard]] std::span<const runtime::Value> logits() const {
    return std::span(states_).first(model_.description().head().names().size());
  }

  // Logits of a cell, in the same order. What a block has in common is kept for the next cell if that begins
  // with the same block. `last`: nothing runs after it.
  std::vector<runtime::Value> run(const MaskedCell& cell, bool last);

 private:
  [[nodiscard]] const runtime::Value& state(int layer) const { return states_[places_.at(layer)]; }
  [[nodiscard]] bool looks_at_probabilities(int first_layer) const;
  // The output of a block under a mask; `output` is what it gives without.
  runtime::Value run_block(int layer, const MaskedBatch& masked, const AttentionMask& mask,
                           const Attended& attended, const runtime::Value& hidden,
                           const runtime::Value& output);
  runtime::Value scaled(const AttentionMask& mask, const runtime::Value& scores);

  Model& model_;
  const MaskedRequest& request_;
  const PaddedBatch& batch_;
  Statistics& statistics_;
  PaddedClasses classes_;
  std::vector<std::size_t> lengths_;
  std::map<int, std::size_t> places_;  // of layers among the states
  std::vector<runtime::Value> states_;
  std::optional<runtime::Value> attention_mask_;
  std::optional<Attended> attended_;
  int attended_layer_ = kEmbeddings;
};

}  // namespace bertqa::engine
