// Which cells of an attention matrix are masked, and what that means for a padded batch. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bertqa::engine {

// Every token has a class: 0 and 1 are the two sides of a pair, 2 is neither.
inline constexpr std::size_t kTokenClasses = 3;

// A row is a token that asks, a column one that is asked.
struct AttentionMask {
  // 1 masks the cells of a class of rows and a class of columns, row-major.
  std::array<std::uint8_t, kTokenClasses * kTokenClasses> table{};
  bool keep_diagonal = false;      // a token may attend to itself whatever the table says
  bool uniform = false;            // in place of a table: heads attend alike to all tokens
  std::vector<std::size_t> heads;  // that are masked; none: all of them
  std::size_t top = 0;             // of the table's cells only the most attended ones, per head; 0: all
};

// A batch of sequences padded to `tokens` tokens.
struct PaddedClasses {
  std::vector<std::span<const std::int8_t>> sequences;
  std::size_t tokens = 0;
};

// What a masked block is given.
struct MaskedBatch {
  std::size_t groups = 1;             // heads that `bias` tells apart: 1, or all
  std::vector<float> bias;            // [E, groups, T, T]: 0, or the lowest float
  std::vector<std::int64_t> changed;  // tokens, in [E * T], whose attention is not what it was
  // [E * T]: where a token's output stands in all that there were before, followed by those of `changed`.
  std::vector<std::int64_t> source;
};

// std::invalid_argument unless its heads are some of `num_heads`.
void validate(const AttentionMask& mask, std::size_t num_heads);

// `probabilities` [E, num_heads, T, T] say which cells are attended most; they are looked at only with `top`.
// `all_changed`: every token counts as changed, not only those with a masked cell. Padding is never attended.
// Throws std::invalid_argument where a token is left with nothing to attend to.
MaskedBatch build_mask(const AttentionMask& mask, const PaddedClasses& classes, std::size_t num_heads,
                       std::span<const float> probabilities, bool all_changed);

}  // namespace bertqa::engine
