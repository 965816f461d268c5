#include "engine/integrate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "engine/path_group.hpp"
#include "engine/path_integral.hpp"
#include "engine/request.hpp"
#include "engine/schedule.hpp"

namespace bertqa::engine {
namespace {

// Examples share a group only where this share of its tokens, at most, is padding.
constexpr double kPaddingShare = 0.05;

// How many of the sequences in `order`, longest first, make one group.
std::size_t group_size(const IntegrationRequest& r, std::span<const std::size_t> order, std::size_t tokens,
                       std::size_t most) {
  std::size_t count = 0;
  std::size_t real = 0;
  while (count < std::min(most, order.size())) {
    real += r.sequences.length(order[count]);
    const auto all = static_cast<double>((count + 1) * tokens);
    // Padding that the request itself asks for is no reason against sharing.
    if (count > 0 && r.pad_to == 0 && static_cast<double>(real) < (1.0 - kPaddingShare) * all) break;
    ++count;
  }
  return count;
}

class Integration {
 public:
  Integration(Model& model, const IntegrationRequest& request, const Progress& progress)
      : model_(model), request_(request), progress_(progress) {
    const std::size_t total = request.sequences.total();
    const std::size_t count = request.sequences.size();
    const std::size_t layers = request.layers.size();
    result_.scores.resize(layers * total);
    result_.signed_sums.resize(layers * total);
    if (request.keep_values) result_.values.resize(layers * total * width());
    result_.value.resize(count);
    result_.baseline_value.resize(layers * count);
    result_.evaluations.resize(layers * count);
    if (request.adaptive) result_.error.resize(layers * count);
    paths_ = layers * count;
  }

  IntegrationResult run() {
    const auto start = std::chrono::steady_clock::now();
    progress_(0, paths_);
    const auto order = by_falling_length(request_.sequences.lengths());
    for (std::size_t next = 0; next < order.size();) {
      next += run_group(std::span(order).subspan(next));
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    result_.statistics.seconds = elapsed.count();
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::size_t width() const { return model_.description().sizes.hidden_size; }

  // Integrates the first few of `order` at every layer, and returns how many.
  std::size_t run_group(std::span<const std::size_t> order) {
    const auto& description = model_.description();
    const int lowest = *std::ranges::min_element(request_.layers);
    Work work;
    work.sizes = description.sizes;
    work.tokens = std::max(request_.pad_to, request_.sequences.length(order.front()));
    work.layers = request_.layers.size();
    work.lowest_blocks = static_cast<std::size_t>(description.sizes.num_layers - 1 - lowest);
    work.nodes = request_.adaptive ? 0 : request_.nodes.size();
    work.rows_per_batch = request_.rows_per_batch;
    work.tokens_per_batch = model_.gradient_sizer.fastest();
    work.memory_budget = description.memory_budget;
    work.traversal = model_.has("all_layers") ? request_.traversal : Traversal::cuts;
    work.weights_in_every_graph = model_.has_device_memory();
    work.takes_empty_tensors = model_.takes_empty_tensors();
    const auto members = order.first(group_size(request_, order, work.tokens, most_examples(work)));
    BatchLimit limit;
    limit.rows = most_rows(work);
    limit.tokens = work.tokens;
    if (request_.rows_per_batch == 0) {
      limit.sizer = &model_.gradient_sizer;
      limit.work = [&](const Point& point) { return work_of(request_.layers[point.layer], work.tokens); };
      limit.seconds = [&] { return result_.statistics.runtime_seconds; };
    }
    PathGroup group(model_, request_, members, result_.statistics);
    for (std::size_t e = 0; e < members.size(); ++e) result_.value[members[e]] = group.value(e);
    std::vector<std::size_t> every(request_.layers.size());
    std::iota(every.begin(), every.end(), std::size_t{0});
    const Together together = layers_together(work, members.size());
    for (std::span<const std::size_t> rest = every; !rest.empty();) {
      const auto some = rest.first(std::min(together.layers, rest.size()));
      integrate_layers(group, {some, together.all_layers}, limit);
      rest = rest.subspan(some.size());
    }
    return members.size();
  }

  // What a point at the layer takes, for the sizer: of the last block, where only logits or classes are
  // asked for, a quarter is left.
  [[nodiscard]] double work_of(int layer, std::size_t tokens) const {
    const EncoderSizes& sizes = model_.description().sizes;
    const auto above = static_cast<std::size_t>(sizes.num_layers - 1 - layer);
    if (above == 0) return 0.0;
    const bool few = request_.target.is_sum_of_logits() || !model_.description().head().is_reader();
    const double saved = few ? 0.75 * forward_row_work(sizes, tokens, 1) : 0.0;
    return forward_row_work(sizes, tokens, above) - saved;
  }

  void integrate_layers(PathGroup& group, const Layers& layers, BatchLimit& limit) {
    const Advance advance = [&](double paths) {
      done_ += paths;
      progress_(std::min(paths_, static_cast<std::size_t>(std::lround(done_))), paths_);
    };
    const Deliver deliver = [&](const PathIntegral& integral) { take_integral(group, integral); };
    if (request_.adaptive) {
      quadrature::AdaptiveRule rule = *request_.adaptive;
      rule.rounding = runtime::rounding_of(model_.description().precision);
      integrate_adaptive(group, layers, rule, limit, advance, deliver);
    } else {
      integrate_fixed(group, layers, request_.nodes, request_.weights, limit, advance, deliver);
    }
  }

  void take_integral(PathGroup& group, const PathIntegral& integral) {
    const std::size_t index = integral.layer;
    // The next group has another length: what is free now would not fit it, and stay beside what it needs.
    const bool last = index + 1 == request_.layers.size();
    const Finished finished = group.finish(index, integral.sums, request_.keep_values, last);
    take(group, finished.scores, index, 1, result_.scores);
    take(group, finished.signed_sums, index, 1, result_.signed_sums);
    if (request_.keep_values) take(group, *finished.values, index, width(), result_.values);
    for (std::size_t e = 0; e < group.size(); ++e) {
      const std::size_t at = index * request_.sequences.size() + group.member(e);
      result_.baseline_value[at] = integral.baseline_value[e];
      result_.evaluations[at] = integral.evaluations[e];
      if (request_.adaptive) result_.error[at] = integral.error[e];
    }
  }

  // Copies the unpadded rows of `padded` [E, T, width] to layer `index` of `all` [layers, total tokens,
  // width].
  void take(const PathGroup& group, const runtime::Value& padded, std::size_t index, std::size_t width,
            std::vector<float>& all) const {
    const auto* row = padded.data<float>();
    auto* layer = all.data() + index * request_.sequences.total() * width;
    for (std::size_t e = 0; e < group.size(); ++e) {
      std::copy_n(row, group.length(e) * width, layer + request_.sequences.begin(group.member(e)) * width);
      row += group.tokens() * width;
    }
  }

  Model& model_;
  const IntegrationRequest& request_;
  const Progress& progress_;
  IntegrationResult result_;
  std::size_t paths_ = 0;
  double done_ = 0;
};

}  // namespace

IntegrationResult integrate(Model& model, const IntegrationRequest& request, const Progress& progress) {
  validate(model, request);
  return Integration(model, request, progress).run();
}

}  // namespace bertqa::engine
