// The integral of the gradient along the paths of a group: by fixed nodes, or to a tolerance.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/batches.hpp"
#include "engine/path_group.hpp"

namespace bertqa::engine {

// What was found at one layer, [E] each. `error` is empty for fixed nodes.
struct PathIntegral {
  std::size_t layer = 0;               // index in the request
  std::optional<runtime::Value> sums;  // [E, T, H]: the averaged gradients; nothing stands for zeros
  std::vector<double> baseline_value;
  std::vector<double> evaluations;
  std::vector<double> error;
};

// Told of paths that are finished since the last call, between batches; may throw, which ends the work.
using Advance = std::function<void(double paths)>;

// Given every layer's integral in turn.
using Deliver = std::function<void(const PathIntegral& integral)>;

// Which layers of the request are worked on together: one, on its own graph, or several, on `all_layers`.
struct Layers {
  std::span<const std::size_t> indices;
  bool all_layers = false;
};

void integrate_fixed(PathGroup& group, const Layers& layers, std::span<const double> nodes,
                     std::span<const double> weights, BatchLimit& limit, const Advance& advance,
                     const Deliver& deliver);

// Every path gets its own nodes (quadrature/adaptive.hpp); all that are at it share batches, round after
// round. The gradients of all nodes are kept until the end, since every new node changes the weights of the
// others.
void integrate_adaptive(PathGroup& group, const Layers& layers, const quadrature::AdaptiveRule& rule,
                        BatchLimit& limit, const Advance& advance, const Deliver& deliver);

}  // namespace bertqa::engine
