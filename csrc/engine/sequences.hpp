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

// A view: sequence i is the stretch [offsets[i], offsets[i + 1]) of flat arrays.
struct Stretches {
  std::span<const std::int64_t> offsets;  // [sequences + 1]

  [[nodiscard]] std::size_t size() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  [[nodiscard]] std::size_t begin(std::size_t i) const { return static_cast<std::size_t>(offsets[i]); }
  [[nodiscard]] std::size_t length(std::size_t i) const { return begin(i + 1) - begin(i); }
  [[nodiscard]] std::vector<std::size_t> lengths() const;

  // std::invalid_argument unless they run from 0 to `total`, and none is empty or longer than `longest`.
  void validate(std::size_t total, std::size_t longest) const;
};

// What sequences are made of.
struct Sequences : Stretches {
  std::span<const std::int64_t> input_ids;       // [total tokens]
  std::span<const std::int64_t> token_type_ids;  // [total tokens]

  [[nodiscard]] std::size_t total() const { return input_ids.size(); }
  // std::invalid_argument unless the arrays fit each other and no sequence is empty or longer than `longest`.
  void validate(std::size_t longest) const;
};

// std::invalid_argument naming `name` unless all ids are from 0 to `vocabulary` - 1. Devices do not look
// whether an index is one of theirs.
void validate_ids(std::span<const std::int64_t> ids, std::size_t vocabulary, const char* name);

// The hidden states of sequences at one layer.
struct HiddenStates : Stretches {
  std::span<const float> values;  // [total tokens, H]
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
runtime::Value length_mask(const std::shared_ptr<runtime::Environment>& env, const Stretches& stretches,
                           std::span<const std::size_t> members, std::size_t tokens);

// A tensor [members, tokens, width]: the members' stretches of `flat` [total tokens, width], zeros after
// them.
runtime::Value pad_rows(const std::shared_ptr<runtime::Environment>& env, const Stretches& stretches,
                        std::span<const float> flat, std::span<const std::size_t> members, std::size_t tokens,
                        std::size_t width);

// The way back: copies the unpadded part of each row of `padded` [members, tokens, width] to its place in
// `flat`.
void unpad_rows(const runtime::Value& padded, const Stretches& stretches,
                std::span<const std::size_t> members, std::size_t tokens, std::size_t width, float* flat);

}  // namespace bertqa::engine
