#include <algorithm>
#include <utility>
#include <vector>

#include "engine/path_integral.hpp"

namespace bertqa::engine {
namespace {

struct Rule {
  std::span<const double> nodes, weights;

  [[nodiscard]] float weight_of(double alpha) const {
    const auto node = std::ranges::find(nodes, alpha) - nodes.begin();
    return static_cast<float>(weights[static_cast<std::size_t>(node)]);
  }
};

// A layer's sums with its rows of a batch, which become its sums when all layers have theirs: should memory
// run out on the way, the batch is tried again.
struct Added {
  PathIntegral* to = nullptr;
  runtime::Value sums;
};

Added add(PathGroup& group, const Gradients& gradients, const Rule& rule, PathIntegral& out) {
  const std::size_t rows = gradients.points.size();
  std::vector<float> matrix(group.size() * rows, 0.0F);
  for (std::size_t r = 0; r < rows; ++r) {
    const Point& point = gradients.points[r];
    if (point.layer != out.layer) continue;
    matrix[(point.example * rows) + r] = rule.weight_of(point.alpha);
    if (point.alpha == 0.0) out.baseline_value[point.example] = gradients.values[r];
  }
  return {&out, group.weigh(gradients, matrix, out.sums)};
}

bool has_rows_of(const Gradients& gradients, std::size_t layer) {
  return std::ranges::any_of(gradients.points, [&](const Point& point) { return point.layer == layer; });
}

}  // namespace

void integrate_fixed(PathGroup& group, const Layers& layers, std::span<const double> nodes,
                     std::span<const double> weights, BatchLimit& limit, const Advance& advance,
                     const Deliver& deliver) {
  const std::size_t count = group.size();
  const Rule rule{nodes, weights};
  const bool has_zero = std::ranges::find(nodes, 0.0) != nodes.end();
  const double each = static_cast<double>(nodes.size()) + (has_zero ? 0.0 : 0.5);
  std::vector<PathIntegral> integrals;
  std::vector<Point> points;
  BatchLimit forward = limit;  // half the work: no measure of what a batch is worth
  forward.sizer = nullptr;
  for (const std::size_t layer : layers.indices) {
    PathIntegral out{layer, std::nullopt, std::vector<double>(count), std::vector<double>(count, each), {}};
    if (!has_zero) {
      points.clear();
      for (std::size_t e = 0; e < count; ++e) points.push_back({layer, e, 0.0});
      in_batches(points, forward, [&](std::span<const Point> batch) {
        const auto values = group.run_forward(batch);
        for (std::size_t r = 0; r < batch.size(); ++r) out.baseline_value[batch[r].example] = values[r];
        advance(0.0);
      });
    }
    integrals.push_back(std::move(out));
  }
  points.clear();
  for (const std::size_t layer : layers.indices) {
    for (std::size_t e = 0; e < count; ++e) {
      for (const double node : nodes) points.push_back({layer, e, node});
    }
  }
  in_batches(points, limit, [&](std::span<const Point> batch) {
    const Gradients gradients = group.run_gradients(batch, layers.all_layers);
    std::vector<Added> added;
    for (PathIntegral& integral : integrals) {
      if (has_rows_of(gradients, integral.layer)) added.push_back(add(group, gradients, rule, integral));
    }
    for (Added& part : added) part.to->sums = std::move(part.sums);
    advance(static_cast<double>(batch.size()) / static_cast<double>(nodes.size()));
  });
  for (const PathIntegral& integral : integrals) deliver(integral);
}

}  // namespace bertqa::engine
