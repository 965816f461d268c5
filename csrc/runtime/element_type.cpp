#include "runtime/element_type.hpp"

#include <array>
#include <limits>
#include <stdexcept>

namespace bertqa::runtime {
namespace {

struct Row {
  ElementType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<Row, 9> kTable = {{
    {ElementType::float32, "float32", 4},
    {ElementType::uint8, "uint8", 1},
    {ElementType::int8, "int8", 1},
    {ElementType::int32, "int32", 4},
    {ElementType::int64, "int64", 8},
    {ElementType::boolean, "bool", 1},
    {ElementType::float16, "float16", 2},
    {ElementType::float64, "float64", 8},
    {ElementType::bfloat16, "bfloat16", 2},
}};

const Row& row(ElementType type) noexcept {
  for (const Row& candidate : kTable) {
    if (candidate.type == type) {
      return candidate;
    }
  }
  return kTable.front();  // not reached: every enumerator has its row
}

std::size_t checked_product(std::size_t count, std::size_t factor, std::span<const std::int64_t> shape) {
  if (factor != 0 && count > std::numeric_limits<std::size_t>::max() / factor) {
    throw std::invalid_argument("shape: " + shape_text(shape) + " is larger than memory can be");
  }
  return count * factor;
}

}  // namespace

ElementType element_type(int number) {
  for (const Row& candidate : kTable) {
    if (static_cast<int>(candidate.type) == number) {
      return candidate.type;
    }
  }
  throw std::invalid_argument("element type: got ONNX type " + std::to_string(number) +
                              ", which is not supported");
}

ElementType element_type(std::string_view name) {
  std::string known;
  for (const Row& candidate : kTable) {
    if (candidate.name == name) {
      return candidate.type;
    }
    known += (known.empty() ? "" : ", ") + std::string(candidate.name);
  }
  throw std::invalid_argument("element type: got \"" + std::string(name) + "\", wanted one of " + known);
}

std::string_view name_of(ElementType type) noexcept { return row(type).name; }

std::size_t bytes_per_element(ElementType type) noexcept { return row(type).bytes; }

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t dimension : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(dimension);
  }
  return text + "]";
}

std::size_t element_count(std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) {
      throw std::invalid_argument("shape: " + shape_text(shape) + " has a negative dimension");
    }
    count = checked_product(count, static_cast<std::size_t>(dimension), shape);
  }
  return count;
}

std::size_t byte_count(ElementType type, std::span<const std::int64_t> shape) {
  return checked_product(element_count(shape), bytes_per_element(type), shape);
}

}  // namespace bertqa::runtime
