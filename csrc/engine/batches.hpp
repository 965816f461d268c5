// Work in batches that fit the memory there is, and are no larger than is worth it.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <new>
#include <span>

#include "engine/pace.hpp"
#include "engine/plan.hpp"
#include "runtime/errors.hpp"

namespace bertqa::engine {

// How many rows a batch may have. Halved where memory runs out, and stays so.
struct BatchLimit {
  std::size_t rows = 1;
  std::size_t tokens = 1;                         // in a row
  Pace* pace = nullptr;                           // says how many are worth having, if anybody asks
  std::function<double(const Point&)> work = {};  // in a row, for the pace
};

// Calls run(batch) for equal stretches of `points`, none longer than the limit. Where memory runs out the
// limit is halved and the batch tried again: run() must change nothing before it has succeeded.
template <typename Run>
void in_batches(std::span<const Point> points, BatchLimit& limit, const Run& run) {
  while (!points.empty()) {
    const std::size_t asked = limit.pace == nullptr ? 0 : limit.pace->next();
    const std::size_t worth =
        limit.pace == nullptr ? limit.rows : std::max<std::size_t>(1, asked / limit.tokens);
    const std::size_t rows = std::min(limit.rows, worth);
    const std::size_t count = equal_batches(points.size(), rows).front();
    const auto batch = points.first(count);
    bool fits = true;
    try {
      const auto start = std::chrono::steady_clock::now();
      run(batch);
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
      if (limit.pace != nullptr) {
        double work = 0;
        for (const Point& point : batch) work += limit.work(point);
        limit.pace->note(asked, static_cast<double>(count) / static_cast<double>(worth), work,
                         elapsed.count());
      }
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
