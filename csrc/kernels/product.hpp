// Products with a weight: C = A B, where B is packed once and A comes by rows.
//
// A product of ours and not the runtime's, for two reasons that docs/speed.md has figures for: the runtime's
// reaches four fifths of what this processor's 512-bit units give, and has no products of bfloat16 tiles.
#pragma once

#include <cstddef>
#include <memory>

namespace bertqa::kernels {

// What is multiplied; sums are float32 always.
enum class Arithmetic : unsigned char {
  float32,
  // x = h + l, both bfloat16, to 2^-16 of x; h h' + h l' + l h' in place of x x'.
  bfloat16x3,
  // x to 2^-8.
  bfloat16,
};

// Whether this processor can, and its kernel lets this process. The environment's BERTQA_FAST_MAX_ISA, read
// once, leaves out what is newer: "avx2" all of it, "avx512" the products of bfloat16.
[[nodiscard]] bool can_multiply(Arithmetic arithmetic) noexcept;

// B [rows, columns] as b[i * columns + j], or transposed: as b[j * rows + i].
struct Matrix {
  const float* b;
  std::size_t rows;
  std::size_t columns;
  bool transposed;
};

class PackedMatrix {
 public:
  // Copies B. Throws std::bad_alloc; call only where can_multiply().
  static std::unique_ptr<const PackedMatrix> pack(Arithmetic arithmetic, const Matrix& matrix);

  PackedMatrix(const PackedMatrix&) = delete;
  PackedMatrix& operator=(const PackedMatrix&) = delete;
  PackedMatrix(PackedMatrix&&) = delete;
  PackedMatrix& operator=(PackedMatrix&&) = delete;
  virtual ~PackedMatrix() = default;

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  // Columns lie in panels of this many.
  [[nodiscard]] std::size_t panel() const noexcept { return panel_; }
  [[nodiscard]] std::size_t panels() const noexcept { return (columns_ + panel_ - 1) / panel_; }

  // Rows of a block of C, at most.
  [[nodiscard]] std::size_t block_rows() const noexcept { return block_rows_; }
  // A block of C: rows [row, row_end), at most block_rows() of them, of panels [first, last).
  struct Block {
    std::size_t row, row_end;
    std::size_t first, last;
  };
  // Writes a block of C = A B + D for A [.., rows()], C and D [.., columns()]; D may be null, and may be C.
  // Needs half a megabyte of stack.
  virtual void multiply(const float* a, const float* d, float* c, const Block& block) const noexcept = 0;

 protected:
  PackedMatrix(const Matrix& matrix, std::size_t panel, std::size_t block_rows)
      : rows_(matrix.rows), columns_(matrix.columns), panel_(panel), block_rows_(block_rows) {}

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::size_t panel_;
  std::size_t block_rows_;
};

}  // namespace bertqa::kernels
