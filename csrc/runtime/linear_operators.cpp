#include "runtime/linear_operators.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/custom_op.hpp"
#include "runtime/packed_weights.hpp"
#include "runtime/status.hpp"
#include "runtime/threads.hpp"

namespace bertqa::runtime {
namespace {

using Shape = std::vector<std::int64_t>;
using kernels::Arithmetic;
using kernels::PackedMatrix;

// A product with the weight W, input 1: x W^T, or x W.
template <Arithmetic Kind>
class Linear {
 public:
  Linear(const Attributes& attributes, const char* name, bool transposed)
      : name_(name), threads_(static_cast<std::size_t>(usable_processors())) {
    const auto weight = attributes.constant(1);
    if (!weight || weight->shape.size() != 2) {
      throw std::invalid_argument(std::string(name) + ": wanted a weight [M, N] that is an initialiser");
    }
    const auto first = static_cast<std::size_t>(weight->shape[0]);
    const auto second = static_cast<std::size_t>(weight->shape[1]);
    weight_ = packed_weight(
        Kind, {weight->data, transposed ? second : first, transposed ? first : second, transposed});
  }

  // `add` is an input of the result's shape, or 0 for none.
  void compute(const KernelContext& context, std::size_t add) const {
    const auto x = context.input(0);
    const auto columns = static_cast<std::int64_t>(weight_->columns());
    if (x.shape.size() != 2 || std::cmp_not_equal(x.shape[1], weight_->rows())) {
      throw std::invalid_argument(std::string(name_) + ": wanted a matrix with " +
                                  std::to_string(weight_->rows()) + " columns");
    }
    const Shape shape = {x.shape[0], columns};
    const float* d = nullptr;
    if (add != 0) {
      const auto summand = context.input(add);
      if (summand.shape != shape) {
        throw std::invalid_argument(std::string(name_) + ": wanted a summand of the result's shape");
      }
      d = summand.data;
    }
    float* y = context.output(0, shape);
    const Parts parts = divide(x.rows());
    const std::size_t panels = weight_->panels();
    context.for_tasks(parts.rows * parts.panels, [&](std::size_t task) noexcept {
      const std::size_t i = task / parts.panels;
      const std::size_t j = task % parts.panels;
      weight_->multiply(x.data, d, y,
                        {x.rows() * i / parts.rows, x.rows() * (i + 1) / parts.rows,
                         panels * j / parts.panels, panels * (j + 1) / parts.panels});
    });
  }

 private:
  // Into how many parts the rows and the panels are divided: rows first, since every part converts or packs
  // its rows for itself, as many for one thread as for another, and none of fewer than 32 rows for nothing.
  struct Parts {
    std::size_t rows, panels;
  };
  [[nodiscard]] Parts divide(std::size_t rows) const {
    if (rows == 0) return {0, 0};
    constexpr std::size_t kFewest = 32;
    const std::size_t needed = (rows + weight_->block_rows() - 1) / weight_->block_rows();
    const std::size_t wanted = (needed + threads_ - 1) / threads_ * threads_;
    const std::size_t most = std::max(needed, (rows + kFewest - 1) / kFewest);
    const std::size_t blocks = std::min(wanted, most);
    const std::size_t groups = std::min((threads_ + blocks - 1) / blocks, weight_->panels());
    return {blocks, groups};
  }

  const char* name_;
  std::size_t threads_;
  std::shared_ptr<const PackedMatrix> weight_;
};

constexpr ElementType kFloat = ElementType::float32;

template <Arithmetic Kind>
struct Forward : Linear<Kind> {
  static constexpr const char* kName = "Linear";
  static constexpr std::array kInputs = {kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 0> in_place_inputs = {};
  static inline std::array<int, 0> in_place_outputs = {};

  explicit Forward(const Attributes& attributes) : Linear<Kind>(attributes, kName, true) {}
  void compute(const KernelContext& context) const { Linear<Kind>::compute(context, 0); }
};

template <Arithmetic Kind>
struct Backward : Linear<Kind> {
  static constexpr const char* kName = "LinearBackward";
  static constexpr std::array kInputs = {kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 0> in_place_inputs = {};
  static inline std::array<int, 0> in_place_outputs = {};

  explicit Backward(const Attributes& attributes) : Linear<Kind>(attributes, kName, false) {}
  void compute(const KernelContext& context) const { Linear<Kind>::compute(context, 0); }
};

template <Arithmetic Kind>
struct BackwardAdd : Linear<Kind> {
  static constexpr const char* kName = "LinearBackwardAdd";
  static constexpr std::array kInputs = {kFloat, kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 1> in_place_inputs = {2};
  static inline std::array<int, 1> in_place_outputs = {0};

  explicit BackwardAdd(const Attributes& attributes) : Linear<Kind>(attributes, kName, false) {}
  void compute(const KernelContext& context) const { Linear<Kind>::compute(context, 2); }
};

template <Arithmetic Kind>
void add(const ort::Api& api, ort::CustomOpDomain* domain) {
  constexpr std::array kTables = {&custom_op<Forward<Kind>>, &custom_op<Backward<Kind>>,
                                  &custom_op<BackwardAdd<Kind>>};
  for (const ort::CustomOp* table : kTables) {
    check(api, api.CustomOpDomain_Add(domain, table), "CustomOpDomain_Add");
  }
}

}  // namespace

void add_linear_operators(const ort::Api& api, ort::CustomOpDomain* domain, Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::float32:
      return add<Arithmetic::float32>(api, domain);
    case Arithmetic::bfloat16x3:
      return add<Arithmetic::bfloat16x3>(api, domain);
    case Arithmetic::bfloat16:
      return add<Arithmetic::bfloat16>(api, domain);
  }
}

}  // namespace bertqa::runtime
