// What calls of the engine share: arrays in, progress, statistics out.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/head.hpp"
#include "engine/model.hpp"
#include "engine/sequences.hpp"
#include "engine/target.hpp"

namespace bertqa::bindings {

using ModelClass = pybind11::class_<engine::Model, std::shared_ptr<engine::Model>>;
using Ints = pybind11::array_t<std::int64_t, pybind11::array::c_style>;
using Floats = pybind11::array_t<float, pybind11::array::c_style>;
using Doubles = pybind11::array_t<double, pybind11::array::c_style>;

template <typename T, int Flags>
std::span<const T> span_of(const pybind11::array_t<T, Flags>& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}

// What the engine calls between batches. Signals are looked at there, so that Ctrl-C ends a run within one
// batch; the exception passes through the engine, whose state is whole between batches. `callback` must
// outlive it.
engine::Progress progress_of(const pybind11::object& callback);

// The target that these seven weights say; std::invalid_argument for another number of them.
engine::TargetForm target_of(const Floats& target_mix, bool reselect);

// Puts a reader's `start_logits`, `end_logits` [total tokens] or a classifier's `class_logits` [sequences, C]
// into what a call returns.
void put_logits(pybind11::dict& out, engine::Logits&& logits, const engine::Model& model);

// The same of many runs: `masked_start_logits` [runs, total tokens] and so on.
void put_masked_logits(pybind11::dict& out, engine::Logits&& logits, const engine::Model& model,
                       const engine::Sequences& sequences, std::size_t runs);

pybind11::dict as_dict(const engine::Statistics& statistics);

// The methods that run under attention masks.
void register_masked(ModelClass& model);

// The methods that explain by one run of the whole model.
void register_single_pass(ModelClass& model);

}  // namespace bertqa::bindings
