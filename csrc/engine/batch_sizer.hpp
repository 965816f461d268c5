// How large a batch is worth having, found while working: products of more rows are no faster beyond a point,
// and activations fall out of the caches.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <vector>

namespace bertqa::engine {

// Safe to use from several threads.
class BatchSizer {
 public:
  struct Choice {
    std::size_t tokens = 0;
    std::size_t rows = 1;  // of the next batch
    bool trial = false;    // what it takes should be told to `note`
  };

  // The next batch, where `most` rows of `row_tokens` tokens are left or fit: of the size that has been tried
  // least, while there is one that can be filled and has been tried too little; else of the fastest.
  [[nodiscard]] Choice next(std::size_t row_tokens, std::size_t most) const;

  // The fastest so far, in tokens, or a larger one that is hardly slower; 512 before anything was tried.
  [[nodiscard]] std::size_t fastest() const;

  // Told what a trial took. `work` is in any unit that grows with what there is to compute.
  void note(const Choice& choice, double work, double seconds);

 private:
  static constexpr std::array<std::size_t, 4> kSizes = {512, 1024, 2048, 256};

  [[nodiscard]] std::size_t fastest_of_tried() const;

  mutable std::mutex mutex_;
  std::array<std::vector<double>, kSizes.size()> costs_;  // seconds per unit of work
};

}  // namespace bertqa::engine
