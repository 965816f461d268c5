// The engine: an exported model that runs forward and integrates.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/calls.hpp"
#include "bindings/register.hpp"
#include "bindings/traversal.hpp"
#include "engine/forward.hpp"
#include "engine/forward_above.hpp"
#include "engine/integrate.hpp"
#include "engine/model.hpp"

namespace py = pybind11;

namespace bertqa::bindings {
namespace {

std::shared_ptr<engine::Model> open_model(std::shared_ptr<runtime::Environment> env,
                                          const std::filesystem::path& folder,
                                          const std::vector<EntryTuple>& tensors, int num_layers,
                                          std::size_t hidden_size, std::size_t num_heads,
                                          std::size_t intermediate_size, std::size_t max_positions,
                                          std::string_view device, std::string_view precision,
                                          const std::map<std::string, std::string>& provider_options,
                                          bool allow_partial, std::size_t memory_budget) {
  engine::Model::Description description;
  description.folder = folder;
  description.tensors = tensor_table(tensors);
  description.sizes = {num_layers, hidden_size, num_heads, intermediate_size};
  description.max_positions = max_positions;
  description.device = runtime::Device::parse(device);
  description.precision = runtime::parse_precision(precision);
  description.provider_options.assign(provider_options.begin(), provider_options.end());
  description.allow_partial = allow_partial;
  description.memory_budget = memory_budget;
  const py::gil_scoped_release release;  // safe: the arguments are C++ objects by now
  return std::make_shared<engine::Model>(std::move(env), std::move(description));
}

py::dict forward(const std::shared_ptr<engine::Model>& model, const Ints& input_ids,
                 const Ints& token_type_ids, const Ints& offsets, const std::vector<int>& layers,
                 std::size_t rows_per_batch, const py::object& progress) {
  const engine::Sequences sequences{{span_of(offsets)}, span_of(input_ids), span_of(token_type_ids)};
  engine::ForwardResult result;
  {
    // Safe: the engine sees only memory of arrays that the arguments keep alive; `progress` takes the lock
    // back.
    const py::gil_scoped_release release;
    result = engine::forward(*model, sequences, layers, rows_per_batch, progress_of(progress));
  }
  const auto total = static_cast<py::ssize_t>(sequences.total());
  const auto width = static_cast<py::ssize_t>(model->description().sizes.hidden_size);
  py::dict out;
  put_logits(out, std::move(result.logits), *model);
  out["hidden"] = to_numpy(std::move(result.hidden), {static_cast<py::ssize_t>(layers.size()), total, width});
  out["statistics"] = as_dict(result.statistics);
  return out;
}

py::dict forward_above(const std::shared_ptr<engine::Model>& model, int layer, const Floats& states,
                       const Ints& offsets, std::size_t rows_per_batch, const py::object& progress) {
  const engine::HiddenStates given{{span_of(offsets)}, span_of(states)};
  engine::ForwardResult result;
  {
    // Safe: the engine sees only memory of arrays that the arguments keep alive; `progress` takes the lock
    // back.
    const py::gil_scoped_release release;
    result = engine::forward_above(*model, layer, given, rows_per_batch, progress_of(progress));
  }
  py::dict out;
  put_logits(out, std::move(result.logits), *model);
  out["statistics"] = as_dict(result.statistics);
  return out;
}

py::dict integrate(const std::shared_ptr<engine::Model>& model, const Ints& input_ids,
                   const Ints& token_type_ids, const Ints& offsets, const std::vector<int>& layers,
                   const Doubles& nodes, const Doubles& weights, const Ints& span_start, const Ints& span_end,
                   const Floats& span_sign, const Floats& target_mix, bool reselect,
                   const std::optional<double>& tolerance, std::size_t max_nodes,
                   const std::optional<Ints>& baseline_ids, const std::optional<Floats>& baseline_values,
                   const std::optional<Floats>& states, std::size_t pad_to, bool softmax_over_padding,
                   std::size_t rows_per_batch, bool keep_values, std::string_view traversal,
                   const py::object& progress) {
  engine::IntegrationRequest request;
  request.traversal = traversal_of(traversal);
  request.sequences = {{span_of(offsets)}, span_of(input_ids), span_of(token_type_ids)};
  request.spans = {span_of(span_start), span_of(span_end), span_of(span_sign)};
  if (request.sequences.size() != 0) {
    request.spans_per_target = request.spans.sign.size() / request.sequences.size();
  }
  request.target = target_of(target_mix, reselect);
  if (baseline_ids) {
    request.baseline = {engine::Baseline::Kind::tokens, span_of(*baseline_ids), {}};
  } else if (baseline_values) {
    request.baseline = {engine::Baseline::Kind::values, {}, span_of(*baseline_values)};
  }
  if (states) request.states = span_of(*states);
  request.layers = layers;
  request.nodes = span_of(nodes);
  request.weights = span_of(weights);
  if (tolerance) request.adaptive = {*tolerance, max_nodes};
  request.pad_to = pad_to;
  request.softmax_over_padding = softmax_over_padding;
  request.rows_per_batch = rows_per_batch;
  request.keep_values = keep_values;
  engine::IntegrationResult result;
  {
    // Safe: the engine sees only memory of arrays that the arguments keep alive; `progress` takes the lock
    // back.
    const py::gil_scoped_release release;
    result = engine::integrate(*model, request, progress_of(progress));
  }
  const auto total = static_cast<py::ssize_t>(request.sequences.total());
  const auto count = static_cast<py::ssize_t>(request.sequences.size());
  const auto depth = static_cast<py::ssize_t>(layers.size());
  const auto width = static_cast<py::ssize_t>(model->description().sizes.hidden_size);
  py::dict out;
  out["scores"] = to_numpy(std::move(result.scores), {depth, total});
  out["signed"] = to_numpy(std::move(result.signed_sums), {depth, total});
  if (keep_values) out["values"] = to_numpy(std::move(result.values), {depth, total, width});
  out["value"] = to_numpy(std::move(result.value), {count});
  out["baseline_value"] = to_numpy(std::move(result.baseline_value), {depth, count});
  out["evaluations"] = to_numpy(std::move(result.evaluations), {depth, count});
  if (tolerance) out["error"] = to_numpy(std::move(result.error), {depth, count});
  out["statistics"] = as_dict(result.statistics);
  return out;
}

}  // namespace

void register_engine(py::module_& module) {
  ModelClass opened(
      module, "Model",
      "An exported model: weights once, graphs loaded when first needed; safe to use from several threads.");
  register_masked(opened);
  register_single_pass(opened);
  opened
      .def(py::init(&open_model), py::arg("environment"), py::arg("folder"), py::arg("tensors"),
           py::kw_only(), py::arg("num_layers"), py::arg("hidden_size"), py::arg("num_heads"),
           py::arg("intermediate_size"), py::arg("max_positions"), py::arg("device"),
           py::arg("precision") = "fp32", py::arg("provider_options") = py::dict(),
           py::arg("allow_partial") = false, py::arg("memory_budget"))
      .def_property_readonly(
          "tokens_per_batch", [](const engine::Model& model) { return model.gradient_sizer.fastest(); },
          "Tokens that a batch of gradients is given, as far as work so far has shown what is fastest.")
      .def("forward", &forward, py::arg("input_ids").noconvert(), py::arg("token_type_ids").noconvert(),
           py::arg("offsets").noconvert(), py::kw_only(), py::arg("layers"), py::arg("rows_per_batch") = 0,
           py::arg("progress") = py::none(),
           R"(Run sequences forward.

Sequences lie end to end in ``input_ids`` and ``token_type_ids`` (int64 ``[total tokens]``); ``offsets``
(int64 ``[sequences + 1]``) says where each begins. Returns ``start_logits``, ``end_logits``
``[total tokens]`` (a classifier: ``class_logits`` ``[sequences, C]``), ``hidden`` ``[layers, total tokens, H]`` and ``statistics``.)")
      .def(
          "forward_above", &forward_above, py::arg("layer"), py::arg("states").noconvert(),
          py::arg("offsets").noconvert(), py::kw_only(), py::arg("rows_per_batch") = 0,
          py::arg("progress") = py::none(),
          R"(Run given hidden states forward, from the output of a layer (-1: of the embeddings) to the logits.

States lie end to end in ``states`` (float32 ``[total tokens, H]``); ``offsets`` (int64 ``[sequences + 1]``)
says where each sequence begins. Returns logits as ``forward`` does, and ``statistics``.)")
      .def("integrate", &integrate, py::arg("input_ids").noconvert(), py::arg("token_type_ids").noconvert(),
           py::arg("offsets").noconvert(), py::kw_only(), py::arg("layers"), py::arg("nodes").noconvert(),
           py::arg("weights").noconvert(), py::arg("span_start").noconvert(), py::arg("span_end").noconvert(),
           py::arg("span_sign").noconvert(), py::arg("target_mix").noconvert(), py::arg("reselect") = false,
           py::arg("tolerance") = py::none(), py::arg("max_nodes") = quadrature::AdaptiveRule{}.max_nodes,
           py::arg("baseline_ids").noconvert() = py::none(),
           py::arg("baseline_values").noconvert() = py::none(), py::arg("states").noconvert() = py::none(),
           py::arg("pad_to") = 0, py::arg("softmax_over_padding") = false, py::arg("rows_per_batch") = 0,
           py::arg("keep_values") = false, py::arg("traversal") = "auto", py::arg("progress") = py::none(),
           R"(Integrate the gradient of a target along straight paths, at every layer in ``layers``.

Spans are flat, K for each sequence; of a classifier ``span_start`` and ``span_end`` are labels. Nodes and weights are fixed ones, or empty where ``tolerance`` is given:
every path then gets nodes until its estimated error is below it, or it has ``max_nodes``. ``states`` (float32
``[total tokens, H]``) are explained in place of the hidden states at the one layer; ids then only say how long
sequences are. Returns ``scores`` and ``signed`` ``[layers, total tokens]``, ``values`` ``[layers, total tokens, H]``
if kept, ``value`` ``[sequences]``, ``baseline_value`` and ``evaluations`` ``[layers, sequences]``, ``error`` of the
same shape where ``tolerance`` is given, and ``statistics``. Progress is counted in paths (a layer of a sequence).
``traversal``: ``cuts`` goes through the layers one after the other, ``all_layers`` together, ``auto`` chooses.)");
}

}  // namespace bertqa::bindings
