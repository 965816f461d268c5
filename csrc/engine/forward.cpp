#include "engine/forward.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace bertqa::engine {
namespace {

// Copies the unpadded part of each row of `padded` [B, T, width] to its place in `flat` [total tokens,
// width].
void unpad(const runtime::Value& padded, const Sequences& sequences, std::span<const std::size_t> members,
           std::size_t tokens, std::size_t width, float* flat) {
  const auto* row = padded.data<float>();
  for (const std::size_t member : members) {
    std::copy_n(row, sequences.length(member) * width, flat + sequences.begin(member) * width);
    row += tokens * width;
  }
}

}  // namespace

ForwardResult forward(Model& model, const Sequences& sequences, std::span<const int> layers,
                      std::size_t rows_per_batch, const Progress& progress) {
  const auto& description = model.description();
  sequences.validate(description.max_positions);
  std::vector<runtime::Output> outputs{{"start_logits"}, {"end_logits"}};
  for (const int layer : layers) {
    model.require_layer(layer);
    outputs.push_back({"hidden_" + layer_name(layer)});
  }
  const auto start = std::chrono::steady_clock::now();
  const std::size_t width = description.sizes.hidden_size;
  ForwardResult result;
  result.start_logits.resize(sequences.total());
  result.end_logits.resize(sequences.total());
  result.hidden.resize(layers.size() * sequences.total() * width);

  const auto order = by_falling_length(sequences.lengths());
  for (std::size_t done = 0; done < order.size();) {
    progress(done, order.size());
    const std::size_t tokens = sequences.length(order[done]);
    BatchSizer::Choice choice{0, rows_per_batch, false};
    if (rows_per_batch == 0) {
      const std::size_t fit =
          rows_within(description.memory_budget, forward_row_bytes(description.sizes, tokens, layers.size()),
                      order.size() - done);
      choice = model.forward_sizer.next(tokens, fit);
    }
    const auto members = std::span(order).subspan(done, std::min(choice.rows, order.size() - done));
    const PaddedInputs inputs = pad(model.environment(), sequences, members, tokens);
    const std::array feeds{runtime::Input{"input_ids", &inputs.input_ids},
                           runtime::Input{"token_type_ids", &inputs.token_type_ids},
                           runtime::Input{"attention_mask", &inputs.attention_mask}};
    const bool last = done + members.size() == order.size();
    const double before = result.statistics.runtime_seconds;
    const auto values = model.run("hidden_states", feeds, outputs, result.statistics, {.shrink_arena = last});
    const auto blocks = static_cast<std::size_t>(description.sizes.num_layers);
    const double work =
        static_cast<double>(members.size()) * forward_row_work(description.sizes, tokens, blocks);
    model.forward_sizer.note(choice, work, result.statistics.runtime_seconds - before);
    unpad(values[0], sequences, members, tokens, 1, result.start_logits.data());
    unpad(values[1], sequences, members, tokens, 1, result.end_logits.data());
    for (std::size_t i = 0; i < layers.size(); ++i) {
      unpad(values[i + 2], sequences, members, tokens, width,
            result.hidden.data() + i * sequences.total() * width);
    }
    for (const std::size_t member : members) {
      result.statistics.padded_tokens += tokens - sequences.length(member);
    }
    result.statistics.rows += members.size();
    result.statistics.tokens += members.size() * tokens;
    done += members.size();
  }
  progress(order.size(), order.size());
  result.statistics.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace bertqa::engine
