#include "bindings/calls.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "bindings/arrays.hpp"

namespace py = pybind11;

namespace bertqa::bindings {

engine::Progress progress_of(const py::object& callback) {
  return [&callback](std::size_t done, std::size_t total) {
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!callback.is_none()) callback(done, total);
  };
}

engine::TargetForm target_of(const Floats& target_mix, bool reselect) {
  engine::TargetForm target;
  if (static_cast<std::size_t>(target_mix.size()) != target.mix.size()) {
    throw std::invalid_argument("target_mix: wanted " + std::to_string(target.mix.size()) + " numbers");
  }
  std::copy_n(target_mix.data(), target.mix.size(), target.mix.begin());
  target.reselect = reselect;
  return target;
}

void put_logits(py::dict& out, engine::Logits&& logits, const engine::Model& model) {
  const engine::Head head = model.description().head();
  if (head.is_reader()) {
    const auto total = static_cast<py::ssize_t>(logits.start.size());
    out["start_logits"] = to_numpy(std::move(logits.start), {total});
    out["end_logits"] = to_numpy(std::move(logits.end), {total});
    return;
  }
  const auto classes = static_cast<py::ssize_t>(head.classes());
  const auto sequences = static_cast<py::ssize_t>(logits.classes.size()) / classes;
  out["class_logits"] = to_numpy(std::move(logits.classes), {sequences, classes});
}

void put_masked_logits(py::dict& out, engine::Logits&& logits, const engine::Model& model,
                       const engine::Sequences& sequences, std::size_t runs) {
  const engine::Head head = model.description().head();
  const auto count = static_cast<py::ssize_t>(runs);
  if (head.is_reader()) {
    const auto total = static_cast<py::ssize_t>(sequences.total());
    out["masked_start_logits"] = to_numpy(std::move(logits.start), {count, total});
    out["masked_end_logits"] = to_numpy(std::move(logits.end), {count, total});
    return;
  }
  out["masked_class_logits"] =
      to_numpy(std::move(logits.classes),
               {count, static_cast<py::ssize_t>(sequences.size()), static_cast<py::ssize_t>(head.classes())});
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
