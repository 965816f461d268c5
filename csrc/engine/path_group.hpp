// The paths of examples that are padded to one length and share batches: points on them are run forward, or
// forward and back. Everything that is as long as a hidden state stays a value of the runtime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/integrate.hpp"
#include "engine/model.hpp"
#include "engine/plan.hpp"
#include "engine/target_tensors.hpp"

namespace bertqa::engine {

// What a run forward and back leaves of a batch of points, sorted by layer.
struct Gradients {
  std::vector<Point> points;
  runtime::Value gradient;     // [R, T, H]
  std::vector<float> slopes;   // [R, T]: what each token adds to dF/d(alpha)
  std::vector<double> values;  // [R]: F
};

// Scores of sums, [A, T] each; `values` [A, T, H] only where they were asked for.
struct Finished {
  runtime::Value scores;
  runtime::Value signed_sums;
  std::optional<runtime::Value> values;
};

class PathGroup {
 public:
  // Runs `hidden_states` for the members (and their baselines), or takes the states that were given. The
  // request and `statistics` must outlive it.
  PathGroup(Model& model, const IntegrationRequest& request, std::span<const std::size_t> members,
            Statistics& statistics);

  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  [[nodiscard]] std::size_t tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::size_t member(std::size_t e) const { return members_[e]; }
  [[nodiscard]] std::size_t length(std::size_t e) const { return request_.sequences.length(members_[e]); }
  // F at the input of member `e`.
  [[nodiscard]] double value(std::size_t e) const { return values_[e]; }

  // F at points on the paths of one layer.
  std::vector<double> run_forward(std::span<const Point> points);
  // F and its gradients at points on the paths of one layer, or (`all_layers`) of any.
  Gradients run_gradients(std::span<const Point> points, bool all_layers);

  // sums + weights . gradients, [E, T, H], with weights [E, points]. Nothing stands for sums of zero.
  runtime::Value weigh(const Gradients& gradients, std::span<const float> weights,
                       const std::optional<runtime::Value>& sums);
  // (x - x') times the sums of every member. `last`: give free memory back afterwards.
  Finished finish(std::size_t index, const std::optional<runtime::Value>& sums, bool keep_values, bool last);

 private:
  std::vector<runtime::Value> run_hidden_states(const PaddedInputs& inputs, bool values);
  // [E, T, H], on the device: zeros, and the members' rows of flat ones [total tokens, H], padded with zeros.
  [[nodiscard]] runtime::Value zeros();
  [[nodiscard]] runtime::Value padded_rows(std::span<const float> flat);
  [[nodiscard]] std::vector<Point> ends() const;
  [[nodiscard]] const runtime::Value& baseline(std::size_t index) const;
  [[nodiscard]] double value_of(std::size_t e, std::span<const float> start,
                                std::span<const float> end) const;
  // F at points, from the logits that the head gives of them.
  [[nodiscard]] std::vector<double> values_of(std::span<const Point> points,
                                              std::span<const runtime::Value> logits) const;
  // F at points whose logits at the spans' ends are known: [R, K] each.
  [[nodiscard]] std::vector<double> logit_values_of(std::span<const Point> points,
                                                    const runtime::Value& start,
                                                    const runtime::Value& end) const;
  // How many points each layer of the model has: int64 [L + 1].
  [[nodiscard]] runtime::Value rows_of_layers(std::span<const Point> points) const;
  void count(std::span<const Point> points);

  Model& model_;
  Head head_;
  const IntegrationRequest& request_;
  std::span<const std::size_t> members_;
  Statistics& statistics_;
  std::size_t tokens_;
  std::vector<double> values_;
  std::vector<std::string> hidden_names_, baseline_names_;  // of every layer of the model
  std::vector<runtime::Value> hidden_;                      // one a layer of the request
  std::vector<runtime::Value> baselines_;                   // one a layer, or one for all; none: zeros
  // The same for every batch; optional because values have no empty state.
  std::optional<runtime::Value> zeros_, attention_mask_, softmax_mask_;
  std::optional<TargetTensors> target_;
};

}  // namespace bertqa::engine
