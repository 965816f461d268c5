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

// Where a run's outputs are: the logits, then the numbers, then each layer's.
struct Layout {
  std::vector<Output> outputs;
  std::size_t numbers_begin = 0;
  std::size_t layers_begin = 0;
  std::size_t per_layer = 2;

  Layout(const Head& head, const SinglePassRequest& request)
      : outputs(head.outputs()), per_layer(request.keep_values ? 3 : 2) {
    numbers_begin = outputs.size();
    for (const std::string& name : request.numbers) outputs.push_back({name});
    layers_begin = outputs.size();
    for (const int layer : request.layers) {
      outputs.push_back({"scores_" + layer_name(layer)});
      outputs.push_back({"signed_" + layer_name(layer)});
      if (request.keep_values) outputs.push_back({"values_" + layer_name(layer)});
    }
  }
};

std::vector<runtime::Value> run(Model& model, const SinglePassRequest& request, const Layout& layout,
                                const PaddedBatch& batch, Statistics& statistics) {
  const auto& env = model.environment();
  const Head head = model.description().head();
  const PaddedInputs inputs = pad(env, request.sequences, batch.members, batch.tokens);
  std::vector<Input> feeds{{"input_ids", &inputs.input_ids},
                           {"token_type_ids", &inputs.token_type_ids},
                           {"attention_mask", &inputs.attention_mask}};
  const runtime::RunFlags flags{.shrink_arena = batch.last};
  if (!request.seed.empty()) {
    const Beginning beginning(env, request, batch.members);
    beginning.feed(feeds, head);
    return model.run(request.graph, feeds, layout.outputs, statistics, flags);
  }
  const TargetTensors target(env, head, request.spans, request.spans_per_target, request.target,
                             batch.members);
  if (head.is_reader()) feeds.push_back({"softmax_mask", &inputs.attention_mask});
  target.feed(feeds, false);
  return model.run(request.graph, feeds, layout.outputs, statistics, flags);
}

// Copies what a batch gave to the members' places.
void take(const SinglePassRequest& request, const Head& head, std::size_t width, const Layout& layout,
          const PaddedBatch& batch, std::span<const runtime::Value> values, SinglePassResult& result) {
  const Sequences& sequences = request.sequences;
  const auto& [members, tokens, last] = batch;
  const std::size_t total = sequences.total();
  const auto logits = values.first(layout.numbers_begin);
  result.logits.take(head, logits, sequences, members, tokens);
  take_targets(request, head, batch, logits, result.value);
  for (std::size_t n = 0; n < request.numbers.size(); ++n) {
    const auto found = values[layout.numbers_begin + n].span<float>();
    for (std::size_t e = 0; e < members.size(); ++e) {
      result.numbers[(n * sequences.size()) + members[e]] = found[e];
    }
  }
  for (std::size_t l = 0; l < request.layers.size(); ++l) {
    const auto* own = &values[layout.layers_begin + (l * layout.per_layer)];
    unpad_rows(own[0], sequences, members, tokens, 1, result.scores.data() + (l * total));
    unpad_rows(own[1], sequences, members, tokens, 1, result.signed_sums.data() + (l * total));
    if (request.keep_values) {
      unpad_rows(own[2], sequences, members, tokens, width, result.values.data() + (l * total * width));
    }
  }
}

void validate(const Model& model, const SinglePassRequest& request) {
  validate_sequences(model, request.sequences);
  validate_targets(model, request.sequences, request.spans, request.spans_per_target, request.target);
  for (const int layer : request.layers) model.require_layer(layer);
  if (!request.seed.empty() && request.spans_per_target != 1) {
    throw std::invalid_argument("contrast: relevance begins with one span or class");
  }
}

}  // namespace

SinglePassResult single_pass(Model& model, const SinglePassRequest& request, const Progress& progress) {
  validate(model, request);
  const Head head = model.description().head();
  const EncoderSizes& sizes = model.description().sizes;
  const std::size_t total = request.sequences.total();
  const std::size_t count = request.sequences.size();
  const std::size_t width = sizes.hidden_size;
  const Layout layout(head, request);
  SinglePassResult result;
  result.scores.resize(request.layers.size() * total);
  result.signed_sums.resize(request.layers.size() * total);
  if (request.keep_values) result.values.resize(request.layers.size() * total * width);
  result.value.resize(count);
  result.numbers.resize(request.numbers.size() * count);
  result.logits = Logits(head, count, total);

  const auto blocks = static_cast<std::size_t>(sizes.num_layers);
  // Rules of relevance divide by what a gradient has no need to keep.
  const std::size_t kept = request.seed.empty() ? 1 : 3;
  const RowCost cost{
      [&](std::size_t tokens) {
        return (kept * gradient_row_bytes(sizes, tokens, blocks)) +
               (request.layers.size() * tokens * (width + 2) * sizeof(float));
      },
      [&](std::size_t tokens) { return forward_row_work(sizes, tokens, blocks); },
      request.seed.empty() ? model.gradient_sizer : model.relevance_sizer,
  };
  in_padded_batches(model, request.sequences, request.rows_per_batch, cost, result.statistics, progress,
                    [&](const PaddedBatch& batch) {
                      const auto values = run(model, request, layout, batch, result.statistics);
                      take(request, head, width, layout, batch, values, result);
                    });
  return result;
}

}  // namespace bertqa::engine
