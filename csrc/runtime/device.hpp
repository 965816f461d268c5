// Where a session runs, and with what numbers.
#pragma once

#include <string>
#include <string_view>

namespace bertqa::runtime {

struct Device {
  enum class Kind : unsigned char { cpu, cuda, webgpu, openvino };
  Kind kind = Kind::cpu;
  int index = 0;

  // "cpu", "cuda", "cuda:N", "webgpu" or "openvino"; std::invalid_argument naming `device` for anything else.
  static Device parse(std::string_view text);
  // The text that parse() takes.
  [[nodiscard]] std::string name() const;
  bool operator==(const Device&) const = default;
};

// What matrix products multiply; sums stay in float32. bf16x3: every number as the sum of two of bfloat16.
enum class Precision : unsigned char { fp32, tf32, bf16x3, bf16 };

// std::invalid_argument naming `precision` for anything but the names above.
Precision parse_precision(std::string_view text);
std::string_view name_of(Precision precision);
// How exact what a model computes is, relative to itself: four roundings to what is multiplied.
double rounding_of(Precision precision);

}  // namespace bertqa::runtime
