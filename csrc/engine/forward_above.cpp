#include "engine/forward_above.hpp"

#include <array>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/padded_batches.hpp"
#include "engine/plan.hpp"

namespace bertqa::engine {

ForwardResult forward_above(Model& model, int layer, const HiddenStates& states, std::size_t rows_per_batch,
                            const Progress& progress) {
  const auto& description = model.description();
  const EncoderSizes& sizes = description.sizes;
  const std::size_t width = sizes.hidden_size;
  model.require_layer(layer);
  if (states.values.size() % width != 0) {
    throw std::invalid_argument("states: got " + std::to_string(states.values.size()) +
                                " numbers, wanted a multiple of the hidden size " + std::to_string(width));
  }
  const std::size_t total = states.values.size() / width;
  states.validate(total, description.max_positions);
  const auto blocks = static_cast<std::size_t>(sizes.num_layers - 1 - layer);
  const auto& env = model.environment();
  ForwardResult result;
  const Head head = description.head();
  result.logits = Logits(head, states.size(), total);

  const RowCost cost{
      // Beside the states themselves there are the rows that are made of them.
      [&](std::size_t tokens) { return forward_row_bytes(sizes, tokens, 2); },
      [&](std::size_t tokens) { return forward_row_work(sizes, tokens, blocks); },
      model.forward_sizer,
  };
  in_padded_batches(
      model, states, rows_per_batch, cost, result.statistics, progress, [&](const PaddedBatch& batch) {
        const auto& [members, tokens, last] = batch;
        const auto mask = length_mask(env, states, members, tokens);
        const auto hidden =
            model.to_device(pad_rows(env, states, states.values, members, tokens, width), result.statistics);
        const auto logits = logits_above(model, layer, hidden, mask, last, result.statistics);
        result.logits.take(head, logits, states, members, tokens);
      });
  return result;
}

std::vector<runtime::Value> logits_above(Model& model, int layer, const runtime::Value& hidden,
                                         const runtime::Value& attention_mask, bool last,
                                         Statistics& statistics) {
  const auto& env = model.environment();
  const std::array shape{hidden.shape()[0]};
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(shape[0]));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  const std::vector<float> ones(numbers.size(), 1.0F);
  const auto example = runtime::Value::copy_of<std::int64_t>(env, numbers, shape);
  const auto alpha = runtime::Value::copy_of<float>(env, ones, shape);
  // The end of a path from the states to themselves: x + 1 (x - x) is x, to the last bit.
  const std::array feeds{runtime::Input{"hidden", &hidden}, runtime::Input{"baseline", &hidden},
                         runtime::Input{"attention_mask", &attention_mask},
                         runtime::Input{"example", &example}, runtime::Input{"alpha", &alpha}};
  const auto outputs = model.description().head().outputs();
  return model.run("forward_" + layer_name(layer), feeds, outputs, statistics, {.shrink_arena = last});
}

}  // namespace bertqa::engine
