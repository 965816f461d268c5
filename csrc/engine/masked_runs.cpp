#include "engine/masked_runs.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "engine/forward_above.hpp"
#include "kernels/softmax.hpp"

namespace bertqa::engine {

using runtime::Input;
using runtime::Output;
using runtime::Value;

namespace {

std::int64_t dim(std::size_t size) { return static_cast<std::int64_t>(size); }

// Softmax of scores [E, A, T, T], with no attention to padding.
std::vector<float> probabilities_of(const Value& scores, const std::vector<std::size_t>& lengths) {
  const auto heads = static_cast<std::size_t>(scores.shape()[1]);
  const auto tokens = static_cast<std::size_t>(scores.shape()[3]);
  std::vector<float> bias(lengths.size() * tokens, std::numeric_limits<float>::lowest());
  for (std::size_t e = 0; e < lengths.size(); ++e) {
    std::fill_n(bias.begin() + static_cast<std::ptrdiff_t>(e * tokens), lengths[e], 0.0F);
  }
  std::vector<float> p(scores.element_count());
  kernels::masked_softmax(scores.data<float>(), bias.data(), p.data(), 0, lengths.size() * heads * tokens,
                          tokens, {.heads = heads, .queries = tokens});
  return p;
}

// Masks nothing.
const AttentionMask kNothing;

}  // namespace

Attended attend(Model& model, int layer, const Value& hidden, const std::vector<std::size_t>& lengths,
                bool with_probabilities, Statistics& statistics) {
  const std::array feeds{Input{"hidden", &hidden}};
  const std::array<Output, 2> outputs{{{"scores", !with_probabilities}, {"head_values", true}}};
  auto values = model.run("attend_" + layer_name(layer), feeds, outputs, statistics);
  Attended attended{std::move(values[0]), std::move(values[1]), {}};
  if (with_probabilities) attended.probabilities = probabilities_of(attended.scores, lengths);
  return attended;
}

MaskedRuns::MaskedRuns(Model& model, const MaskedRequest& request, const PaddedBatch& batch,
                       Statistics& statistics)
    : model_(model), request_(request), batch_(batch), statistics_(statistics) {
  const Sequences& sequences = request.sequences;
  classes_.tokens = batch.tokens;
  for (const std::size_t member : batch.members) {
    lengths_.push_back(sequences.length(member));
    classes_.sequences.push_back(request.classes.subspan(sequences.begin(member), lengths_.back()));
  }
  std::vector<Output> outputs = model.description().head().outputs();
  for (const MaskedCell& cell : request.cells) {
    for (const int layer : {cell.layers.front() - 1, cell.layers.front()}) {
      if (places_.emplace(layer, outputs.size()).second)
        outputs.push_back({"hidden_" + layer_name(layer), true});
    }
  }
  const PaddedInputs inputs = pad(model.environment(), sequences, batch.members, batch.tokens);
  const std::array feeds{Input{"input_ids", &inputs.input_ids},
                         Input{"token_type_ids", &inputs.token_type_ids},
                         Input{"attention_mask", &inputs.attention_mask}};
  states_ = model.run("hidden_states", feeds, outputs, statistics);
  attention_mask_.emplace(length_mask(model.environment(), sequences, batch.members, batch.tokens));
}

std::vector<Value> MaskedRuns::run(const MaskedCell& cell, bool last) {
  const int first = cell.layers.front();
  if (!attended_ || attended_layer_ != first) {
    attended_.emplace(
        attend(model_, first, state(first - 1), lengths_, looks_at_probabilities(first), statistics_));
    attended_layer_ = first;
  }
  const std::size_t heads = model_.description().sizes.num_heads;
  const MaskedBatch own = build_mask(cell.mask, classes_, heads, attended_->probabilities, false);
  std::optional<Value> masked;
  // Where no token's attention changes, nothing does.
  if (!own.changed.empty()) {
    masked.emplace(run_block(first, own, cell.mask, *attended_, state(first - 1), state(first)));
  }
  for (int layer = first + 1; layer <= cell.layers.back(); ++layer) {
    const bool is_masked = std::ranges::find(cell.layers, layer) != cell.layers.end();
    const AttentionMask& mask = is_masked ? cell.mask : kNothing;
    const Value& hidden = masked ? *masked : state(first);
    const Attended attended = attend(model_, layer, hidden, lengths_, mask.top != 0, statistics_);
    // What the block gives without the mask is not known: every token is worked out.
    const MaskedBatch all = build_mask(mask, classes_, heads, attended.probabilities, true);
    masked = run_block(layer, all, mask, attended, hidden, hidden);
  }
  return logits_above(model_, cell.layers.back(), masked ? *masked : state(first), *attention_mask_, last,
                      statistics_);
}

bool MaskedRuns::looks_at_probabilities(int first_layer) const {
  return std::ranges::any_of(request_.cells, [&](const MaskedCell& cell) {
    return cell.layers.front() == first_layer && cell.mask.top != 0;
  });
}

Value MaskedRuns::run_block(int layer, const MaskedBatch& masked, const AttentionMask& mask,
                            const Attended& attended, const Value& hidden, const Value& output) {
  const auto& env = model_.environment();
  const auto& scores = attended.scores.shape();
  const std::array bias_shape{scores[0], dim(masked.groups), scores[2], scores[3]};
  const auto bias = Value::copy_of<float>(env, masked.bias, bias_shape);
  const std::array changed_shape{dim(masked.changed.size())};
  const auto changed = Value::copy_of<std::int64_t>(env, masked.changed, changed_shape);
  const std::array source_shape{dim(masked.source.size())};
  const auto source = Value::copy_of<std::int64_t>(env, masked.source, source_shape);
  std::optional<Value> flat;
  if (mask.uniform) flat.emplace(scaled(mask, attended.scores));
  const std::array feeds{Input{"scores", flat ? &*flat : &attended.scores},
                         Input{"head_values", &attended.head_values},
                         Input{"bias", &bias},
                         Input{"hidden", &hidden},
                         Input{"output", &output},
                         Input{"changed", &changed},
                         Input{"source", &source}};
  const std::array<Output, 1> outputs{{{"masked", true}}};
  auto values = model_.run("masked_" + layer_name(layer), feeds, outputs, statistics_);
  return std::move(values[0]);
}

// Scores that are 0 in the heads that attend uniformly.
Value MaskedRuns::scaled(const AttentionMask& mask, const Value& scores) {
  std::vector<float> scale(model_.description().sizes.num_heads, mask.heads.empty() ? 0.0F : 1.0F);
  for (const std::size_t head : mask.heads) scale[head] = 0.0F;
  const std::array shape{dim(scale.size())};
  const auto factors = Value::copy_of<float>(model_.environment(), scale, shape);
  const std::array feeds{Input{"scores", &scores}, Input{"scale", &factors}};
  const std::array<Output, 1> outputs{{{"scaled", true}}};
  auto values = model_.run("scale_heads", feeds, outputs, statistics_);
  return std::move(values[0]);
}

}  // namespace bertqa::engine
