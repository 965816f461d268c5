// How the work of a request is cut up: who shares a group, which layers are worked on together, how many rows
// a batch has. Pure functions.
#pragma once

#include <cstddef>

#include "engine/plan.hpp"

namespace bertqa::engine {

// How a request at several layers goes through them. Both give the same numbers.
enum class Traversal : unsigned char {
  automatic,  // by `takes_all_layers`
  cuts,       // one layer after the other, each on its own graph
  all_layers  // all in the same batches, on one graph
};

struct Work {
  EncoderSizes sizes;
  std::size_t tokens = 0;            // padded length
  std::size_t layers = 0;            // of the request
  std::size_t lowest_blocks = 0;     // blocks above the lowest of them
  std::size_t nodes = 0;             // of a fixed rule; 0: adaptive
  std::size_t rows_per_batch = 0;    // asked for; 0: not
  std::size_t tokens_per_batch = 0;  // that are worth having
  std::size_t memory_budget = 0;
  Traversal traversal = Traversal::automatic;
};

struct Schedule {
  std::size_t examples = 1;   // at most so many share a group
  std::size_t most_rows = 1;  // so many fit a batch
  std::size_t rows = 1;       // so many are worth having in one
};

// What fits, and what is worth having, where `all_layers` says whether the layers are worked on together.
Schedule schedule(const Work& work, bool all_layers);

// Whether `examples` of the longest that are left are better worked on at all layers together.
bool takes_all_layers(const Work& work, std::size_t examples);

}  // namespace bertqa::engine
