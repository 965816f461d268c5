// Work in batches that fit the memory there is.
#pragma once

#include <new>
#include <span>

#include "engine/path_integral.hpp"
#include "engine/plan.hpp"
#include "runtime/errors.hpp"

namespace bertqa::engine {

// Calls run(batch) for equal stretches of `points`, none longer than the limit. Where memory runs out the
// limit is halved and the batch tried again: run() must change nothing before it has succeeded.
template <typename Run>
void in_batches(std::span<const Point> points, BatchLimit& limit, const Run& run) {
  while (!points.empty()) {
    const std::size_t count = equal_batches(points.size(), limit.rows).front();
    bool fits = true;
    try {
      run(points.first(count));
    } catch (const EngineError& error) {
      if (!error.is_out_of_memory() || count == 1) throw;
      fits = false;
    } catch (const std::bad_alloc&) {
      if (count == 1) throw;
      fits = false;
    }
    if (fits) {
      points = points.subspan(count);
    } else {
      limit.rows = count / 2;
    }
  }
}

}  // namespace bertqa::engine
