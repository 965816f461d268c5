// The products of linear layers on tiles of bfloat16; tiles.hpp says how.
#include "kernels/product_bfloat16.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/packed_memory.hpp"
#include "kernels/product_float32.hpp"
#include "kernels/tiles.hpp"

namespace bertqa::kernels {
namespace {

using namespace tiles;

constexpr std::size_t kDepth = 1024;  // rows of B that a block of A is converted for

// The nearest bfloat16, ties to even; what is not a number stays none.
std::uint16_t nearest(float x) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

float widened(std::uint16_t h) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(h) << 16U); }

template <bool Split>
class Bfloat16Matrix final : public PackedMatrix {
 public:
  explicit Bfloat16Matrix(const Matrix& matrix)
      : PackedMatrix(matrix, kPanel, kBlockRows),
        steps_((matrix.rows + kStep - 1) / kStep),
        packed_(allocate_packed<std::uint16_t>(steps_ * panels() * kPair)) {
    const std::size_t row = matrix.transposed ? 1 : matrix.columns;
    const std::size_t column = matrix.transposed ? matrix.rows : 1;
    for (std::size_t step = 0; step < steps_; ++step) {
      const std::size_t depth = std::min(kStep, rows() - (step * kStep));
      for (std::size_t p = 0; p < panels(); ++p) {
        const std::size_t width = std::min(kPanel, columns() - (p * kPanel));
        pack_step(matrix.b + (step * kStep * row) + (p * kPanel * column), row, column, depth, width,
                  packed_.get() + offset(step, p));
      }
    }
  }

  void multiply(const float* a, const float* d, float* c, const Block& block) const noexcept override {
    using Converted = std::array<std::uint16_t, kBlockRows * kDepth * kCopies>;
    alignas(kLine) Converted converted;  // NOLINT(*-member-init): filled below
    const Tiles tiles;
    const std::size_t count = block.row_end - block.row;
    for (std::size_t k = 0; k < rows(); k += kDepth) {
      const std::size_t depth = std::min(kDepth, rows() - k);
      const std::size_t steps = (depth + kStep - 1) / kStep;
      const std::size_t next = steps * kUnit * kCopies;  // from one row of tiles of A to the one below
      convert_rows<Split>(a + (block.row * rows()) + k, rows(), count, depth, converted.data());
      const float* before = k == 0 ? d : c;
      for (std::size_t p = block.first; p < block.last; ++p) {
        const std::uint16_t* b = packed_.get() + offset(k / kStep, p);
        const std::size_t width = std::min(kPanel, columns() - (p * kPanel));
        // The next panel is fetched by all tiles of rows together.
        const bool more = p + 1 < block.last;
        const std::size_t lines = (kPair * sizeof(std::uint16_t) / kLine * kPanel / count) + 1;
        for (std::size_t r = 0; r < count; r += kPanel) {
          const auto* next_panel = reinterpret_cast<const char*>(b + (steps * kPair));
          const Fetch fetch =
              more ? Fetch{next_panel + (r / kPanel * steps * lines * kLine), lines} : Fetch{};
          const std::uint16_t* rows_of_a = converted.data() + (r / kTile * next);
          const std::size_t at = ((block.row + r) * columns()) + (p * kPanel);
          const float* from = before == nullptr ? nullptr : before + at;
          multiply_part<Split>(rows_of_a, next, b, steps, from, c + at, columns(),
                               std::min(kPanel, count - r), width, fetch);
        }
      }
    }
  }

 private:
  static constexpr std::size_t kCopies = Split ? 2 : 1;
  static constexpr std::size_t kBlockRows = 256 / kCopies;
  static_assert(kBlockRows % kPanel == 0);
  static constexpr std::size_t kPair = 2 * kUnit * kCopies;  // numbers of a panel in a step

  // One step of a panel: tiles of 16 rows, each the pairs of B's rows 2 r and 2 r + 1 in 16 columns.
  static void pack_step(const float* b, std::size_t row, std::size_t column, std::size_t depth,
                        std::size_t width, std::uint16_t* out) {
    for (std::size_t k = 0; k < depth; ++k) {
      for (std::size_t j = 0; j < width; ++j) {
        const float x = b[(k * row) + (j * column)];
        const std::size_t at = (j / kTile * kUnit) + (k / 2 * kStep) + (j % kTile * 2) + (k % 2);
        const std::uint16_t high = nearest(x);
        out[at] = high;
        if constexpr (Split) out[at + (2 * kUnit)] = nearest(x - widened(high));
      }
    }
  }
  // Of a panel's numbers from a step on. All panels of a depth lie together, a panel's steps in a row.
  [[nodiscard]] std::size_t offset(std::size_t step, std::size_t panel) const {
    const std::size_t first = step / kStepsADepth * kStepsADepth;
    const std::size_t here = std::min(kStepsADepth, steps_ - first);
    return ((first * panels()) + (panel * here) + (step - first)) * kPair;
  }

  static constexpr std::size_t kStepsADepth = kDepth / kStep;
  std::size_t steps_;
  PackedMemory<std::uint16_t> packed_;
};

bool ask_for_amx() noexcept {
  constexpr unsigned kTileUnit = 1U << 24U;
  constexpr unsigned kTileBfloat16 = 1U << 22U;
  constexpr unsigned kBfloat16 = 1U << 5U;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (!has_avx512() || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & kTileUnit) == 0 || (d & kTileBfloat16) == 0) return false;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0 || (a & kBfloat16) == 0) return false;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // the component of the processor's state
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool has_amx() noexcept {
  static const bool has = ask_for_amx();
  return has;
}

std::unique_ptr<const PackedMatrix> pack_bfloat16(const Matrix& matrix, bool split) {
  if (split) return std::make_unique<const Bfloat16Matrix<true>>(matrix);
  return std::make_unique<const Bfloat16Matrix<false>>(matrix);
}

}  // namespace bertqa::kernels

#else

namespace bertqa::kernels {

bool has_amx() noexcept { return false; }
std::unique_ptr<const PackedMatrix> pack_bfloat16(const Matrix&, bool) { return nullptr; }

}  // namespace bertqa::kernels

#endif
