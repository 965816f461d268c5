#include "engine/schedule.hpp"

#include <algorithm>
#include <limits>

namespace bertqa::engine {
namespace {

// An adaptive rule keeps the gradients of all its nodes: so many are reckoned with, and a share of the budget
// is theirs and the hidden states'.
constexpr std::size_t kNodesReckoned = 24;
constexpr std::size_t kShareOfKeptGradients = 4;
// Paths that are refined together: enough to fill batches when few nodes are added at a time.
constexpr std::size_t kPathsPerGroup = 16;
// Nodes that a path adds in a round, as a rule.
constexpr std::size_t kNodesPerRound = 2;

}  // namespace

Schedule schedule(const Work& work, bool all_layers) {
  const std::size_t kept = work.nodes == 0 ? work.memory_budget / kShareOfKeptGradients : 0;
  const std::size_t budget = work.memory_budget - kept;
  const std::size_t together = all_layers ? work.layers : 1;
  Schedule out;
  out.most_rows = out.rows = work.rows_per_batch;
  if (out.rows == 0) {
    // The lowest cut runs the most blocks: what fits there fits everywhere.
    out.most_rows = rows_within(budget, gradient_row_bytes(work.sizes, work.tokens, work.lowest_blocks),
                                std::numeric_limits<std::size_t>::max());
    out.rows = std::clamp<std::size_t>(work.tokens_per_batch / work.tokens, 1, out.most_rows);
  }
  if (work.nodes == 0) {
    const std::size_t tensors = (kNodesReckoned * together) + work.layers + 1;
    const std::size_t bytes = tensors * work.tokens * work.sizes.hidden_size * sizeof(float);
    out.examples = rows_within(kept, bytes, std::max<std::size_t>(1, kPathsPerGroup / together));
  } else {
    // Sequences share batches only where one alone would not fill a batch.
    out.examples = std::max<std::size_t>(1, out.rows / (work.nodes * together));
  }
  return out;
}

bool takes_all_layers(const Work& work, std::size_t examples) {
  if (work.traversal != Traversal::automatic) return work.traversal == Traversal::all_layers;
  if (work.layers < 2) return false;
  const Schedule alone = schedule(work, false);
  const std::size_t nodes = work.nodes == 0 ? kNodesPerRound : work.nodes;
  return std::min(examples, alone.examples) * nodes < alone.rows;
}

}  // namespace bertqa::engine
