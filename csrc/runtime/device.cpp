#include "runtime/device.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bertqa::runtime {
namespace {

constexpr std::array<std::pair<std::string_view, Precision>, 4> kPrecisions = {{{"fp32", Precision::fp32},
                                                                                {"tf32", Precision::tf32},
                                                                                {"bf16x3", Precision::bf16x3},
                                                                                {"bf16", Precision::bf16}}};

}  // namespace

Device Device::parse(std::string_view text) {
  constexpr std::string_view prefix = "cuda:";
  if (text == "cpu") return {};
  if (text == "cuda") return {Kind::cuda, 0};
  if (text == "webgpu") return {Kind::webgpu, 0};
  if (text == "openvino") return {Kind::openvino, 0};
  if (text.starts_with(prefix)) {
    const std::string_view digits = text.substr(prefix.size());
    const char* begin = std::to_address(digits.begin());
    const char* end = std::to_address(digits.end());
    int index = 0;
    const auto [stopped, error] = std::from_chars(begin, end, index);
    if (error == std::errc() && stopped == end && index >= 0) return {Kind::cuda, index};
  }
  throw std::invalid_argument("device: got \"" + std::string(text) +
                              "\", wanted \"cpu\", \"cuda\", \"cuda:N\", \"webgpu\" or \"openvino\"");
}

std::string Device::name() const {
  switch (kind) {
    case Kind::cpu:
      return "cpu";
    case Kind::cuda:
      return "cuda:" + std::to_string(index);
    case Kind::webgpu:
      return "webgpu";
    case Kind::openvino:
      break;
  }
  return "openvino";
}

Precision parse_precision(std::string_view text) {
  for (const auto& [name, precision] : kPrecisions) {
    if (name == text) return precision;
  }
  throw std::invalid_argument("precision: got \"" + std::string(text) +
                              "\", wanted \"fp32\", \"tf32\", \"bf16x3\" or \"bf16\"");
}

double rounding_of(Precision precision) {
  switch (precision) {
    case Precision::tf32:
      return std::ldexp(1.0, -9);
    case Precision::bf16x3:
      return std::ldexp(1.0, -14);
    case Precision::bf16:
      return std::ldexp(1.0, -6);
    case Precision::fp32:
      break;
  }
  return std::ldexp(1.0, -21);
}

std::string_view name_of(Precision precision) {
  return kPrecisions.at(static_cast<std::size_t>(precision)).first;
}

}  // namespace bertqa::runtime
