// How many processors this process may use.
#pragma once

#include <filesystem>

namespace bertqa::runtime {

// The processors that the control groups (version 1 and 2) allow: the smallest quota on the way from the
// process's group to the root, rounded up; 0 where there is none. `root` is "/" except in tests.
int processor_quota(const std::filesystem::path& root = "/");

// The affinity mask's processors, no more than the quota, at least 1.
int usable_processors();

}  // namespace bertqa::runtime
