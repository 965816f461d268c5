// Keeps a weight file's pages from piling up while something reads through it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "runtime/weights.hpp"

namespace bertqa::runtime {

// While it lives, lets go of the file's resident pages every few milliseconds. A session that packs its
// weights reads each once; without this all of them would be resident beside all packed copies when it is
// done, which is the largest moment of a model's life.
class PageRelease {
 public:
  explicit PageRelease(const WeightFile& weights);

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it stops and joins before the others go
};

}  // namespace bertqa::runtime
