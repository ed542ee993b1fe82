// SPDX-License-Identifier: 0BSD
// The group operations of one sr25519 verification and nothing else, by libsodium:
// encode(s*B - k*A).
#pragma once

#include <benchmark/benchmark.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "commune/bytes.hpp"

namespace subnetd::bench {

inline void group_operations(const commune::PublicKey& key, const commune::Signature& signature) {
  std::array<std::uint8_t, 32> k{}, base, product, sum;
  std::copy_n(signature.begin(), 31, k.begin());
  benchmark::DoNotOptimize(crypto_scalarmult_ristretto255(product.data(), k.data(), key.data()));
  std::copy_n(signature.begin() + 32, 32, k.begin());
  k[31] &= 0x0F;
  benchmark::DoNotOptimize(crypto_scalarmult_ristretto255_base(base.data(), k.data()));
  crypto_core_ristretto255_sub(sum.data(), base.data(), product.data());
  benchmark::DoNotOptimize(sum);
}

}  // namespace subnetd::bench
