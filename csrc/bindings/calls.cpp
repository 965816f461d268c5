#include "bindings/calls.hpp"

namespace py = pybind11;

namespace bertqa::bindings {

engine::Progress progress_of(const py::object& callback) {
  return [&callback](std::size_t done, std::size_t total) {
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!callback.is_none()) callback(done, total);
  };
}

py::dict as_dict(const engine::Statistics& s) {
  py::dict out;
  out["batches"] = s.batches;
  out["rows"] = s.rows;
  out["tokens"] = s.tokens;
  out["padded_tokens"] = s.padded_tokens;
  out["to_device"] = s.to_device;
  out["from_device"] = s.from_device;
  out["seconds"] = s.seconds;
  out["runtime_seconds"] = s.runtime_seconds;
  py::dict stages;
  for (const auto& [name, stage] : s.stages)
    stages[py::str(name)] = py::make_tuple(stage.runs, stage.seconds);
  out["stages"] = stages;
  return out;
}

}  // namespace bertqa::bindings
