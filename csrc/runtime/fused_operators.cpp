#include "runtime/fused_operators.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/activations.hpp"
#include "kernels/heads.hpp"
#include "kernels/norm.hpp"
#include "kernels/softmax.hpp"
#include "runtime/custom_op.hpp"
#include "runtime/head_operators.hpp"
#include "runtime/linear_operators.hpp"
#include "runtime/status.hpp"

namespace bertqa::runtime {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr ElementType kFloat = ElementType::float32;
constexpr ElementType kInt = ElementType::int64;

// Guards memory: the graphs are our own, but files can be edited.
void expect(bool holds, const char* name, const char* what) {
  if (!holds) {
    throw std::invalid_argument(std::string(name) + ": wanted " + what);
  }
}

std::int64_t last_of(const Shape& shape) { return shape.empty() ? -1 : shape.back(); }

template <auto Kernel>
struct ActivationOp {
  static constexpr std::array kInputs = {kFloat, kFloat};
  static constexpr std::size_t kOutputs = 2;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 1> in_place_inputs = {0};
  static inline std::array<int, 1> in_place_outputs = {0};

  explicit ActivationOp(const Attributes&) {}
  static void compute(const KernelContext& context, const char* name) {
    const auto u = context.input(0);
    const auto bias = context.input(1);
    expect(bias.shape == Shape{last_of(u.shape)}, name, "one bias a column");
    float* y = context.output(0, u.shape);
    float* slope = context.output(1, u.shape);
    context.for_rows(u.rows(), u.columns() * 4, [&](std::size_t begin, std::size_t end) {
      Kernel(u.data, bias.data, y, slope, begin, end, u.columns());
    });
  }
};

struct Gelu : ActivationOp<kernels::gelu> {
  static constexpr const char* kName = "Gelu";
  using ActivationOp::ActivationOp;
  static void compute(const KernelContext& context) { ActivationOp::compute(context, kName); }
};

struct GeluTanh : ActivationOp<kernels::gelu_tanh> {
  static constexpr const char* kName = "GeluTanh";
  using ActivationOp::ActivationOp;
  static void compute(const KernelContext& context) { ActivationOp::compute(context, kName); }
};

struct AddNorm {
  static constexpr const char* kName = "AddNorm";
  static constexpr std::array kInputs = {kFloat, kFloat, kFloat, kFloat, kFloat};
  static constexpr std::size_t kOutputs = 3;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 1> in_place_inputs = {0};
  static inline std::array<int, 1> in_place_outputs = {1};

  explicit AddNorm(const Attributes& attributes) : epsilon(attributes.number("epsilon")) {}
  void compute(const KernelContext& context) const {
    const auto a = context.input(0);
    const auto bias = context.input(1);
    const auto b = context.input(2);
    const auto weight = context.input(3);
    const auto shift = context.input(4);
    const Shape row = {last_of(a.shape)};
    expect(a.shape == b.shape, kName, "two summands of one shape");
    expect(bias.shape == row && weight.shape == row && shift.shape == row, kName, "one weight a column");
    Shape statistics = a.shape;
    statistics.back() = 1;
    const kernels::AddNorm norm = {a.data,
                                   bias.data,
                                   b.data,
                                   weight.data,
                                   shift.data,
                                   epsilon,
                                   context.output(0, a.shape),
                                   context.output(1, a.shape),
                                   context.output(2, statistics)};
    context.for_rows(a.rows(), a.columns() * 4, [&](std::size_t begin, std::size_t end) {
      kernels::add_norm(norm, begin, end, a.columns());
    });
  }

  float epsilon;
};

// Summands of the gradient, the normalised input, 1/std, the weight.
template <std::size_t Summands>
void norm_backward(const KernelContext& context, const char* name) {
  const auto a = context.input(0);
  const auto b = context.input(Summands - 1);
  const auto z = context.input(Summands);
  const auto inverse_std = context.input(Summands + 1);
  const auto weight = context.input(Summands + 2);
  Shape statistics = a.shape;
  expect(!a.shape.empty() && a.shape == b.shape && a.shape == z.shape, name, "tensors of one shape");
  statistics.back() = 1;
  expect(inverse_std.shape == statistics, name, "one standard deviation a row");
  expect(weight.shape == Shape{a.shape.back()}, name, "one weight a column");
  const kernels::NormBackward norm = {a.data,      Summands == 2 ? b.data : nullptr, z.data, inverse_std.data,
                                      weight.data, context.output(0, a.shape)};
  context.for_rows(a.rows(), a.columns() * 4, [&](std::size_t begin, std::size_t end) {
    kernels::norm_backward(norm, begin, end, a.columns());
  });
}

struct NormBackward {
  static constexpr const char* kName = "NormBackward";
  static constexpr std::array kInputs = {kFloat, kFloat, kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 1> in_place_inputs = {0};
  static inline std::array<int, 1> in_place_outputs = {0};

  explicit NormBackward(const Attributes&) {}
  static void compute(const KernelContext& context) { norm_backward<1>(context, kName); }
};

struct AddNormBackward {
  static constexpr const char* kName = "AddNormBackward";
  static constexpr std::array kInputs = {kFloat, kFloat, kFloat, kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 1> in_place_inputs = {0};
  static inline std::array<int, 1> in_place_outputs = {0};

  explicit AddNormBackward(const Attributes&) {}
  static void compute(const KernelContext& context) { norm_backward<2>(context, kName); }
};

struct MaskedSoftmax {
  static constexpr const char* kName = "MaskedSoftmax";
  static constexpr std::array kInputs = {kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 1> in_place_inputs = {0};
  static inline std::array<int, 1> in_place_outputs = {0};

  explicit MaskedSoftmax(const Attributes&) {}
  static bool is_one_or_all(const Operand<float>& bias, const Operand<float>& scores, std::size_t axis) {
    return bias.shape[axis] == 1 || bias.shape[axis] == scores.shape[axis];
  }
  static void compute(const KernelContext& context) {
    const auto scores = context.input(0);
    const auto bias = context.input(1);
    expect(scores.shape.size() == 4, kName, "scores of four dimensions");
    expect(bias.shape.size() == 4 && bias.shape[0] == scores.shape[0] && is_one_or_all(bias, scores, 1) &&
               is_one_or_all(bias, scores, 2) && bias.shape[3] == scores.shape[3],
           kName, "a bias [B, A or 1, T or 1, T]");
    const auto size = [](const auto& x, std::size_t axis) { return static_cast<std::size_t>(x.shape[axis]); };
    const std::size_t queries = size(bias, 2);
    const kernels::BiasRows rows{.heads = size(scores, 1),
                                 .queries = size(scores, 2),
                                 .sequence_step = size(bias, 1) * queries,
                                 .head_step = size(bias, 1) == 1 ? 0 : queries,
                                 .query_step = queries == 1 ? std::size_t{0} : 1};
    float* p = context.output(0, scores.shape);
    context.for_rows(scores.rows(), scores.columns() * 4, [&](std::size_t begin, std::size_t end) {
      kernels::masked_softmax(scores.data, bias.data, p, begin, end, scores.columns(), rows);
    });
  }
};

struct SoftmaxBackward {
  static constexpr const char* kName = "SoftmaxBackward";
  static constexpr std::array kInputs = {kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 1> in_place_inputs = {1};
  static inline std::array<int, 1> in_place_outputs = {0};

  explicit SoftmaxBackward(const Attributes&) {}
  static void compute(const KernelContext& context) {
    const auto p = context.input(0);
    const auto dp = context.input(1);
    expect(!p.shape.empty() && p.shape == dp.shape, kName, "tensors of one shape");
    float* ds = context.output(0, p.shape);
    context.for_rows(p.rows(), p.columns() * 3, [&](std::size_t begin, std::size_t end) {
      kernels::softmax_backward(p.data, dp.data, ds, begin, end, p.columns());
    });
  }
};

// The outputs [B, A, T, D] of a split: `sizes` is (B, T), `layout` ends in (A, D).
template <std::size_t Parts>
void split(const KernelContext& context, const Operand<float>& x, const float* bias,
           const Operand<std::int64_t>& sizes, const Operand<std::int64_t>& layout, const char* name) {
  expect(sizes.shape == Shape{2} && layout.shape.size() == 1 && last_of(layout.shape) >= 2, name,
         "sizes (B, T) and a layout (.., A, D)");
  const std::span<const std::int64_t> ends(layout.data, layout.columns());
  const std::int64_t heads = ends[ends.size() - 2];
  const std::int64_t head_size = ends[ends.size() - 1];
  const Shape shape = {sizes.data[0], heads, sizes.data[1], head_size};
  constexpr auto parts_count = static_cast<std::int64_t>(Parts);
  expect(x.shape == Shape{shape[0] * shape[2], parts_count * heads * head_size}, name,
         "a matrix [B T, .. A D]");
  std::array<float*, Parts> parts = {};
  for (std::size_t i = 0; i < Parts; ++i) {
    parts[i] = context.output(i, shape);
  }
  const kernels::HeadSizes head_sizes = {static_cast<std::size_t>(shape[2]), static_cast<std::size_t>(heads),
                                         static_cast<std::size_t>(head_size)};
  context.for_rows(x.rows(), x.columns() * 2, [&](std::size_t begin, std::size_t end) {
    kernels::split_heads(x.data, bias, parts, head_sizes, begin, end);
  });
}

// The output [B T, Parts A D] of a merge of inputs [B, A, T, D].
template <std::size_t Parts>
void merge(const KernelContext& context, const char* name) {
  const auto first = context.input(0);
  const Shape& shape = first.shape;
  expect(shape.size() == 4, name, "parts [B, A, T, D]");
  std::array<const float*, Parts> parts = {first.data};
  for (std::size_t i = 1; i < Parts; ++i) {
    const auto part = context.input(i);
    expect(part.shape == shape, name, "parts of one shape");
    parts[i] = part.data;
  }
  const Shape matrix = {shape[0] * shape[2], static_cast<std::int64_t>(Parts) * shape[1] * shape[3]};
  float* x = context.output(0, matrix);
  const kernels::HeadSizes sizes = {static_cast<std::size_t>(shape[2]), static_cast<std::size_t>(shape[1]),
                                    static_cast<std::size_t>(shape[3])};
  const auto columns = static_cast<std::size_t>(matrix[1]);
  context.for_rows(static_cast<std::size_t>(matrix[0]), columns * 2, [&](std::size_t begin, std::size_t end) {
    kernels::merge_heads(parts, x, sizes, begin, end);
  });
}

struct SplitQKV {
  static constexpr const char* kName = "SplitQKV";
  static constexpr std::array kInputs = {kFloat, kFloat, kInt, kInt};
  static constexpr std::size_t kOutputs = 3;
  static constexpr std::size_t kRequiredOutputs = 3;
  static inline std::array<int, 0> in_place_inputs = {};
  static inline std::array<int, 0> in_place_outputs = {};

  explicit SplitQKV(const Attributes&) {}
  static void compute(const KernelContext& context) {
    const auto x = context.input(0);
    const auto bias = context.input(1);
    expect(bias.shape == Shape{last_of(x.shape)}, kName, "one bias a column");
    split<3>(context, x, bias.data, context.integers(2), context.integers(3), kName);
  }
};

struct SplitHeads {
  static constexpr const char* kName = "SplitHeads";
  static constexpr std::array kInputs = {kFloat, kInt, kInt};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 0> in_place_inputs = {};
  static inline std::array<int, 0> in_place_outputs = {};

  explicit SplitHeads(const Attributes&) {}
  static void compute(const KernelContext& context) {
    split<1>(context, context.input(0), nullptr, context.integers(1), context.integers(2), kName);
  }
};

struct MergeQKV {
  static constexpr const char* kName = "MergeQKV";
  static constexpr std::array kInputs = {kFloat, kFloat, kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 0> in_place_inputs = {};
  static inline std::array<int, 0> in_place_outputs = {};

  explicit MergeQKV(const Attributes&) {}
  static void compute(const KernelContext& context) { merge<3>(context, kName); }
};

struct MergeHeads {
  static constexpr const char* kName = "MergeHeads";
  static constexpr std::array kInputs = {kFloat};
  static constexpr std::size_t kOutputs = 1;
  static constexpr std::size_t kRequiredOutputs = 1;
  static inline std::array<int, 0> in_place_inputs = {};
  static inline std::array<int, 0> in_place_outputs = {};

  explicit MergeHeads(const Attributes&) {}
  static void compute(const KernelContext& context) { merge<1>(context, kName); }
};

}  // namespace

CustomOpDomainHandle create_fused_operators(const ort::Api& api,
                                            std::optional<kernels::Arithmetic> linear_layers) {
  CustomOpDomainHandle domain(api);
  check(api, api.CreateCustomOpDomain("bertqa_fast", domain.out()), "CreateCustomOpDomain");
  constexpr std::array kTables = {&custom_op<Gelu>,
                                  &custom_op<GeluTanh>,
                                  &custom_op<AddNorm>,
                                  &custom_op<NormBackward>,
                                  &custom_op<AddNormBackward>,
                                  &custom_op<MaskedSoftmax>,
                                  &custom_op<SoftmaxBackward>,
                                  &custom_op<SplitQKV>,
                                  &custom_op<SplitHeads>,
                                  &custom_op<MergeQKV>,
                                  &custom_op<MergeHeads>};
  for (const ort::CustomOp* table : kTables) {
    check(api, api.CustomOpDomain_Add(domain.get(), table), "CustomOpDomain_Add");
  }
  if (linear_layers) {
    add_linear_operators(api, domain.get(), *linear_layers);
    add_head_operators(api, domain.get(), *linear_layers);
  }
  return domain;
}

}  // namespace bertqa::runtime
