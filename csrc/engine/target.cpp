#include "engine/target.hpp"

#include <algorithm>
#include <cmath>

namespace bertqa::engine {
namespace {

// log(sum(exp(x))), with the largest taken out so that nothing overflows.
double log_sum_exp(std::span<const float> x) {
  const double largest = *std::ranges::max_element(x);
  double sum = 0;
  for (const float value : x) sum += std::exp(static_cast<double>(value) - largest);
  return largest + std::log(sum);
}

}  // namespace

double target_value(const TargetForm& form, const Spans& spans, std::span<const float> start_logits,
                    std::span<const float> end_logits, std::size_t softmax_length) {
  const auto starts = start_logits.first(softmax_length);
  const auto ends = end_logits.first(softmax_length);
  const double start_norm = log_sum_exp(starts);
  const double end_norm = log_sum_exp(ends);
  const auto& mix = form.mix;
  double total = 0;
  for (std::size_t k = 0; k < spans.sign.size(); ++k) {
    const double start = form.reselect ? *std::ranges::max_element(starts)
                                       : start_logits[static_cast<std::size_t>(spans.start[k])];
    const double end =
        form.reselect ? *std::ranges::max_element(ends) : end_logits[static_cast<std::size_t>(spans.end[k])];
    const double log_p = start - start_norm;
    const double log_q = end - end_norm;
    const double p = std::exp(log_p);
    const double q = std::exp(log_q);
    const double value = mix[0] * start + mix[1] * end + mix[2] * p + mix[3] * q + mix[4] * log_p +
                         mix[5] * log_q + mix[6] * p * q;
    total += static_cast<double>(spans.sign[k]) * value;
  }
  return total;
}

double logit_value(const TargetForm& form, std::span<const float> sign, std::span<const float> start_logits,
                   std::span<const float> end_logits) {
  double total = 0;
  for (std::size_t k = 0; k < sign.size(); ++k) {
    const double start = start_logits[k];
    const double end = end_logits[k];
    total += static_cast<double>(sign[k]) * (form.mix[0] * start + form.mix[1] * end);
  }
  return total;
}

}  // namespace bertqa::engine
