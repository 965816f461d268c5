#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/path_integral.hpp"

namespace bertqa::engine {
namespace {

// Where a node of a path lies among the batches that were run.
struct Place {
  std::size_t batch = 0;
  std::size_t row = 0;
};

// A slope at the baseline that is so many times those elsewhere is no part of a curve.
constexpr double kSingular = 1e4;

double size_of(std::span<const float> slopes) {
  return std::accumulate(slopes.begin(), slopes.end(), 0.0,
                         [](double sum, float slope) { return sum + std::abs(static_cast<double>(slope)); });
}

// One example's path at one layer. At a baseline of equal rows every LayerNorm may divide by almost nothing:
// a gradient there that is not finite, or out of all proportion, is left out, and the spline bridges it. What
// F does there is known all the same, and counts in the error.
struct Path {
  std::size_t layer = 0;
  std::size_t example = 0;
  quadrature::PathSamples samples;
  std::vector<Place> places;  // of the samples
  std::vector<double> wanted;
  std::size_t evaluations = 0;
  quadrature::Assessment assessment;

  void insert(double node, double value, std::span<const float> slopes, Place place) {
    auto& nodes = samples.slopes.nodes;
    const auto at = std::ranges::lower_bound(nodes, node) - nodes.begin();
    nodes.insert(nodes.begin() + at, node);
    samples.slopes.rows.insert(samples.slopes.rows.begin() + at, slopes);
    samples.values.insert(samples.values.begin() + at, value);
    places.insert(places.begin() + at, place);
  }

  void leave_out_singular_start() {
    auto& slopes = samples.slopes;
    if (slopes.nodes.size() <= quadrature::kSplineNodes || slopes.nodes.front() != 0.0) return;
    double largest = 0;
    for (std::size_t i = 1; i < slopes.rows.size(); ++i) largest = std::max(largest, size_of(slopes.rows[i]));
    if (size_of(slopes.rows.front()) <= kSingular * largest) return;
    slopes.nodes.erase(slopes.nodes.begin());
    slopes.rows.erase(slopes.rows.begin());
    samples.values.erase(samples.values.begin());
    places.erase(places.begin());
  }
};

bool all_finite(std::span<const float> numbers) {
  return std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); });
}

class AdaptivePaths {
 public:
  AdaptivePaths(PathGroup& group, const Layers& layers, const quadrature::AdaptiveRule& rule)
      : group_(group), layers_(layers), rule_(rule) {
    for (const std::size_t layer : layers.indices) {
      for (std::size_t e = 0; e < group.size(); ++e) {
        Path path;
        path.layer = layer;
        path.example = e;
        path.wanted = quadrature::first_nodes();
        path.samples.value_at_one = group.value(e);
        paths_.push_back(std::move(path));
      }
    }
  }

  void run(BatchLimit& limit, const Advance& advance) {
    for (auto points = wanted(); !points.empty(); points = wanted()) {
      in_batches(points, limit, [&](std::span<const Point> batch) {
        batches_.push_back(group_.run_gradients(batch, layers_.all_layers));
        advance(0.0);
      });
      for (; taken_ < batches_.size(); ++taken_) take(taken_);
      std::size_t finished = 0;
      for (Path& path : paths_) {
        if (path.wanted.empty()) continue;
        assess(path);
        if (path.wanted.empty()) ++finished;
      }
      advance(static_cast<double>(finished));
    }
  }

  // What was found at the layer number `place` of those that are worked on together.
  PathIntegral result(std::size_t place) {
    const std::size_t count = group_.size();
    std::vector<std::vector<float>> weights(batches_.size());  // [count, rows], where any is not 0
    PathIntegral out{layers_.indices[place], std::nullopt, {}, {}, {}};
    for (std::size_t e = 0; e < count; ++e) {
      const Path& path = paths_[(place * count) + e];
      const auto& nodes = path.samples.slopes.nodes;
      if (nodes.size() >= quadrature::kSplineNodes) {
        const auto rule = quadrature::spline_weights(nodes);
        for (std::size_t i = 0; i < rule.size(); ++i) {
          const auto [batch, row] = path.places[i];
          const std::size_t rows = batches_[batch].points.size();
          weights[batch].resize(count * rows);
          weights[batch][(e * rows) + row] = static_cast<float>(rule[i]);
        }
      }
      out.baseline_value.push_back(path.samples.value_at_zero);
      out.evaluations.push_back(static_cast<double>(path.evaluations));
      out.error.push_back(path.assessment.error);
    }
    for (std::size_t b = 0; b < batches_.size(); ++b) {
      if (!weights[b].empty()) out.sums = group_.weigh(batches_[b], weights[b], out.sums);
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<Point> wanted() const {
    std::vector<Point> points;
    for (const Path& path : paths_) {
      for (const double node : path.wanted) points.push_back({path.layer, path.example, node});
    }
    return points;
  }

  [[nodiscard]] Path& path_of(const Point& point) {
    const auto place = std::ranges::find(layers_.indices, point.layer) - layers_.indices.begin();
    return paths_[(static_cast<std::size_t>(place) * group_.size()) + point.example];
  }

  // Files the rows of a batch with their paths.
  void take(std::size_t b) {
    const Gradients& batch = batches_[b];
    for (std::size_t r = 0; r < batch.points.size(); ++r) {
      const Point point = batch.points[r];
      Path& path = path_of(point);
      ++path.evaluations;
      if (point.alpha == 0.0) path.samples.value_at_zero = batch.values[r];
      const auto slopes =
          std::span<const float>(batch.slopes).subspan(r * group_.tokens(), group_.length(point.example));
      if (all_finite(slopes)) path.insert(point.alpha, batch.values[r], slopes, {b, r});
    }
  }

  void assess(Path& path) const {
    path.leave_out_singular_start();
    if (path.samples.slopes.nodes.size() < quadrature::kSplineNodes) {
      path.assessment = {std::numeric_limits<double>::infinity(), false, {}};
    } else {
      auto rule = rule_;
      // What was left out counts against the limit too.
      const std::size_t left_out = path.evaluations - path.samples.slopes.nodes.size();
      rule.max_nodes -= std::min(left_out, rule.max_nodes);
      path.assessment = quadrature::assess(path.samples, rule);
    }
    path.wanted = path.assessment.next;
  }

  PathGroup& group_;
  Layers layers_;
  const quadrature::AdaptiveRule& rule_;
  std::vector<Path> paths_;  // layer by layer
  std::vector<Gradients> batches_;
  std::size_t taken_ = 0;
};

}  // namespace

void integrate_adaptive(PathGroup& group, const Layers& layers, const quadrature::AdaptiveRule& rule,
                        BatchLimit& limit, const Advance& advance, const Deliver& deliver) {
  std::vector<PathIntegral> found;
  {
    // What they keep goes before anything is delivered, which gives free memory back.
    AdaptivePaths paths(group, layers, rule);
    paths.run(limit, advance);
    for (std::size_t place = 0; place < layers.indices.size(); ++place) found.push_back(paths.result(place));
  }
  for (const PathIntegral& integral : found) deliver(integral);
}

}  // namespace bertqa::engine
