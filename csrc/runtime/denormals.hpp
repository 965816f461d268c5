// Denormal numbers count as zero in the calling thread, for as long as the guard lives.
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include <cstdint>

namespace bertqa::runtime {

// The runtime sets this for the threads of its pool, but the thread that calls Run computes too, and is the
// caller's: it gets its own setting back. Denormals cost a hundred cycles each, and small gradients are full
// of them.
class DenormalsAsZero {
 public:
  DenormalsAsZero() noexcept : before_(read()) { write(before_ | kFlags); }
  DenormalsAsZero(const DenormalsAsZero&) = delete;
  DenormalsAsZero& operator=(const DenormalsAsZero&) = delete;
  DenormalsAsZero(DenormalsAsZero&&) = delete;
  DenormalsAsZero& operator=(DenormalsAsZero&&) = delete;
  ~DenormalsAsZero() { write(before_); }

 private:
#if defined(__SSE2__)
  static constexpr std::uint64_t kFlags = 0x8040;  // flush to zero, denormals are zero
  static std::uint64_t read() noexcept { return _mm_getcsr(); }
  static void write(std::uint64_t flags) noexcept { _mm_setcsr(static_cast<unsigned>(flags)); }
#elif defined(__aarch64__)
  static constexpr std::uint64_t kFlags = std::uint64_t{1} << 24U;  // FZ
  static std::uint64_t read() noexcept {
    std::uint64_t flags = 0;
    asm volatile("mrs %0, fpcr" : "=r"(flags));
    return flags;
  }
  static void write(std::uint64_t flags) noexcept { asm volatile("msr fpcr, %0" : : "r"(flags)); }
#else
  static constexpr std::uint64_t kFlags = 0;
  static std::uint64_t read() noexcept { return 0; }
  static void write(std::uint64_t) noexcept {}
#endif

  std::uint64_t before_;
};

}  // namespace bertqa::runtime
