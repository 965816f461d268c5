#include "runtime/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace bertqa::runtime {
namespace {

namespace fs = std::filesystem;

int smaller_quota(int quota, double allowed, double period) {
  if (allowed <= 0 || period <= 0) {
    return quota;
  }
  const int processors = std::max(1, static_cast<int>(std::ceil(allowed / period)));
  return quota == 0 ? processors : std::min(quota, processors);
}

// Version 2: "<quota|max> <period>" in one file.
int group_quota_v2(const fs::path& group, int quota) {
  std::ifstream file(group / "cpu.max");
  std::string allowed;
  double period = 0;
  if (file >> allowed >> period && allowed != "max") {
    return smaller_quota(quota, std::strtod(allowed.c_str(), nullptr), period);
  }
  return quota;
}

// Version 1: two files; a quota of -1 means none.
int group_quota_v1(const fs::path& group, int quota) {
  std::ifstream allowed_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  double allowed = 0;
  double period = 0;
  if (allowed_file >> allowed && period_file >> period) {
    return smaller_quota(quota, allowed, period);
  }
  return quota;
}

// Applies `read` to the group and everything above it, down to the mount point itself (in a container the
// path in /proc may name a group that only the host can see; the mount point is then the process's own
// group).
template <typename Read>
int walk(const fs::path& mount, const std::string& group, int quota, Read read) {
  for (fs::path path = fs::path(group).relative_path(); !path.empty(); path = path.parent_path()) {
    quota = read(mount / path, quota);
  }
  return read(mount, quota);
}

bool names_cpu_controller(const std::string& controllers) {
  std::istringstream list(controllers);
  for (std::string name; std::getline(list, name, ',');) {
    if (name == "cpu") {
      return true;
    }
  }
  return false;
}

}  // namespace

int processor_quota(const fs::path& root) {
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  int quota = 0;
  for (std::string line; std::getline(groups, line);) {  // "<id>:<controllers>:<path>"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      quota = walk(mount, group, quota, group_quota_v2);
    } else if (names_cpu_controller(controllers)) {
      quota = walk(mount / "cpu", group, quota, group_quota_v1);
      quota = walk(mount / controllers, group, quota, group_quota_v1);
    }
  }
  return quota;
}

int usable_processors() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  int processors = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) {
    processors = CPU_COUNT(&mask);
  }
  const int quota = processor_quota();
  return std::max(1, quota > 0 ? std::min(processors, quota) : processors);
}

}  // namespace bertqa::runtime
