#include "engine/single_pass.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>

#include "engine/padded_batches.hpp"
#include "engine/plan.hpp"
#include "engine/request.hpp"
#include "engine/target_tensors.hpp"

namespace bertqa::engine {

using runtime::Input;
using runtime::Output;

namespace {

// F of every member of a batch, from its logits.
void take_targets(const SinglePassRequest& request, const Head& head, const PaddedBatch& batch,
                  std::span<const runtime::Value> logits, std::vector<double>& value) {
  const auto starts = logits.front().span<float>();
  const auto ends = logits.back().span<float>();
  const std::size_t width = head.width(batch.tokens);
  for (std::size_t e = 0; e < batch.members.size(); ++e) {
    const std::size_t member = batch.members[e];
    value[member] = target_value(request.target, spans_of(request.spans, request.spans_per_target, member),
                                 starts.subspan(e * width, width), ends.subspan(e * width, width),
                                 head.width(request.sequences.length(member)));
  }
}

// What a graph of relevance takes: the pinned positions or classes, [E] each, and the seed.
struct Beginning {
  runtime::Value start, end, seed;

  Beginning(const std::shared_ptr<runtime::Environment>& env, const SinglePassRequest& request,
            std::span<const std::size_t> members)
      : start(gather(env, request.spans.start, members)),
        end(gather(env, request.spans.end, members)),
        seed(runtime::Value::copy_of<float>(env, request.seed,
                                            std::array{static_cast<std::int64_t>(request.seed.size())})) {}

  void feed(std::vector<Input>& feeds, const Head& head) const {
    feeds.push_back({"seed", &seed});
    if (head.is_reader()) {
      feeds.insert(feeds.end(), {{"span_start", &start}, {"span_end", &end}});
    } else {
      feeds.push_back({"label", &start});
    }
  }

 private:
  static runtime::Value gather(const std::shared_ptr<runtime::Environment>& env,
                               std::span<const std::int64_t> all, std::span<const std::size_t> members) {
    std::vector<std::int64_t> mine;
    for (const std::size_t member : members) mine.push_back(all[member]);
    return runtime::Value::copy_of<std::int64_t>(env, mine,
                                                 std::array{static_cast<std::int64_t>(mine.size())});
  }
};

}  // namespace

SinglePassResult single_pass(Model& model, const SinglePassRequest& request, const Progress& progress) {
  const auto& description = model.description();
  const Sequences& sequences = request.sequences;
  const Head head = description.head();
  validate_sequences(model, sequences);
  validate_targets(model, sequences, request.spans, request.spans_per_target, request.target);
  const bool relevance = !request.seed.empty();
  if (relevance && request.spans_per_target != 1) {
    throw std::invalid_argument("contrast: relevance begins with one span or class");
  }
  std::vector<Output> outputs = head.outputs();
  const std::size_t logits_end = outputs.size();
  for (const std::string& name : request.numbers) outputs.push_back({name});
  const std::size_t first = outputs.size();
  for (const int layer : request.layers) {
    model.require_layer(layer);
    outputs.push_back({"scores_" + layer_name(layer)});
    outputs.push_back({"signed_" + layer_name(layer)});
    if (request.keep_values) outputs.push_back({"values_" + layer_name(layer)});
  }
  const EncoderSizes& sizes = description.sizes;
  const std::size_t total = sequences.total();
  const std::size_t each = request.keep_values ? 3 : 2;
  SinglePassResult result;
  result.scores.resize(request.layers.size() * total);
  result.signed_sums.resize(request.layers.size() * total);
  if (request.keep_values) result.values.resize(request.layers.size() * total * sizes.hidden_size);
  result.value.resize(sequences.size());
  result.numbers.resize(request.numbers.size() * sequences.size());
  result.logits = Logits(head, sequences.size(), total);

  const auto blocks = static_cast<std::size_t>(sizes.num_layers);
  const RowCost cost{
      [&](std::size_t tokens) {
        // Rules of relevance divide by what a gradient has no need to keep.
        return ((relevance ? 3 : 1) * gradient_row_bytes(sizes, tokens, blocks)) +
               request.layers.size() * tokens * (sizes.hidden_size + 2) * sizeof(float);
      },
      [&](std::size_t tokens) { return forward_row_work(sizes, tokens, blocks); },
      model.gradient_sizer,
  };
  in_padded_batches(model, sequences, request.rows_per_batch, cost, result.statistics, progress,
                    [&](const PaddedBatch& batch) {
                      const auto& env = model.environment();
                      const auto& [members, tokens, last] = batch;
                      const PaddedInputs inputs = pad(env, sequences, members, tokens);
                      std::vector<Input> feeds{{"input_ids", &inputs.input_ids},
                                               {"token_type_ids", &inputs.token_type_ids},
                                               {"attention_mask", &inputs.attention_mask}};
                      if (head.is_reader()) feeds.push_back({"softmax_mask", &inputs.attention_mask});
                      target.feed(feeds, false);
                      const auto values =
                          model.run(request.graph, feeds, outputs, result.statistics, {.shrink_arena = last});
                      const auto logits = std::span(values).first(logits_end);
                      result.logits.take(head, logits, sequences, members, tokens);
                      take_targets(request, head, batch, logits, result.value);
                      for (std::size_t l = 0; l < request.layers.size(); ++l) {
                        const auto* own = &values[first + (l * each)];
                        unpad_rows(own[0], sequences, members, tokens, 1, result.scores.data() + (l * total));
                        unpad_rows(own[1], sequences, members, tokens, 1,
                                   result.signed_sums.data() + (l * total));
                        if (request.keep_values) {
                          unpad_rows(own[2], sequences, members, tokens, sizes.hidden_size,
                                     result.values.data() + (l * total * sizes.hidden_size));
                        }
                      }
                    });
  return result;
}

}  // namespace bertqa::engine
