// What products on the tile unit of x86-64 (AMX: eight registers of 16 rows of 64 bytes) have in common.
//
// Four tiles hold 32 rows by 32 columns of C. A step takes 32 rows of B, which is packed as the unit wants
// it, two rows in pairs, and as many columns of A, converted beforehand. Split in two (bfloat16x3), every
// step multiplies h h', l h' and h l'; what l l' would add is below 2^-16 of the product.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

// GCC's own header sets off its own warning (its bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#define BERTQA_AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512vl,avx512bw,avx512dq,avx512bf16")))

namespace bertqa::kernels::tiles {

constexpr std::size_t kTile = 16;             // rows of a tile, and columns of one of C
constexpr std::size_t kStep = 32;             // rows of B that one product of tiles takes
constexpr std::size_t kPanel = 2 * kTile;     // columns of a panel, and rows of a tile of C
constexpr std::size_t kLine = 64;             // bytes of a row of a tile
constexpr std::size_t kUnit = kTile * kStep;  // numbers in a tile of A or B

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

// 32 numbers become bfloat16; with `low`, what that leaves of them as well.
BERTQA_AMX inline void convert(__m512 first, __m512 second, std::uint16_t* high, std::uint16_t* low) {
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

inline void copy(const float* from, std::size_t from_stride, float* to, std::size_t to_stride,
                 std::size_t rows, std::size_t columns) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    std::copy_n(from + (r * from_stride), columns, to + (r * to_stride));
  }
}

// The same for `rows` and `columns` of C, where it ends within the tiles; D may be null. Strides in numbers.
template <bool Split>
BERTQA_AMX void multiply_part(const std::uint16_t* a, std::size_t next, const std::uint16_t* b,
                              std::size_t steps, const float* d, float* c, std::size_t stride,
                              std::size_t rows, std::size_t columns, const Fetch& fetch) {
  if (rows == kPanel && columns == kPanel) {
    multiply_tiles<Split>(a, next, b, steps, d, c, stride * sizeof(float), fetch);
    return;
  }
  alignas(kLine) std::array<float, kPanel * kPanel> edge = {};
  if (d != nullptr) copy(d, stride, edge.data(), kPanel, rows, columns);
  multiply_tiles<Split>(a, next, b, steps, d == nullptr ? nullptr : edge.data(), edge.data(),
                        kPanel * sizeof(float), fetch);
  copy(edge.data(), kPanel, c, stride, rows, columns);
}

}  // namespace bertqa::kernels::tiles

#endif
