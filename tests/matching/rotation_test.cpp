// SPDX-License-Identifier: 0BSD
#include "subnet/matching/rotation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

namespace {

using subnet::matching::partaking;
using subnet::matching::permutation;
using subnet::matching::rotation;
using Seed = std::array<uint8_t, 32>;

Seed seed_of(uint8_t n) {
  Seed out{};
  out[0] = n;
  out[7] = static_cast<uint8_t>(3 * n);
  return out;
}

TEST(Permutation, TakesEveryPlaceOnceAndBack) {
  for (const uint64_t n : {1u, 2u, 3u, 16u, 17u, 1'000u, 4'097u}) {
    const permutation order(n, 42 + n);
    std::vector<bool> seen(n, false);
    for (uint64_t at = 0; at < n; ++at) {
      const uint64_t to = order(at);
      ASSERT_LT(to, n);
      ASSERT_FALSE(seen[to]);
      seen[to] = true;
      ASSERT_EQ(order.inverse(to), at);
    }
  }
}

std::vector<rotation::quota> table_of(uint64_t n, uint32_t k, uint32_t validators) {
  std::vector<rotation::quota> table;
  uint64_t left = n * k;
  for (uint32_t v = 0; v < validators; ++v) {
    const uint64_t copies = v + 1 == validators ? left : std::min(left, n * k / validators + v % 3);
    table.push_back({v, copies});
    left -= copies;
  }
  return table;
}

TEST(Rotation, FillsEveryQuotaAndNeverGivesAMinerOneValidatorTwice) {
  for (const uint32_t k : {1u, 2u, 3u, 5u}) {
    for (uint8_t epoch = 0; epoch < 20; ++epoch) {
      const uint64_t n = 500;
      const auto table = table_of(n, k, 37);
      const Seed seed = seed_of(epoch);
      const rotation drawn(seed, 3, n, k, table);
      std::map<uint32_t, uint64_t> loads;
      for (uint64_t rank = 0; rank < n; ++rank) {
        std::set<uint32_t> mine;
        for (uint32_t copy = 0; copy < k; ++copy) {
          const uint32_t v = drawn.at(rank, copy);
          ASSERT_NE(v, SBN_NONE);
          ASSERT_TRUE(mine.insert(v).second) << "rank " << rank << " epoch " << int{epoch};
          ++loads[v];
        }
      }
      for (const auto& quota : table) ASSERT_EQ(loads[quota.validator], quota.copies);
    }
  }
}

// The recipe of the header, written again: whoever has seed, rank and table can check one miner.
TEST(Rotation, IsVerifiedFromSeedRankAndQuotaTableAlone) {
  const uint64_t n = 1'000;
  const auto table = table_of(n, 1, 41);
  const Seed seed = seed_of(9);
  const uint32_t type = 2;
  const rotation drawn(seed, type, n, 1, table);

  uint64_t state = 0;
  for (int i = 0; i < 8; ++i) state = state << 8 | seed[static_cast<size_t>(i)];
  state ^= (type + 1) * 0x9e3779b97f4a7c15ull;
  const auto lot = [&] {
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  };
  auto shuffled = table;
  for (size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[lot() % i]);
  const uint64_t key = lot();
  const auto feistel = [&](uint64_t x) {  // 10 bits count 1,000
    uint64_t left = x >> 5, right = x & 31;
    for (uint64_t i = 0; i < 4; ++i) {
      uint64_t z = (right + 1) * 0x9e3779b97f4a7c15ull ^ (key + i * 0xd6e8feb86659fd93ull);
      z = (z ^ (z >> 32)) * 0xbf58476d1ce4e5b9ull;
      const uint64_t next = left ^ ((z ^ (z >> 29)) & 31);
      left = right;
      right = next;
    }
    return left << 5 | right;
  };
  for (const uint64_t rank : {0u, 1u, 500u, 999u}) {
    uint64_t place = feistel(rank);
    while (place >= n) place = feistel(place);
    size_t v = 0;
    for (uint64_t end = shuffled[0].copies; end <= place; end += shuffled[++v].copies) {
    }
    EXPECT_EQ(drawn.at(rank, 0), shuffled[v].validator) << "rank " << rank;
  }
}

TEST(Partaking, IsOfTheFractionAskedForAndRanksThemWithoutGaps) {
  const Seed seed = seed_of(3);
  for (const uint64_t n : {1u, 7u, 1'000u, 4'097u}) {
    for (const uint32_t ppm : {0u, 1u, 250'000u, 999'999u, 1'000'000u, 4'000'000'000u}) {
      const partaking in(seed, 1, n, ppm);
      const uint64_t size = ppm >= 1'000'000 ? n : (n * ppm + 999'999) / 1'000'000;
      ASSERT_EQ(in.size(), size);
      std::set<uint64_t> ranks;
      for (uint64_t rank = 0; rank < n; ++rank) {
        if (in.rank_of(rank) >= in.size()) continue;
        ASSERT_TRUE(ranks.insert(in.rank_of(rank)).second);
      }
      ASSERT_EQ(ranks.size(), size) << n << " at " << ppm;
    }
  }
}

TEST(Partaking, IsDrawnAnewInEveryEpochAndForEveryType) {
  const Seed now = seed_of(1), next = seed_of(2);
  const partaking a(now, 1, 10'000, 500'000), b(next, 1, 10'000, 500'000),
      c(now, 2, 10'000, 500'000);
  uint64_t again = 0, both = 0;
  for (uint64_t rank = 0; rank < 10'000; ++rank) {
    const bool in = a.rank_of(rank) < a.size();
    again += in && b.rank_of(rank) < b.size();
    both += in && c.rank_of(rank) < c.size();
  }
  for (const uint64_t n : {again, both}) {  // a quarter, by chance
    EXPECT_GT(n, 2'300u);
    EXPECT_LT(n, 2'700u);
  }
}

TEST(Rotation, GivesAlmostEveryMinerAnotherValidatorInTheNextEpoch) {
  const uint64_t n = 10'000;
  const auto table = table_of(n, 1, 100);
  const Seed now = seed_of(1), next = seed_of(2);
  const rotation a(now, 1, n, 1, table), b(next, 1, n, 1, table);
  uint64_t same = 0;
  for (uint64_t rank = 0; rank < n; ++rank) same += a.at(rank, 0) == b.at(rank, 0);
  EXPECT_LT(same, 200u);  // one in a hundred, by chance
}

TEST(Rotation, OfSeveralCopiesMixesValidatorsWidely) {
  const uint64_t n = 3'000;
  const auto table = table_of(n, 3, 60);
  const Seed seed = seed_of(4);
  const rotation drawn(seed, 1, n, 3, table);
  std::map<uint32_t, std::set<uint32_t>> met;
  for (uint64_t rank = 0; rank < n; ++rank)
    for (uint32_t a = 0; a < 3; ++a)
      for (uint32_t b = 0; b < 3; ++b)
        if (a != b) met[drawn.at(rank, a)].insert(drawn.at(rank, b));
  for (const auto& [v, others] : met) EXPECT_GT(others.size(), 25u) << "validator " << v;
}

}  // namespace
