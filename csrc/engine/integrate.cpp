#include "engine/integrate.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>

namespace bertqa::engine {
namespace {

using runtime::ElementType;
using runtime::Input;
using runtime::Value;

// More tokens in a batch make its matrix products no faster and its activations fall out of the caches.
constexpr std::size_t kTokensPerBatch = 2048;

std::int64_t dim(std::size_t size) { return static_cast<std::int64_t>(size); }

void require(bool holds, const std::string& message) {
  if (!holds) throw std::invalid_argument(message);
}

void validate(const Model& model, const IntegrationRequest& r) {
  const auto& d = model.description();
  r.sequences.validate(d.max_positions);
  const std::size_t count = r.sequences.size();
  for (const int layer : r.layers) model.require_layer(layer);
  require(!r.nodes.empty() && r.nodes.size() == r.weights.size(),
          "nodes: wanted at least one, and as many weights as nodes");
  for (std::size_t i = 0; i < r.nodes.size(); ++i) {
    require(std::isfinite(r.nodes[i]) && std::isfinite(r.weights[i]), "nodes: wanted finite numbers");
  }
  require(r.spans_per_target >= 1 && r.spans.sign.size() == count * r.spans_per_target &&
              r.spans.start.size() == r.spans.sign.size() && r.spans.end.size() == r.spans.sign.size(),
          "span: wanted as many starts, ends and signs for every sequence");
  for (std::size_t i = 0; i < r.spans.sign.size(); ++i) {
    const auto length = dim(r.sequences.length(i / r.spans_per_target));
    require(
        r.spans.start[i] >= 0 && r.spans.start[i] < length && r.spans.end[i] >= 0 && r.spans.end[i] < length,
        "span: got (" + std::to_string(r.spans.start[i]) + ", " + std::to_string(r.spans.end[i]) +
            "), wanted positions from 0 to " + std::to_string(length - 1));
  }
  require(r.baseline.kind != Baseline::Kind::tokens || r.baseline.input_ids.size() == r.sequences.total(),
          "baseline: wanted one input id a token");
  require(r.baseline.kind != Baseline::Kind::values ||
              r.baseline.values.size() == r.sequences.total() * d.sizes.hidden_size,
          "baseline: wanted H values a token");
  require(r.pad_to <= d.max_positions, "pad_to: got " + std::to_string(r.pad_to) +
                                           ", wanted no more than the model's positions, " +
                                           std::to_string(d.max_positions));
}

// Sequences that are padded to one length and share their batches.
class Group {
 public:
  Group(Model& model, const IntegrationRequest& request, std::span<const std::size_t> members,
        std::size_t row_limit, IntegrationResult& result)
      : model_(model),
        request_(request),
        members_(members),
        row_limit_(row_limit),
        result_(result),
        tokens_(std::max(request.pad_to, request.sequences.length(members.front()))) {}

  // Hidden states and baselines of every layer, then layer after layer. `advance` is told of rows done.
  template <typename Advance>
  void run(const Advance& advance) {
    const auto& env = model_.environment();
    const PaddedInputs inputs = pad(env, request_.sequences, members_, tokens_);
    const std::vector<Value> hidden = run_hidden_states(inputs, true);
    std::vector<Value> baselines;
    if (request_.baseline.kind == Baseline::Kind::tokens) {
      Sequences replaced = request_.sequences;
      replaced.input_ids = request_.baseline.input_ids;
      baselines = run_hidden_states(pad(env, replaced, members_, tokens_), false);
    } else {
      baselines.push_back(given_baseline());
    }
    const std::array tensor_shape{dim(members_.size()), dim(tokens_)};
    Value everywhere = Value::allocate(env, ElementType::float32, tensor_shape);
    std::fill_n(everywhere.data<float>(), everywhere.element_count(), 1.0F);
    const Value& softmax_mask = request_.softmax_over_padding ? everywhere : inputs.attention_mask;
    for (std::size_t i = 0; i < request_.layers.size(); ++i) {
      const Value& baseline = baselines.size() == 1 ? baselines[0] : baselines[i];
      integrate_layer(i, hidden[i], baseline, inputs.attention_mask, softmax_mask, advance);
    }
  }

 private:
  // The hidden states of the layers asked for. Notes the value of the target where `values` is set.
  std::vector<Value> run_hidden_states(const PaddedInputs& inputs, bool values) {
    std::vector<std::string> outputs;
    for (const int layer : request_.layers) outputs.push_back("hidden_" + layer_name(layer));
    if (values) outputs.insert(outputs.end(), {"start_logits", "end_logits"});
    const std::array feeds{Input{"input_ids", &inputs.input_ids},
                           Input{"token_type_ids", &inputs.token_type_ids},
                           Input{"attention_mask", &inputs.attention_mask}};
    auto states = model_.run("hidden_states", feeds, outputs, result_.statistics);
    if (values) {
      for (std::size_t e = 0; e < members_.size(); ++e) {
        result_.value[members_[e]] = value_of(e, e, states[states.size() - 2], states[states.size() - 1]);
      }
      states.erase(states.end() - 2, states.end());
    }
    return states;
  }

  [[nodiscard]] Value tensor_like_hidden() const {
    const std::array shape{dim(members_.size()), dim(tokens_), dim(model_.description().sizes.hidden_size)};
    Value value = Value::allocate(model_.environment(), ElementType::float32, shape);
    std::fill_n(value.data<float>(), value.element_count(), 0.0F);
    return value;
  }

  [[nodiscard]] Value given_baseline() const {
    Value value = tensor_like_hidden();
    if (request_.baseline.kind == Baseline::Kind::values) {
      const std::size_t width = model_.description().sizes.hidden_size;
      auto* out = value.data<float>();
      for (const std::size_t member : members_) {
        const auto rows = request_.baseline.values.subspan(request_.sequences.begin(member) * width,
                                                           request_.sequences.length(member) * width);
        std::ranges::copy(rows, out);
        out += tokens_ * width;
      }
    }
    return value;
  }

  // The target of member `e` at row `row` of logits [rows, T].
  [[nodiscard]] double value_of(std::size_t e, std::size_t row, const Value& start, const Value& end) const {
    const std::size_t first = members_[e] * request_.spans_per_target;
    const Spans spans{request_.spans.start.subspan(first, request_.spans_per_target),
                      request_.spans.end.subspan(first, request_.spans_per_target),
                      request_.spans.sign.subspan(first, request_.spans_per_target)};
    const std::size_t in_softmax =
        request_.softmax_over_padding ? tokens_ : request_.sequences.length(members_[e]);
    return target_value(request_.target, spans, start.span<float>().subspan(row * tokens_, tokens_),
                        end.span<float>().subspan(row * tokens_, tokens_), in_softmax);
  }

  // The spans of the members, [E, K].
  template <typename T>
  [[nodiscard]] Value gather_spans(std::span<const T> all) const {
    std::vector<T> mine;
    for (const std::size_t member : members_) {
      const auto part = all.subspan(member * request_.spans_per_target, request_.spans_per_target);
      mine.insert(mine.end(), part.begin(), part.end());
    }
    const std::array shape{dim(members_.size()), dim(request_.spans_per_target)};
    return Value::copy_of<T>(model_.environment(), mine, shape);
  }

  template <typename Advance>
  void integrate_layer(std::size_t index, const Value& hidden, const Value& baseline, const Value& mask,
                       const Value& softmax_mask, const Advance& advance) {
    const auto& env = model_.environment();
    const std::string graph = "cut_" + layer_name(request_.layers[index]);
    const std::vector<Row> rows = rows_of_group(members_.size(), request_.nodes, request_.weights);
    const Value span_start = gather_spans(request_.spans.start);
    const Value span_end = gather_spans(request_.spans.end);
    const Value span_sign = gather_spans(request_.spans.sign);
    const std::array<std::int64_t, 1> mix_shape{dim(request_.target.mix.size())};
    const Value mix = Value::copy_of<float>(env, request_.target.mix, mix_shape);
    const std::array<std::int64_t, 1> one{1};
    const std::array reselect_flag{request_.target.reselect};
    const Value reselect = Value::copy_of<bool>(env, reselect_flag, one);
    const std::array<std::string, 3> outputs{"accumulated", "start_logits", "end_logits"};

    Value accumulator = tensor_like_hidden();
    std::size_t done = 0;
    for (const std::size_t count : equal_batches(rows.size(), row_limit_)) {
      const auto batch = std::span(rows).subspan(done, count);
      const std::array<std::int64_t, 1> row_shape{dim(count)};
      const std::array weight_shape{dim(members_.size()), dim(count)};
      Value example = Value::allocate(env, ElementType::int64, row_shape);
      Value alpha = Value::allocate(env, ElementType::float32, row_shape);
      Value weights = Value::allocate(env, ElementType::float32, weight_shape);
      std::fill_n(weights.data<float>(), weights.element_count(), 0.0F);
      for (std::size_t r = 0; r < count; ++r) {
        example.data<std::int64_t>()[r] = batch[r].example;
        alpha.data<float>()[r] = batch[r].alpha;
        weights.data<float>()[static_cast<std::size_t>(batch[r].example) * count + r] = batch[r].weight;
      }
      const std::array feeds{Input{"hidden", &hidden},
                             Input{"baseline", &baseline},
                             Input{"accumulator", &accumulator},
                             Input{"attention_mask", &mask},
                             Input{"softmax_mask", &softmax_mask},
                             Input{"example", &example},
                             Input{"alpha", &alpha},
                             Input{"weights", &weights},
                             Input{"span_start", &span_start},
                             Input{"span_end", &span_end},
                             Input{"span_sign", &span_sign},
                             Input{"target_mix", &mix},
                             Input{"reselect", &reselect}};
      auto values = model_.run(graph, feeds, outputs, result_.statistics);
      accumulator = std::move(values[0]);
      for (std::size_t r = 0; r < count; ++r) {
        const auto e = static_cast<std::size_t>(batch[r].example);
        if (batch[r].alpha == 0.0F) {
          result_.baseline_value[index * request_.sequences.size() + members_[e]] =
              value_of(e, r, values[1], values[2]);
        }
        result_.statistics.padded_tokens += tokens_ - request_.sequences.length(members_[e]);
      }
      done += count;
      result_.statistics.rows += count;
      result_.statistics.tokens += count * tokens_;
      advance(count);
    }
    finish_layer(index, hidden, baseline, accumulator);
  }

  void finish_layer(std::size_t index, const Value& hidden, const Value& baseline, const Value& accumulated) {
    std::vector<std::string> outputs{"scores", "signed"};
    if (request_.keep_values) outputs.emplace_back("values");
    const std::array feeds{Input{"hidden", &hidden}, Input{"baseline", &baseline},
                           Input{"accumulated", &accumulated}};
    // The next group has another length: what is free now would not fit it, and stay beside what it needs.
    const bool last = index + 1 == request_.layers.size();
    const auto finished = model_.run("finish", feeds, outputs, result_.statistics, {.shrink_arena = last});
    take(finished[0], index, 1, result_.scores);
    take(finished[1], index, 1, result_.signed_sums);
    if (request_.keep_values) {
      take(finished[2], index, model_.description().sizes.hidden_size, result_.values);
    }
  }

  // Copies the unpadded rows of `padded` [E, T, width] to layer `index` of `all` [layers, total tokens,
  // width].
  void take(const Value& padded, std::size_t index, std::size_t width, std::vector<float>& all) const {
    const auto* row = padded.data<float>();
    auto* layer = all.data() + index * request_.sequences.total() * width;
    for (const std::size_t member : members_) {
      std::copy_n(row, request_.sequences.length(member) * width,
                  layer + request_.sequences.begin(member) * width);
      row += tokens_ * width;
    }
  }

  Model& model_;
  const IntegrationRequest& request_;
  std::span<const std::size_t> members_;
  std::size_t row_limit_;
  IntegrationResult& result_;
  std::size_t tokens_;
};

}  // namespace

IntegrationResult integrate(Model& model, const IntegrationRequest& request, const Progress& progress) {
  validate(model, request);
  const auto start = std::chrono::steady_clock::now();
  const auto& description = model.description();
  const std::size_t total = request.sequences.total();
  const std::size_t count = request.sequences.size();
  const std::size_t layers = request.layers.size();
  IntegrationResult result;
  result.scores.resize(layers * total);
  result.signed_sums.resize(layers * total);
  if (request.keep_values) result.values.resize(layers * total * description.sizes.hidden_size);
  result.value.resize(count);
  result.baseline_value.resize(layers * count);
  const std::size_t rows_each = rows_of_group(1, request.nodes, request.weights).size();
  result.evaluations = rows_each;

  // The lowest cut runs the most blocks: what fits there fits everywhere.
  const int lowest = layers == 0 ? 0 : *std::ranges::min_element(request.layers);
  const auto blocks = static_cast<std::size_t>(description.sizes.num_layers - 1 - lowest);
  const std::size_t rows_total = rows_each * count * layers;
  std::size_t rows_done = 0;
  progress(0, rows_total);
  const auto advance = [&](std::size_t rows) { progress(rows_done += rows, rows_total); };
  const auto order = by_falling_length(request.sequences.lengths());
  for (std::size_t next = 0; next < count;) {
    const std::size_t tokens = std::max(request.pad_to, request.sequences.length(order[next]));
    const std::size_t limit =
        request.rows_per_batch != 0
            ? request.rows_per_batch
            : rows_within(description.memory_budget, gradient_row_bytes(description.sizes, tokens, blocks),
                          std::max<std::size_t>(1, kTokensPerBatch / tokens));
    // Sequences share batches only where one alone would not fill a batch.
    const std::size_t sharing = std::clamp<std::size_t>(limit / rows_each, 1, count - next);
    Group(model, request, std::span(order).subspan(next, sharing), limit, result).run(advance);
    next += sharing;
  }
  result.statistics.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace bertqa::engine
