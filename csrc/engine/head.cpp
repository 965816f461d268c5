#include "engine/head.hpp"

#include <algorithm>
#include <array>

namespace bertqa::engine {
namespace {

constexpr std::array kReader{"start_logits", "end_logits"};
constexpr std::array kClassifier{"class_logits"};

}  // namespace

std::span<const char* const> Head::names() const {
  if (is_reader()) return kReader;
  return kClassifier;
}

std::vector<runtime::Output> Head::outputs() const {
  std::vector<runtime::Output> all;
  for (const char* name : names()) all.push_back({name});
  return all;
}

Logits::Logits(const Head& head, std::size_t sequences, std::size_t tokens, std::size_t runs)
    : start(head.is_reader() ? runs * tokens : 0),
      end(head.is_reader() ? runs * tokens : 0),
      classes(runs * sequences * head.classes()) {}

void Logits::take(const Head& head, std::span<const runtime::Value> values, const Stretches& stretches,
                  std::span<const std::size_t> members, std::size_t tokens, std::size_t run) {
  if (head.is_reader()) {
    const std::size_t first = run * static_cast<std::size_t>(stretches.offsets.back());
    unpad_rows(values[0], stretches, members, tokens, 1, start.data() + first);
    unpad_rows(values[1], stretches, members, tokens, 1, end.data() + first);
    return;
  }
  const auto* row = values[0].data<float>();
  float* own = classes.data() + (run * stretches.size() * head.classes());
  for (const std::size_t member : members) {
    std::copy_n(row, head.classes(), own + (member * head.classes()));
    row += head.classes();
  }
}

}  // namespace bertqa::engine
