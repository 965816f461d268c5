#include "quadrature/spline.hpp"

#include <stdexcept>
#include <string>

namespace bertqa::quadrature {
namespace {

void validate(std::span<const double> nodes) {
  if (nodes.size() < kSplineNodes) {
    throw std::invalid_argument("nodes: got " + std::to_string(nodes.size()) + ", wanted at least " +
                                std::to_string(kSplineNodes));
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool rises = i == 0 ? nodes[0] >= 0.0 : nodes[i] > nodes[i - 1];
    if (!rises || !(nodes[i] <= 1.0)) {
      throw std::invalid_argument("nodes: wanted rising numbers from 0 to 1, got " +
                                  std::to_string(nodes[i]) + " at " + std::to_string(i));
    }
  }
}

// Second derivatives at the nodes, [n, width], of splines through `y` [n, width].
//
// At every inner node, with h_i = x_{i+1} - x_i:
//   h_{i-1}/6 m_{i-1} + (h_{i-1} + h_i)/3 m_i + h_i/6 m_{i+1} = (y_{i+1} - y_i)/h_i - (y_i - y_{i-1})/h_{i-1}
// and, for the two outer ones, (m_1 - m_0)/h_0 = (m_2 - m_1)/h_1 and its mirror image, which are put into the
// first and the last equation. The system is diagonally dominant: elimination needs no pivots.
std::vector<double> second_derivatives(std::span<const double> x, std::span<const double> y,
                                       std::size_t width) {
  const std::size_t n = x.size();
  const auto h = [&](std::size_t i) { return x[i + 1] - x[i]; };
  std::vector<double> diagonal(n);
  std::vector<double> above(n);
  std::vector<double> m(n * width);
  for (std::size_t i = 1; i + 1 < n; ++i) {
    double below = h(i - 1) / 6.0;
    diagonal[i] = (h(i - 1) + h(i)) / 3.0;
    above[i] = h(i) / 6.0;
    if (i == 1) {
      const double ratio = h(0) / h(1);
      diagonal[i] += below * (1.0 + ratio);
      above[i] -= below * ratio;
      below = 0.0;
    }
    if (i + 2 == n) {
      const double ratio = h(i) / h(i - 1);
      diagonal[i] += above[i] * (1.0 + ratio);
      below -= above[i] * ratio;
      above[i] = 0.0;
    }
    const double factor = i == 1 ? 0.0 : below / diagonal[i - 1];
    diagonal[i] -= factor * above[i - 1];
    for (std::size_t k = 0; k < width; ++k) {
      const double right = (y[(i + 1) * width + k] - y[i * width + k]) / h(i);
      const double left = (y[i * width + k] - y[(i - 1) * width + k]) / h(i - 1);
      m[i * width + k] = right - left - factor * m[(i - 1) * width + k];
    }
  }
  for (std::size_t i = n - 2; i >= 1; --i) {
    for (std::size_t k = 0; k < width; ++k) {
      double& value = m[i * width + k];
      if (i + 2 < n) value -= above[i] * m[(i + 1) * width + k];
      value /= diagonal[i];
    }
  }
  const double first = h(0) / h(1);
  const double last = h(n - 2) / h(n - 3);
  for (std::size_t k = 0; k < width; ++k) {
    m[k] = (1.0 + first) * m[width + k] - first * m[2 * width + k];
    m[(n - 1) * width + k] = (1.0 + last) * m[(n - 2) * width + k] - last * m[(n - 3) * width + k];
  }
  return m;
}

// One cubic, seen from its node at `near`: the integral over a stretch of length d beyond it, away from
// `far`.
struct Outer {
  std::size_t near, far;
  double d, h;
};

double outer_integral(double y_near, double y_far, double m_near, double m_far, const Outer& o) {
  const double slope = (y_far - y_near) / o.h - o.h * (2.0 * m_near + m_far) / 6.0;
  const double d = o.d;
  return d * (y_near - d * (slope / 2.0 - d * (m_near / 6.0 - d * (m_far - m_near) / (24.0 * o.h))));
}

}  // namespace

PanelIntegrals panel_integrals(const Samples& samples) {
  validate(samples.nodes);
  const std::span<const double> x = samples.nodes;
  const std::size_t n = x.size();
  const std::size_t width = samples.rows.front().size();
  std::vector<double> y;
  y.reserve(n * width);
  for (const auto& row : samples.rows) y.insert(y.end(), row.begin(), row.end());
  const std::vector<double> m = second_derivatives(x, y, width);

  PanelIntegrals out;
  const auto add_outer = [&](const Outer& o) {
    for (std::size_t k = 0; k < width; ++k) {
      const double all = outer_integral(y[o.near * width + k], y[o.far * width + k], m[o.near * width + k],
                                        m[o.far * width + k], o);
      out.spline.push_back(all);
      out.bend.push_back(all - o.d * y[o.near * width + k]);
    }
  };
  if (x.front() > 0.0) {
    out.edges.push_back(0.0);
    add_outer({0, 1, x[0], x[1] - x[0]});
  }
  for (std::size_t i = 0; i + 1 < n; ++i) {
    out.edges.push_back(x[i]);
    const double h = x[i + 1] - x[i];
    for (std::size_t k = 0; k < width; ++k) {
      const double line = h / 2.0 * (y[i * width + k] + y[(i + 1) * width + k]);
      const double bend = -h * h * h / 24.0 * (m[i * width + k] + m[(i + 1) * width + k]);
      out.spline.push_back(line + bend);
      out.bend.push_back(bend);
    }
  }
  out.edges.push_back(x.back());
  if (x.back() < 1.0) {
    out.edges.push_back(1.0);
    add_outer({n - 1, n - 2, 1.0 - x[n - 1], x[n - 1] - x[n - 2]});
  }
  return out;
}

std::vector<double> spline_weights(std::span<const double> nodes) {
  const std::size_t n = nodes.size();
  // The weight of a node is the integral of the spline that is 1 there and 0 at the others.
  std::vector<float> identity(n * n, 0.0F);
  Samples samples{{nodes.begin(), nodes.end()}, {}};
  for (std::size_t i = 0; i < n; ++i) {
    identity[i * n + i] = 1.0F;
    samples.rows.push_back(std::span<const float>(identity).subspan(i * n, n));
  }
  const PanelIntegrals panels = panel_integrals(samples);
  std::vector<double> weights(n, 0.0);
  for (std::size_t i = 0; i < panels.spline.size(); ++i) weights[i % n] += panels.spline[i];
  return weights;
}

}  // namespace bertqa::quadrature
