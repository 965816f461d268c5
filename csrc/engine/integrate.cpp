#include "engine/integrate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "engine/path_group.hpp"
#include "engine/path_integral.hpp"
#include "engine/request.hpp"

namespace bertqa::engine {
namespace {

// More tokens in a batch make its matrix products no faster and its activations fall out of the caches.
constexpr std::size_t kTokensPerBatch = 2048;
// An adaptive rule keeps the gradients of all its nodes: so many are reckoned with, and a share of the budget
// is theirs and the hidden states'.
constexpr std::size_t kNodesReckoned = 24;
constexpr std::size_t kShareOfKeptGradients = 4;
// Paths of one layer that are refined together: enough to fill batches when few nodes are added at a time.
constexpr std::size_t kPathsPerGroup = 16;
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
    const std::size_t tokens = std::max(request_.pad_to, request_.sequences.length(order.front()));
    // The lowest cut runs the most blocks: what fits there fits everywhere.
    const int lowest = request_.layers.empty() ? 0 : *std::ranges::min_element(request_.layers);
    const auto blocks = static_cast<std::size_t>(description.sizes.num_layers - 1 - lowest);
    const std::size_t kept_budget = request_.adaptive ? description.memory_budget / kShareOfKeptGradients : 0;
    const std::size_t budget = description.memory_budget - kept_budget;
    BatchLimit limit{request_.rows_per_batch};
    if (limit.rows == 0) {
      const std::size_t wanted = std::max<std::size_t>(1, kTokensPerBatch / tokens);
      limit.rows = rows_within(budget, gradient_row_bytes(description.sizes, tokens, blocks), wanted);
    }
    std::size_t sharing = 0;
    if (request_.adaptive) {
      const std::size_t tensors = kNodesReckoned + request_.layers.size() + 1;
      sharing = rows_within(kept_budget, tensors * tokens * width() * sizeof(float), kPathsPerGroup);
    } else {
      // Sequences share batches only where one alone would not fill a batch.
      sharing = std::max<std::size_t>(1, limit.rows / request_.nodes.size());
    }
    sharing = group_size(request_, order, tokens, sharing);
    const auto members = order.first(sharing);
    PathGroup group(model_, request_, members, result_.statistics);
    for (std::size_t e = 0; e < sharing; ++e) result_.value[members[e]] = group.value(e);
    for (std::size_t i = 0; i < request_.layers.size(); ++i) integrate_layer(group, i, limit);
    return sharing;
  }

  void integrate_layer(PathGroup& group, std::size_t index, BatchLimit& limit) {
    const Advance advance = [&](double paths) {
      done_ += paths;
      progress_(std::min(paths_, static_cast<std::size_t>(std::lround(done_))), paths_);
    };
    const PathIntegral integral =
        request_.adaptive ? integrate_adaptive(group, index, *request_.adaptive, limit, advance)
                          : integrate_fixed(group, index, request_.nodes, request_.weights, limit, advance);
    std::vector<std::int64_t> owners(group.size());
    std::iota(owners.begin(), owners.end(), std::int64_t{0});
    // The next group has another length: what is free now would not fit it, and stay beside what it needs.
    const bool last = index + 1 == request_.layers.size();
    const Finished finished = group.finish(index, integral.sums, owners, request_.keep_values, last);
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
