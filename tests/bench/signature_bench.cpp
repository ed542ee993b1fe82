// SPDX-License-Identifier: 0BSD
// Signatures against the bare group operations of each by libsodium, without transcript, checks and
// copies. And keccak alone, for orientation.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include "commune/key_pair.hpp"
#include "commune/sr25519.hpp"
#include "commune/transcript.hpp"
#include "group_operations.hpp"
#include "race.hpp"

namespace subnetd::bench {
namespace {

using namespace commune;

constexpr int round_signatures = 64;

// The text of a registration, about.
std::vector<std::uint8_t> message_of(std::size_t size) {
  return std::vector<std::uint8_t>(size, 'x');
}

void verify_sr25519(benchmark::State& state) {
  const KeyPair key = KeyPair::generate();
  const auto message = message_of(static_cast<std::size_t>(state.range(0)));
  const Signature signature = key.sign(message);
  Race race;
  for (auto _ : state) {
    const double s = race.round(
        [&] {
          for (int i = 0; i < round_signatures; ++i) {
            if (!sr25519_verify(key.public_key(), message, signature)) std::abort();
          }
        },
        [&] {
          for (int i = 0; i < round_signatures; ++i) group_operations(key.public_key(), signature);
        });
    state.SetIterationTime(s);
  }
  state.counters["us_each"] = 1e6 * race.ours_s() / round_signatures;
  state.counters["us_peer"] = 1e6 * race.peer_s() / round_signatures;
  race.report(state, state.range(0) <= 512 ? 0.9 : 0);
}
BENCHMARK(verify_sr25519)->Arg(64)->Arg(512)->Arg(4096)->UseManualTime();

// Many at once against one after the other.
void verify_sr25519_batch(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto message = message_of(512);
  std::vector<PublicKey> keys;
  std::vector<Signature> signatures;
  for (std::size_t i = 0; i < size; ++i) {
    const KeyPair key = KeyPair::generate();
    keys.push_back(key.public_key());
    signatures.push_back(key.sign(message));
  }
  std::vector<Sr25519Claim> claims;
  for (std::size_t i = 0; i < size; ++i) claims.push_back({&keys[i], message, &signatures[i]});
  Race race;
  for (auto _ : state) {
    const double s = race.round(
        [&] {
          if (!sr25519_verify_all(claims)) std::abort();
        },
        [&] {
          for (std::size_t i = 0; i < size; ++i) {
            if (!sr25519_verify(keys[i], message, signatures[i])) std::abort();
          }
        });
    state.SetIterationTime(s);
  }
  state.counters["us_each"] = 1e6 * race.ours_s() / static_cast<double>(size);
  state.counters["us_alone"] = 1e6 * race.peer_s() / static_cast<double>(size);
  race.report(state, size >= 32 ? 0.6 : 0);
}
BENCHMARK(verify_sr25519_batch)->Arg(2)->Arg(4)->Arg(8)->Arg(32)->Arg(64)->UseManualTime();

void sign_sr25519(benchmark::State& state) {
  const KeyPair key = KeyPair::generate();
  const auto message = message_of(static_cast<std::size_t>(state.range(0)));
  Race race;
  for (auto _ : state) {
    const double s = race.round(
        [&] {
          for (int i = 0; i < round_signatures; ++i) {
            benchmark::DoNotOptimize(key.sign(message));
          }
        },
        [&] {
          std::array<std::uint8_t, 32> point;
          for (int i = 0; i < round_signatures; ++i) {
            (void)crypto_scalarmult_ristretto255_base(point.data(), key.private_key().data());
            benchmark::DoNotOptimize(point);
          }
        });
    state.SetIterationTime(s);
  }
  state.counters["us_each"] = 1e6 * race.ours_s() / round_signatures;
  race.report(state, 0);
}
BENCHMARK(sign_sr25519)->Arg(512)->UseManualTime();

void keccak(benchmark::State& state) {
  std::array<std::uint64_t, 25> lanes{};
  for (auto _ : state) {
    keccak_f1600(lanes);
    benchmark::DoNotOptimize(lanes);
  }
}
BENCHMARK(keccak);

}  // namespace
}  // namespace subnetd::bench
