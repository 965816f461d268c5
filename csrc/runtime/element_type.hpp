// Element types of tensors, and the C++ types that stand for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bertqa::runtime {

// The numbers are the C API's (and ONNX's).
enum class ElementType : std::uint8_t {
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  int32 = 6,
  int64 = 7,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  bfloat16 = 16,
};

template <typename T>
struct ElementTypeOf;
template <>
struct ElementTypeOf<float> {
  static constexpr ElementType value = ElementType::float32;
};
template <>
struct ElementTypeOf<double> {
  static constexpr ElementType value = ElementType::float64;
};
template <>
struct ElementTypeOf<std::int64_t> {
  static constexpr ElementType value = ElementType::int64;
};
template <>
struct ElementTypeOf<std::int32_t> {
  static constexpr ElementType value = ElementType::int32;
};
template <>
struct ElementTypeOf<std::uint8_t> {
  static constexpr ElementType value = ElementType::uint8;
};
template <>
struct ElementTypeOf<std::int8_t> {
  static constexpr ElementType value = ElementType::int8;
};
template <>
struct ElementTypeOf<bool> {
  static constexpr ElementType value = ElementType::boolean;
};

template <typename T>
inline constexpr ElementType element_type_of = ElementTypeOf<T>::value;

// The C API's number as one of ours; std::invalid_argument for strings, complex numbers and the like.
ElementType element_type(int number);
// By numpy's name ("float32", "int64", "bool" ...), as in a manifest; std::invalid_argument for others.
ElementType element_type(std::string_view name);
// numpy's name of it.
std::string_view name_of(ElementType type) noexcept;
std::size_t bytes_per_element(ElementType type) noexcept;

// "[2, 3]", for messages.
std::string shape_text(std::span<const std::int64_t> shape);
// Elements of a shape; std::invalid_argument for negative dimensions and for counts that overflow.
std::size_t element_count(std::span<const std::int64_t> shape);
// Bytes of a tensor; std::invalid_argument where they overflow.
std::size_t byte_count(ElementType type, std::span<const std::int64_t> shape);

}  // namespace bertqa::runtime
