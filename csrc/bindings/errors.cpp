// C++ errors as the classes of bertqa_fast/errors.py. std::invalid_argument is ValueError by pybind11's own
// rule.
#include <pybind11/pybind11.h>

#include <exception>

#include "bindings/register.hpp"
#include "runtime/errors.hpp"

namespace py = pybind11;

namespace bertqa::bindings {
namespace {

// Sets the error of that class, made from the arguments. The module is looked up when something has failed,
// so that importing the extension imports nothing.
template <typename... Arguments>
void raise(const char* name, const Arguments&... arguments) {
  const py::object type = py::module_::import("bertqa_fast.errors").attr(name);
  const py::object error = type(arguments...);
  PyErr_SetObject(type.ptr(), error.ptr());
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): pybind11's signature
void translate(std::exception_ptr pointer) {
  try {
    if (pointer) {
      std::rethrow_exception(pointer);
    }
  } catch (const EngineError& error) {
    raise("EngineError", error.what(), error.code(), error.call());
  } catch (const RuntimeLoadError& error) {
    raise("RuntimeLoadError", error.what());
  } catch (const DeviceUnavailableError& error) {
    raise("DeviceUnavailableError", error.what());
  }
}

}  // namespace

void register_errors() { py::register_exception_translator(&translate); }

}  // namespace bertqa::bindings
