// Products of bfloat16 on the tile unit of x86-64 (AMX: eight registers of 16 rows of 64 bytes).
//
// Four tiles hold 32 rows by 32 columns of C. A step takes 32 rows of B, which is packed as the unit wants
// it, two rows in pairs, and as many columns of A, converted when a block begins. Split in two (bfloat16x3),
// every step multiplies h h', l h' and h l'; what l l' would add is below 2^-16 of the product.
#include "kernels/product_bfloat16.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/packed_memory.hpp"
#include "kernels/product_float32.hpp"

// GCC's own header sets off its own warning (its bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define BERTQA_AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512vl,avx512bw,avx512dq,avx512bf16")))

namespace bertqa::kernels {
namespace {

constexpr std::size_t kTile = 16;             // rows of a tile, and columns of one of C
constexpr std::size_t kStep = 32;             // rows of B that one product of tiles takes
constexpr std::size_t kPanel = 2 * kTile;     // columns of a panel, and rows of a tile of C
constexpr std::size_t kLine = 64;             // bytes of a row of a tile
constexpr std::size_t kUnit = kTile * kStep;  // numbers in a tile of A or B
constexpr std::size_t kDepth = 1024;          // rows of B that a block of A is converted for

struct TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved = {};
  std::array<std::uint16_t, 16> bytes = {};  // of a row
  std::array<std::uint8_t, 16> rows = {};
};
static_assert(sizeof(TileConfig) == 64);

constexpr TileConfig all_whole() {
  TileConfig config;
  std::fill_n(config.bytes.begin(), 8, std::uint16_t{kLine});
  std::fill_n(config.rows.begin(), 8, std::uint8_t{kTile});
  return config;
}
// A constant in memory: GCC's intrinsic names the first eight bytes as what it reads, and what is written to
// the others of a local variable may be dropped.
constexpr TileConfig kWhole = all_whole();

// The tile registers of this thread, for as long as it lives.
class Tiles {
 public:
  BERTQA_AMX Tiles() noexcept { _tile_loadconfig(&kWhole); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
  Tiles(Tiles&&) = delete;
  Tiles& operator=(Tiles&&) = delete;
  BERTQA_AMX ~Tiles() { _tile_release(); }
};

// The nearest bfloat16, ties to even; what is not a number stays none.
std::uint16_t nearest(float x) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

float widened(std::uint16_t h) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(h) << 16U); }

// 32 numbers become bfloat16; with `low`, what that leaves of them as well.
BERTQA_AMX void convert(__m512 first, __m512 second, std::uint16_t* high, std::uint16_t* low) {
  const auto h = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
  _mm512_storeu_si512(high, h);
  if (low == nullptr) return;
  const __m512i first_wide = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(h));
  const __m512i second_wide = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(h, 1));
  const __m512 first_left = _mm512_sub_ps(first, _mm512_castsi512_ps(_mm512_slli_epi32(first_wide, 16)));
  const __m512 second_left = _mm512_sub_ps(second, _mm512_castsi512_ps(_mm512_slli_epi32(second_wide, 16)));
  _mm512_storeu_si512(low, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second_left, first_left)));
}

// Rows of A, `depth` columns of them, as tiles: [rows / 16][depth / 32][copies][16][32], zeros beyond.
template <bool Split>
BERTQA_AMX void convert_rows(const float* a, std::size_t stride, std::size_t rows, std::size_t depth,
                             std::uint16_t* out) {
  const std::size_t tiles = (rows + kPanel - 1) / kPanel * 2;
  for (std::size_t t = 0; t < tiles; ++t) {
    for (std::size_t k = 0; k < depth; k += kStep) {
      const std::size_t left = depth - k;
      const auto first = static_cast<__mmask16>(left >= kTile ? 0xFFFFU : (1U << left) - 1);
      const auto second =
          static_cast<__mmask16>(left >= kStep ? 0xFFFFU : (left > kTile ? (1U << (left - kTile)) - 1 : 0U));
      for (std::size_t r = 0; r < kTile; ++r) {
        std::uint16_t* high = out + (r * kStep);
        const std::size_t row = (t * kTile) + r;
        const float* x = a + (row * stride) + k;
        const bool there = row < rows;
        // Rows lie far apart, which the processor does not see coming.
        if (row + kTile < rows) {
          const float* below = x + (kTile * stride);
          _mm_prefetch(reinterpret_cast<const char*>(below), _MM_HINT_T0);
          _mm_prefetch(reinterpret_cast<const char*>(below + kTile), _MM_HINT_T0);
        }
        convert(_mm512_maskz_loadu_ps(there ? first : __mmask16{0}, x),
                _mm512_maskz_loadu_ps(there ? second : __mmask16{0}, x + kTile), high,
                Split ? high + kUnit : nullptr);
      }
      out += Split ? 2 * kUnit : kUnit;
    }
  }
}

// What to fetch meanwhile, besides the lines of C that are going to be written: so many cache lines a step.
struct Fetch {
  const char* begin = nullptr;
  std::size_t lines = 0;
};
constexpr std::size_t kWriteAhead = 2;  // rows of C that a step fetches

// C [32, 32] += A B over `steps`; the rows of C are `stride` bytes apart. A tile row of A is `next` numbers
// from the one before.
template <bool Split>
BERTQA_AMX void multiply_tiles(const std::uint16_t* a, std::size_t next, const std::uint16_t* b,
                               std::size_t steps, const float* d, float* c, std::size_t stride,
                               const Fetch& fetch) {
  const std::size_t below = kTile * stride / sizeof(float);
  if (d == nullptr) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  } else {
    _tile_loadd(0, d, stride);
    _tile_loadd(1, d + kTile, stride);
    _tile_loadd(2, d + below, stride);
    _tile_loadd(3, d + below + kTile, stride);
  }
  const char* line = fetch.begin;
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t l = 0; l < fetch.lines; ++l, line += kLine) _mm_prefetch(line, _MM_HINT_T1);
    for (std::size_t r = i * kWriteAhead; r < std::min((i + 1) * kWriteAhead, kPanel); ++r) {
      const float* row = c + (r * stride / sizeof(float));
      __builtin_prefetch(row, 1);
      __builtin_prefetch(row + kTile, 1);
    }
    if constexpr (Split) {
      _tile_loadd(6, b, kLine);
      _tile_loadd(7, b + kUnit, kLine);
      _tile_loadd(4, a + kUnit, kLine);
      _tile_loadd(5, a + next + kUnit, kLine);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
      _tile_loadd(4, a, kLine);
      _tile_loadd(5, a + next, kLine);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
      _tile_loadd(6, b + (2 * kUnit), kLine);
      _tile_loadd(7, b + (3 * kUnit), kLine);
    } else {
      _tile_loadd(4, a, kLine);
      _tile_loadd(6, b, kLine);
      _tile_loadd(7, b + kUnit, kLine);
      _tile_loadd(5, a + next, kLine);
    }
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    a += Split ? 2 * kUnit : kUnit;
    b += Split ? 4 * kUnit : 2 * kUnit;
  }
  _tile_stored(0, c, stride);
  _tile_stored(1, c + kTile, stride);
  _tile_stored(2, c + below, stride);
  _tile_stored(3, c + below + kTile, stride);
}

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
    alignas(kLine) std::array<float, kPanel * kPanel> edge = {};
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
          const std::size_t height = std::min(kPanel, count - r);
          if (height == kPanel && width == kPanel) {
            multiply_tiles<Split>(rows_of_a, next, b, steps, from, c + at, columns() * sizeof(float), fetch);
            continue;
          }
          copy(from, columns(), edge.data(), kPanel, height, width);
          multiply_tiles<Split>(rows_of_a, next, b, steps, from == nullptr ? nullptr : edge.data(),
                                edge.data(), kPanel * sizeof(float), fetch);
          copy(edge.data(), kPanel, c + at, columns(), height, width);
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
  static void copy(const float* from, std::size_t from_stride, float* to, std::size_t to_stride,
                   std::size_t rows, std::size_t columns) noexcept {
    if (from == nullptr) return;
    for (std::size_t r = 0; r < rows; ++r) {
      std::copy_n(from + (r * from_stride), columns, to + (r * to_stride));
    }
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
