// Forward runs under attention masks: every mask from the block that it is in, on what all have in common
// below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/attention_mask.hpp"
#include "engine/model.hpp"
#include "engine/sequences.hpp"

namespace bertqa::engine {

// One decode: a mask in one or several blocks, in rising order.
struct MaskedCell {
  std::vector<int> layers;
  AttentionMask mask;
};

struct MaskedRequest {
  Sequences sequences;
  std::span<const std::int8_t> classes;  // [total tokens]
  std::vector<MaskedCell> cells;
  std::size_t rows_per_batch = 0;  // 0 lets memory and speed decide
};

struct MaskedResult {
  Logits logits;  // unmasked
  Logits masked;  // a run for each cell
  Statistics statistics;
};

MaskedResult masked_forward(Model& model, const MaskedRequest& request, const Progress& progress);

struct AttentionResult {
  std::vector<float> probabilities;  // of every sequence [A, T, T], one after the other
  Statistics statistics;
};

// The attention of block `layer`. `rows_per_batch` 0 lets memory and speed decide.
AttentionResult attention(Model& model, const Sequences& sequences, int layer, std::size_t rows_per_batch,
                          const Progress& progress);

}  // namespace bertqa::engine
