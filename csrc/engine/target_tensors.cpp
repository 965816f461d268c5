#include "engine/target_tensors.hpp"

#include <array>
#include <cstdint>

namespace bertqa::engine {
namespace {

using runtime::Value;

template <typename T>
Value gather(const std::shared_ptr<runtime::Environment>& env, std::span<const T> all, std::size_t per_target,
             std::span<const std::size_t> members) {
  std::vector<T> mine;
  for (const std::size_t member : members) {
    const auto part = all.subspan(member * per_target, per_target);
    mine.insert(mine.end(), part.begin(), part.end());
  }
  const std::array shape{static_cast<std::int64_t>(members.size()), static_cast<std::int64_t>(per_target)};
  return Value::copy_of<T>(env, mine, shape);
}

template <typename T, std::size_t N>
Value vector_of(const std::shared_ptr<runtime::Environment>& env, const std::array<T, N>& elements) {
  const std::array shape{static_cast<std::int64_t>(N)};
  return Value::copy_of<T>(env, elements, shape);
}

}  // namespace

TargetTensors::TargetTensors(const std::shared_ptr<runtime::Environment>& env, const Head& head,
                             const Spans& spans, std::size_t per_target, const TargetForm& form,
                             std::span<const std::size_t> members)
    : head_(head),
      start_(gather(env, spans.start, per_target, members)),
      end_(gather(env, spans.end, per_target, members)),
      sign_(gather(env, spans.sign, per_target, members)),
      mix_(vector_of(env, form.mix)),
      reselect_(vector_of(env, std::array{form.reselect})) {}

void TargetTensors::feed(std::vector<runtime::Input>& feeds, bool logits_only) const {
  feeds.push_back({"target_mix", &mix_});
  if (!logits_only) feeds.push_back({"reselect", &reselect_});
  if (head_.is_reader()) {
    feeds.insert(feeds.end(), {{"span_start", &start_}, {"span_end", &end_}, {"span_sign", &sign_}});
  } else {
    feeds.insert(feeds.end(), {{"label", &start_}, {"label_sign", &sign_}});
  }
}

Spans spans_of(const Spans& all, std::size_t per_target, std::size_t sequence) {
  const std::size_t first = sequence * per_target;
  return {all.start.subspan(first, per_target), all.end.subspan(first, per_target),
          all.sign.subspan(first, per_target)};
}

}  // namespace bertqa::engine
