// How work is cut up, for tests: the engine uses these functions itself.
#include <pybind11/pybind11.h>

#include <stdexcept>
#include <string>

#include "bindings/register.hpp"
#include "bindings/traversal.hpp"
#include "engine/batch_sizer.hpp"

namespace py = pybind11;

namespace bertqa::bindings {
namespace {

py::dict schedule(std::size_t examples, int num_layers, std::size_t hidden_size, std::size_t num_heads,
                  std::size_t intermediate_size, std::size_t tokens, std::size_t layers, std::size_t nodes,
                  std::size_t rows_per_batch, std::size_t tokens_per_batch, std::size_t memory_budget,
                  std::string_view traversal, bool weights_in_every_graph, bool takes_empty_tensors) {
  engine::Work work;
  work.sizes = {num_layers, hidden_size, num_heads, intermediate_size};
  work.tokens = tokens;
  work.layers = layers;
  work.lowest_blocks = static_cast<std::size_t>(num_layers);
  work.nodes = nodes;
  work.rows_per_batch = rows_per_batch;
  work.tokens_per_batch = tokens_per_batch;
  work.memory_budget = memory_budget;
  work.traversal = traversal_of(traversal);
  work.weights_in_every_graph = weights_in_every_graph;
  work.takes_empty_tensors = takes_empty_tensors;
  const engine::Together together = engine::layers_together(work, examples);
  py::dict out;
  out["most_rows"] = engine::most_rows(work);
  out["most_examples"] = engine::most_examples(work);
  out["layers_together"] = together.layers;
  out["all_layers"] = together.all_layers;
  return out;
}

}  // namespace

engine::Traversal traversal_of(std::string_view name) {
  if (name == "auto") return engine::Traversal::automatic;
  if (name == "cuts") return engine::Traversal::cuts;
  if (name == "all_layers") return engine::Traversal::all_layers;
  throw std::invalid_argument("traversal: got '" + std::string(name) +
                              "', wanted 'auto', 'cuts' or 'all_layers'");
}

void register_schedule(py::module_& module) {
  py::class_<engine::BatchSizer::Choice>(module, "BatchChoice", "A batch that is to be run.")
      .def(py::init([](std::size_t tokens, std::size_t rows, bool trial) {
             return engine::BatchSizer::Choice{tokens, rows, trial};
           }),
           py::arg("tokens"), py::arg("rows"), py::arg("trial"))
      .def_readonly("tokens", &engine::BatchSizer::Choice::tokens, "Its size, of those that are tried.")
      .def_readonly("rows", &engine::BatchSizer::Choice::rows, "Rows to put into it.")
      .def_readonly("trial", &engine::BatchSizer::Choice::trial, "Whether what it takes is to be told.");
  py::class_<engine::BatchSizer>(module, "BatchSizer", "Finds out how large a batch is worth having.")
      .def(py::init())
      .def("next", &engine::BatchSizer::next, py::arg("row_tokens"), py::arg("most"),
           "Choose the next batch, of at most so many rows.")
      .def("fastest", &engine::BatchSizer::fastest, "The fastest size so far, in tokens.")
      .def("note", &engine::BatchSizer::note, py::arg("choice"), py::arg("work"), py::arg("seconds"),
           "Tell what a trial took.");
  module.def("schedule", &schedule, py::kw_only(), py::arg("examples"), py::arg("num_layers"),
             py::arg("hidden_size"), py::arg("num_heads"), py::arg("intermediate_size"), py::arg("tokens"),
             py::arg("layers"), py::arg("nodes") = 0, py::arg("rows_per_batch") = 0,
             py::arg("tokens_per_batch") = 512, py::arg("memory_budget"), py::arg("traversal") = "auto",
             py::arg("weights_in_every_graph") = false, py::arg("takes_empty_tensors") = true,
             "Say how the engine cuts work up: ``most_rows`` of a batch, ``most_examples`` of a group, "
             "``layers_together``, and whether these run on ``all_layers``.");
}

}  // namespace bertqa::bindings
