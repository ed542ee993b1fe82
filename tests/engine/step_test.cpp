// SPDX-License-Identifier: 0BSD
// What one epoch leaves for the next: permits and bonds, whoever comes and goes between.
#include <gtest/gtest.h>

#include "domain/tempo.hpp"
#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

using U8 = std::vector<std::uint8_t>;
using U16 = std::vector<std::uint16_t>;
using U32 = std::vector<std::uint32_t>;
using U64 = std::vector<std::uint64_t>;
constexpr std::uint8_t keep = 0, set = 1, empty = 2;

// uid 0 and 1: validators a and b; 2 and 3: miners x and y.
struct Steps : ::testing::Test {
  Subnet net;

  void SetUp() override {
    const auto a = net.validator("a"), b = net.validator("b");
    net.match(net.miner("x"), a);
    net.match(net.miner("y"), b);
    net.score("x", 900'000);
    net.score("y", 500'000);
  }
  // Nothing is paid; permits and bonds as given, one row of bonds a node.
  EmissionComputed answer(U8 permit, U8 fates, std::vector<std::vector<U32>> rows) {
    const EmissionInput in = emission_input(net.state);
    EmissionOutput out;
    out.amount_nano.assign(in.uid.size(), 0);
    out.unallocated_nano = in.budget_nano;
    out.permit = std::move(permit);
    out.bonds_row = std::move(fates);
    out.bonds.row_at = {0};
    for (const auto& row : rows) {
      for (const auto& cell : row) {
        out.bonds.col.push_back(cell[0]);
        out.bonds.val.push_back(static_cast<std::uint16_t>(cell[1]));
      }
      out.bonds.row_at.push_back(out.bonds.col.size());
    }
    return {in.epoch, "test", out, EmissionRows{in.registered_at, in.payable}};
  }
  void emit(U8 permit, U8 fates, std::vector<std::vector<U32>> rows) {
    net.give(CloseEpoch{}).value();
    ASSERT_TRUE(net.give(answer(std::move(permit), std::move(fates), std::move(rows))));
  }
  void emit_bonds() {
    emit({1, 0, 0, 0}, {set, set, keep, keep}, {{{2, 100}, {3, 200}}, {{3, 300}}, {}, {}});
  }
  EmissionInput next() {
    net.give(CloseEpoch{}).value();
    return emission_input(net.state);
  }
};

TEST_F(Steps, BeforeAnyPolicyDecidedEveryValidatorHasAPermitAndNobodyBonds) {
  const EmissionInput in = next();
  EXPECT_EQ(in.permit, (U8{1, 1, 0, 0}));
  EXPECT_EQ(in.bonds.row_at, (U64{0, 0, 0, 0, 0}));
}

TEST_F(Steps, PermitsAndBondsAreThoseThatTheLastEpochLeft) {
  emit_bonds();
  const EmissionInput in = next();
  EXPECT_EQ(in.permit, (U8{1, 0, 0, 0}));
  EXPECT_EQ(in.bonds.row_at, (U64{0, 2, 3, 3, 3}));
  EXPECT_EQ(in.bonds.col, (U32{2, 3, 3}));
  EXPECT_EQ(in.bonds.val, (U16{100, 200, 300}));
}

TEST_F(Steps, ARowIsKeptSetOrEmptiedAsThePolicySays) {
  emit_bonds();
  emit({1, 1, 0, 0}, {keep, empty, set, keep}, {{}, {}, {{0, 7}}, {}});
  const EmissionInput in = next();
  EXPECT_EQ(in.bonds.row_at, (U64{0, 2, 2, 3, 3}));
  EXPECT_EQ(in.bonds.col, (U32{2, 3, 0}));
  EXPECT_EQ(in.bonds.val, (U16{100, 200, 7}));
}

TEST_F(Steps, APolicyWithoutAStateLeavesWhatWasThere) {
  emit_bonds();
  emit({}, {}, {});
  EXPECT_EQ(next().bonds.val, (U16{100, 200, 300}));
}

TEST_F(Steps, WhoTakesALeaversUidHasNoneOfItsBondsAndNoPermit) {
  emit_bonds();
  net.remove(Role::miner, "x").value();
  net.remove(Role::validator, "a").value();
  net.validator("c");
  net.miner("z");
  ASSERT_EQ(net.v("c").uid, 0u);
  ASSERT_EQ(net.m("z").uid, 2u);
  const EmissionInput in = next();
  EXPECT_EQ(in.permit, (U8{0, 0, 0, 0}));
  EXPECT_EQ(in.bonds.row_at, (U64{0, 0, 1, 1, 1}));
  EXPECT_EQ(in.bonds.col, (U32{3}));
}

TEST_F(Steps, ANewKeyStartsWithoutBonds) {
  emit_bonds();
  Update key;
  key.role = Role::miner;
  key.id = "y";
  key.key = key_a;
  net.give(key).value();
  EXPECT_EQ(next().bonds.col, (U32{2}));
}

TEST_F(Steps, BondsToWhoLeftWhileThePolicyThoughtAreLeftOut) {
  net.give(CloseEpoch{}).value();
  const EmissionComputed late =
      answer({1, 1, 0, 0}, {set, set, keep, keep}, {{{2, 100}, {3, 200}}, {{2, 5}}, {}, {}});
  net.remove(Role::miner, "x").value();
  net.miner("heir");
  ASSERT_TRUE(net.give(late));
  const EmissionInput in = next();
  EXPECT_EQ(in.bonds.row_at, (U64{0, 1, 1, 1, 1}));
  EXPECT_EQ(in.bonds.col, (U32{3}));
  EXPECT_EQ(in.permit, (U8{1, 1, 0, 0}));
}

TEST_F(Steps, BondsThatAreNoRowsAreRefused) {
  net.give(CloseEpoch{}).value();
  EXPECT_FALSE(net.give(answer({0, 0, 0, 0}, {set, keep, keep, keep}, {{{4, 1}}, {}, {}, {}})));
  EXPECT_FALSE(net.give(answer({0, 0, 0, 0}, {set, keep, keep, keep}, {{{2, 1}}})));
  EXPECT_TRUE(net.state.epoch.held);
}

TEST_F(Steps, ARestartInTheMiddleChangesNothing) {
  emit_bonds();
  Subnet other = net;
  other.state = net.replayed();
  other.restart(plain_settings()).value();
  net.give(CloseEpoch{}).value();
  other.give(CloseEpoch{}).value();
  const EmissionInput one = emission_input(net.state), two = emission_input(other.state);
  EXPECT_EQ(one.bonds, two.bonds);
  EXPECT_EQ(one.permit, two.permit);
  EXPECT_EQ(content_hash(net.state), content_hash(net.replayed()));
}

TEST_F(Steps, RegistrationsAreGivenAsBlocksToo) {
  net.wait(80'000);
  net.miner("late");
  EXPECT_EQ(next().registered_block, (U64{0, 0, 0, 0, 10}));
}

TEST_F(Steps, ColumnsOfTheAnswerAreFactsAndZeroOnesTakeNoRoom) {
  net.give(CloseEpoch{}).value();
  EmissionComputed computed = answer({0, 0, 0, 0}, {}, {});
  computed.output->dividends = {40'000, 25'535, 0, 0};
  computed.output->trust = {0, 0, 0, 0};
  ASSERT_TRUE(net.give(computed));
  const EpochStepped& f = net.last<EpochStepped>();
  EXPECT_EQ(f.dividends, (U16{40'000, 25'535, 0, 0}));
  EXPECT_TRUE(f.trust.empty());
  EXPECT_TRUE(f.order.empty());
}

// Rows 0..2 are validators of keys 1, 2 and 1; 3..5 miners of keys 1, 2 and none.
EmissionInput rated(std::vector<std::vector<std::uint16_t>> weights) {
  EmissionInput in;
  in.uid = {0, 1, 2, 3, 4, 5};
  in.owner = {1, 2, 1, 1, 2, 0};
  in.score_sum_ppm = {0, 0, 0, 800'000, 400'000, 0};
  in.score_count = {0, 0, 0, 1, 1, 0};
  in.weights.row_at = {0};
  for (const auto& row : weights) {
    for (std::uint32_t i = 0; i < row.size(); ++i) {
      if (row[i] == 0) continue;
      in.weights.col.push_back(3 + i);
      in.weights.val.push_back(row[i]);
    }
    in.weights.row_at.push_back(in.weights.col.size());
  }
  in.weights.row_at.resize(7, in.weights.col.size());
  return in;
}

TEST(RowReports, MeasureTheDistanceFromTheConsensus) {
  const auto in = rated({{65535, 32767, 0}, {0, 65535, 0}, {1, 1, 0}});
  const U16 consensus{0, 0, 0, 60'000, 20'000, 0};
  const auto reports = row_reports(in, consensus);
  ASSERT_EQ(reports.size(), 3u);
  // Two thirds and one third against three quarters and one quarter.
  EXPECT_EQ(reports[0].deviation_ppm, 83'329u);
  EXPECT_EQ(reports[1].deviation_ppm, 0u) << "only what a row rates counts";
  EXPECT_EQ(reports[2].deviation_ppm, 250'000u);
}

TEST(RowReports, WithoutAConsensusTheMeanScoresStandForIt) {
  const auto reports = row_reports(rated({{40'000, 20'000, 0}, {0, 0, 9}, {}}), {});
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].deviation_ppm, 0u);
  EXPECT_EQ(reports[1].deviation_ppm, 1'000'000u) << "nobody else gives that node anything";
}

TEST(RowReports, NameVotesForOneselfAndForFriends) {
  // Key 1 rates its own and key 2's miner, key 2 rates key 1's: a cabal.
  const auto reports = row_reports(rated({{10, 30, 0}, {50, 0, 50}, {}}), {});
  EXPECT_EQ(reports[0].own_ppm, 250'000u);
  EXPECT_EQ(reports[0].mutual_ppm, 750'000u);
  EXPECT_EQ(reports[1].own_ppm, 0u);
  EXPECT_EQ(reports[1].mutual_ppm, 500'000u);
  const auto apart = row_reports(rated({{0, 30, 10}, {0, 0, 50}, {}}), {});
  EXPECT_EQ(apart[0].mutual_ppm, 0u) << "it is not returned";
}

// Values of the chain's runtime: tests/vectors/weights.json, "epoch".
TEST(Tempo, SaysWhenTheChainRunsAnEpoch) {
  EXPECT_EQ(blocks_since_epoch(97, 3, 100), 0u);
  EXPECT_EQ(next_epoch_block(98, 3, 100), 197u);
  EXPECT_EQ(blocks_since_epoch(12'345, 255, 65'535), 12'600u);
}

Settings by_tempo() {
  Settings s = plain_settings();
  s.tempo = 10;
  s.netuid = 3;
  return s;
}

TEST(Tempo, ClosesAnEpochAtItsBlockAndNotByTime) {
  Subnet net(by_tempo());
  net.wait(56'000 - 1);  // the end of block 6
  net.tick();
  EXPECT_EQ(net.count<EpochClosed>(), 0u);
  net.wait(1);
  net.tick();
  ASSERT_EQ(net.count<EpochClosed>(), 1u);
  EXPECT_EQ(net.last<EpochClosed>().block, 7u);
  net.tick();
  EXPECT_EQ(net.count<EpochClosed>(), 1u) << "once a block";
}

TEST(Tempo, AfterDowntimeExactlyOneEpochCloses) {
  Subnet net(by_tempo());
  net.wait(8'000 * 1'000);
  net.boot().value();
  net.tick();
  EmissionOutput out;
  out.unallocated_nano = 1'000'000;
  net.give(EmissionComputed{1, "test", out, {}}).value();
  net.tick();
  EXPECT_EQ(net.count<EpochClosed>(), 1u);
}

TEST(Tempo, APolicyIsToldTheTempo) {
  Subnet net(by_tempo());
  net.give(CloseEpoch{}).value();
  EXPECT_EQ(emission_input(net.state).params.at(14), 10);
}

}  // namespace
}  // namespace subnetd::engine::testing
