// Checks of a request before any work is done.
#pragma once

#include "engine/integrate.hpp"

namespace bertqa::engine {

// std::invalid_argument naming the part that does not fit.
void validate(const Model& model, const IntegrationRequest& request);
// The same of sequences, and of the targets of sequences: `per_target` spans for each.
void validate_sequences(const Model& model, const Sequences& sequences);
void validate_targets(const Model& model, const Sequences& sequences, const Spans& spans,
                      std::size_t per_target, const TargetForm& form);

}  // namespace bertqa::engine
