#include "engine/schedule.hpp"

#include <algorithm>
#include <limits>

namespace bertqa::engine {
namespace {

// An adaptive rule keeps the gradients of all its nodes: so many are reckoned with, and a share of the budget
// is theirs and the hidden states'.
constexpr std::size_t kNodesReckoned = 24;
constexpr std::size_t kShareOfKeptGradients = 4;
// Examples that are refined together: enough to fill batches when few nodes are added at a time.
constexpr std::size_t kExamplesPerGroup = 16;
// Nodes that a path adds in a round, as a rule.
constexpr std::size_t kNodesPerRound = 2;

std::size_t kept_budget(const Work& work) {
  return work.nodes == 0 ? work.memory_budget / kShareOfKeptGradients : 0;
}

// Rows that are worth having in a batch.
std::size_t worth(const Work& work) {
  if (work.rows_per_batch != 0) return work.rows_per_batch;
  return std::clamp<std::size_t>(work.tokens_per_batch / work.tokens, 1, most_rows(work));
}

std::size_t state_bytes(const Work& work) { return work.tokens * work.sizes.hidden_size * sizeof(float); }

}  // namespace

std::size_t most_rows(const Work& work) {
  if (work.rows_per_batch != 0) return work.rows_per_batch;
  // The lowest cut runs the most blocks: what fits there fits everywhere.
  return rows_within(work.memory_budget - kept_budget(work),
                     gradient_row_bytes(work.sizes, work.tokens, work.lowest_blocks),
                     std::numeric_limits<std::size_t>::max());
}

std::size_t most_examples(const Work& work) {
  // Fixed nodes: examples share batches only where one alone would not fill a batch.
  if (work.nodes != 0) return std::max<std::size_t>(1, worth(work) / work.nodes);
  const std::size_t states = kNodesReckoned + (2 * work.layers);
  return rows_within(kept_budget(work), states * state_bytes(work), kExamplesPerGroup);
}

Together layers_together(const Work& work, std::size_t examples) {
  if (work.traversal == Traversal::cuts || work.layers == 0 || !work.takes_empty_tensors) return {};
  const std::size_t points = examples * (work.nodes == 0 ? kNodesPerRound : work.nodes);
  std::size_t layers = work.layers;
  if (work.nodes == 0) {
    const std::size_t states = kept_budget(work) / (examples * state_bytes(work));
    const std::size_t spare = states - std::min(states, 2 * work.layers);
    layers = std::clamp<std::size_t>(spare / kNodesReckoned, 1, layers);
  }
  const bool few_graphs = work.weights_in_every_graph && work.layers > 1;
  if (work.traversal == Traversal::all_layers || few_graphs) return {layers, true};
  // No more than fill a batch: what else there is waits in no memory.
  const std::size_t wanted = (worth(work) + points - 1) / points;
  layers = std::min(layers, wanted);
  return {layers, layers > 1};
}

}  // namespace bertqa::engine
