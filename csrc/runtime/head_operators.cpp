#include "runtime/head_operators.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/head_product.hpp"
#include "runtime/custom_op.hpp"
#include "runtime/status.hpp"

namespace bertqa::runtime {
namespace {

using kernels::Arithmetic;
using kernels::Transposed;

constexpr const char* name_of(Transposed transposed) {
  switch (transposed) {
    case Transposed::left:
      return "HeadProductTransposedLeft";
    case Transposed::right:
      return "HeadProductTransposedRight";
    case Transposed::neither:
      break;
  }
  return "HeadProduct";
}

// [B, A, M, K] times [B, A, K, N], one of them perhaps with its last two dimensions the other way round.
template <Transposed Which, bool Split>
struct HeadProduct {
  static constexpr const char* kName = name_of(Which);
  static constexpr std::array kInputs = {ElementType::float32, ElementType::float32};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 0> in_place_inputs = {};
  static inline std::array<int, 0> in_place_outputs = {};

  explicit HeadProduct(const Attributes&) {}
  static void compute(const KernelContext& context) {
    const auto a = context.input(0);
    const auto b = context.input(1);
    constexpr std::size_t kRows = Which == Transposed::left ? 3 : 2;
    constexpr std::size_t kColumns = Which == Transposed::right ? 2 : 3;
    constexpr std::size_t kBoth = 5;  // the two dimensions of a matrix are 2 and 3
    if (a.shape.size() != 4 || b.shape.size() != 4 || a.shape[0] != b.shape[0] || a.shape[1] != b.shape[1] ||
        a.shape[kBoth - kRows] != b.shape[kBoth - kColumns]) {
      throw std::invalid_argument(std::string(kName) +
                                  ": wanted matrices [B, A, ., .] that can be multiplied");
    }
    const std::vector<std::int64_t> shape = {a.shape[0], a.shape[1], a.shape[kRows], b.shape[kColumns]};
    float* c = context.output(0, shape);
    const auto size = [](std::int64_t dimension) { return static_cast<std::size_t>(dimension); };
    const std::size_t rows = size(shape[2]);
    const std::size_t columns = size(shape[3]);
    const std::size_t depth = size(a.shape[kBoth - kRows]);
    context.for_tasks(size(shape[0]) * size(shape[1]), [&](std::size_t head) noexcept {
      kernels::multiply_heads({a.data + (head * rows * depth), b.data + (head * depth * columns),
                               c + (head * rows * columns), rows, depth, columns, Which},
                              Split);
    });
  }
};

template <bool Split>
void add(const ort::Api& api, ort::CustomOpDomain* domain) {
  constexpr std::array kTables = {&custom_op<HeadProduct<Transposed::neither, Split>>,
                                  &custom_op<HeadProduct<Transposed::left, Split>>,
                                  &custom_op<HeadProduct<Transposed::right, true>>};
  for (const ort::CustomOp* table : kTables) {
    check(api, api.CustomOpDomain_Add(domain, table), "CustomOpDomain_Add");
  }
}

}  // namespace

void add_head_operators(const ort::Api& api, ort::CustomOpDomain* domain, Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::float32:
      return;
    case Arithmetic::bfloat16x3:
      return add<true>(api, domain);
    case Arithmetic::bfloat16:
      return add<false>(api, domain);
  }
}

}  // namespace bertqa::runtime
