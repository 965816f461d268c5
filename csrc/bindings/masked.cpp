// Runs under attention masks, and attention itself.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/calls.hpp"
#include "engine/masked_forward.hpp"

namespace py = pybind11;

namespace bertqa::bindings {
namespace {

using Bytes = py::array_t<std::int8_t, py::array::c_style>;
// (layers, table, keep_diagonal, uniform, heads, top), as Python gives them.
using CellTuple =
    std::tuple<std::vector<int>, std::vector<int>, bool, bool, std::vector<std::size_t>, std::size_t>;

engine::MaskedCell cell_of(const CellTuple& given) {
  const auto& [layers, table, keep_diagonal, uniform, heads, top] = given;
  engine::MaskedCell cell;
  if (table.size() != cell.mask.table.size()) {
    throw std::invalid_argument("table: got " + std::to_string(table.size()) + " numbers, wanted " +
                                std::to_string(cell.mask.table.size()));
  }
  cell.layers = layers;
  std::ranges::transform(table, cell.mask.table.begin(),
                         [](int masked) { return static_cast<std::uint8_t>(masked); });
  cell.mask.keep_diagonal = keep_diagonal;
  cell.mask.uniform = uniform;
  cell.mask.heads = heads;
  cell.mask.top = top;
  return cell;
}

py::dict masked_forward(const std::shared_ptr<engine::Model>& model, const Ints& input_ids,
                        const Ints& token_type_ids, const Ints& offsets, const Bytes& classes,
                        const std::vector<CellTuple>& cells, std::size_t rows_per_batch,
                        const py::object& progress) {
  engine::MaskedRequest request;
  request.sequences = {{span_of(offsets)}, span_of(input_ids), span_of(token_type_ids)};
  request.classes = span_of(classes);
  for (const CellTuple& cell : cells) request.cells.push_back(cell_of(cell));
  request.rows_per_batch = rows_per_batch;
  engine::MaskedResult result;
  {
    // Safe: the engine sees only memory of arrays that the arguments keep alive; `progress` takes the lock
    // back.
    const py::gil_scoped_release release;
    result = engine::masked_forward(*model, request, progress_of(progress));
  }
  py::dict out;
  put_logits(out, std::move(result.logits), *model);
  put_masked_logits(out, std::move(result.masked), *model, request.sequences, request.cells.size());
  out["statistics"] = as_dict(result.statistics);
  return out;
}

py::dict attention(const std::shared_ptr<engine::Model>& model, const Ints& input_ids,
                   const Ints& token_type_ids, const Ints& offsets, int layer, std::size_t rows_per_batch,
                   const py::object& progress) {
  const engine::Sequences sequences{{span_of(offsets)}, span_of(input_ids), span_of(token_type_ids)};
  engine::AttentionResult result;
  {
    // Safe: as above.
    const py::gil_scoped_release release;
    result = engine::attention(*model, sequences, layer, rows_per_batch, progress_of(progress));
  }
  const auto count = static_cast<py::ssize_t>(result.probabilities.size());
  py::dict out;
  out["probabilities"] = to_numpy(std::move(result.probabilities), {count});
  out["statistics"] = as_dict(result.statistics);
  return out;
}

}  // namespace

void register_masked(ModelClass& model) {
  model
      .def("masked_forward", &masked_forward, py::arg("input_ids").noconvert(),
           py::arg("token_type_ids").noconvert(), py::arg("offsets").noconvert(),
           py::arg("classes").noconvert(), py::kw_only(), py::arg("cells"), py::arg("rows_per_batch") = 0,
           py::arg("progress") = py::none(),
           R"(Run sequences forward as they are, and once more for every cell, with attention masked.

Sequences as in ``forward``; ``classes`` (int8 ``[total tokens]``) puts tokens into classes 0 to 2. A cell is
(layers, table, keep_diagonal, uniform, heads, top): the blocks to mask, rising; 9 numbers, row-major, 1 where a
class of rows (tokens that ask) and one of columns (tokens asked) is masked; whether tokens always may attend to
themselves; whether heads attend uniformly in place of the table; the heads, none for all; and how many of the
masked cells, the most attended ones of each head, are masked at all, 0 for all. Returns ``start_logits``,
``end_logits`` ``[total tokens]``, ``masked_start_logits``, ``masked_end_logits`` ``[cells, total tokens]``
(a classifier: ``class_logits`` ``[sequences, C]``, ``masked_class_logits`` ``[cells, sequences, C]``) and
``statistics``.)")
      .def("attention", &attention, py::arg("input_ids").noconvert(), py::arg("token_type_ids").noconvert(),
           py::arg("offsets").noconvert(), py::kw_only(), py::arg("layer"), py::arg("rows_per_batch") = 0,
           py::arg("progress") = py::none(),
           R"(Attention of a block: ``probabilities`` ``[A, T, T]`` of every sequence, flat and in order.

Rows are tokens that ask, and sum to 1. Sequences as in ``forward``. Also returned are ``statistics``.)");
}

}  // namespace bertqa::bindings
