// The softmax of attention, and its backward twin, over rows.
#pragma once

#include <cstddef>

namespace bertqa::kernels {

// Which row of biases belongs to which row of scores. Scores are [B, heads, queries, keys]; a step of 0 says
// that biases do not depend on the head, or on the query.
struct BiasRows {
  std::size_t heads = 1;
  std::size_t queries = 1;
  std::size_t sequence_step = 1;  // in rows of biases
  std::size_t head_step = 0;
  std::size_t query_step = 0;

  [[nodiscard]] std::size_t row(std::size_t row_of_scores) const noexcept {
    const std::size_t head = row_of_scores / queries;
    return (head / heads * sequence_step) + (head % heads * head_step) +
           (row_of_scores % queries * query_step);
  }
};

// p = softmax(scores + bias) for rows [begin, end) of `keys` scores each. What is 87.3 below the largest
// becomes exactly 0. p may be `scores`.
void masked_softmax(const float* scores, const float* bias, float* p, std::size_t begin, std::size_t end,
                    std::size_t keys, const BiasRows& rows) noexcept;

// ds = p (dp - sum(p dp)) for the same rows. ds may be `dp`.
void softmax_backward(const float* p, const float* dp, float* ds, std::size_t begin, std::size_t end,
                      std::size_t keys) noexcept;

}  // namespace bertqa::kernels
