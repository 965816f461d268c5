#include "engine/forward.hpp"

#include <array>

#include "engine/padded_batches.hpp"
#include "engine/plan.hpp"

namespace bertqa::engine {

ForwardResult forward(Model& model, const Sequences& sequences, std::span<const int> layers,
                      std::size_t rows_per_batch, const Progress& progress) {
  const auto& description = model.description();
  sequences.validate(description.max_positions);
  validate_ids(sequences.input_ids, description.vocabulary_size(), "input_ids");
  const Head head = description.head();
  std::vector<runtime::Output> outputs = head.outputs();
  const std::size_t first = outputs.size();
  for (const int layer : layers) {
    model.require_layer(layer);
    outputs.push_back({"hidden_" + layer_name(layer)});
  }
  const EncoderSizes& sizes = description.sizes;
  const std::size_t width = sizes.hidden_size;
  const auto blocks = static_cast<std::size_t>(sizes.num_layers);
  ForwardResult result;
  result.logits = Logits(head, sequences.size(), sequences.total());
  result.hidden.resize(layers.size() * sequences.total() * width);

  const RowCost cost{
      [&](std::size_t tokens) { return forward_row_bytes(sizes, tokens, layers.size()); },
      [&](std::size_t tokens) { return forward_row_work(sizes, tokens, blocks); },
      model.forward_sizer,
  };
  in_padded_batches(
      model, sequences, rows_per_batch, cost, result.statistics, progress, [&](const PaddedBatch& batch) {
        const auto& [members, tokens, last] = batch;
        const PaddedInputs inputs = pad(model.environment(), sequences, members, tokens);
        const std::array feeds{runtime::Input{"input_ids", &inputs.input_ids},
                               runtime::Input{"token_type_ids", &inputs.token_type_ids},
                               runtime::Input{"attention_mask", &inputs.attention_mask}};
        const auto values =
            model.run("hidden_states", feeds, outputs, result.statistics, {.shrink_arena = last});
        result.logits.take(head, values, sequences, members, tokens);
        for (std::size_t i = 0; i < layers.size(); ++i) {
          unpad_rows(values[first + i], sequences, members, tokens, width,
                     result.hidden.data() + (i * sequences.total() * width));
        }
      });
  return result;
}

}  // namespace bertqa::engine
