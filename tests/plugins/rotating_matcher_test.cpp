// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <map>

#include <subnet/testing.hpp>

#include "matching/rules.hpp"
#include "plugins/match_world.hpp"
#include "subnet/matching/rotation.hpp"

namespace {

using subnet::matching::partaking;
using subnet::matching::rotation;
using subnet::testing::component;
using subnet::testing::load_file;

constexpr uint32_t miners = 1'000, validators = 20;

struct Rotating : testing::Test {
  World world;
  Rotating() {
    for (uint32_t v = 0; v < validators; ++v) world.validator({chat}, 100);
    for (uint32_t m = 0; m < miners; ++m) world.miner(chat);
  }
  sbn_match_view epoch(uint8_t n) {
    sbn_match_view view = world.view();
    view.move_budget = n == 0 ? 0 : 1'000'000;
    for (uint8_t& byte : view.seed) byte = n;
    return view;
  }
};

TEST_F(Rotating, MovesOnlyTheFractionAndEachIsVerifiedFromSeedRankAndQuotaTableAlone) {
  component matcher(load_file(PLUGIN_DIR "/rotating.sbn.so"), R"({"fraction_ppm":250000})");
  world.apply(matcher.solve(epoch(0)));
  for (uint8_t n = 1; n <= 5; ++n) {
    const std::vector<uint32_t> before = world.current;
    const auto loads = world.loads();
    const sbn_match_view view = epoch(n);
    world.apply(matcher.solve(view));
    EXPECT_EQ(world.loads(), loads);

    const partaking in(std::span<const uint8_t, 32>(view.seed), chat, miners, 250'000);
    std::map<uint32_t, uint64_t> copies;
    for (uint32_t m = 0; m < miners; ++m)
      if (in.rank_of(m) < in.size()) ++copies[before[m]];
    std::vector<rotation::quota> table;
    for (const auto& [v, count] : copies) table.push_back({v, count});
    const rotation drawn(std::span<const uint8_t, 32>(view.seed), chat, in.size(), 1, table);
    uint32_t moved = 0;
    for (uint32_t m = 0; m < miners; ++m) {
      moved += world.current[m] != before[m];
      const uint64_t rank = in.rank_of(m);
      ASSERT_EQ(world.current[m], rank < in.size() ? drawn.at(rank, 0) : before[m])
          << "miner " << m << " epoch " << int{n};
    }
    EXPECT_GT(moved, 200u);
    EXPECT_LE(moved, 250u);
  }
}

TEST_F(Rotating, MovesAlmostEveryoneUnlessToldAndNobodyWithAFractionOfNothing) {
  component all(load_file(PLUGIN_DIR "/rotating.sbn.so"));
  component none_at_all(load_file(PLUGIN_DIR "/rotating.sbn.so"), R"({"fraction_ppm":0})");
  world.apply(all.solve(epoch(0)));
  EXPECT_TRUE(none_at_all.solve(epoch(1)).empty());
  EXPECT_GT(all.solve(epoch(1)).size(), 900u);
}

// With several copies each is drawn within its stratum; nobody has a validator twice.
TEST_F(Rotating, OfSeveralCopiesEachIsWhereItIsDrawn) {
  world = World();
  world.k = 3;
  for (uint32_t v = 0; v < validators; ++v) world.validator({chat}, 40 + v);
  for (uint32_t m = 0; m < 300; ++m) world.miner(chat);
  component matcher(load_file(PLUGIN_DIR "/rotating.sbn.so"));
  world.apply(matcher.solve(epoch(0)));
  for (uint8_t n = 1; n <= 5; ++n) {
    const auto loads = world.loads();
    const sbn_match_view view = epoch(n);
    world.apply(matcher.solve(view));
    ASSERT_TRUE(keeps_rules(world));
    EXPECT_EQ(world.loads(), loads);
    const partaking in(std::span<const uint8_t, 32>(view.seed), chat, 300, 1'000'000);
    std::vector<rotation::quota> table;
    for (uint32_t v = 0; v < validators; ++v)
      if (loads[v] > 0) table.push_back({v, loads[v]});
    const rotation drawn(std::span<const uint8_t, 32>(view.seed), chat, in.size(), 3, table);
    for (uint32_t m = 0; m < 300; ++m)
      for (uint32_t copy = 0; copy < 3; ++copy)
        ASSERT_EQ(world.current[m * 3 + copy], drawn.at(in.rank_of(m), copy))
            << "miner " << m << " copy " << copy << " epoch " << int{n};
  }
}

}  // namespace
