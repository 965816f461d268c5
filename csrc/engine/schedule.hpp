// How the work of a request is cut up: how many examples share a group, how many layers are worked on
// together, how many rows a batch has. Pure functions.
#pragma once

#include <cstddef>

#include "engine/plan.hpp"

namespace bertqa::engine {

// How a request at several layers goes through them. Both give the same numbers.
enum class Traversal : unsigned char {
  automatic,  // together, where examples alone would not fill the batches
  cuts,       // one layer after the other, each on its own graph
  all_layers  // in the same batches, on one graph
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
  // Of the device: every graph that is loaded holds weights of its own, so few should be; and graphs run
  // where some of their tensors are empty, as those of blocks are that no row of a batch has reached.
  bool weights_in_every_graph = false;
  bool takes_empty_tensors = true;
};

// How many rows a batch may have: those asked for, or as many as fit the budget.
std::size_t most_rows(const Work& work);

// How many examples may share a group.
std::size_t most_examples(const Work& work);

// Which layers of a group of so many examples are worked on together, and on which graph.
struct Together {
  std::size_t layers = 1;
  bool all_layers = false;  // on `all_layers`, and not each on its own
};
Together layers_together(const Work& work, std::size_t examples);

}  // namespace bertqa::engine
