// Token sequences of different lengths, end to end in flat arrays, and their padded tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/environment.hpp"
#include "runtime/value.hpp"

namespace bertqa::engine {

// A view: sequence i is the stretch [offsets[i], offsets[i + 1]) of the flat arrays.
struct Sequences {
  std::span<const std::int64_t> input_ids;       // [total tokens]
  std::span<const std::int64_t> token_type_ids;  // [total tokens]
  std::span<const std::int64_t> offsets;         // [sequences + 1]

  [[nodiscard]] std::size_t size() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  [[nodiscard]] std::size_t begin(std::size_t i) const { return static_cast<std::size_t>(offsets[i]); }
  [[nodiscard]] std::size_t length(std::size_t i) const { return begin(i + 1) - begin(i); }
  [[nodiscard]] std::size_t total() const { return input_ids.size(); }
  [[nodiscard]] std::vector<std::size_t> lengths() const;

  // std::invalid_argument unless the arrays fit each other and no sequence is empty or longer than `longest`.
  void validate(std::size_t longest) const;
};

// What the graph `hidden_states` takes: [B, T] each, padded with zeros on the right.
struct PaddedInputs {
  runtime::Value input_ids;
  runtime::Value token_type_ids;
  runtime::Value attention_mask;
};

// Pads the sequences named by `members` to `tokens`.
PaddedInputs pad(const std::shared_ptr<runtime::Environment>& env, const Sequences& sequences,
                 std::span<const std::size_t> members, std::size_t tokens);

// A tensor [members, tokens] that is 1 on the first length(i) positions of row i, and 0 after.
runtime::Value length_mask(const std::shared_ptr<runtime::Environment>& env, const Sequences& sequences,
                           std::span<const std::size_t> members, std::size_t tokens);

}  // namespace bertqa::engine
