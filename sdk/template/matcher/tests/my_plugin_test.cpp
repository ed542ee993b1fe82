// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/testing.hpp>

using subnet::testing::component;
using subnet::testing::load_file;

// Miners of one type and two validators of one place each, the first of them unreliable.
struct World {
  std::vector<uint8_t> miner_state, validator_state{SBN_SLOT_OPEN, SBN_SLOT_OPEN};
  std::vector<uint32_t> type, owner, region, current;
  std::vector<uint32_t> capacity{1, 1}, reliability{500'000, 1'000'000}, none{0, 0}, serves{1, 1};
  std::vector<uint64_t> miner_order, validator_order{1, 2}, types_at{0, 1, 2};

  explicit World(size_t miners)
      : miner_state(miners, SBN_SLOT_OPEN), type(miners, 1), owner(miners, 0), region(miners, 0),
        current(miners, SBN_NONE) {
    for (size_t i = 0; i < miners; ++i) miner_order.push_back(10 + i);
  }
  sbn_match_view view() const {
    return {sizeof(sbn_match_view), 1, 1, miner_state.size(), miner_state.data(), type.data(),
            owner.data(), region.data(), miner_order.data(), current.data(), 2,
            validator_state.data(), capacity.data(), reliability.data(), none.data(), none.data(),
            validator_order.data(), types_at.data(), serves.data(), {}, 0};
  }
};

TEST(MyPlugin, GivesTheHeavyTypeToTheReliableValidator) {
  component matcher(load_file(PLUGIN));
  const World world(1);
  const auto moves = matcher.solve(world.view());
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].validator, 1u);
}

TEST(MyPlugin, SaysWhyOneIsLeftOver) {
  component matcher(load_file(PLUGIN));
  const World world(3);
  size_t unmatched = 0;
  for (const auto& move : matcher.solve(world.view()))
    unmatched += move.validator == SBN_NONE && move.reason == SBN_REASON_NO_CAPACITY;
  EXPECT_EQ(unmatched, 1u);
}
