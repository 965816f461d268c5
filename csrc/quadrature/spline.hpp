// Integration of a cubic spline through nodes that may lie anywhere: what is known at one node is never lost
// when others are added. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bertqa::quadrature {

// The fewest nodes that a spline can have.
inline constexpr std::size_t kSplineNodes = 4;

// Vector functions sampled at n nodes, one row of `width` numbers a node.
struct Samples {
  std::vector<double> nodes;                 // [n], rising, in [0, 1]
  std::vector<std::span<const float>> rows;  // [n] rows of `width`
};

// The spline's integrals over the stretches between edges: 0, the nodes between 0 and 1, and 1. Beyond the
// outer nodes the outer cubics go on.
struct PanelIntegrals {
  std::vector<double> edges;   // [panels + 1]
  std::vector<double> spline;  // [panels, width]
  // How far the spline's integral is from that of straight lines between the nodes: [panels, width].
  std::vector<double> bend;
};

// The cubic spline whose third derivative is continuous at the second and the last but one node
// ("not-a-knot": de Boor 1978, A Practical Guide to Splines, ch. IV). std::invalid_argument for fewer than 4
// nodes, or nodes that do not rise.
PanelIntegrals panel_integrals(const Samples& samples);

// Weights [n] of the whole integral over [0, 1]: exact for cubics, and they sum to 1.
std::vector<double> spline_weights(std::span<const double> nodes);

}  // namespace bertqa::quadrature
