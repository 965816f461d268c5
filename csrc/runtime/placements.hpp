// Where the runtime puts the nodes of a graph: it tells nobody but its log.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/ort_api.hpp"

namespace bertqa::runtime {

struct Placement {
  // Such as "CPUExecutionProvider", "Concat", "block_0/Concat_3"; without kind and name: every node of a
  // graph.
  std::string provider, kind, node;
};

// Listens to the runtime's log, and keeps what it says of placements while it is asked to. For sessions whose
// own log is verbose.
class PlacementLog {
 public:
  // What the runtime calls; `data` is the log.
  static void listen(void* data, ort::LoggingLevel severity, const char* category, const char* log_id,
                     const char* location, const char* message);

  // Begins to keep. One session at a time: hold the environment's creation mutex.
  void start();
  // Ends it, and gives what was kept: one for every node, or one for all where one provider has them all.
  std::vector<Placement> stop();

 private:
  void take(std::string_view message);

  std::mutex mutex_;
  bool on_ = false;
  std::string provider_;  // of the nodes that come next; empty where none do
  std::vector<Placement> found_;
};

}  // namespace bertqa::runtime
