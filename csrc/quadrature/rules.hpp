// Quadrature rules on [0, 1]: nodes and weights, pure functions.
#pragma once

#include <string_view>
#include <vector>

namespace bertqa::quadrature {

// The integral of f over [0, 1] is about the sum of weights[i] * f(nodes[i]). Nodes increase strictly.
struct Rule {
  std::vector<double> nodes;
  std::vector<double> weights;
};

// Gauss-Legendre with n >= 1 nodes, exact for polynomials of degree 2n - 1.
Rule gauss_legendre(int n);

// Riemann sums over n >= 1 equal pieces; every weight is 1/n.
Rule riemann_left(int n);    // nodes k/n, k = 0 ... n-1
Rule riemann_right(int n);   // nodes k/n, k = 1 ... n
Rule riemann_middle(int n);  // nodes (k + 1/2)/n

// Trapezoid through n >= 2 points i/(n-1); the weights sum to 1, half of one at either end.
Rule riemann_trapezoid(int n);

// What the published code of Ramnath et al. (2020) computes: 20 points i/20 on [0, 0.95], trapezoid weights
// 1/38, 1/19, ..., 1/19, 1/38 that sum to 1, so the stretch from 0.95 to 1 goes unseen.
Rule ramnath2020_code();

// One of the rules by the name that users type: "gausslegendre", "riemann_left", "riemann_right",
// "riemann_middle", "riemann_trapezoid". std::invalid_argument naming `method` or `n_steps`.
Rule rule(std::string_view name, int n);

}  // namespace bertqa::quadrature
