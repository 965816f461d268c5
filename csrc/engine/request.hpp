// Checks of a request before any work is done.
#pragma once

#include "engine/integrate.hpp"

namespace bertqa::engine {

// std::invalid_argument naming the part that does not fit.
void validate(const Model& model, const IntegrationRequest& request);

}  // namespace bertqa::engine
