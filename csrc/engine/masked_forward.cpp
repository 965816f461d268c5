#include "engine/masked_forward.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/masked_runs.hpp"
#include "engine/padded_batches.hpp"
#include "engine/plan.hpp"

namespace bertqa::engine {

using runtime::Input;
using runtime::Output;

namespace {

void validate(const Model& model, const MaskedRequest& request) {
  const auto& d = model.description();
  request.sequences.validate(d.max_positions);
  validate_ids(request.sequences.input_ids, d.vocabulary_size(), "input_ids");
  if (request.classes.size() != request.sequences.total()) {
    throw std::invalid_argument("classes: got " + std::to_string(request.classes.size()) +
                                ", wanted one for each token (" + std::to_string(request.sequences.total()) +
                                ")");
  }
  if (std::ranges::any_of(request.classes,
                          [](std::int8_t c) { return c < 0 || std::cmp_greater_equal(c, kTokenClasses); })) {
    throw std::invalid_argument("classes: wanted 0 to " + std::to_string(kTokenClasses - 1));
  }
  for (const MaskedCell& cell : request.cells) {
    validate(cell.mask, d.sizes.num_heads);
    const bool rising =
        std::ranges::adjacent_find(cell.layers, std::ranges::greater_equal{}) == cell.layers.end();
    if (cell.layers.empty() || !rising || cell.layers.front() < 0 ||
        cell.layers.back() >= d.sizes.num_layers) {
      throw std::invalid_argument("layers: wanted blocks from 0 to " +
                                  std::to_string(d.sizes.num_layers - 1) + ", rising, at least one");
    }
  }
}

// What a sequence needs: the states that cells begin with, the scores, and the widest moment of a block.
std::size_t row_bytes(const EncoderSizes& sizes, std::size_t tokens) {
  const auto states = static_cast<std::size_t>(sizes.num_layers) + 4;
  const std::size_t squares = 4 * sizes.num_heads * tokens * tokens * sizeof(float);  // scores, biases
  return forward_row_bytes(sizes, tokens, states) + squares;
}

}  // namespace

MaskedResult masked_forward(Model& model, const MaskedRequest& request, const Progress& progress) {
  validate(model, request);
  const EncoderSizes& sizes = model.description().sizes;
  const Sequences& sequences = request.sequences;
  const Head head = model.description().head();
  MaskedResult result;
  result.logits = Logits(head, sequences.size(), sequences.total());
  result.masked = Logits(head, sequences.size(), sequences.total(), request.cells.size());

  // Cells that begin with the same block come one after the other.
  std::vector<std::size_t> order(request.cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto first_layer = [&](std::size_t c) { return request.cells[c].layers.front(); };
  std::ranges::stable_sort(order, {}, first_layer);
  auto blocks = static_cast<std::size_t>(sizes.num_layers);
  for (const std::size_t c : order) blocks += static_cast<std::size_t>(sizes.num_layers - first_layer(c));

  const RowCost cost{
      [&](std::size_t tokens) { return row_bytes(sizes, tokens); },
      [&](std::size_t tokens) { return forward_row_work(sizes, tokens, blocks); },
      model.masked_sizer,
  };
  // Between cells too, so that a run can be interrupted there.
  std::size_t done = 0;
  std::size_t all = 0;
  const Progress between = [&](std::size_t now, std::size_t count) {
    done = now;
    all = count;
    progress(now, count);
  };
  in_padded_batches(model, sequences, request.rows_per_batch, cost, result.statistics, between,
                    [&](const PaddedBatch& batch) {
                      const auto& [members, tokens, last] = batch;
                      MaskedRuns runs(model, request, batch, result.statistics);
                      result.logits.take(head, runs.logits(), sequences, members, tokens);
                      for (const std::size_t c : order) {
                        progress(done, all);
                        const auto logits = runs.run(request.cells[c], last && c == order.back());
                        result.masked.take(head, logits, sequences, members, tokens, c);
                      }
                    });
  return result;
}

AttentionResult attention(Model& model, const Sequences& sequences, int layer, std::size_t rows_per_batch,
                          const Progress& progress) {
  const auto& description = model.description();
  const EncoderSizes& sizes = description.sizes;
  sequences.validate(description.max_positions);
  validate_ids(sequences.input_ids, description.vocabulary_size(), "input_ids");
  if (layer < 0 || layer >= sizes.num_layers) {
    throw std::invalid_argument("layer: got " + std::to_string(layer) + ", wanted a block, 0 to " +
                                std::to_string(sizes.num_layers - 1));
  }
  // Where each sequence's matrices begin.
  std::vector<std::size_t> places{0};
  for (const std::size_t length : sequences.lengths()) {
    places.push_back(places.back() + (sizes.num_heads * length * length));
  }
  AttentionResult result;
  result.probabilities.resize(places.back());
  const RowCost cost{
      [&](std::size_t tokens) { return row_bytes(sizes, tokens); },
      [&](std::size_t tokens) {
        return forward_row_work(sizes, tokens, static_cast<std::size_t>(sizes.num_layers));
      },
      model.forward_sizer,
  };
  in_padded_batches(
      model, sequences, rows_per_batch, cost, result.statistics, progress, [&](const PaddedBatch& batch) {
        const PaddedInputs inputs = pad(model.environment(), sequences, batch.members, batch.tokens);
        const std::array feeds{Input{"input_ids", &inputs.input_ids},
                               Input{"token_type_ids", &inputs.token_type_ids},
                               Input{"attention_mask", &inputs.attention_mask}};
        const std::array<Output, 1> outputs{{{"hidden_" + layer_name(layer - 1), true}}};
        const auto states = model.run("hidden_states", feeds, outputs, result.statistics);
        std::vector<std::size_t> lengths;
        for (const std::size_t member : batch.members) lengths.push_back(sequences.length(member));
        const Attended attended = attend(model, layer, states[0], lengths, true, result.statistics);
        const float* rows = attended.probabilities.data();
        for (std::size_t e = 0; e < lengths.size(); ++e) {
          float* out = result.probabilities.data() + places[batch.members[e]];
          for (std::size_t row = 0; row < sizes.num_heads * batch.tokens; ++row, rows += batch.tokens) {
            if (row % batch.tokens < lengths[e]) out = std::copy_n(rows, lengths[e], out);
          }
        }
      });
  return result;
}

}  // namespace bertqa::engine
