// Nodes where the integrand moves: an estimate of the error of what is known so far, and where to look next.
// Pure functions. docs/quadrature.md compares this scheme with others.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "quadrature/spline.hpp"

namespace bertqa::quadrature {

struct AdaptiveRule {
  double tolerance = 0.01;      // of the relative L1 error of the token scores
  std::size_t max_nodes = 128;  // a case that needs more ends unconverged
  // How exact values of F are, relative to themselves: what differs by less does not differ. By default the
  // rounding of float32 logits.
  double rounding = 4.0 * std::numeric_limits<float>::epsilon();
};

// Where every case begins.
std::vector<double> first_nodes();

// One path: F is known exactly at its ends and at every node; `slopes` are what each token adds to
// dF/d(alpha).
struct PathSamples {
  Samples slopes;
  std::vector<double> values;  // [n], F at the nodes
  double value_at_zero = 0;
  double value_at_one = 0;
};

struct Assessment {
  double error = 0;          // estimated relative L1 error of the token scores
  bool converged = false;    // error <= tolerance
  std::vector<double> next;  // nodes to add; none where it has converged, may have no more, or sees a break
};

// Between two neighbouring nodes a, b the sum over tokens of the spline's integral should be F(b) - F(a),
// which is known: what is missing is a local error without any further run. It is a scalar, in which the
// errors of tokens may cancel, so how far the spline bends away from straight lines, token by token, counts
// as well.
//   error = (0.6 sum |gap| + 0.7 total (sum |bend| / total)^1.5) / total
// with total the L1 norm of the integral over all tokens; the power because the bend shrinks with h^3 and the
// spline's error faster still. The panels with the largest share of both are halved.
Assessment assess(const PathSamples& path, const AdaptiveRule& rule);

}  // namespace bertqa::quadrature
