#include "engine/attention_mask.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace bertqa::engine {
namespace {

// As everywhere in the graphs: two such terms cannot cancel, as two of -10000 do.
constexpr float kMasked = std::numeric_limits<float>::lowest();

// One sequence's matrix of cells [length, length], 1 where masked.
using Cells = std::vector<std::uint8_t>;

Cells cells_of(const AttentionMask& mask, std::span<const std::int8_t> classes) {
  const std::size_t length = classes.size();
  Cells cells(length * length);
  if (mask.uniform) return cells;
  for (std::size_t row = 0; row < length; ++row) {
    const auto* allowed = mask.table.data() + (static_cast<std::size_t>(classes[row]) * kTokenClasses);
    for (std::size_t column = 0; column < length; ++column) {
      cells[(row * length) + column] = allowed[classes[column]];
    }
    if (mask.keep_diagonal) cells[(row * length) + row] = 0;
  }
  return cells;
}

// Leaves of the masked cells only the `top` with the highest probabilities [T, T]; of equal ones the first.
void keep_top(Cells& cells, std::size_t length, std::size_t top, std::span<const float> probabilities,
              std::size_t tokens) {
  std::vector<std::pair<float, std::size_t>> found;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] != 0) found.emplace_back(-probabilities[(i / length * tokens) + (i % length)], i);
  }
  if (found.size() <= top) return;
  std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(top));
  for (std::size_t i = top; i < found.size(); ++i) cells[found[i].second] = 0;
}

// Writes the biases [T, T] of one sequence and head.
void write_bias(const Cells& cells, std::size_t length, std::size_t tokens, float* out) {
  for (std::size_t row = 0; row < tokens; ++row, out += tokens) {
    std::fill(out, out + length, 0.0F);
    std::fill(out + length, out + tokens, kMasked);
    if (row >= length) continue;  // padding asks too, and nobody looks at what it gets
    for (std::size_t column = 0; column < length; ++column) {
      if (cells[(row * length) + column] != 0) out[column] = kMasked;
    }
  }
}

// Notes which rows have a masked cell.
void note_changed(const Cells& cells, std::size_t length, std::vector<std::uint8_t>& changed) {
  for (std::size_t row = 0; row < length; ++row) {
    const auto* first = cells.data() + (row * length);
    const auto masked = static_cast<std::size_t>(std::count(first, first + length, std::uint8_t{1}));
    if (masked == length) {
      throw std::invalid_argument("cells: token " + std::to_string(row) +
                                  " is left with nothing to attend to; wanted a table that leaves some, or "
                                  "keep_diagonal");
    }
    if (masked != 0) changed[row] = 1;
  }
}

}  // namespace

void validate(const AttentionMask& mask, std::size_t num_heads) {
  for (const std::size_t head : mask.heads) {
    if (head >= num_heads) {
      throw std::invalid_argument("heads: got " + std::to_string(head) + ", wanted 0 to " +
                                  std::to_string(num_heads - 1));
    }
  }
  if (std::ranges::any_of(mask.table, [](std::uint8_t cell) { return cell > 1; })) {
    throw std::invalid_argument("table: wanted zeros and ones");
  }
}

MaskedBatch build_mask(const AttentionMask& mask, const PaddedClasses& classes, std::size_t num_heads,
                       std::span<const float> probabilities, bool all_changed) {
  const std::size_t tokens = classes.tokens;
  const std::size_t square = tokens * tokens;
  MaskedBatch batch;
  // Heads differ where only some are masked, or each has its own most attended cells.
  const bool per_head = !mask.uniform && (!mask.heads.empty() || mask.top != 0);
  batch.groups = per_head ? num_heads : 1;
  batch.bias.resize(classes.sequences.size() * batch.groups * square);
  float* out = batch.bias.data();
  for (std::size_t e = 0; e < classes.sequences.size(); ++e) {
    const std::size_t length = classes.sequences[e].size();
    const Cells every = cells_of(mask, classes.sequences[e]);
    std::vector<std::uint8_t> changed(length, mask.uniform || all_changed ? 1 : 0);
    for (std::size_t group = 0; group < batch.groups; ++group, out += square) {
      const bool masked = mask.heads.empty() || std::ranges::find(mask.heads, group) != mask.heads.end();
      Cells cells = masked || !per_head ? every : Cells(length * length);
      if (mask.top != 0) {
        keep_top(cells, length, mask.top, probabilities.subspan(((e * num_heads) + group) * square, square),
                 tokens);
      }
      note_changed(cells, length, changed);
      write_bias(cells, length, tokens, out);
    }
    for (std::size_t row = 0; row < tokens; ++row) {
      const auto place = static_cast<std::int64_t>((e * tokens) + row);
      const bool is_changed = row < length && changed[row] != 0;
      batch.source.push_back(
          is_changed ? static_cast<std::int64_t>(classes.sequences.size() * tokens + batch.changed.size())
                     : place);
      if (is_changed) batch.changed.push_back(place);
    }
  }
  return batch;
}

}  // namespace bertqa::engine
