// SPDX-License-Identifier: 0BSD
// What a policy is given, against rows computed by hand.
#include <gtest/gtest.h>

#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

using U8 = std::vector<std::uint8_t>;
using U16 = std::vector<std::uint16_t>;
using U32 = std::vector<std::uint32_t>;
using U64 = std::vector<std::uint64_t>;

// uid 0: validator a; 1: miner x; 2: validator b; 3: miner y (flagged); 4: miner z (no verdict).
Subnet five_nodes(bool median) {
  Settings s = plain_settings();
  s.redundancy = 2;
  s.median = median;
  Subnet net(s);
  const auto a = net.validator("a", 10, {"chat"}, key_a);
  const auto x = net.miner("x", "chat", key_b);
  const auto b = net.validator("b");
  const auto y = net.miner("y");
  net.miner("z");
  for (std::uint32_t miner : {x, y}) {
    net.match(miner, a, 0);
    net.match(miner, b, 1);
  }
  const auto judge = [&net](const char* id, Ppm by_a, Ppm by_b) {
    const std::uint64_t first = net.ask(id);
    net.end(first, VerdictOutcome::scored, by_a);
    net.end(first + 1, VerdictOutcome::scored, by_b);
  };
  judge("x", 900'000, 400'000);
  judge("x", 700'000, 600'000);
  net.wait(16'000);
  judge("y", 200'000, 100'000);
  judge("y", 200'000, 100'000);
  judge("y", 200'000, 100'000);
  Update stake;
  stake.role = Role::validator;
  stake.id = "b";
  stake.stake_nano = (std::uint64_t{1} << 53) + 1;
  net.give(stake).value();
  net.wait(8'000);
  net.give(CloseEpoch{}).value();
  return net;
}

TEST(EmissionRowsByHand, AreOrderedByUidWithTheirColumns) {
  const EmissionInput in = emission_input(five_nodes(false).state);
  EXPECT_EQ(in.epoch, 1u);
  EXPECT_EQ(in.block, 3u);
  EXPECT_EQ(in.budget_nano, 1'000'000u);
  EXPECT_EQ(in.uid, (U32{0, 1, 2, 3, 4}));
  EXPECT_EQ(in.role, (U8{2, 1, 2, 1, 1}));
  EXPECT_EQ(in.stake_nano, (U64{7, 0, 9'007'199'254'740'993, 0, 0}));
  EXPECT_EQ(in.last_update, (U64{2, 0, 2, 0, 0}));
  EXPECT_EQ(in.registered_at, (U64{1, 2, 3, 4, 5}));
  EXPECT_EQ(in.permit, (U8{1, 0, 1, 0, 0}));
  EXPECT_EQ(in.payable, (U8{1, 1, 1, 0, 1}));
  EXPECT_EQ(in.owner, (U32{1, 2, 0, 0, 0}));
  EXPECT_EQ(in.parent, (U32{none, none, none, none, none}));
  EXPECT_EQ(in.bonds.row_at, (U64{0, 0, 0, 0, 0, 0}));
}

TEST(EmissionRowsByHand, WhoDelegatesHasTheRowOfItsParentAndSaysWhatThatKeeps) {
  Subnet net = five_nodes(false);
  net.give(net.delegation("b", "a", 1'500)).value();
  const EmissionInput in = emission_input(net.state);
  EXPECT_EQ(in.parent, (U32{none, none, 0, none, none}));
  EXPECT_EQ(in.fee, (std::vector<std::uint16_t>{0, 0, 1'500, 0, 0}));
  const auto row = [&in](std::size_t r) {
    std::map<std::uint32_t, std::uint16_t> cells;
    for (auto i = in.weights.row_at[r]; i < in.weights.row_at[r + 1]; ++i) {
      cells[in.weights.col[i]] = in.weights.val[i];
    }
    return cells;
  };
  EXPECT_EQ(row(0).size(), 2u);
  EXPECT_EQ(row(2), row(0));
  EXPECT_NE(row(0), (std::map<std::uint32_t, std::uint16_t>{}));
  net.give(Remove{Role::validator, "a"}).value();
  const EmissionInput after = emission_input(net.state);
  EXPECT_EQ(after.parent, (U32{none, none, none, none})) << "its parent left";
  EXPECT_EQ(after.fee, (std::vector<std::uint16_t>{0, 0, 0, 0}));
}

TEST(EmissionRowsByHand, ScoresAreExactSumsAndCounts) {
  const EmissionInput in = emission_input(five_nodes(false).state);
  EXPECT_EQ(in.score_sum_ppm, (U64{0, 2'600'000, 0, 900'000, 0}));
  EXPECT_EQ(in.score_count, (U32{0, 4, 0, 6, 0}));
}

TEST(EmissionRowsByHand, TheMedianOfTwoMeansIsTheirHalf) {
  const EmissionInput in = emission_input(five_nodes(true).state);
  EXPECT_EQ(in.score_sum_ppm, (U64{0, 800'000 + 500'000, 0, 200'000 + 100'000, 0}));
  EXPECT_EQ(in.score_count, (U32{0, 2, 0, 2, 0}));
}

TEST(EmissionRowsByHand, ARowOfWeightsIsScaledToItsBest) {
  const EmissionInput in = emission_input(five_nodes(false).state);
  EXPECT_EQ(in.weights.row_at, (U64{0, 2, 2, 4, 4, 4}));
  EXPECT_EQ(in.weights.col, (U32{1, 3, 1, 3}));
  // a: 800,000 and 200,000; b: 500,000 and 100,000.
  EXPECT_EQ(in.weights.val, (U16{65535, 16384, 65535, 13107}));
}

TEST(EmissionRowsByHand, AnOddMedianIsTheMiddleOne) {
  Settings s = plain_settings();
  s.redundancy = 3;
  s.median = true;
  Subnet net(s);
  for (const char* id : {"a", "b", "c"}) net.validator(id);
  const auto m = net.miner("m");
  for (std::uint32_t copy = 0; copy < 3; ++copy) net.match(m, copy, copy);
  const std::uint64_t first = net.ask("m");
  for (Ppm i = 0; i < 3; ++i) net.end(first + i, VerdictOutcome::scored, 100'000 * (i * i + 1));
  net.give(CloseEpoch{}).value();
  const EmissionInput in = emission_input(net.state);
  EXPECT_EQ(in.score_sum_ppm[3], 200'000u);
  EXPECT_EQ(in.score_count[3], 1u);
}

TEST(EmissionRowsByHand, ZeroScoresAreExplicitZeroWeights) {
  Subnet net;
  const auto v = net.validator("v");
  net.match(net.miner("m"), v);
  net.score("m", 0);
  net.give(CloseEpoch{}).value();
  const EmissionInput in = emission_input(net.state);
  EXPECT_EQ(in.weights.col, (U32{1}));
  EXPECT_EQ(in.weights.val, (U16{0}));
}

TEST(EmissionRowsByHand, TheRowOfAValidatorThatLeftIsNotItsSuccessors) {
  Subnet net;
  const auto v = net.validator("v");
  net.match(net.miner("m"), v);
  net.score("m", 900'000);
  net.remove(Role::validator, "v").value();
  ASSERT_EQ(net.validator("w"), v);
  net.give(CloseEpoch{}).value();
  const EmissionInput in = emission_input(net.state);
  EXPECT_TRUE(in.weights.col.empty());
  EXPECT_EQ(in.score_sum_ppm[1], 900'000u) << "what the miner earned stays";
}

}  // namespace
}  // namespace subnetd::engine::testing
