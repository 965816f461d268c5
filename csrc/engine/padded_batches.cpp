#include "engine/padded_batches.hpp"

#include <algorithm>
#include <chrono>

#include "engine/batches.hpp"
#include "engine/plan.hpp"

namespace bertqa::engine {

void in_padded_batches(Model& model, const Stretches& stretches, std::size_t rows_per_batch,
                       const RowCost& cost, Statistics& statistics, const Progress& progress,
                       const std::function<void(const PaddedBatch&)>& run) {
  const auto start = std::chrono::steady_clock::now();
  const auto order = by_falling_length(stretches.lengths());
  std::size_t most = order.size();  // rows in a batch, as far as memory has allowed
  for (std::size_t done = 0; done < order.size();) {
    progress(done, order.size());
    const std::size_t tokens = stretches.length(order[done]);
    const std::size_t left = std::min(most, order.size() - done);
    BatchSizer::Choice choice{0, rows_per_batch, false};
    if (rows_per_batch == 0) {
      choice =
          cost.sizer.next(tokens, rows_within(model.description().memory_budget, cost.bytes(tokens), left));
    }
    const std::size_t count = std::min(choice.rows, left);
    const PaddedBatch batch{std::span(order).subspan(done, count), tokens, done + count == order.size()};
    const double before = statistics.runtime_seconds;
    if (!fits_memory(count, [&] { run(batch); })) {
      most = count / 2;
      continue;
    }
    cost.sizer.note(choice, static_cast<double>(count) * cost.work(tokens),
                    statistics.runtime_seconds - before);
    for (const std::size_t member : batch.members) {
      statistics.padded_tokens += tokens - stretches.length(member);
    }
    statistics.rows += count;
    statistics.tokens += count * tokens;
    done += count;
  }
  progress(order.size(), order.size());
  statistics.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace bertqa::engine
