// The product in float32, for processors with AVX-512.
//
// Goto and van de Geijn 2008 (Anatomy of high-performance matrix multiplication), with B packed beforehand: a
// block of A is packed for as many rows of B as fit the second cache beside a panel of B; panels of 48
// columns pass through the first. The tile of C that stays in registers is 8 rows of 48 columns. The next
// panel is fetched meanwhile: without that the product is a tenth slower.
#include "kernels/product_float32.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/packed_memory.hpp"

#define BERTQA_AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))

namespace bertqa::kernels {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kVectors = 3;
constexpr std::size_t kPanel = kVectors * kLanes;
constexpr std::size_t kTileRows = 8;
constexpr std::size_t kDepth = 1024;  // rows of B that a block of A is packed for
constexpr std::size_t kBlock = 96;    // rows of A that are packed together

// Where a tile lies in C and D, and which of its columns there are.
struct TileEnds {
  const float* d;  // or null
  float* c;
  std::size_t stride;
  std::array<__mmask16, kVectors> columns;
};

// Rows of A as [depth][Rows].
template <std::size_t Rows>
void pack_rows(const float* a, std::size_t stride, std::size_t depth, float* out) {
  std::size_t k = 0;
  // A cache line of every row at a time: rows whose distance is a multiple of 4096 bytes share their places
  // in the first cache.
  for (; k + kLanes <= depth; k += kLanes) {
    for (std::size_t r = 0; r < Rows; ++r) {
      const float* line = a + (r * stride) + k;
      for (std::size_t i = 0; i < kLanes; ++i) out[((k + i) * Rows) + r] = line[i];
    }
  }
  for (; k < depth; ++k) {
    for (std::size_t r = 0; r < Rows; ++r) out[(k * Rows) + r] = a[(r * stride) + k];
  }
}

template <std::size_t Rows>
BERTQA_AVX512 void tile(const float* a, const float* b, std::size_t depth, const TileEnds& ends,
                        const float* fetch) {
  __m512 sums[Rows][kVectors];  // NOLINT(*-avoid-c-arrays): registers
#pragma GCC unroll 8
  for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 3
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[r][v] = ends.d == nullptr
                       ? _mm512_setzero_ps()
                       : _mm512_maskz_loadu_ps(ends.columns[v], ends.d + (r * ends.stride) + (v * kLanes));
    }
  }
  for (std::size_t k = 0; k < depth; ++k) {
    const __m512 b0 = _mm512_load_ps(b);
    const __m512 b1 = _mm512_load_ps(b + kLanes);
    const __m512 b2 = _mm512_load_ps(b + (2 * kLanes));
    b += kPanel;
    _mm_prefetch(fetch, _MM_HINT_T1);
    fetch += kLanes;
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) {
      const __m512 x = _mm512_set1_ps(a[r]);
      sums[r][0] = _mm512_fmadd_ps(x, b0, sums[r][0]);
      sums[r][1] = _mm512_fmadd_ps(x, b1, sums[r][1]);
      sums[r][2] = _mm512_fmadd_ps(x, b2, sums[r][2]);
    }
    a += Rows;
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 3
    for (std::size_t v = 0; v < kVectors; ++v) {
      _mm512_mask_storeu_ps(ends.c + (r * ends.stride) + (v * kLanes), ends.columns[v], sums[r][v]);
    }
  }
}

// For tiles of 1 to kTileRows rows.
using PackRows = void (*)(const float*, std::size_t, std::size_t, float*);
using Tile = void (*)(const float*, const float*, std::size_t, const TileEnds&, const float*);
template <std::size_t... I>
constexpr std::array<PackRows, sizeof...(I)> all_packs(std::index_sequence<I...>) {
  return {&pack_rows<I + 1>...};
}
template <std::size_t... I>
constexpr std::array<Tile, sizeof...(I)> all_tiles(std::index_sequence<I...>) {
  return {&tile<I + 1>...};
}
constexpr auto kPacks = all_packs(std::make_index_sequence<kTileRows>());
constexpr auto kTiles = all_tiles(std::make_index_sequence<kTileRows>());

class Float32Matrix final : public PackedMatrix {
 public:
  explicit Float32Matrix(const Matrix& matrix)
      : PackedMatrix(matrix, kPanel, kBlock),
        packed_(allocate_packed<float>(matrix.rows * panels() * kPanel)) {
    const std::size_t row = matrix.transposed ? 1 : matrix.columns;
    const std::size_t column = matrix.transposed ? matrix.rows : 1;
    for (std::size_t k = 0; k < rows(); k += kDepth) {
      const std::size_t depth = std::min(kDepth, rows() - k);
      for (std::size_t p = 0; p < panels(); ++p) {
        float* out = packed_.get() + offset(k, p, depth);
        const std::size_t width = std::min(kPanel, columns() - (p * kPanel));
        const float* b = matrix.b + (k * row) + (p * kPanel * column);
        for (std::size_t i = 0; i < depth; ++i) {
          for (std::size_t j = 0; j < width; ++j) out[(i * kPanel) + j] = b[(i * row) + (j * column)];
        }
      }
    }
  }

  void multiply(const float* a, const float* d, float* c, const Block& block) const noexcept override {
    alignas(kCacheLine) std::array<float, kBlock * kDepth> packed;  // NOLINT(*-member-init): filled below
    const std::size_t count = block.row_end - block.row;
    const std::size_t tiles = (count + kTileRows - 1) / kTileRows;
    // Tiles of about one height: a last one of a single row would take as long as one of four.
    const auto start = [&](std::size_t t) { return count * t / tiles; };
    for (std::size_t k = 0; k < rows(); k += kDepth) {
      const std::size_t depth = std::min(kDepth, rows() - k);
      for (std::size_t t = 0; t < tiles; ++t) {
        kPacks[start(t + 1) - start(t) - 1](a + ((block.row + start(t)) * rows()) + k, rows(), depth,
                                            packed.data() + (start(t) * depth));
      }
      const float* before = k == 0 ? d : c;
      for (std::size_t p = block.first; p < block.last; ++p) {
        const float* b = packed_.get() + offset(k, p, depth);
        // A panel has three cache lines a row, so three tiles fetch the next one.
        const bool more = p + 1 < block.last;
        for (std::size_t t = 0; t < tiles; ++t) {
          const std::size_t at = ((block.row + start(t)) * columns()) + (p * kPanel);
          const float* fetch = more && t < kVectors ? b + (((kVectors + t) * depth) * kLanes) : b;
          kTiles[start(t + 1) - start(t) - 1](
              packed.data() + (start(t) * depth), b, depth,
              {before == nullptr ? nullptr : before + at, c + at, columns(), masks(p)}, fetch);
        }
      }
    }
  }

 private:
  // Of the rows from k on of panel p: all panels of a depth lie together.
  [[nodiscard]] std::size_t offset(std::size_t k, std::size_t p, std::size_t depth) const {
    return ((k * panels()) + (p * depth)) * kPanel;
  }
  [[nodiscard]] std::array<__mmask16, kVectors> masks(std::size_t p) const {
    const std::size_t width = std::min(kPanel, columns() - (p * kPanel));
    const std::uint64_t all = (std::uint64_t{1} << width) - 1;
    return {static_cast<__mmask16>(all), static_cast<__mmask16>(all >> kLanes),
            static_cast<__mmask16>(all >> (2 * kLanes))};
  }

  PackedMemory<float> packed_;
};

}  // namespace

bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0;
}

std::unique_ptr<const PackedMatrix> pack_float32(const Matrix& matrix) {
  return std::make_unique<const Float32Matrix>(matrix);
}

}  // namespace bertqa::kernels

#else

namespace bertqa::kernels {

bool has_avx512() noexcept { return false; }
std::unique_ptr<const PackedMatrix> pack_float32(const Matrix&) { return nullptr; }

}  // namespace bertqa::kernels

#endif
