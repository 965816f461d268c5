// Sequences in padded batches: those of near lengths together, as many as fit the memory there is and are
// worth it.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "engine/model.hpp"
#include "engine/sequences.hpp"

namespace bertqa::engine {

// What a row needs in memory, and what it costs (in the unit of forward_row_work), padded to `tokens`; and
// what has learnt how large batches of such rows are worth having.
struct RowCost {
  std::function<std::size_t(std::size_t tokens)> bytes;
  std::function<double(std::size_t tokens)> work;
  BatchSizer& sizer;
};

struct PaddedBatch {
  std::span<const std::size_t> members;  // numbers of sequences
  std::size_t tokens = 0;                // that they are padded to
  bool last = false;                     // no batch comes after it
};

// Calls run(batch), the longest sequences first, until each had its turn; reports progress before every batch
// and counts rows, tokens and seconds. `rows_per_batch` 0 lets the memory budget and the speed of earlier
// batches decide. Where memory runs out batches are halved, and stay so: run() may be called again for the
// same sequences.
void in_padded_batches(Model& model, const Stretches& stretches, std::size_t rows_per_batch,
                       const RowCost& cost, Statistics& statistics, const Progress& progress,
                       const std::function<void(const PaddedBatch&)>& run);

}  // namespace bertqa::engine
