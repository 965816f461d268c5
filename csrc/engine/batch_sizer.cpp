#include "engine/batch_sizer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bertqa::engine {
namespace {

// The first batch of a size also grows the arena: the best of a few tells what the size is worth.
constexpr std::size_t kTries = 3;
// A larger size is taken for no slower where it takes up to so many times as long: of short trials the best
// one is lucky more often, and larger batches lose less when other programs get in between.
constexpr double kNoSlower = 1.05;

std::size_t rows_of(std::size_t tokens, std::size_t row_tokens) {
  return std::max<std::size_t>(1, tokens / row_tokens);
}

}  // namespace

BatchSizer::Choice BatchSizer::next(std::size_t row_tokens, std::size_t most) const {
  const std::scoped_lock lock(mutex_);
  std::size_t fewest = kTries;
  Choice choice{fastest_of_tried(), 1, false};
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    if (costs_[i].size() >= fewest || rows_of(kSizes[i], row_tokens) > most) continue;
    fewest = costs_[i].size();
    choice = {kSizes[i], 1, true};
  }
  choice.rows = std::min(most, rows_of(choice.tokens, row_tokens));
  return choice;
}

std::size_t BatchSizer::fastest() const {
  const std::scoped_lock lock(mutex_);
  return fastest_of_tried();
}

std::size_t BatchSizer::fastest_of_tried() const {
  const auto cost = [](const std::vector<double>& tried) {
    return tried.empty() ? std::numeric_limits<double>::infinity() : *std::ranges::min_element(tried);
  };
  const double best = cost(*std::ranges::min_element(costs_, {}, cost));
  if (std::isinf(best)) return kSizes.front();
  std::size_t largest = 0;
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    if (cost(costs_[i]) <= kNoSlower * best) largest = std::max(largest, kSizes[i]);
  }
  return largest;
}

void BatchSizer::note(const Choice& choice, double work, double seconds) {
  if (!choice.trial || work <= 0.0) return;
  const auto size = static_cast<std::size_t>(std::ranges::find(kSizes, choice.tokens) - kSizes.begin());
  const std::scoped_lock lock(mutex_);
  if (size < kSizes.size() && costs_[size].size() < kTries) costs_[size].push_back(seconds / work);
}

}  // namespace bertqa::engine
