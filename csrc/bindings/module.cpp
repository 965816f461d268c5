// Table of contents of the extension: one register_* call per part.
#include <pybind11/pybind11.h>

PYBIND11_MODULE(_core, module) {
  module.doc() = "The C++ engine of bertqa_fast.";
}
