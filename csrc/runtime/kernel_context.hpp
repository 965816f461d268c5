// What an operator of ours sees while it runs: its inputs, its outputs, the runtime's threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/ort_api.hpp"
#include "runtime/status.hpp"

namespace bertqa::runtime {

template <typename T>
struct Operand {
  const T* data;
  std::vector<std::int64_t> shape;

  // The last dimension, and the product of all others; 1 and 1 for a number.
  [[nodiscard]] std::size_t columns() const {
    return shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
  }
  [[nodiscard]] std::size_t rows() const {
    std::size_t count = 1;
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) {
      count *= static_cast<std::size_t>(shape[i]);
    }
    return count;
  }
};

// The elements of a tensor on the host and its dimensions.
const void* read_tensor(const ort::Api& api, const ort::Value* value, std::vector<std::int64_t>* shape);

// Borrowed for one run of one node. What it throws becomes a status before it reaches the runtime.
class KernelContext {
 public:
  KernelContext(const ort::Api& api, ort::KernelContext* raw) : api_(&api), raw_(raw) {}

  [[nodiscard]] Operand<float> input(std::size_t index) const { return operand<float>(index); }
  [[nodiscard]] Operand<std::int64_t> integers(std::size_t index) const {
    return operand<std::int64_t>(index);
  }
  // Memory for an output; null where the graph leaves an optional one out.
  [[nodiscard]] float* output(std::size_t index, std::span<const std::int64_t> shape) const;

  // Calls work(begin, end) until rows [0, rows) are done, from several threads where that pays; `work` must
  // not throw. `floats` is what a row reads and writes.
  template <typename Work>
  void for_rows(std::size_t rows, std::size_t floats, const Work& work) const {
    constexpr std::size_t kGrain = std::size_t{1}
                                   << 15U;  // tens of microseconds: far above the cost of a task
    const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, floats));
    const std::size_t tasks = (rows + grain - 1) / grain;
    if (tasks <= 1) {
      work(std::size_t{0}, rows);
      return;
    }
    for_tasks(tasks,
              [&](std::size_t task) noexcept { work(task * grain, std::min(rows, (task + 1) * grain)); });
  }

  // Calls work(task) for every task, from several threads; `work` must not throw.
  template <typename Work>
  void for_tasks(std::size_t tasks, const Work& work) const {
    const auto call = [](void* data, std::size_t task) { (*static_cast<const Work*>(data))(task); };
    parallel(call, tasks, const_cast<void*>(static_cast<const void*>(&work)));  // NOLINT: a C callback's data
  }

 private:
  template <typename T>
  [[nodiscard]] Operand<T> operand(std::size_t index) const {
    Operand<T> found{};
    found.data = static_cast<const T*>(read(index, &found.shape));
    return found;
  }
  const void* read(std::size_t index, std::vector<std::int64_t>* shape) const;
  void parallel(ort::ParallelWork* work, std::size_t count, void* data) const;

  const ort::Api* api_;
  ort::KernelContext* raw_;
};

}  // namespace bertqa::runtime
