#include "kernels/head_product.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/tiles.hpp"

namespace bertqa::kernels {
namespace {

using namespace tiles;

constexpr std::size_t kDepth = 16 * kStep;  // that is converted at a time
constexpr std::size_t kPanels = 2;          // of B, likewise
// How many numbers stand for one (h and l), and how many a panel has in a step.
template <bool Split>
constexpr std::size_t kCopies = Split ? 2 : 1;
template <bool Split>
constexpr std::size_t kPair = 2 * kUnit * kCopies<Split>;

// Sixteen lines of sixteen pairs, turned.
BERTQA_AMX void turn(const std::uint16_t* in, std::uint16_t* out) {
  __m512i x[kTile];  // NOLINT(*-c-arrays): std::array would drop the alignment
  __m512i y[kTile];  // NOLINT(*-c-arrays)
  for (std::size_t i = 0; i < kTile; ++i) x[i] = _mm512_loadu_si512(in + (i * kStep));
  for (std::size_t i = 0; i < kTile; i += 2) {  // pairs of lines
    y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
  }
  for (std::size_t i = 0; i < kTile; i += 4) {  // fours
    x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
    x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
    x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
    x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
  }
  constexpr int kEven = 0x88;
  constexpr int kOdd = 0xDD;
  for (std::size_t i = 0; i < 4; ++i) {  // what is left are quarters of a line, four by four
    const __m512i a = _mm512_shuffle_i32x4(x[i], x[i + 4], kEven);
    const __m512i b = _mm512_shuffle_i32x4(x[i], x[i + 4], kOdd);
    const __m512i c = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], kEven);
    const __m512i d = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], kOdd);
    _mm512_storeu_si512(out + (i * kStep), _mm512_shuffle_i32x4(a, c, kEven));
    _mm512_storeu_si512(out + ((i + 4) * kStep), _mm512_shuffle_i32x4(b, d, kEven));
    _mm512_storeu_si512(out + ((i + 8) * kStep), _mm512_shuffle_i32x4(a, c, kOdd));
    _mm512_storeu_si512(out + ((i + 12) * kStep), _mm512_shuffle_i32x4(b, d, kOdd));
  }
}

// Up to 32 rows of x, 16 columns: a line for two rows, the pairs of their numbers, zeros beyond. `low` may be
// null.
BERTQA_AMX void pair_rows(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                          std::uint16_t* high, std::uint16_t* low) {
  alignas(kLine) static constexpr std::array<std::uint16_t, kStep> kInterleaved = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i order = _mm512_load_si512(kInterleaved.data());
  const auto there = static_cast<__mmask16>(columns >= kTile ? 0xFFFFU : (1U << columns) - 1);
  for (std::size_t r = 0; r < kTile; ++r) {
    const float* row = x + (2 * r * stride);
    std::uint16_t* h = high + (r * kStep);
    std::uint16_t* l = low == nullptr ? nullptr : low + (r * kStep);
    convert(_mm512_maskz_loadu_ps(2 * r < rows ? there : __mmask16{0}, row),
            _mm512_maskz_loadu_ps((2 * r) + 1 < rows ? there : __mmask16{0}, row + stride), h, l);
    _mm512_storeu_si512(h, _mm512_permutexvar_epi16(order, _mm512_loadu_si512(h)));
    if (l != nullptr) _mm512_storeu_si512(l, _mm512_permutexvar_epi16(order, _mm512_loadu_si512(l)));
  }
}

// Columns [first, first + 32) of B over `depth` rows from k on, as multiply_tiles() takes a panel.
template <bool Split>
BERTQA_AMX void pack_panel(const HeadProduct& p, std::size_t k, std::size_t depth, std::size_t first,
                           std::uint16_t* out) {
  for (std::size_t step = 0; step < depth; step += kStep, out += kPair<Split>) {
    const std::size_t rows = std::min(kStep, depth - step);
    if (p.transposed == Transposed::right) {
      alignas(kLine) std::array<std::uint16_t, kPair<Split>> lines;  // NOLINT(*-member-init): filled here
      convert_rows<Split>(p.b + (first * p.depth) + k + step, p.depth, std::min(kPanel, p.columns - first),
                          rows, lines.data());
      for (std::size_t tile = 0; tile < 2; ++tile) {
        const std::uint16_t* from = lines.data() + (tile * kCopies<Split> * kUnit);
        turn(from, out + (tile * kUnit));
        if constexpr (Split) turn(from + kUnit, out + ((tile + 2) * kUnit));
      }
      continue;
    }
    for (std::size_t tile = 0; tile < 2; ++tile) {
      const std::size_t j = first + (tile * kTile);
      const std::size_t columns = j < p.columns ? p.columns - j : 0;
      pair_rows(p.b + ((k + step) * p.columns) + j, p.columns, rows, columns, out + (tile * kUnit),
                Split ? out + ((tile + 2) * kUnit) : nullptr);
    }
  }
}

// Rows [first, first + 32) of A over `depth` columns from k on, as multiply_tiles() takes them.
template <bool Split>
BERTQA_AMX void pack_rows(const HeadProduct& p, std::size_t k, std::size_t depth, std::size_t first,
                          std::uint16_t* out) {
  if (p.transposed != Transposed::left) {
    convert_rows<Split>(p.a + (first * p.depth) + k, p.depth, std::min(kPanel, p.rows - first), depth, out);
    return;
  }
  constexpr std::size_t kTileNumbers = kUnit * kCopies<Split>;
  alignas(kLine) std::array<std::uint16_t, kTileNumbers> lines;  // NOLINT(*-member-init): filled below
  for (std::size_t i = first; i < first + kPanel; i += kTile) {
    const std::size_t rows = i < p.rows ? p.rows - i : 0;
    for (std::size_t step = 0; step < depth; step += kStep, out += kTileNumbers) {
      pair_rows(p.a + ((k + step) * p.rows) + i, p.rows, std::min(kStep, depth - step), rows, lines.data(),
                Split ? lines.data() + kUnit : nullptr);
      turn(lines.data(), out);
      if constexpr (Split) turn(lines.data() + kUnit, out + kUnit);
    }
  }
}

template <bool Split>
BERTQA_AMX void multiply(const HeadProduct& p) noexcept {
  constexpr std::size_t kSteps = kDepth / kStep;
  alignas(kLine) std::array<std::uint16_t, kPanels * kSteps * kPair<Split>> b;      // NOLINT(*-member-init)
  alignas(kLine) std::array<std::uint16_t, 2 * kSteps * kUnit * kCopies<Split>> a;  // NOLINT(*-member-init)
  const Tiles tiles;
  for (std::size_t k = 0; k < p.depth; k += kDepth) {
    const std::size_t depth = std::min(kDepth, p.depth - k);
    const std::size_t steps = (depth + kStep - 1) / kStep;
    for (std::size_t j = 0; j < p.columns; j += kPanels * kPanel) {
      const std::size_t panels = std::min(kPanels, (p.columns - j + kPanel - 1) / kPanel);
      for (std::size_t n = 0; n < panels; ++n) {
        pack_panel<Split>(p, k, depth, j + (n * kPanel), b.data() + (n * steps * kPair<Split>));
      }
      for (std::size_t i = 0; i < p.rows; i += kPanel) {
        pack_rows<Split>(p, k, depth, i, a.data());
        for (std::size_t n = 0; n < panels; ++n) {
          const std::size_t column = j + (n * kPanel);
          float* c = p.c + (i * p.columns) + column;
          multiply_part<Split>(a.data(), steps * kUnit * kCopies<Split>,
                               b.data() + (n * steps * kPair<Split>), steps, k == 0 ? nullptr : c, c,
                               p.columns, std::min(kPanel, p.rows - i), std::min(kPanel, p.columns - column),
                               {});
        }
      }
    }
  }
}

}  // namespace

void multiply_heads(const HeadProduct& product, bool split) noexcept {
  split ? multiply<true>(product) : multiply<false>(product);
}

}  // namespace bertqa::kernels

#else

namespace bertqa::kernels {

void multiply_heads(const HeadProduct&, bool) noexcept {}

}  // namespace bertqa::kernels

#endif
