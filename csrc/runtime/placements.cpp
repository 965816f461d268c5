#include "runtime/placements.hpp"

#include <utility>

namespace bertqa::runtime {

void PlacementLog::listen(void* data, ort::LoggingLevel /*severity*/, const char* /*category*/,
                          const char* /*log_id*/, const char* /*location*/, const char* message) {
  auto* log = static_cast<PlacementLog*>(data);
  const std::scoped_lock lock(log->mutex_);
  if (log->on_) log->take(message);
}

void PlacementLog::start() {
  const std::scoped_lock lock(mutex_);
  on_ = true;
  provider_.clear();
  found_.clear();
}

std::vector<Placement> PlacementLog::stop() {
  const std::scoped_lock lock(mutex_);
  on_ = false;
  return std::exchange(found_, {});
}

// " Node(s) placed on [CPUExecutionProvider]. Number of nodes: 2", then a line "   Concat (name)" for each.
void PlacementLog::take(std::string_view message) {
  constexpr std::string_view kHead = " Node(s) placed on [";
  constexpr std::string_view kAll = " All nodes placed on [";
  if (message.starts_with(kAll)) {
    message.remove_prefix(kAll.size());
    found_.push_back({std::string(message.substr(0, message.find(']'))), "", ""});
    return;
  }
  if (message.starts_with(kHead)) {
    message.remove_prefix(kHead.size());
    provider_ = message.substr(0, message.find(']'));
    return;
  }
  const auto open = message.find(" (");
  if (provider_.empty() || !message.starts_with("   ") || open == std::string_view::npos ||
      !message.ends_with(')')) {
    return;  // another session's words may come between
  }
  const auto kind = message.substr(3, open - 3);
  const auto node = message.substr(open + 2, message.size() - open - 3);
  found_.push_back({provider_, std::string(kind), std::string(node)});
}

}  // namespace bertqa::runtime
