// SPDX-License-Identifier: 0BSD
// Saves the floating-point control bits around plugin code and restores them: a plugin built with
// -ffast-math would otherwise flush denormals to zero in the whole daemon. Sticky flags do not
// count.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace subnetd::plugin {

class FpGuard {
 public:
  FpGuard() : before_(read()) {}
  ~FpGuard() { restore(); }
  FpGuard(const FpGuard&) = delete;
  FpGuard& operator=(const FpGuard&) = delete;

  // Control bits changed since the guard was made.
  bool changed() const { return read() != before_; }
  void restore() const {
    if (changed()) write(before_);
  }

 private:
  struct Control {
    std::uint32_t sse;
    std::uint32_t x87;
    bool operator==(const Control&) const = default;
  };
#if defined(__x86_64__)
  static constexpr std::uint32_t sticky = 0x3f;
  static Control read() {
    std::uint16_t x87 = 0;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    return {_mm_getcsr() & ~sticky, x87};
  }
  static void write(Control c) {
    const auto x87 = static_cast<std::uint16_t>(c.x87);
    __asm__ volatile("fldcw %0" : : "m"(x87));
    _mm_setcsr(c.sse | (_mm_getcsr() & sticky));
  }
#elif defined(__aarch64__)
  static Control read() {  // FPCR holds control bits alone
    std::uint64_t fpcr = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return {static_cast<std::uint32_t>(fpcr), 0};
  }
  static void write(Control c) {
    const std::uint64_t fpcr = c.sse;
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
  }
#else
#error "unknown machine"
#endif
  Control before_;
};

}  // namespace subnetd::plugin
