// The runtime's objects, for the package's own use, for tests and for those who look inside.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/register.hpp"
#include "runtime/provider.hpp"
#include "runtime/session.hpp"
#include "runtime/threads.hpp"

namespace py = pybind11;

namespace bertqa::bindings {
namespace {

using runtime::Environment;
using runtime::PrepackedWeights;
using runtime::Session;
using runtime::TensorInfo;
using runtime::WeightFile;

using InfoTuple = std::tuple<std::string, std::string, std::vector<std::int64_t>>;
using Path = std::filesystem::path;

void register_environment(py::module_& module) {
  py::class_<Environment, std::shared_ptr<Environment>>(
      module, "Environment",
      "The one runtime environment of the process: its library, its threads, its memory arena.\n\n"
      "It is shared: making it again gives what runs. ``threads=0`` takes what runs, or else the processors "
      "that\n"
      "this process may use.")
      .def(py::init([](const Path& library_path, int threads) {
             return Environment::acquire(runtime::Library::load(library_path), threads);
           }),
           py::arg("library_path"), py::arg("threads") = 0)
      .def(
          "has_provider",
          [](const Environment& env, const std::string& name) {
            return runtime::is_built_in(env, name.c_str());
          },
          py::arg("name"), "Whether the runtime was built with a provider.")
      .def("register_provider_library", &Environment::register_provider_library, py::arg("name"),
           py::arg("path"), py::call_guard<py::gil_scoped_release>(),
           "Load a plug-in provider; again, and from the same file, does nothing.")
      .def_property_readonly("threads", &Environment::threads, "Threads of the pool, the caller's included.")
      .def_property_readonly(
          "runtime_version", [](const Environment& env) { return env.library().version(); },
          "Version of ONNX Runtime, such as ``\"1.31.1\"``.")
      .def_property_readonly(
          "library_path", [](const Environment& env) { return env.library().path(); },
          "The library that is loaded.");
}

std::shared_ptr<WeightFile> open_weights(const std::shared_ptr<Environment>& env, const Path& path,
                                         const std::vector<EntryTuple>& entries) {
  return std::make_shared<WeightFile>(env, path, tensor_table(entries));
}

void register_weights(py::module_& module) {
  py::class_<WeightFile, std::shared_ptr<WeightFile>>(
      module, "WeightFile",
      "A weight file, mapped once and shared by every session that is given it.\n\n"
      "``entries`` are tuples (name, dtype, shape, offset in bytes, size in bytes).")
      .def(py::init(&open_weights), py::arg("environment"), py::arg("path"), py::arg("entries"))
      .def_property_readonly("names", &WeightFile::names, "Names of the tensors, sorted.")
      .def("release_pages", &WeightFile::release_pages,
           "Let go of the file's resident pages, once the sessions have packed their own copies.");
  py::class_<PrepackedWeights, std::shared_ptr<PrepackedWeights>>(
      module, "PrepackedWeights", "Packed copies of weights, shared by the sessions that are given it.")
      .def(py::init<std::shared_ptr<Environment>>(), py::arg("environment"));
}

// A session and the environment that its arrays need.
class PySession {
 public:
  PySession(std::shared_ptr<Environment> env, const Path& path, std::shared_ptr<WeightFile> weights,
            std::shared_ptr<PrepackedWeights> prepacked, const runtime::SessionOptions& options)
      : env_(std::move(env)), session_(env_, path, std::move(weights), std::move(prepacked), options) {}

  [[nodiscard]] std::vector<InfoTuple> inputs() const { return as_tuples(session_.inputs()); }
  [[nodiscard]] std::vector<InfoTuple> outputs() const { return as_tuples(session_.outputs()); }
  std::string end_profiling() { return session_.end_profiling(); }

  [[nodiscard]] std::vector<std::tuple<std::string, std::string, std::string>> left_to_cpu() const {
    std::vector<std::tuple<std::string, std::string, std::string>> tuples;
    for (const auto& [provider, kind, node] : session_.left_to_cpu()) {
      tuples.emplace_back(provider, kind, node);
    }
    return tuples;
  }

  std::map<std::string, py::array> run(const std::map<std::string, py::array>& arrays,
                                       const std::optional<std::vector<std::string>>& names,
                                       bool shrink_arena) {
    auto results = run_values(arrays, names, false, shrink_arena);
    std::map<std::string, py::array> out;
    for (auto& [name, value] : results) out.emplace(name, to_numpy(std::move(value)));
    return out;
  }

  std::map<std::string, std::string> places(const std::map<std::string, py::array>& arrays,
                                            const std::optional<std::vector<std::string>>& names) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : run_values(arrays, names, true, false)) out.emplace(name, value.place());
    return out;
  }

 private:
  std::map<std::string, runtime::Value> run_values(const std::map<std::string, py::array>& arrays,
                                                   const std::optional<std::vector<std::string>>& names,
                                                   bool stay, bool shrink_arena) {
    for (const TensorInfo& input : session_.inputs()) {
      if (!arrays.contains(input.name)) {
        throw std::invalid_argument("inputs: \"" + input.name + "\" is missing");
      }
    }
    std::vector<runtime::Value> values;
    values.reserve(arrays.size());
    std::vector<runtime::Input> inputs;
    for (const auto& [name, array] : arrays) {
      values.push_back(view_of(env_, array, wanted_type(name), "inputs[\"" + name + "\"]"));
      inputs.push_back({name.c_str(), nullptr});
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inputs[i].value = &values[i];
    }
    std::vector<runtime::Output> wanted;
    for (const std::string& name : names ? *names : output_names()) wanted.push_back({name, stay});
    std::vector<runtime::Value> results;
    {
      // Safe: what runs sees only memory of arrays that `arrays` keeps alive, and no Python object.
      const py::gil_scoped_release release;
      results = session_.run(inputs, wanted, {.shrink_arena = shrink_arena});
    }
    std::map<std::string, runtime::Value> out;
    for (std::size_t i = 0; i < wanted.size(); ++i) out.emplace(wanted[i].name, std::move(results[i]));
    return out;
  }

  static std::vector<InfoTuple> as_tuples(const std::vector<TensorInfo>& infos) {
    std::vector<InfoTuple> tuples;
    tuples.reserve(infos.size());
    for (const TensorInfo& info : infos) {
      tuples.emplace_back(info.name, runtime::name_of(info.type), info.shape);
    }
    return tuples;
  }

  [[nodiscard]] std::vector<std::string> output_names() const {
    std::vector<std::string> names;
    for (const TensorInfo& output : session_.outputs()) {
      names.push_back(output.name);
    }
    return names;
  }

  [[nodiscard]] runtime::ElementType wanted_type(const std::string& name) const {
    std::string known;
    for (const TensorInfo& input : session_.inputs()) {
      if (input.name == name) {
        return input.type;
      }
      known += (known.empty() ? "" : ", ") + input.name;
    }
    throw std::invalid_argument("inputs: got \"" + name + "\", wanted " + known);
  }

  std::shared_ptr<Environment> env_;
  Session session_;
};

std::unique_ptr<PySession> make_session(std::shared_ptr<Environment> env, const Path& path,
                                        std::optional<std::shared_ptr<WeightFile>> weights,
                                        std::optional<std::shared_ptr<PrepackedWeights>> prepacked,
                                        std::string_view device, int optimization_level,
                                        const std::map<std::string, std::string>& config,
                                        const std::optional<std::string>& profile_prefix,
                                        bool fused_operators, bool linear_operators,
                                        std::string_view precision, bool allow_partial,
                                        const std::map<std::string, std::string>& provider_options) {
  runtime::SessionOptions options;
  options.device = runtime::Device::parse(device);
  options.optimization_level = optimization_level;
  options.config.assign(config.begin(), config.end());
  options.profile_prefix = profile_prefix;
  options.fused_operators = fused_operators;
  options.linear_operators = linear_operators;
  options.precision = runtime::parse_precision(precision);
  options.allow_partial = allow_partial;
  options.provider_options.assign(provider_options.begin(), provider_options.end());
  const py::gil_scoped_release release;  // safe: the arguments are C++ objects by now
  return std::make_unique<PySession>(std::move(env), path, std::move(weights).value_or(nullptr),
                                     std::move(prepacked).value_or(nullptr), options);
}

void register_session(py::module_& module) {
  py::class_<PySession>(module, "Session",
                        "A graph, loaded and ready to run; safe to run from several threads.")
      .def(py::init(&make_session), py::arg("environment"), py::arg("path"), py::arg("weights") = py::none(),
           py::arg("prepacked") = py::none(), py::kw_only(), py::arg("device") = "cpu",
           py::arg("optimization_level") = 99, py::arg("config") = py::dict(),
           py::arg("profile_prefix") = py::none(), py::arg("fused_operators") = true,
           py::arg("linear_operators") = true, py::arg("precision") = "fp32",
           py::arg("allow_partial") = false, py::arg("provider_options") = py::dict())
      .def_property_readonly("left_to_cpu", &PySession::left_to_cpu,
                             "(provider, kind, name) of each node that the device leaves to the CPU.")
      .def("places", &PySession::places, py::arg("inputs"), py::arg("outputs") = py::none(),
           "Run, leave outputs where the device has them, and say what the runtime calls that memory.")
      .def_property_readonly("inputs", &PySession::inputs,
                             "(name, dtype, shape) of each input; -1 is a free dimension.")
      .def_property_readonly("outputs", &PySession::outputs,
                             "(name, dtype, shape) of each output; -1 is a free dimension.")
      .def("run", &PySession::run, py::arg("inputs"), py::arg("outputs") = py::none(),
           py::arg("shrink_arena") = false,
           R"(Run the graph.

Parameters
----------
inputs : dict of str to numpy.ndarray
    One array for each input, C-contiguous and of exactly its type; nothing is converted.
outputs : list of str, optional
    The outputs that are wanted; all of them by default.
shrink_arena : bool
    Give free memory back to the system afterwards.

Returns
-------
dict of str to numpy.ndarray
    The arrays own their memory and outlive the session.

Raises
------
ValueError
    For an array that would have to be converted, or an input that the graph does not have.
bertqa_fast.errors.EngineError
    What the runtime refuses.)")
      .def("end_profiling", &PySession::end_profiling, "End profiling; returns the path of the profile.");
}

}  // namespace

void register_runtime(py::module_& module) {
  register_environment(module);
  register_weights(module);
  register_session(module);
  module.def(
      "check_precision",
      [](std::string_view device, std::string_view precision) {
        runtime::linear_arithmetic(runtime::Device::parse(device), runtime::parse_precision(precision));
      },
      py::arg("device"), py::arg("precision"),
      "Raise DeviceUnavailableError where this processor has no units for a precision of device \"cpu\".");
  module.def("usable_processors", &runtime::usable_processors,
             "Processors that this process may use: its affinity mask, within its control groups' quota.");
  module.def("processor_quota", &runtime::processor_quota, py::arg("root") = "/",
             "Processors that the control groups under ``root`` allow, rounded up; 0 for no limit.");
}

}  // namespace bertqa::bindings
