// What a model says of a sequence: a reader's logits of where an answer starts and ends, a position each, or
// a classifier's, a class each.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/sequences.hpp"
#include "runtime/session.hpp"
#include "runtime/value.hpp"

namespace bertqa::engine {

class Head {
 public:
  // `classes` 0: a reader.
  explicit Head(std::size_t classes) : classes_(classes) {}

  [[nodiscard]] bool is_reader() const { return classes_ == 0; }
  [[nodiscard]] std::size_t classes() const { return classes_; }
  // What graphs call the logits.
  [[nodiscard]] std::span<const char* const> names() const;
  [[nodiscard]] std::vector<runtime::Output> outputs() const;
  // How many logits of a kind a row has that is padded to `tokens`, and how many of them are a sequence's
  // own.
  [[nodiscard]] std::size_t width(std::size_t tokens) const { return is_reader() ? tokens : classes_; }

 private:
  std::size_t classes_;
};

// Logits of many sequences, without padding: a reader's [total tokens] each, or a classifier's
// [sequences, classes]; what the model does not have is empty. With `runs` there are as many of them, one
// after the other: the same sequences run several times.
struct Logits {
  std::vector<float> start, end, classes;

  Logits() = default;
  Logits(const Head& head, std::size_t sequences, std::size_t tokens, std::size_t runs = 1);

  // Copies what a batch gave in run number `run`, `values` in the order of Head::outputs, to the members'
  // places.
  void take(const Head& head, std::span<const runtime::Value> values, const Stretches& stretches,
            std::span<const std::size_t> members, std::size_t tokens, std::size_t run = 0);
};

}  // namespace bertqa::engine
