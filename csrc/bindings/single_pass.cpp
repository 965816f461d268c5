// Explanations that one run of the whole model gives, and attention traced through it.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/calls.hpp"
#include "engine/attention_tracing.hpp"
#include "engine/single_pass.hpp"

namespace py = pybind11;

namespace bertqa::bindings {
namespace {

py::dict single_pass(const std::shared_ptr<engine::Model>& model, const std::string& graph,
                     const Ints& input_ids, const Ints& token_type_ids, const Ints& offsets,
                     const std::vector<int>& layers, const Ints& span_start, const Ints& span_end,
                     const Floats& span_sign, const Floats& target_mix, bool reselect,
                     const std::optional<Floats>& seed, const std::vector<std::string>& numbers,
                     std::size_t rows_per_batch, bool keep_values, const py::object& progress) {
  engine::SinglePassRequest request;
  request.sequences = {{span_of(offsets)}, span_of(input_ids), span_of(token_type_ids)};
  request.graph = graph;
  request.spans = {span_of(span_start), span_of(span_end), span_of(span_sign)};
  if (request.sequences.size() != 0) {
    request.spans_per_target = request.spans.sign.size() / request.sequences.size();
  }
  request.target = target_of(target_mix, reselect);
  if (seed) request.seed = span_of(*seed);
  request.numbers = numbers;
  request.layers = layers;
  request.rows_per_batch = rows_per_batch;
  request.keep_values = keep_values;
  engine::SinglePassResult result;
  {
    // Safe: the engine sees only memory of arrays that the arguments keep alive; `progress` takes the lock
    // back.
    const py::gil_scoped_release release;
    result = engine::single_pass(*model, request, progress_of(progress));
  }
  const auto total = static_cast<py::ssize_t>(request.sequences.total());
  const auto count = static_cast<py::ssize_t>(request.sequences.size());
  const auto depth = static_cast<py::ssize_t>(layers.size());
  const auto width = static_cast<py::ssize_t>(model->description().sizes.hidden_size);
  py::dict out;
  put_logits(out, std::move(result.logits), *model);
  out["scores"] = to_numpy(std::move(result.scores), {depth, total});
  out["signed"] = to_numpy(std::move(result.signed_sums), {depth, total});
  if (keep_values) out["values"] = to_numpy(std::move(result.values), {depth, total, width});
  out["value"] = to_numpy(std::move(result.value), {count});
  out["numbers"] = to_numpy(std::move(result.numbers), {static_cast<py::ssize_t>(numbers.size()), count});
  out["statistics"] = as_dict(result.statistics);
  return out;
}

py::dict trace_attention(const std::shared_ptr<engine::Model>& model, const Ints& input_ids,
                         const Ints& token_type_ids, const Ints& offsets, const std::vector<int>& layers,
                         const Ints& first, const Ints& second, bool residual, std::size_t rows_per_batch,
                         const py::object& progress) {
  engine::TracingRequest request;
  request.sequences = {{span_of(offsets)}, span_of(input_ids), span_of(token_type_ids)};
  request.first = span_of(first);
  request.second = span_of(second);
  request.layers = layers;
  request.residual = residual;
  request.rows_per_batch = rows_per_batch;
  engine::TracingResult result;
  {
    // Safe: as above.
    const py::gil_scoped_release release;
    result = engine::trace_attention(*model, request, progress_of(progress));
  }
  const auto depth = static_cast<py::ssize_t>(layers.size());
  py::dict out;
  out["scores"] =
      to_numpy(std::move(result.scores), {depth, static_cast<py::ssize_t>(request.sequences.total())});
  out["statistics"] = as_dict(result.statistics);
  return out;
}

}  // namespace

void register_single_pass(ModelClass& model) {
  model.def("single_pass", &single_pass, py::arg("graph"), py::arg("input_ids").noconvert(),
            py::arg("token_type_ids").noconvert(), py::arg("offsets").noconvert(), py::kw_only(),
            py::arg("layers"), py::arg("span_start").noconvert(), py::arg("span_end").noconvert(),
            py::arg("span_sign").noconvert(), py::arg("target_mix").noconvert(), py::arg("reselect") = false,
            py::arg("seed").noconvert() = py::none(), py::arg("numbers") = std::vector<std::string>(),
            py::arg("rows_per_batch") = 0, py::arg("keep_values") = false, py::arg("progress") = py::none(),
            R"(Run one of the graphs that explain every sequence in one run, forward and back.

Sequences and spans as in ``integrate``. Graphs of gradients (``gradient_…``) explain the target; those of
relevance (``relevance_…``) begin with ``seed`` (float32 ``[3]``) times logit, probability and 1 of what is pinned,
and ``target_mix`` only says what ``value`` is. ``numbers`` names outputs with a number for each sequence. Returns
the logits, ``scores`` and ``signed`` ``[layers, total tokens]``, ``values`` ``[layers, total tokens, H]`` if kept,
``value`` ``[sequences]`` (the target), ``numbers`` ``[numbers, sequences]`` and ``statistics``.)");
  model.def(
      "trace_attention", &trace_attention, py::arg("input_ids").noconvert(),
      py::arg("token_type_ids").noconvert(), py::arg("offsets").noconvert(), py::kw_only(), py::arg("layers"),
      py::arg("first").noconvert(), py::arg("second").noconvert(), py::arg("residual") = false,
      py::arg("rows_per_batch") = 0, py::arg("progress") = py::none(),
      R"(Follow attention back, head by head, from two tokens of the last block's output, one half at each.

Sequences as in ``forward``; ``first`` and ``second`` are int64 ``[sequences]``. Returns ``scores``
``[layers, total tokens]`` (what arrives at the layers' outputs, summed over heads) and ``statistics``.)");
}

}  // namespace bertqa::bindings
