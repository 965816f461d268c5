// From a C status to an exception.
#pragma once

#include "runtime/ort_api.hpp"

namespace bertqa::runtime {

// Throws EngineError unless `status` is null; takes the status over. `call` is the entry that returned it.
void check(const ort::Api& api, ort::Status* status, const char* call);

}  // namespace bertqa::runtime
