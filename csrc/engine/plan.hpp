// Which examples share a padded group, which rows share a batch, and how many rows fit. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bertqa::engine {

// The sizes that memory depends on.
struct EncoderSizes {
  int num_layers = 0;
  std::size_t hidden_size = 0;
  std::size_t num_heads = 0;
  std::size_t intermediate_size = 0;
};

// An upper bound of what one row of `tokens` tokens needs in a gradient run through `blocks` blocks, in
// bytes: what every block keeps for its backward twin, and the working set of the largest one.
std::size_t gradient_row_bytes(const EncoderSizes& sizes, std::size_t tokens, std::size_t blocks);

// The same for a forward run that returns `kept_layers` hidden states.
std::size_t forward_row_bytes(const EncoderSizes& sizes, std::size_t tokens, std::size_t kept_layers);

// Multiplications and additions of the matrix products that one row of `tokens` tokens asks for in a run
// forward through `blocks` blocks, in a unit of its own: a gradient costs a little more than twice that.
double forward_row_work(const EncoderSizes& sizes, std::size_t tokens, std::size_t blocks);

// How many rows of that size fit a budget: at least one (a single row is always tried), and no more than
// `wanted`.
std::size_t rows_within(std::size_t budget_bytes, std::size_t row_bytes, std::size_t wanted);

// Cuts `count` rows into the fewest batches of at most `limit`, as equal as they can be: sizes, largest
// first.
std::vector<std::size_t> equal_batches(std::size_t count, std::size_t limit);

// Indices in order of falling length: the largest batches come first, so that memory peaks at the start.
std::vector<std::size_t> by_falling_length(std::span<const std::size_t> lengths);

// A point on the path of an example of the group, at a layer of the request: x' + alpha (x - x').
struct Point {
  std::size_t layer = 0;
  std::size_t example = 0;
  double alpha = 0;
};

}  // namespace bertqa::engine
