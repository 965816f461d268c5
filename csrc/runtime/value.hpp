// A tensor of the runtime.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/element_type.hpp"
#include "runtime/environment.hpp"

namespace bertqa::runtime {

// Move-only owner of a tensor, in the host's memory or a device's. Holds its environment: what allocated the
// memory must be there to free it.
class Value {
 public:
  // Memory of the runtime's own, uninitialised.
  static Value allocate(std::shared_ptr<Environment> env, ElementType type,
                        std::span<const std::int64_t> shape);
  // Looks at `memory` without owning it: whoever does must outlive the value and every run that was given it,
  // and must not move it. `bytes` is what is there; less than the shape needs is std::invalid_argument.
  static Value view(std::shared_ptr<Environment> env, ElementType type, std::span<const std::int64_t> shape,
                    void* memory, std::size_t bytes);
  // Memory of the runtime's own, filled from `elements`.
  template <typename T>
  static Value copy_of(std::shared_ptr<Environment> env, std::span<const T> elements,
                       std::span<const std::int64_t> shape);
  // Takes over a tensor that the runtime made; std::invalid_argument if it is no tensor of a type that we
  // know. `device_memory`: where it is not called "Cpu" its memory is a device's; otherwise all memory is the
  // host's, whatever a provider calls it.
  static Value adopt(std::shared_ptr<Environment> env, ValueHandle handle, bool device_memory = false);

  [[nodiscard]] const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  [[nodiscard]] ElementType type() const noexcept { return type_; }
  [[nodiscard]] std::size_t element_count() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return count_ * bytes_per_element(type_); }

  [[nodiscard]] bool on_host() const noexcept { return on_host_; }
  // What the runtime calls the memory that it lies in, such as "Cpu" or "Cuda".
  [[nodiscard]] const std::string& place() const noexcept { return place_; }

  // The elements; std::invalid_argument if they are of another type than `T`, or on a device.
  template <typename T>
  [[nodiscard]] T* data() {
    require(element_type_of<T>);
    return static_cast<T*>(memory_);
  }
  template <typename T>
  [[nodiscard]] const T* data() const {
    require(element_type_of<T>);
    return static_cast<const T*>(memory_);
  }
  template <typename T>
  [[nodiscard]] std::span<T> span() {
    return {data<T>(), count_};
  }
  template <typename T>
  [[nodiscard]] std::span<const T> span() const {
    return {data<T>(), count_};
  }

  // Null for a tensor on a device.
  [[nodiscard]] void* memory() noexcept { return memory_; }
  [[nodiscard]] const void* memory() const noexcept { return memory_; }
  [[nodiscard]] const ort::Value* raw() const noexcept { return handle_.get(); }

 private:
  Value(std::shared_ptr<Environment> env, ValueHandle handle, ElementType type,
        std::vector<std::int64_t> shape, bool device_memory = false);
  void require(ElementType wanted) const;
  static void require_count(std::size_t got, std::span<const std::int64_t> shape);

  std::shared_ptr<Environment> env_;  // before the handle: released after it
  ValueHandle handle_;
  ElementType type_;
  std::vector<std::int64_t> shape_;
  std::size_t count_ = 0;
  std::string place_;
  bool on_host_ = true;
  void* memory_ = nullptr;
};

template <typename T>
Value Value::copy_of(std::shared_ptr<Environment> env, std::span<const T> elements,
                     std::span<const std::int64_t> shape) {
  require_count(elements.size(), shape);
  Value value = allocate(std::move(env), element_type_of<T>, shape);
  std::copy(elements.begin(), elements.end(), value.template data<T>());
  return value;
}

}  // namespace bertqa::runtime
