#include "engine/sequences.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace bertqa::engine {

using runtime::ElementType;
using runtime::Value;

namespace {

// A zeroed tensor of that shape, rows of `size` elements: the members' stretches of `flat`, with `width`
// elements a token, are copied to the left.
template <typename T>
Value padded(const std::shared_ptr<runtime::Environment>& env, const Stretches& stretches,
             std::span<const T> flat, std::span<const std::size_t> members,
             std::span<const std::int64_t> shape, std::size_t size, std::size_t width) {
  Value value = Value::allocate(env, runtime::element_type_of<T>, shape);
  auto* out = value.template data<T>();
  std::fill_n(out, value.element_count(), T{0});
  for (const std::size_t member : members) {
    const auto row = flat.subspan(stretches.begin(member) * width, stretches.length(member) * width);
    std::ranges::copy(row, out);
    out += size;
  }
  return value;
}

Value padded_ids(const std::shared_ptr<runtime::Environment>& env, const Sequences& sequences,
                 std::span<const std::int64_t> flat, std::span<const std::size_t> members,
                 std::size_t tokens) {
  const std::array shape{static_cast<std::int64_t>(members.size()), static_cast<std::int64_t>(tokens)};
  return padded(env, sequences, flat, members, shape, tokens, 1);
}

}  // namespace

std::vector<std::size_t> Stretches::lengths() const {
  std::vector<std::size_t> all(size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = length(i);
  return all;
}

void Stretches::validate(std::size_t total, std::size_t longest) const {
  if (offsets.empty() || offsets.front() != 0 || std::cmp_not_equal(offsets.back(), total)) {
    throw std::invalid_argument("sequences: offsets must run from 0 to the number of tokens (" +
                                std::to_string(total) + ")");
  }
  for (std::size_t i = 0; i < size(); ++i) {
    const std::int64_t tokens = offsets[i + 1] - offsets[i];
    if (tokens < 1 || std::cmp_greater(tokens, longest)) {
      throw std::invalid_argument("sequences: sequence " + std::to_string(i) + " has " +
                                  std::to_string(tokens) + " tokens, wanted 1 to " + std::to_string(longest) +
                                  " (the positions that the model has)");
    }
  }
}

void Sequences::validate(std::size_t longest) const {
  if (token_type_ids.size() != total()) {
    throw std::invalid_argument("sequences: got " + std::to_string(token_type_ids.size()) +
                                " token types, wanted as many as ids (" + std::to_string(total()) + ")");
  }
  Stretches::validate(total(), longest);
}

void validate_ids(std::span<const std::int64_t> ids, std::size_t vocabulary, const char* name) {
  const auto outside = std::ranges::find_if(
      ids, [&](std::int64_t id) { return id < 0 || std::cmp_greater_equal(id, vocabulary); });
  if (outside != ids.end()) {
    throw std::invalid_argument(std::string(name) + ": got " + std::to_string(*outside) + ", wanted 0 to " +
                                std::to_string(vocabulary - 1) + " (the pieces that the model knows)");
  }
}

PaddedInputs pad(const std::shared_ptr<runtime::Environment>& env, const Sequences& sequences,
                 std::span<const std::size_t> members, std::size_t tokens) {
  return {padded_ids(env, sequences, sequences.input_ids, members, tokens),
          padded_ids(env, sequences, sequences.token_type_ids, members, tokens),
          length_mask(env, sequences, members, tokens)};
}

Value length_mask(const std::shared_ptr<runtime::Environment>& env, const Stretches& stretches,
                  std::span<const std::size_t> members, std::size_t tokens) {
  const std::array shape{static_cast<std::int64_t>(members.size()), static_cast<std::int64_t>(tokens)};
  Value value = Value::allocate(env, ElementType::float32, shape);
  auto* out = value.data<float>();
  std::fill_n(out, value.element_count(), 0.0F);
  for (const std::size_t member : members) {
    std::fill_n(out, stretches.length(member), 1.0F);
    out += tokens;
  }
  return value;
}

Value pad_rows(const std::shared_ptr<runtime::Environment>& env, const Stretches& stretches,
               std::span<const float> flat, std::span<const std::size_t> members, std::size_t tokens,
               std::size_t width) {
  const std::array shape{static_cast<std::int64_t>(members.size()), static_cast<std::int64_t>(tokens),
                         static_cast<std::int64_t>(width)};
  return padded(env, stretches, flat, members, shape, tokens * width, width);
}

void unpad_rows(const Value& padded, const Stretches& stretches, std::span<const std::size_t> members,
                std::size_t tokens, std::size_t width, float* flat) {
  const auto* row = padded.data<float>();
  for (const std::size_t member : members) {
    std::copy_n(row, stretches.length(member) * width, flat + (stretches.begin(member) * width));
    row += tokens * width;
  }
}

}  // namespace bertqa::engine
