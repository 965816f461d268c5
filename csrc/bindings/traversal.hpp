// Names of traversals, as Python gives them.
#pragma once

#include <string_view>

#include "engine/schedule.hpp"

namespace bertqa::bindings {

// std::invalid_argument for any other.
engine::Traversal traversal_of(std::string_view name);

}  // namespace bertqa::bindings
