#include "engine/attention_tracing.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "engine/masked_runs.hpp"
#include "engine/padded_batches.hpp"
#include "engine/plan.hpp"
#include "engine/request.hpp"

namespace bertqa::engine {

using runtime::Input;
using runtime::Output;

namespace {

void validate(const Model& model, const TracingRequest& request) {
  validate_sequences(model, request.sequences);
  for (const int layer : request.layers) model.require_layer(layer);
  const std::size_t count = request.sequences.size();
  if (request.first.size() != count || request.second.size() != count) {
    throw std::invalid_argument("source: wanted two positions for every sequence");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::int64_t>(request.sequences.length(i));
    for (const std::int64_t at : {request.first[i], request.second[i]}) {
      if (at < 0 || at >= length) {
        throw std::invalid_argument("source: got " + std::to_string(at) + ", wanted positions from 0 to " +
                                    std::to_string(length - 1));
      }
    }
  }
}

// What is traced in one batch: a row [T] for every sequence and head.
class Traces {
 public:
  Traces(const TracingRequest& request, const PaddedBatch& batch, std::size_t heads)
      : request_(request), batch_(batch), heads_(heads), rows_(batch.members.size() * heads * batch.tokens) {
    double* row = rows_.data();
    for (const std::size_t member : batch.members) {
      for (std::size_t head = 0; head < heads; ++head, row += batch.tokens) {
        row[request.first[member]] += 0.5;
        row[request.second[member]] += 0.5;
      }
    }
  }

  // One block further down: v becomes v A, head by head. `probabilities` [E, A, T, T], 0 at padding.
  void step(std::span<const float> probabilities) {
    const std::size_t tokens = batch_.tokens;
    const double kept = request_.residual ? 0.5 : 0.0;
    std::vector<double> next(tokens);
    for (std::size_t at = 0; at < rows_.size(); at += tokens) {
      const auto row = std::span(rows_).subspan(at, tokens);
      std::ranges::transform(row, next.begin(), [&](double x) { return kept * x; });
      for (std::size_t asks = 0; asks < tokens; ++asks) {
        const double share = (1.0 - kept) * row[asks];
        if (share == 0.0) continue;
        const float* attended = probabilities.data() + ((at + asks) * tokens);
        for (std::size_t t = 0; t < tokens; ++t) next[t] += share * static_cast<double>(attended[t]);
      }
      std::ranges::copy(next, row.begin());
    }
  }

  // Sums over heads, to the sequences' places in `flat` [total tokens].
  void report(float* flat) const {
    const double* row = rows_.data();
    for (const std::size_t member : batch_.members) {
      float* out = flat + request_.sequences.begin(member);
      const std::size_t length = request_.sequences.length(member);
      std::vector<double> total(length);
      for (std::size_t head = 0; head < heads_; ++head, row += batch_.tokens) {
        for (std::size_t t = 0; t < length; ++t) total[t] += row[t];
      }
      std::ranges::transform(total, out, [](double x) { return static_cast<float>(x); });
    }
  }

 private:
  const TracingRequest& request_;
  const PaddedBatch& batch_;
  std::size_t heads_;
  std::vector<double> rows_;
};

}  // namespace

TracingResult trace_attention(Model& model, const TracingRequest& request, const Progress& progress) {
  validate(model, request);
  const EncoderSizes& sizes = model.description().sizes;
  const Sequences& sequences = request.sequences;
  TracingResult result;
  result.scores.resize(request.layers.size() * sequences.total());
  if (request.layers.empty()) return result;
  const int lowest = *std::ranges::min_element(request.layers);
  std::vector<Output> outputs;  // the inputs of the blocks that are gone through, from the top
  for (int layer = sizes.num_layers - 2; layer >= lowest; --layer) {
    outputs.push_back({"hidden_" + layer_name(layer), true});
  }
  const auto report = [&](const Traces& traces, int layer) {
    for (std::size_t l = 0; l < request.layers.size(); ++l) {
      if (request.layers[l] == layer) traces.report(result.scores.data() + (l * sequences.total()));
    }
  };
  const RowCost cost{
      [&](std::size_t tokens) {
        return forward_row_bytes(sizes, tokens, outputs.size()) +
               (3 * sizes.num_heads * tokens * tokens * sizeof(float));
      },
      [&](std::size_t tokens) {
        return forward_row_work(sizes, tokens, static_cast<std::size_t>(sizes.num_layers));
      },
      model.tracing_sizer,
  };
  in_padded_batches(
      model, sequences, request.rows_per_batch, cost, result.statistics, progress,
      [&](const PaddedBatch& batch) {
        Traces traces(request, batch, sizes.num_heads);
        int layer = sizes.num_layers - 1;
        report(traces, layer);
        if (outputs.empty()) return;
        const PaddedInputs inputs = pad(model.environment(), sequences, batch.members, batch.tokens);
        const std::array feeds{Input{"input_ids", &inputs.input_ids},
                               Input{"token_type_ids", &inputs.token_type_ids},
                               Input{"attention_mask", &inputs.attention_mask}};
        const auto states =
            model.run("hidden_states", feeds, outputs, result.statistics, {.shrink_arena = batch.last});
        std::vector<std::size_t> lengths;
        for (const std::size_t member : batch.members) lengths.push_back(sequences.length(member));
        for (const runtime::Value& state : states) {
          traces.step(attend(model, layer, state, lengths, true, result.statistics).probabilities);
          report(traces, --layer);
        }
      });
  return result;
}

}  // namespace bertqa::engine
