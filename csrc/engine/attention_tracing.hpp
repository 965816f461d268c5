// Attention followed back from some tokens of the last block to every token of any layer, head by head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/model.hpp"
#include "engine/sequences.hpp"

namespace bertqa::engine {

struct TracingRequest {
  Sequences sequences;
  // Where tracing begins, one half at each: [sequences].
  std::span<const std::int64_t> first, second;
  std::span<const int> layers;  // at whose outputs (-1: the embeddings') it is reported
  // Half of what a token has stays with it: the residual connection (Abnar & Zuidema 2020, rollout).
  bool residual = false;
  std::size_t rows_per_batch = 0;  // 0 lets memory and speed decide
};

struct TracingResult {
  std::vector<float> scores;  // [layers, total tokens], sums over heads: of every sequence A in all
  Statistics statistics;
};

// std::invalid_argument for a request whose parts do not fit; EngineError where the runtime refuses.
TracingResult trace_attention(Model& model, const TracingRequest& request, const Progress& progress);

}  // namespace bertqa::engine
