// SPDX-License-Identifier: 0BSD
// A fixed 64-bit hash: the same on every machine and every run. Not cryptographic.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace subnetd {

constexpr std::uint64_t mix64(std::uint64_t x) {  // the finalizer of SplitMix64
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ull;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebull;
  return x ^ x >> 31;
}

inline std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0) {
  std::uint64_t h = mix64(seed + 0x9e3779b97f4a7c15ull + bytes.size());
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    h = mix64(h ^ word) + 0x9e3779b97f4a7c15ull;
  }
  std::uint64_t tail = 0;
  if (i < bytes.size()) std::memcpy(&tail, bytes.data() + i, bytes.size() - i);
  return mix64(h ^ tail);
}

// Folds values into a running digest; the order counts.
class Digest {
 public:
  void add(std::uint64_t value) { value_ = mix64(value_ ^ value) + 0x9e3779b97f4a7c15ull; }
  void add(std::string_view bytes) { add(hash64(bytes)); }
  std::uint64_t value() const { return value_; }
  void restore(std::uint64_t value) { value_ = value; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace subnetd
