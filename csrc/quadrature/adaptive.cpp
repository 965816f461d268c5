#include "quadrature/adaptive.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bertqa::quadrature {
namespace {

// Picked on a few real questions so that the true error nearly always stays under the tolerance there, and
// then judged on 100 (docs/quadrature.md).
constexpr double kGapShare = 0.6;
constexpr double kBendShare = 0.7;
// How much of a bend counts beside a gap when panels are chosen.
constexpr double kBendInChoice = 0.5;
// Halve the panels that hold this share of the doubt, but few at a time: what they show moves the rest.
constexpr double kMarkedShare = 0.5;
constexpr std::size_t kNodesPerRound = 2;
// No narrower panel is halved. What jumps within less is a break and no curve (a baseline where every
// LayerNorm divides by almost nothing), and halving towards it would spoil the rest: in a mesh that grows by
// twos away from a break, what the spline gets wrong there grows by 1.4 from panel to panel.
constexpr double kNarrowest = 1.0 / 4096;

struct Panel {
  double doubt = 0;
  double middle = 0;
  double width = 0;
};

std::vector<double> choose(std::vector<Panel> panels, std::size_t most) {
  std::ranges::sort(panels, [](const Panel& a, const Panel& b) {
    return a.doubt != b.doubt ? a.doubt > b.doubt : a.middle < b.middle;
  });
  const double all = std::accumulate(panels.begin(), panels.end(), 0.0,
                                     [](double sum, const Panel& p) { return sum + p.doubt; });
  std::vector<double> next;
  double marked = 0;
  for (const Panel& panel : panels) {
    if (next.size() == std::min(most, kNodesPerRound) || marked >= kMarkedShare * all) break;
    if (panel.width > kNarrowest) next.push_back(panel.middle);
    marked += panel.doubt;
  }
  return next;
}

}  // namespace

std::vector<double> first_nodes() { return {0.0, 0.25, 0.5, 0.75, 1.0}; }

Assessment assess(const PathSamples& path, const AdaptiveRule& rule) {
  const PanelIntegrals integrals = panel_integrals(path.slopes);
  const auto& edges = integrals.edges;
  const std::size_t width = path.slopes.rows.front().size();
  const std::size_t count = edges.size() - 1;
  const bool starts_at_zero = path.slopes.nodes.front() == 0.0;
  const auto value_at = [&](std::size_t edge) {
    if (edge == 0) return path.value_at_zero;
    if (edge == count) return path.value_at_one;
    return path.values[starts_at_zero ? edge : edge - 1];
  };
  std::vector<double> total(width, 0.0);
  std::vector<Panel> panels(count);
  double gaps = 0;
  double bends = 0;
  for (std::size_t p = 0; p < count; ++p) {
    double sum = 0;
    double bend = 0;
    for (std::size_t k = 0; k < width; ++k) {
      const double integral = integrals.spline[p * width + k];
      total[k] += integral;
      sum += integral;
      bend += std::abs(integrals.bend[p * width + k]);
    }
    const double rounding = rule.rounding * std::max(std::abs(value_at(p)), std::abs(value_at(p + 1)));
    const double gap = std::max(0.0, std::abs(value_at(p + 1) - value_at(p) - sum) - rounding);
    gaps += gap;
    bends += bend;
    panels[p] = {gap + kBendInChoice * bend, (edges[p] + edges[p + 1]) / 2.0, edges[p + 1] - edges[p]};
  }
  const double size = std::accumulate(total.begin(), total.end(), 0.0,
                                      [](double sum, double value) { return sum + std::abs(value); });
  Assessment out;
  if (gaps == 0.0 && bends == 0.0) {
    out.error = 0.0;
  } else if (size == 0.0) {
    out.error = std::numeric_limits<double>::infinity();
  } else {
    out.error = kGapShare * gaps / size + kBendShare * std::pow(bends / size, 1.5);
  }
  out.converged = out.error <= rule.tolerance;
  const std::size_t known = path.slopes.nodes.size();
  if (!out.converged && known < rule.max_nodes) out.next = choose(std::move(panels), rule.max_nodes - known);
  return out;
}

}  // namespace bertqa::quadrature
