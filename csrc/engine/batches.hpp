// Work in batches that fit the memory there is, and are no larger than is worth it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <new>
#include <span>

#include "engine/batch_sizer.hpp"
#include "engine/plan.hpp"
#include "runtime/errors.hpp"

namespace bertqa::engine {

// Calls run(), and says whether it went through in the memory there is. One row that does not is an error.
template <typename Run>
bool fits_memory(std::size_t rows, const Run& run) {
  try {
    run();
  } catch (const EngineError& error) {
    if (!error.is_out_of_memory() || rows == 1) throw;
    return false;
  } catch (const std::bad_alloc&) {
    if (rows == 1) throw;
    return false;
  }
  return true;
}

// How batches are cut. `rows` is halved where memory runs out, and stays so.
struct BatchLimit {
  std::size_t rows = 1;                      // that fit, or were asked for
  std::size_t tokens = 1;                    // in a row
  BatchSizer* sizer = nullptr;               // says how many of them are worth having; null: all
  std::function<double(const Point&)> work;  // of a row, for the sizer
  std::function<double()> seconds;           // spent in the runtime so far, for the sizer
};

// Calls run(batch) for stretches of `points`, none longer than the limit. Where memory runs out the limit is
// halved and the batch tried again: run() must change nothing before it has succeeded.
template <typename Run>
void in_batches(std::span<const Point> points, BatchLimit& limit, const Run& run) {
  while (!points.empty()) {
    BatchSizer::Choice choice{0, limit.rows, false};
    if (limit.sizer != nullptr) {
      choice = limit.sizer->next(limit.tokens, std::min(limit.rows, points.size()));
    }
    // A trial is as large as it says; otherwise what there is to do is cut to equal parts.
    const std::size_t count = choice.trial ? choice.rows : equal_batches(points.size(), choice.rows).front();
    const auto batch = points.first(count);
    const bool fits = fits_memory(count, [&] {
      const double before = choice.trial ? limit.seconds() : 0.0;
      run(batch);
      if (choice.trial) {
        double work = 0;
        for (const Point& point : batch) work += limit.work(point);
        limit.sizer->note(choice, work, limit.seconds() - before);
      }
    });
    if (fits) {
      points = points.subspan(count);
    } else {
      limit.rows = count / 2;
    }
  }
}

}  // namespace bertqa::engine
