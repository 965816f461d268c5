#include "quadrature/rules.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <stdexcept>
#include <string>

namespace bertqa::quadrature {
namespace {

void require_steps(int n, int least, const char* name) {
  if (n < least) {
    throw std::invalid_argument("n_steps: got " + std::to_string(n) + ", wanted at least " +
                                std::to_string(least) + " for " + name);
  }
}

struct Legendre {
  double value;
  double slope;
};

// P_n and its derivative at x inside (-1, 1), by the three-term recurrence
// k P_k = (2k - 1) x P_{k-1} - (k - 1) P_{k-2}.
Legendre legendre(int n, double x) {
  double before = 0.0;
  double value = 1.0;
  for (int k = 1; k <= n; ++k) {
    const double next = ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k;
    before = value;
    value = next;
  }
  return {value, n * (before - x * value) / (1.0 - x * x)};
}

// The i-th root of P_n from the right, i < n/2, polished by Newton's method from Tricomi's asymptotic
// estimate.
double legendre_root(int n, int i) {
  const double size = n;
  double x = (1.0 - (size - 1.0) / (8.0 * size * size * size)) *
             std::cos(std::numbers::pi * (4.0 * i + 3.0) / (4.0 * size + 2.0));
  for (int step = 0; step < 10; ++step) {
    const Legendre at = legendre(n, x);
    const double change = at.value / at.slope;
    x -= change;
    if (std::abs(change) < 1e-15) {
      break;
    }
  }
  return x;
}

// Nodes (k + shift) / n with equal weights.
Rule equal_pieces(int n, double shift) {
  Rule rule;
  for (int k = 0; k < n; ++k) {
    rule.nodes.push_back((k + shift) / n);
    rule.weights.push_back(1.0 / n);
  }
  return rule;
}

}  // namespace

Rule gauss_legendre(int n) {
  require_steps(n, 1, "gausslegendre");
  const auto size = static_cast<std::size_t>(n);
  Rule rule{std::vector<double>(size, 0.5), std::vector<double>(size, 0.0)};
  for (int i = 0; i < (n + 1) / 2; ++i) {
    const auto left = static_cast<std::size_t>(i);
    const std::size_t right = size - 1 - left;
    const bool middle = left == right;
    const double x = middle ? 0.0 : legendre_root(n, i);
    const double slope = legendre(n, x).slope;
    // The weight 2 / ((1 - x^2) P_n'(x)^2) of [-1, 1], halved for [0, 1].
    const double weight = 1.0 / ((1.0 - x * x) * slope * slope);
    rule.nodes[left] = 0.5 - 0.5 * x;
    rule.nodes[right] = 0.5 + 0.5 * x;
    rule.weights[left] = weight;
    rule.weights[right] = weight;
  }
  return rule;
}

Rule riemann_left(int n) {
  require_steps(n, 1, "riemann_left");
  return equal_pieces(n, 0.0);
}

Rule riemann_right(int n) {
  require_steps(n, 1, "riemann_right");
  return equal_pieces(n, 1.0);
}

Rule riemann_middle(int n) {
  require_steps(n, 1, "riemann_middle");
  return equal_pieces(n, 0.5);
}

Rule riemann_trapezoid(int n) {
  require_steps(n, 2, "riemann_trapezoid");
  Rule rule;
  const double pieces = n - 1;
  for (int i = 0; i < n; ++i) {
    const bool end = i == 0 || i == n - 1;
    rule.nodes.push_back(i / pieces);
    rule.weights.push_back((end ? 0.5 : 1.0) / pieces);
  }
  return rule;
}

Rule ramnath2020_code() {
  constexpr int kPoints = 20;
  Rule rule = riemann_trapezoid(kPoints);
  rule.nodes = riemann_left(kPoints).nodes;
  return rule;
}

Rule rule(std::string_view name, int n) {
  struct Named {
    std::string_view name;
    Rule (*make)(int);
  };
  constexpr std::array<Named, 5> kRules = {{{"gausslegendre", gauss_legendre},
                                            {"riemann_left", riemann_left},
                                            {"riemann_right", riemann_right},
                                            {"riemann_middle", riemann_middle},
                                            {"riemann_trapezoid", riemann_trapezoid}}};
  std::string known;
  for (const Named& candidate : kRules) {
    if (candidate.name == name) {
      return candidate.make(n);
    }
    known += (known.empty() ? "" : ", ") + std::string(candidate.name);
  }
  throw std::invalid_argument("method: got \"" + std::string(name) + "\", wanted one of " + known);
}

}  // namespace bertqa::quadrature
