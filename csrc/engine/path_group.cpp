#include "engine/path_group.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

namespace bertqa::engine {
namespace {

using runtime::ElementType;
using runtime::Input;
using runtime::Output;
using runtime::Value;

std::int64_t dim(std::size_t size) { return static_cast<std::int64_t>(size); }

// Who and where, as the graphs take it: example int64 [R], alpha [R].
struct PointTensors {
  Value example;
  Value alpha;
};

PointTensors tensors_of(const std::shared_ptr<runtime::Environment>& env, std::span<const Point> points) {
  const std::array shape{dim(points.size())};
  PointTensors out{Value::allocate(env, ElementType::int64, shape),
                   Value::allocate(env, ElementType::float32, shape)};
  for (std::size_t r = 0; r < points.size(); ++r) {
    out.example.data<std::int64_t>()[r] = dim(points[r].example);
    out.alpha.data<float>()[r] = static_cast<float>(points[r].alpha);
  }
  return out;
}

}  // namespace

PathGroup::PathGroup(Model& model, const IntegrationRequest& request, std::span<const std::size_t> members,
                     Statistics& statistics)
    : model_(model),
      head_(model.description().head()),
      request_(request),
      members_(members),
      statistics_(statistics),
      tokens_(std::max(request.pad_to, request.sequences.length(members.front()))) {
  const auto& env = model_.environment();
  for (int layer = kEmbeddings; layer < model_.description().sizes.num_layers; ++layer) {
    hidden_names_.push_back("hidden_" + layer_name(layer));
    baseline_names_.push_back("baseline_" + layer_name(layer));
  }
  PaddedInputs inputs = pad(env, request_.sequences, members_, tokens_);
  if (request_.states) {
    hidden_.push_back(padded_rows(*request_.states));
  } else {
    hidden_ = run_hidden_states(inputs, true);
  }
  zeros_ = zeros();
  if (request_.baseline.kind == Baseline::Kind::tokens) {
    Sequences replaced = request_.sequences;
    replaced.input_ids = request_.baseline.input_ids;
    baselines_ = run_hidden_states(pad(env, replaced, members_, tokens_), false);
  } else if (request_.baseline.kind == Baseline::Kind::values) {
    baselines_.push_back(padded_rows(request_.baseline.values));
  }
  attention_mask_ = std::move(inputs.attention_mask);
  const std::array mask_shape{dim(members_.size()), dim(tokens_)};
  softmax_mask_ = Value::allocate(env, ElementType::float32, mask_shape);
  if (request_.softmax_over_padding) {
    std::fill_n(softmax_mask_->data<float>(), softmax_mask_->element_count(), 1.0F);
  } else {
    std::ranges::copy(attention_mask_->span<float>(), softmax_mask_->data<float>());
  }
  target_.emplace(env, head_, request_.spans, request_.spans_per_target, request_.target, members_);
  if (request_.states) values_ = run_forward(ends());
}

// The hidden states of the layers asked for. Notes the value of the target where `values` is set.
std::vector<Value> PathGroup::run_hidden_states(const PaddedInputs& inputs, bool values) {
  std::vector<Output> outputs;
  for (const int layer : request_.layers) outputs.push_back({"hidden_" + layer_name(layer), true});
  const std::size_t count = outputs.size();
  if (values) std::ranges::copy(head_.outputs(), std::back_inserter(outputs));
  const std::array feeds{Input{"input_ids", &inputs.input_ids},
                         Input{"token_type_ids", &inputs.token_type_ids},
                         Input{"attention_mask", &inputs.attention_mask}};
  auto states = model_.run("hidden_states", feeds, outputs, statistics_);
  if (values) {
    values_ = values_of(ends(), std::span(states).subspan(count));
    states.erase(states.begin() + static_cast<std::ptrdiff_t>(count), states.end());
  }
  return states;
}

// The inputs themselves, as points on the paths of the first layer.
std::vector<Point> PathGroup::ends() const {
  std::vector<Point> points(members_.size());
  for (std::size_t e = 0; e < members_.size(); ++e) points[e] = {0, e, 1.0};
  return points;
}

Value PathGroup::zeros() {
  const std::array shape{dim(members_.size()), dim(tokens_), dim(model_.description().sizes.hidden_size)};
  Value value = Value::allocate(model_.environment(), ElementType::float32, shape);
  std::fill_n(value.data<float>(), value.element_count(), 0.0F);
  return model_.to_device(std::move(value), statistics_);
}

Value PathGroup::padded_rows(std::span<const float> flat) {
  const std::size_t width = model_.description().sizes.hidden_size;
  return model_.to_device(pad_rows(model_.environment(), request_.sequences, flat, members_, tokens_, width),
                          statistics_);
}

const Value& PathGroup::baseline(std::size_t index) const {
  if (baselines_.empty()) return *zeros_;
  return baselines_.size() == 1 ? baselines_[0] : baselines_[index];
}

double PathGroup::value_of(std::size_t e, std::span<const float> start, std::span<const float> end) const {
  const Spans spans = spans_of(request_.spans, request_.spans_per_target, members_[e]);
  const std::size_t own = request_.softmax_over_padding ? tokens_ : length(e);
  return target_value(request_.target, spans, start, end, head_.width(own));
}

std::vector<double> PathGroup::values_of(std::span<const Point> points, std::span<const Value> logits) const {
  // A target of classes has no weight on ends, so that what stands in for them does not count.
  const auto starts = logits.front().span<float>();
  const auto ends = logits.back().span<float>();
  const std::size_t width = head_.width(tokens_);
  std::vector<double> values(points.size());
  for (std::size_t r = 0; r < points.size(); ++r) {
    values[r] = value_of(points[r].example, starts.subspan(r * width, width), ends.subspan(r * width, width));
  }
  return values;
}

void PathGroup::count(std::span<const Point> points) {
  statistics_.rows += points.size();
  statistics_.tokens += points.size() * tokens_;
  for (const Point& point : points) statistics_.padded_tokens += tokens_ - length(point.example);
}

std::vector<double> PathGroup::logit_values_of(std::span<const Point> points, const Value& start,
                                               const Value& end) const {
  const std::size_t spans = request_.spans_per_target;
  std::vector<double> values(points.size());
  for (std::size_t r = 0; r < points.size(); ++r) {
    const std::size_t first = members_[points[r].example] * spans;
    values[r] = logit_value(request_.target, request_.spans.sign.subspan(first, spans),
                            start.span<float>().subspan(r * spans, spans),
                            end.span<float>().subspan(r * spans, spans));
  }
  return values;
}

Value PathGroup::rows_of_layers(std::span<const Point> points) const {
  const std::size_t layers = hidden_names_.size();
  const std::array shape{dim(layers)};
  Value rows = Value::allocate(model_.environment(), ElementType::int64, shape);
  std::fill_n(rows.data<std::int64_t>(), layers, 0);
  for (const Point& point : points) ++rows.data<std::int64_t>()[request_.layers[point.layer] - kEmbeddings];
  return rows;
}

std::vector<double> PathGroup::run_forward(std::span<const Point> points) {
  const std::size_t index = points.front().layer;
  const auto [example, alpha] = tensors_of(model_.environment(), points);
  const std::array feeds{Input{"hidden", &hidden_[index]}, Input{"baseline", &baseline(index)},
                         Input{"attention_mask", &*attention_mask_}, Input{"example", &example},
                         Input{"alpha", &alpha}};
  const auto logits =
      model_.run("forward_" + layer_name(request_.layers[index]), feeds, head_.outputs(), statistics_);
  count(points);
  return values_of(points, logits);
}

Gradients PathGroup::run_gradients(std::span<const Point> points, bool all_layers) {
  std::vector<Point> sorted(points.begin(), points.end());
  std::ranges::stable_sort(sorted, {}, [&](const Point& point) { return request_.layers[point.layer]; });
  const auto [example, alpha] = tensors_of(model_.environment(), sorted);
  std::vector<Input> feeds{{"attention_mask", &*attention_mask_}, {"example", &example}, {"alpha", &alpha}};
  const bool logits_only =
      head_.is_reader() && request_.target.is_sum_of_logits() && model_.has("cut_embeddings_logits");
  target_->feed(feeds, logits_only);
  if (head_.is_reader() && !logits_only) feeds.push_back({"softmax_mask", &*softmax_mask_});
  std::string graph = "all_layers";
  std::optional<Value> rows;
  if (all_layers) {
    rows = rows_of_layers(sorted);
    feeds.push_back({"rows", &*rows});
    // Layers that were not asked for have no rows: whatever has the right shape stands in for their states.
    for (std::size_t l = 0; l < hidden_names_.size(); ++l) {
      const auto found = std::ranges::find(request_.layers, static_cast<int>(l) + kEmbeddings);
      const auto at = found == request_.layers.end() ? 0 : found - request_.layers.begin();
      const auto index = static_cast<std::size_t>(at);
      feeds.push_back({hidden_names_[l].c_str(), &hidden_[index]});
      feeds.push_back({baseline_names_[l].c_str(), &baseline(index)});
    }
  } else {
    const std::size_t index = sorted.front().layer;
    graph = "cut_" + layer_name(request_.layers[index]);
    feeds.push_back({"hidden", &hidden_[index]});
    feeds.push_back({"baseline", &baseline(index)});
  }
  if (logits_only) graph += "_logits";
  std::vector<Output> outputs{{"gradient", true}, {"slopes"}};
  std::ranges::copy(head_.outputs(), std::back_inserter(outputs));
  auto values = model_.run(graph, feeds, outputs, statistics_);
  count(sorted);
  const auto slopes = values[1].span<float>();
  auto targets = logits_only ? logit_values_of(sorted, values[2], values[3])
                             : values_of(sorted, std::span(values).subspan(2));
  return {std::move(sorted), std::move(values[0]), {slopes.begin(), slopes.end()}, std::move(targets)};
}

Value PathGroup::weigh(const Gradients& gradients, std::span<const float> weights,
                       const std::optional<Value>& sums) {
  const std::array shape{dim(members_.size()), dim(gradients.points.size())};
  const Value matrix = Value::copy_of<float>(model_.environment(), weights, shape);
  const std::array feeds{Input{"accumulator", sums ? &*sums : &*zeros_}, Input{"weights", &matrix},
                         Input{"gradient", &gradients.gradient}};
  const std::array<Output, 1> outputs{{{"accumulated", true}}};
  auto values = model_.run("weigh", feeds, outputs, statistics_);
  return std::move(values[0]);
}

Finished PathGroup::finish(std::size_t index, const std::optional<Value>& sums, bool keep_values, bool last) {
  std::vector<std::int64_t> example(members_.size());
  std::iota(example.begin(), example.end(), std::int64_t{0});
  const std::array shape{dim(example.size())};
  const Value owners = Value::copy_of<std::int64_t>(model_.environment(), example, shape);
  std::vector<Output> outputs{{"scores"}, {"signed"}};
  if (keep_values) outputs.push_back({"values"});
  const std::array feeds{Input{"hidden", &hidden_[index]}, Input{"baseline", &baseline(index)},
                         Input{"accumulated", sums ? &*sums : &*zeros_}, Input{"example", &owners}};
  auto values = model_.run("finish", feeds, outputs, statistics_, {.shrink_arena = last});
  Finished out{std::move(values[0]), std::move(values[1]), std::nullopt};
  if (keep_values) out.values = std::move(values[2]);
  return out;
}

}  // namespace bertqa::engine
