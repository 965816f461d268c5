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

// A zeroed tensor [members, tokens] with the members' stretches of `flat` copied to the left.
Value padded(const std::shared_ptr<runtime::Environment>& env, const Sequences& sequences,
             std::span<const std::int64_t> flat, std::span<const std::size_t> members, std::size_t tokens) {
  const std::array shape{static_cast<std::int64_t>(members.size()), static_cast<std::int64_t>(tokens)};
  Value value = Value::allocate(env, ElementType::int64, shape);
  auto* out = value.data<std::int64_t>();
  std::fill_n(out, value.element_count(), std::int64_t{0});
  for (const std::size_t member : members) {
    const auto row = flat.subspan(sequences.begin(member), sequences.length(member));
    std::ranges::copy(row, out);
    out += tokens;
  }
  return value;
}

}  // namespace

std::vector<std::size_t> Sequences::lengths() const {
  std::vector<std::size_t> all(size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = length(i);
  return all;
}

void Sequences::validate(std::size_t longest) const {
  if (offsets.empty() || offsets.front() != 0 || static_cast<std::size_t>(offsets.back()) != total() ||
      token_type_ids.size() != total()) {
    throw std::invalid_argument("sequences: offsets must run from 0 to the number of ids (" +
                                std::to_string(total()) + "), and there must be as many token types");
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

PaddedInputs pad(const std::shared_ptr<runtime::Environment>& env, const Sequences& sequences,
                 std::span<const std::size_t> members, std::size_t tokens) {
  return {padded(env, sequences, sequences.input_ids, members, tokens),
          padded(env, sequences, sequences.token_type_ids, members, tokens),
          length_mask(env, sequences, members, tokens)};
}

Value length_mask(const std::shared_ptr<runtime::Environment>& env, const Sequences& sequences,
                  std::span<const std::size_t> members, std::size_t tokens) {
  const std::array shape{static_cast<std::int64_t>(members.size()), static_cast<std::int64_t>(tokens)};
  Value value = Value::allocate(env, ElementType::float32, shape);
  auto* out = value.data<float>();
  std::fill_n(out, value.element_count(), 0.0F);
  for (const std::size_t member : members) {
    std::fill_n(out, sequences.length(member), 1.0F);
    out += tokens;
  }
  return value;
}

}  // namespace bertqa::engine
