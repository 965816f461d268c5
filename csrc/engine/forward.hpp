// Forward runs: logits and hidden states of many sequences.
#pragma once

#include <span>
#include <vector>

#include "engine/model.hpp"
#include "engine/sequences.hpp"

namespace bertqa::engine {

struct ForwardResult {
  Logits logits;
  std::vector<float> hidden;  // [layers, total tokens, H], in the order of the layers asked for
  Statistics statistics;
};

// Runs every sequence once; sequences of near lengths share a batch. `rows_per_batch` 0 lets memory decide.
ForwardResult forward(Model& model, const Sequences& sequences, std::span<const int> layers,
                      std::size_t rows_per_batch, const Progress& progress);

}  // namespace bertqa::engine
