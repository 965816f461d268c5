// What graphs take of the targets of some sequences.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/head.hpp"
#include "engine/target.hpp"
#include "runtime/environment.hpp"
#include "runtime/session.hpp"
#include "runtime/value.hpp"

namespace bertqa::engine {

class TargetTensors {
 public:
  // Those of `members`; `spans` has `per_target` for every sequence.
  TargetTensors(const std::shared_ptr<runtime::Environment>& env, const Head& head, const Spans& spans,
                std::size_t per_target, const TargetForm& form, std::span<const std::size_t> members);

  // Adds the inputs to those of a run, which must end before this does. `logits_only`: of a graph that knows
  // no softmax.
  void feed(std::vector<runtime::Input>& feeds, bool logits_only) const;

 private:
  Head head_;
  runtime::Value start_, end_, sign_, mix_, reselect_;
};

// The spans of one sequence.
Spans spans_of(const Spans& all, std::size_t per_target, std::size_t sequence);

}  // namespace bertqa::engine
