#include "engine/pace.hpp"

#include <algorithm>
#include <limits>

namespace bertqa::engine {
namespace {

// The first batch of a size also grows the arena: the best of a few tells what the size is worth.
constexpr std::size_t kTries = 3;
// Batches are cut to equal parts of what there is to do, and seldom full.
constexpr double kFilled = 0.7;

}  // namespace

std::size_t Pace::next() const {
  const std::scoped_lock lock(mutex_);
  const auto fewest = std::ranges::min_element(costs_, {}, &std::vector<double>::size);
  if (fewest->size() == kTries) return fastest_of_tried();
  return kSizes[static_cast<std::size_t>(fewest - costs_.begin())];
}

std::size_t Pace::fastest() const {
  const std::scoped_lock lock(mutex_);
  return fastest_of_tried();
}

std::size_t Pace::fastest_of_tried() const {
  const auto best = std::ranges::min_element(costs_, {}, [](const std::vector<double>& costs) {
    return costs.empty() ? std::numeric_limits<double>::infinity() : *std::ranges::min_element(costs);
  });
  return kSizes[static_cast<std::size_t>(best - costs_.begin())];
}

void Pace::note(std::size_t asked, double filled, double work, double seconds) {
  if (work <= 0.0 || filled < kFilled) return;
  const auto size = static_cast<std::size_t>(std::ranges::find(kSizes, asked) - kSizes.begin());
  const std::scoped_lock lock(mutex_);
  if (size < kSizes.size() && costs_[size].size() < kTries) costs_[size].push_back(seconds / work);
}

}  // namespace bertqa::engine
