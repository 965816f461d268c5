#include "engine/plan.hpp"

#include <algorithm>
#include <numeric>

namespace bertqa::engine {
namespace {

constexpr std::size_t kFloat = sizeof(float);

// The widest moment inside a block: four matrices [T, I], four [T, H] and three [A, T, T].
std::size_t working_floats(const EncoderSizes& s, std::size_t tokens) {
  return tokens * (4 * s.intermediate_size + 4 * s.hidden_size + 3 * s.num_heads * tokens);
}

}  // namespace

std::size_t gradient_row_bytes(const EncoderSizes& s, std::size_t tokens, std::size_t blocks) {
  // Kept per token: query, key, value and two normalised inputs (5 H), the slope of the activation (I), and
  // one row of attention probabilities per head (A T).
  const std::size_t kept = tokens * (5 * s.hidden_size + s.intermediate_size + s.num_heads * tokens);
  return kFloat * (blocks * kept + working_floats(s, tokens));
}

std::size_t forward_row_bytes(const EncoderSizes& s, std::size_t tokens, std::size_t kept_layers) {
  return kFloat * (kept_layers * tokens * s.hidden_size + working_floats(s, tokens));
}

double forward_row_work(const EncoderSizes& s, std::size_t tokens, std::size_t blocks) {
  // Four matrices [H, H], two [H, I], and two products of all pairs of tokens.
  const std::size_t per_token =
      s.hidden_size * ((4 * s.hidden_size) + (2 * s.intermediate_size) + (2 * tokens));
  return static_cast<double>(blocks * tokens * per_token);
}

std::size_t rows_within(std::size_t budget_bytes, std::size_t row_bytes, std::size_t wanted) {
  return std::max<std::size_t>(1, std::min(wanted, budget_bytes / std::max<std::size_t>(1, row_bytes)));
}

std::vector<std::size_t> equal_batches(std::size_t count, std::size_t limit) {
  if (count == 0) return {};
  const std::size_t batches = (count + limit - 1) / limit;
  std::vector<std::size_t> sizes(batches, count / batches);
  for (std::size_t i = 0; i < count % batches; ++i) ++sizes[i];
  return sizes;
}

std::vector<std::size_t> by_falling_length(std::span<const std::size_t> lengths) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return lengths[a] != lengths[b] ? lengths[a] > lengths[b] : a < b;
  });
  return order;
}

}  // namespace bertqa::engine
