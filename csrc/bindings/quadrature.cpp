#include "quadrature/rules.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string_view>
#include <vector>

#include "bindings/register.hpp"

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
}

}  // namespace bertqa::bindings
