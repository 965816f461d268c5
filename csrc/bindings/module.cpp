// Table of contents of the extension: one register_* call per part.
#include <pybind11/pybind11.h>

#include "bindings/register.hpp"

PYBIND11_MODULE(_core, module) {
  module.doc() = "The C++ engine of bertqa_fast.";
  bertqa::bindings::register_errors();
  bertqa::bindings::register_quadrature(module);
  bertqa::bindings::register_runtime(module);
  bertqa::bindings::register_schedule(module);
  bertqa::bindings::register_engine(module);
}
