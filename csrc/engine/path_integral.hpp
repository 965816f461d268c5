// The integral of the gradient along the paths of a group, at one layer: by fixed nodes, or to a tolerance.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "engine/path_group.hpp"

namespace bertqa::engine {

// [E] each. `error` is empty for fixed nodes.
struct PathIntegral {
  runtime::Value sums;  // [E, T, H]: the averaged gradients
  std::vector<double> baseline_value;
  std::vector<double> evaluations;
  std::vector<double> error;
};

// Told of paths that are finished since the last call, between batches; may throw, which ends the work.
using Advance = std::function<void(double paths)>;

// How many rows a batch may have. Halved where memory runs out, and stays so.
struct BatchLimit {
  std::size_t rows = 1;
};

PathIntegral integrate_fixed(PathGroup& group, std::size_t index, std::span<const double> nodes,
                             std::span<const double> weights, BatchLimit& limit, const Advance& advance);

// Every path gets its own nodes (quadrature/adaptive.hpp); all that are at it share batches, round after
// round. The gradients of all nodes are kept until the end, since every new node changes the weights of the
// others.
PathIntegral integrate_adaptive(PathGroup& group, std::size_t index, const quadrature::AdaptiveRule& rule,
                                BatchLimit& limit, const Advance& advance);

}  // namespace bertqa::engine
