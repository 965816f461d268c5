// The parts of the extension, one file each.
#pragma once

#include <pybind11/pybind11.h>

namespace bertqa::bindings {

void register_engine(pybind11::module_& module);
void register_errors();
void register_quadrature(pybind11::module_& module);
void register_runtime(pybind11::module_& module);
void register_schedule(pybind11::module_& module);

}  // namespace bertqa::bindings
