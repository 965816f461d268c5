// How large a batch is worth having, found while working: products of more rows are no faster beyond a point,
// and activations fall out of the caches.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <vector>

namespace bertqa::engine {

// Safe to use from several threads.
class Pace {
 public:
  // Tokens that the next batch should have: the size that has been tried least, while any has been tried too
  // little, then the fastest.
  [[nodiscard]] std::size_t next() const;

  // The fastest so far, in tokens; the smallest but one before anything was tried.
  [[nodiscard]] std::size_t fastest() const;

  // Told what a batch of the size `asked` took. `filled` is the share of it that was there to do; `work` is
  // in any unit that grows with what there is to compute.
  void note(std::size_t asked, double filled, double work, double seconds);

 private:
  [[nodiscard]] std::size_t fastest_of_tried() const;

  static constexpr std::array<std::size_t, 4> kSizes = {512, 1024, 2048, 256};

  mutable std::mutex mutex_;
  std::array<std::vector<double>, kSizes.size()> costs_;  // seconds per unit of work
};

}  // namespace bertqa::engine
