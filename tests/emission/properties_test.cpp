// SPDX-License-Identifier: 0BSD
// How a policy works does not show: tiles equal lists, every path gives one answer, fast stays near
// exact, stakes may be beyond what a double holds.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "cases.hpp"
#include "drawn.hpp"
#include "traces.hpp"

namespace subnetd::test {
namespace {

using consensus::bits;
using consensus::Chain;
using consensus::Rules;

Rules rules_for(std::uint64_t seed) {
  Dice dice(~seed);
  Rules r;
  constexpr Chain chains[] = {Chain::commune_linear, Chain::commune_yuma, Chain::bittensor};
  constexpr std::uint16_t kappas[] = {32767, 32767, 0, 1, 65535, 21845, 60000};
  constexpr std::uint16_t penalties[] = {65535, 65535, 0, 32767, 1, 65534};
  constexpr std::uint32_t averages[] = {900'000, 900'000, 0, 1'000'000, 1, 999'999};
  r.chain = chains[dice.below(3)];
  r.kappa = kappas[dice.below(7)];
  r.bonds_penalty = penalties[dice.below(6)];
  r.bonds_ma = averages[dice.below(6)];
  r.liquid_alpha = dice.one_in(2);
  r.yuma3 = dice.below(3) != 0;
  r.alpha_steepness = dice.one_in(4) ? static_cast<int64_t>(dice.below(5000)) - 2500 : 1000;
  if (dice.one_in(5)) r.alpha_low = 0;
  if (dice.one_in(5)) r.alpha_high = 65535;
  r.validators_max = dice.one_in(2) ? 64 : -1;
  r.activity_cutoff = 500;
  return r;
}

consensus::Path path_of(const Way& way) {
  return way.instructions == "plain"  ? consensus::Path::plain
         : way.instructions == "avx2" ? consensus::Path::avx2
                                      : consensus::Path::avx512;
}

TEST(Tiles, EqualListsOnEveryPathWhateverIsInThem) {
  std::size_t tiled = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    const EmissionInput drawn = draw(seed);
    Rules rules = rules_for(seed);
    rules.tiles = false;
    const auto wanted = traces(drawn, rules);
    rules.tiles = true;
    for (const Way& way : ways("exact")) {
      if (way.threads != 1) continue;
      rules.path = path_of(way);
      std::size_t tiles = 0;
      ASSERT_EQ(traces(drawn, rules, &tiles), wanted) << "seed " << seed << way.name();
      tiled += tiles;
    }
  }
  EXPECT_GT(tiled, 600u);
}

// Half is the one weight of a row that has bit 31 and need not be alone.
TEST(Tiles, EqualListsWhereWeightsAreHalfOfTheirRow) {
  const std::size_t n = 40, voters = 20;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Dice dice(seed);
    EmissionInput drawn;
    draw_nodes(dice, n, voters, drawn);
    draw_rows(dice, n, voters, drawn.bonds);
    drawn.weights.row_at.push_back(0);
    for (std::size_t i = 0; i < n; ++i) {
      const auto at = static_cast<std::uint32_t>(voters + dice.below(9));
      if (i < voters) {
        drawn.weights.col.insert(drawn.weights.col.end(), {at, at + 1});
        drawn.weights.val.insert(drawn.weights.val.end(), {700, 700});
      }
      drawn.weights.row_at.push_back(drawn.weights.col.size());
    }
    Rules rules;
    rules.chain = Chain::commune_yuma;
    rules.tiles = false;
    const auto wanted = traces(drawn, rules);
    rules.tiles = true;
    for (const Way& way : ways("exact")) {
      rules.path = path_of(way);
      ASSERT_EQ(traces(drawn, rules), wanted) << "seed " << seed << way.name();
    }
  }
}

TEST(Paths, OneThatTheProcessorLacksIsRefused) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) GTEST_SKIP() << "this processor has them all";
  Rules rules;
  rules.path = consensus::Path::avx512;
  EXPECT_THROW(consensus::kernel_of(rules), subnet::failure);
}

// ---- through the plugins

std::string text(const json::Value& value) {
  return std::string(value.as_string());
}

template <class Each>
void each_generated(Each&& each) {
  const json::Value all = vectors("chains.json");
  for (const json::Value& one : all.as_object().at("generated").as_array()) {
    const json::Object& g = one.as_object();
    each(text(g.at("id")),
         make_case(text(g.at("algo")), g.at("params").as_object(),
                   generated(g.at("generator").as_object())));
  }
}

double largest_gap(const json::Value& a, const json::Value& b) {
  double gap = 0;
  for (std::size_t i = 0; i < a.as_array().size(); ++i) {
    gap = std::max(gap, std::abs(a.as_array()[i].to_number<double>() -
                                 b.as_array()[i].to_number<double>()));
  }
  return gap;
}

TEST(Fast, StaysWithinAMillionthOfExactAndIsOneAnswerOnEveryPath) {
  Policies exact({}), first({"fast", "plain", 1});
  std::vector<std::unique_ptr<Policies>> others;
  for (const Way& way : ways("fast")) others.push_back(std::make_unique<Policies>(way));
  each_generated([&](const std::string& id, const json::Object& one) {
    const json::Object wanted = exact.answer(one), have = first.answer(one);
    for (const char* name : {"stake", "active_stake", "consensus", "incentive", "dividends",
                             "validator_trust"}) {
      EXPECT_LE(largest_gap(wanted.at("raw").at(name), have.at("raw").at(name)),
                1e-6 * 4294967296.0)
          << id << " " << name;
    }
    for (const char* name : {"consensus", "incentive", "dividends", "validator_trust"}) {
      EXPECT_LE(largest_gap(wanted.at(name), have.at(name)), 1) << id << " " << name;
    }
    EXPECT_LE(largest_gap(wanted.at("paid"), have.at("paid")), 1e-6 * 1e12) << id;
    EXPECT_EQ(outside_of_fast({{"bonds", wanted.at("bonds")}}, have, 1e12), "") << id;
    for (const auto& other : others) EXPECT_EQ(other->answer(one), have) << id;
  });
}

// Nodes that weigh each other, and bonds between all of them; `value` is asked with the column.
template <class Value>
EmissionInput everybody_weighs(Dice& dice, std::size_t n, Value&& value) {
  EmissionInput drawn;
  draw_nodes(dice, n, n, drawn);
  for (Csr16* matrix : {&drawn.weights, &drawn.bonds}) {
    matrix->row_at.push_back(0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::uint32_t j = 0; j < n; ++j) {
        matrix->col.push_back(j);
        matrix->val.push_back(static_cast<std::uint16_t>(value(j)));
      }
      matrix->row_at.push_back(matrix->col.size());
    }
  }
  return drawn;
}

// Hundreds of rows leave a column's parts of the stake a few thousand units of 2^-32 each: what
// exact rounds away of them shows in the bonds.
TEST(Fast, KeepsBondsWithinOneWhereManyShareAColumn) {
  const std::size_t n = 500;
  Dice dice(7);
  const EmissionInput drawn =
      everybody_weighs(dice, n, [&](std::size_t) { return 1 + dice.below(65'535); });
  for (const Chain chain : {Chain::commune_linear, Chain::commune_yuma, Chain::bittensor}) {
    for (const int penalty : {0, 32'767, 65'535}) {
      Rules rules;
      rules.chain = chain;
      rules.yuma3 = false;
      rules.bonds_penalty = static_cast<std::uint16_t>(penalty);
      std::size_t tiles = 0;
      const auto wanted = traces(drawn, rules, &tiles);
      ASSERT_GT(tiles, 0u);
      rules.fast = true;
      const auto have = traces(drawn, rules);
      ASSERT_EQ(have.size(), wanted.size());
      const std::size_t shares = 6 * n;
      for (std::size_t i = 0; i < have.size(); ++i)
        ASSERT_NEAR(have[i], wanted[i], i < shares ? 4'294 : 1) << penalty << " at " << i;
    }
  }
}

// Columns that hold a few units of 2^-32 all over, bonds that hardly move or have no memory.
TEST(Fast, StaysWithinTheSameWhereAColumnIsTinyThroughout) {
  const std::size_t n = 64;
  Dice dice(11);
  const EmissionInput drawn = everybody_weighs(
      dice, n, [&](std::size_t j) { return j % 4 == 0 ? 1 + dice.below(9) : 65'535; });
  for (const Chain chain : {Chain::commune_yuma, Chain::bittensor}) {
    for (const int ma : {1, 900'000, 999'999}) {
      for (const int variant : {0, 1, 2}) {
        Rules rules;
        rules.chain = chain;
        rules.bonds_ma = static_cast<uint32_t>(ma);
        rules.yuma3 = variant > 0;
        rules.liquid_alpha = variant > 1;
        const auto wanted = traces(drawn, rules);
        rules.fast = true;
        const auto have = traces(drawn, rules);
        ASSERT_EQ(have.size(), wanted.size());
        for (std::size_t i = 0; i < have.size(); ++i)
          ASSERT_NEAR(have[i], wanted[i], i < 6 * n ? 4'294 : 1) << ma << variant << " at " << i;
      }
    }
  }
}

// A weight of a few units of 2^-32 that is alone in its column is all of it, and no more than that.
TEST(Fast, GivesALoneTinyWeightItsWholeColumnOnEveryPath) {
  const json::Value file = vectors("lone_weight.json");
  const json::Object& given = file.as_object();
  const json::Object one = make_case(text(given.at("algo")), given.at("params").as_object(),
                                     given.at("input").as_object());
  const json::Object wanted = Policies({}).answer(one);
  EXPECT_EQ(wanted.at("bonds").as_array()[0].as_array()[0].as_array()[1].to_number<int>(), 65'535);
  for (const Way& way : ways("fast")) {
    const json::Object have = Policies(way).answer(one);
    for (std::size_t row = 0; row < 4; ++row) {
      const json::Array& a = wanted.at("bonds").as_array()[row].as_array();
      const json::Array& b = have.at("bonds").as_array()[row].as_array();
      ASSERT_EQ(a.size(), b.size()) << way.name();
      for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].as_array()[0], b[i].as_array()[0]) << way.name();
        EXPECT_NEAR(a[i].as_array()[1].to_number<int>(), b[i].as_array()[1].to_number<int>(), 1)
            << way.name() << " row " << row;
      }
    }
  }
}

TEST(BigStakes, AreExactBeyondWhatADoubleHolds) {
  const json::Value all = vectors("big_stakes.json");
  for (const Way& way : ways("exact")) {
    Policies policies(way);
    for (const json::Value& each : all.as_object().at("cases").as_array()) {
      const json::Object& one = each.as_object();
      const json::Object have = policies.answer(one);
      EXPECT_EQ(digest(text(one.at("algo")), have), text(one.at("sha256"))) << one.at("id");
      for (const auto& [name, raw] : one.at("expect").at("raw").as_object()) {
        EXPECT_EQ(have.at("raw").at(name), raw) << one.at("id") << " " << name;
      }
    }
  }
}

}  // namespace
}  // namespace subnetd::test
