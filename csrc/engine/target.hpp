// The scalar that is explained, worked out in float64 from span logits. Pure functions.
//
// A target is a sum over K spans (i, j), each with a sign (a contrast is a second span with sign -1):
//   F = sum_k sign_k (mix[0] s_i + mix[1] e_j + mix[2] p_i + mix[3] q_j + mix[4] log p_i + mix[5] log q_j
//                     + mix[6] p_i q_j)
// with start and end logits s and e, and their softmax p and q. The graphs carry the same seven numbers
// and differentiate them (bertqa_fast/graphs/qa_head.py). A target of classes is one of starts alone, with
// the classes' logits in place of the positions' (class_head.py).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bertqa::engine {

struct TargetForm {
  std::array<float, 7> mix{};
  // Take the arg-max afresh at every point of the path, in place of the pinned positions.
  bool reselect = false;

  // Whether ends do not count: the targets of classes, which are given as starts.
  [[nodiscard]] bool only_starts() const {
    return mix[1] == 0.0F && mix[3] == 0.0F && mix[5] == 0.0F && mix[6] == 0.0F;
  }

  // Whether F is a sum of logits at the pinned positions: then no other logit has to be known.
  [[nodiscard]] bool is_sum_of_logits() const {
    return !reselect && std::all_of(mix.begin() + 2, mix.end(), [](float part) { return part == 0.0F; });
  }
};

struct Spans {
  std::span<const std::int64_t> start, end;  // [K] positions in the window
  std::span<const float> sign;               // [K]
};

// `start_logits`, `end_logits`: [T]; the first `softmax_length` positions take part in the softmax.
double target_value(const TargetForm& form, const Spans& spans, std::span<const float> start_logits,
                    std::span<const float> end_logits, std::size_t softmax_length);

// The same of a sum of logits, from these alone: [K] each.
double logit_value(const TargetForm& form, std::span<const float> sign, std::span<const float> start_logits,
                   std::span<const float> end_logits);

}  // namespace bertqa::engine
