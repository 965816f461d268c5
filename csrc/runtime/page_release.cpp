#include "runtime/page_release.hpp"

#include <chrono>
#include <stop_token>

namespace bertqa::runtime {
namespace {

// At a memory bandwidth of some GB/s, tens of MB come in between.
constexpr std::chrono::milliseconds kEvery{5};

}  // namespace

PageRelease::PageRelease(const WeightFile& weights)
    : thread_([this, &weights](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          wake_.wait_for(lock, stop, kEvery, [] { return false; });
          weights.release_pages();
        }
      }) {}

}  // namespace bertqa::runtime
