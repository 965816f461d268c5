#include "quadrature/rules.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "bindings/register.hpp"
#include "quadrature/adaptive.hpp"
#include "quadrature/spline.hpp"

namespace py = pybind11;

namespace bertqa::bindings {
namespace {

using Doubles = py::array_t<double>;

Doubles copy(const std::vector<double>& numbers) {
  return Doubles(static_cast<py::ssize_t>(numbers.size()), numbers.data());
}

py::typing::Tuple<Doubles, Doubles> as_arrays(const quadrature::Rule& rule) {
  return py::make_tuple(copy(rule.nodes), copy(rule.weights));
}

using Slopes = py::array_t<float, py::array::c_style | py::array::forcecast>;

// Borrows the rows of `slopes`, which must outlive the result.
quadrature::PathSamples path_samples(const std::vector<double>& nodes, const std::vector<double>& values,
                                     const Slopes& slopes, double value_at_zero, double value_at_one) {
  const auto rows = static_cast<std::size_t>(slopes.ndim() == 2 ? slopes.shape(0) : 0);
  if (rows == 0 || nodes.size() != rows || values.size() != rows) {
    throw std::invalid_argument("slopes: wanted [nodes, tokens], and as many nodes and values");
  }
  const auto width = static_cast<std::size_t>(slopes.shape(1));
  quadrature::PathSamples path{{nodes, {}}, values, value_at_zero, value_at_one};
  for (std::size_t i = 0; i < rows; ++i) path.slopes.rows.emplace_back(slopes.data() + i * width, width);
  return path;
}

}  // namespace

void register_quadrature(py::module_& module) {
  module.def(
      "quadrature_rule", [](std::string_view name, int n) { return as_arrays(quadrature::rule(name, n)); },
      py::arg("name"), py::arg("n"), R"(Nodes and weights on [0, 1] of a quadrature rule.

Parameters
----------
name : str
    ``"gausslegendre"``, ``"riemann_left"``, ``"riemann_right"``, ``"riemann_middle"`` or ``"riemann_trapezoid"``.
n : int
    Number of nodes.

Returns
-------
nodes, weights : numpy.ndarray
    float64, shape ``[n]``; nodes increase, weights sum to 1.

Raises
------
ValueError
    For an unknown name, or fewer nodes than the rule needs.)");
  module.def(
      "ramnath2020_code_rule", [] { return as_arrays(quadrature::ramnath2020_code()); },
      R"(The 20 nodes on [0, 0.95] and their weights in the published code of Ramnath et al. 2020.

Returns
-------
nodes, weights : numpy.ndarray
    float64, shape ``[20]``; the weights are those of a trapezoid and sum to 1.)");
  module.def(
      "spline_weights",
      [](const std::vector<double>& nodes) { return copy(quadrature::spline_weights(nodes)); },
      py::arg("nodes"), R"(Weights of the integral over [0, 1] of the cubic spline through nodes.

Parameters
----------
nodes : sequence of float
    At least 4 rising numbers in [0, 1].

Returns
-------
numpy.ndarray
    float64 ``[n]``; they sum to 1.

Raises
------
ValueError
    For fewer nodes, or nodes that do not rise.)");
  module.def(
      "first_nodes", [] { return copy(quadrature::first_nodes()); }, "Where the adaptive rule begins.");
  module.def(
      "assess_path",
      [](const std::vector<double>& nodes, const std::vector<double>& values, const Slopes& slopes,
         double value_at_zero, double value_at_one, double tolerance, std::size_t max_nodes) {
        const auto path = path_samples(nodes, values, slopes, value_at_zero, value_at_one);
        const auto found = quadrature::assess(path, {tolerance, max_nodes});
        return py::make_tuple(found.error, copy(found.next));
      },
      py::arg("nodes"), py::arg("values"), py::arg("slopes"), py::arg("value_at_zero"),
      py::arg("value_at_one"), py::arg("tolerance"), py::arg("max_nodes"),
      R"(Estimate the error of the spline through what is known of a path, and say where to look next.

Parameters
----------
nodes, values : sequence of float
    Rising numbers in [0, 1], ``[n]``, and the function F there.
slopes : numpy.ndarray
    What each of T tokens adds to dF/d(alpha), ``[n, T]``.
value_at_zero, value_at_one : float
    F at both ends.
tolerance : float
    Of the relative L1 error of the token scores.
max_nodes : int
    No more than this many in all.

Returns
-------
error : float
    The estimate.
next : numpy.ndarray
    Nodes to add; empty where the tolerance is reached or the nodes are spent.)");
}

}  // namespace bertqa::bindings
