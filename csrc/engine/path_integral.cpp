#include "engine/path_integral.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/batches.hpp"

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

// One example's path at the layer. At a baseline of equal rows every LayerNorm may divide by almost nothing:
// a gradient there that is not finite, or out of all proportion, is left out, and the spline bridges it. What
// F does there is known all the same, and counts in the error.
struct Path {
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

class AdaptiveLayer {
 public:
  AdaptiveLayer(PathGroup& group, std::size_t index, const quadrature::AdaptiveRule& rule)
      : group_(group), index_(index), rule_(rule), paths_(group.size()) {
    for (std::size_t e = 0; e < paths_.size(); ++e) {
      paths_[e].wanted = quadrature::first_nodes();
      paths_[e].samples.value_at_one = group_.value(e);
    }
  }

  void run(BatchLimit& limit, const Advance& advance) {
    for (auto points = wanted(); !points.empty(); points = wanted()) {
      in_batches(points, limit, [&](std::span<const Point> batch) {
        batches_.push_back(group_.run_gradients(index_, batch));
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

  PathIntegral result() {
    const std::size_t count = paths_.size();
    std::vector<std::vector<float>> weights;
    weights.reserve(batches_.size());
    for (const Gradients& batch : batches_) weights.emplace_back(count * batch.points.size(), 0.0F);
    PathIntegral out{group_.zero_sums(count), {}, {}, {}};
    for (std::size_t e = 0; e < count; ++e) {
      const Path& path = paths_[e];
      const auto& nodes = path.samples.slopes.nodes;
      if (nodes.size() >= quadrature::kSplineNodes) {
        const auto rule = quadrature::spline_weights(nodes);
        for (std::size_t i = 0; i < rule.size(); ++i) {
          const Place place = path.places[i];
          weights[place.batch][e * batches_[place.batch].points.size() + place.row] =
              static_cast<float>(rule[i]);
        }
      }
      out.baseline_value.push_back(path.samples.value_at_zero);
      out.evaluations.push_back(static_cast<double>(path.evaluations));
      out.error.push_back(path.assessment.error);
    }
    for (std::size_t b = 0; b < batches_.size(); ++b) {
      out.sums = group_.weigh(batches_[b], weights[b], out.sums);
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<Point> wanted() const {
    std::vector<Point> points;
    for (std::size_t e = 0; e < paths_.size(); ++e) {
      for (const double node : paths_[e].wanted) points.push_back({e, node});
    }
    return points;
  }

  // Files the rows of a batch with their paths.
  void take(std::size_t b) {
    const Gradients& batch = batches_[b];
    for (std::size_t r = 0; r < batch.points.size(); ++r) {
      const Point point = batch.points[r];
      Path& path = paths_[point.example];
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
  std::size_t index_;
  const quadrature::AdaptiveRule& rule_;
  std::vector<Path> paths_;
  std::vector<Gradients> batches_;
  std::size_t taken_ = 0;
};

}  // namespace

PathIntegral integrate_fixed(PathGroup& group, std::size_t index, std::span<const double> nodes,
                             std::span<const double> weights, BatchLimit& limit, const Advance& advance) {
  const std::size_t count = group.size();
  const bool has_zero = std::ranges::find(nodes, 0.0) != nodes.end();
  const double each = static_cast<double>(nodes.size()) + (has_zero ? 0.0 : 0.5);
  PathIntegral out{group.zero_sums(count), std::vector<double>(count), std::vector<double>(count, each), {}};
  std::vector<Point> points;
  if (!has_zero) {
    for (std::size_t e = 0; e < count; ++e) points.push_back({e, 0.0});
    in_batches(points, limit, [&](std::span<const Point> batch) {
      const auto values = group.run_forward(index, batch);
      for (std::size_t r = 0; r < batch.size(); ++r) out.baseline_value[batch[r].example] = values[r];
      advance(0.0);
    });
    points.clear();
  }
  for (std::size_t e = 0; e < count; ++e) {
    for (const double node : nodes) points.push_back({e, node});
  }
  in_batches(points, limit, [&](std::span<const Point> batch) {
    const Gradients gradients = group.run_gradients(index, batch);
    std::vector<float> matrix(count * batch.size(), 0.0F);
    for (std::size_t r = 0; r < batch.size(); ++r) {
      const std::size_t e = batch[r].example;
      const auto node = std::ranges::find(nodes, batch[r].alpha) - nodes.begin();
      matrix[e * batch.size() + r] = static_cast<float>(weights[static_cast<std::size_t>(node)]);
      if (batch[r].alpha == 0.0) out.baseline_value[e] = gradients.values[r];
    }
    // The sums are not moved in: should memory run out here, the batch is tried again.
    out.sums = group.weigh(gradients, matrix, out.sums);
    advance(static_cast<double>(batch.size()) / static_cast<double>(nodes.size()));
  });
  return out;
}

PathIntegral integrate_adaptive(PathGroup& group, std::size_t index, const quadrature::AdaptiveRule& rule,
                                BatchLimit& limit, const Advance& advance) {
  AdaptiveLayer layer(group, index, rule);
  layer.run(limit, advance);
  return layer.result();
}

}  // namespace bertqa::engine
