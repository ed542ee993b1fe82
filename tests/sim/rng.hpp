// SPDX-License-Identifier: 0BSD
// SplitMix64 and what is drawn from it. No std distribution: those differ between libraries.
#pragma once

#include <cstdint>

namespace subnetd::sim {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed * 0x2545f4914f6cdd1dull + 0x9e37) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool percent(std::uint64_t p) { return below(100) < p; }

 private:
  std::uint64_t state_;
};

}  // namespace subnetd::sim
