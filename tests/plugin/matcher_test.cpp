// SPDX-License-Identifier: 0BSD
#include "plugin/matcher.hpp"

#include "plugin/fixtures.hpp"
#include "plugin/greedy.hpp"
#include "subnet/matching/rotation.hpp"

namespace {

using namespace fixtures;
using plugin::find_violation;
using plugin::Matcher;
using plugin::Moves;

// Two validators of one place each for type 1, k copies a miner.
struct World {
  std::uint32_t k = 1;
  std::vector<std::uint8_t> m_state, v_state;
  std::vector<std::uint32_t> m_type, m_owner, m_region, current, v_capacity, v_ppm, v_owner,
      v_region;
  std::vector<std::uint32_t> v_type;
  std::vector<std::uint64_t> m_order, v_order, types_at{0};

  explicit World(std::uint32_t copies = 1) : k(copies) {}
  void miner(std::uint32_t owner = 0, std::uint32_t type = 1) {
    m_state.push_back(SBN_SLOT_OPEN);
    m_type.push_back(type);
    m_owner.push_back(owner);
    m_region.push_back(0);
    m_order.push_back(m_order.size());
    current.resize(current.size() + k, SBN_NONE);
  }
  void validator(std::uint32_t capacity, std::uint32_t owner = 0, std::uint32_t type = 1) {
    v_state.push_back(SBN_SLOT_OPEN);
    v_capacity.push_back(capacity);
    v_ppm.push_back(1'000'000);
    v_owner.push_back(owner);
    v_region.push_back(0);
    v_order.push_back(v_order.size());
    v_type.push_back(type);
    types_at.push_back(v_type.size());
  }
  sbn_match_view view() const {
    return {sizeof(sbn_match_view),
            k,
            1,
            m_state.size(),
            m_state.data(),
            m_type.data(),
            m_owner.data(),
            m_region.data(),
            m_order.data(),
            current.data(),
            v_state.size(),
            v_state.data(),
            v_capacity.data(),
            v_ppm.data(),
            v_owner.data(),
            v_region.data(),
            v_order.data(),
            types_at.data(),
            v_type.data(),
            {},
            0};
  }
};

std::unique_ptr<plugin::Instance> must_start_built_in(const std::string& name,
                                                      const std::string& settings) {
  auto instance = start(PLUGIN_DIR "/" + name, settings);
  EXPECT_TRUE(instance) << (instance ? "" : instance.error().message);
  return instance ? std::move(*instance) : nullptr;
}

World small(std::uint32_t k = 1) {
  World world(k);
  for (int i = 0; i < 3; ++i) world.miner(i == 0 ? 5 : 0);
  world.validator(1, 5);
  world.validator(1);
  return world;
}

TEST(Matcher, AnswersWithTheMovesOfItsPlugin) {
  const World world = small();
  Matcher matcher(must_start("good_matcher"));
  ASSERT_TRUE(matcher.load(world.view()));
  const Moves moves = matcher.solve(world.view());
  ASSERT_EQ(moves.size(), 3u);
  EXPECT_EQ(find_violation(world.view(), moves, true), "");
  EXPECT_EQ(moves[2].validator, SBN_NONE);
  EXPECT_EQ(moves[2].reason, SBN_REASON_NO_CAPACITY);
  EXPECT_EQ(matcher.fallbacks(), 0u);
}

TEST(Matcher, IsStoodInForByTheGreedyOneWhenItsAnswerHasNoShape) {
  const World world = small();
  for (const char* fixture :
       {"matcher_forgets_rows", "matcher_asks_for_more_forever", "matcher_no_reason",
        "matcher_miner_out_of_range", "matcher_moves_twice"}) {
    Matcher matcher(must_start(fixture));
    for (int i = 0; i < 3; ++i) {
      const Moves moves = matcher.solve(world.view());
      EXPECT_EQ(find_violation(world.view(), moves, true), "") << fixture;
      EXPECT_EQ(moves.size(), 3u) << fixture;
    }
    EXPECT_EQ(matcher.fallbacks(), 3u) << fixture;
    EXPECT_TRUE(matcher.instance().disabled()) << fixture;
  }
}

TEST(Matcher, IsStoodInForWhenItLeavesOutACopyThatNobodyHas) {
  World world = small();
  std::string said;
  auto instance = start("matcher_skips_miners", "{}",
                        [&](int, std::string_view, std::string_view text) { said = text; });
  ASSERT_TRUE(instance);
  Matcher matcher(std::move(*instance));
  ASSERT_TRUE(matcher.load(world.view()));
  const sbn_match_event first[]{{SBN_MINER_CHANGED, 0}};
  matcher.propose(world.view(), first);
  EXPECT_EQ(matcher.fallbacks(), 0u) << "only what the events name has to be answered";
  const sbn_match_event both[]{{SBN_MINER_CHANGED, 0}, {SBN_MINER_CHANGED, 1}};
  EXPECT_EQ(matcher.propose(world.view(), both).size(), 3u);
  EXPECT_EQ(matcher.fallbacks(), 1u);
  EXPECT_NE(said.find("no row for the unmatched miner slot 1 copy 0"), std::string::npos) << said;
  EXPECT_EQ(matcher.solve(world.view()).size(), 3u);
  EXPECT_EQ(matcher.fallbacks(), 2u);
  world.current[1] = 0;
  matcher.solve(world.view());
  EXPECT_EQ(matcher.fallbacks(), 2u) << "somebody has it";
}

// What explain says of a rotation is enough to verify it.
TEST(Matcher, RotatingSaysSeedRankAndQuotaTable) {
  World world;
  for (int m = 0; m < 40; ++m) world.miner();
  for (int v = 0; v < 4; ++v) world.validator(20);
  for (std::uint32_t m = 0; m < 40; ++m) world.current[m] = m % 4;
  sbn_match_view view = world.view();
  for (std::uint8_t i = 0; i < 32; ++i) view.seed[i] = i;
  Matcher matcher(must_start_built_in("rotating", R"({"fraction_ppm":500000})"));
  std::vector<subnet::matching::rotation::quota> table;
  std::uint64_t drawn = 0;
  for (std::uint32_t m = 0; m < 40; ++m) {
    const std::string text = matcher.explain(view, m).value();
    ASSERT_NE(text.find("seed 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f, "
                        "type number 1: "),
              std::string::npos)
        << text;
    if (text.find("does not take part") != std::string::npos) continue;
    const auto after = [&](const std::string& words) {
      return std::stoul(text.substr(text.find(words) + words.size()));
    };
    ASSERT_EQ(after(" of "), 20u) << text;
    if (table.empty()) {
      const std::size_t from = text.find("quota table, by registration:");
      for (std::size_t at = from; (at = text.find("validator slot ", at)) != text.npos; ++at) {
        std::uint32_t v = 0, copies = 0;
        ASSERT_EQ(std::sscanf(&text[at], "validator slot %u %u", &v, &copies), 2);
        table.push_back({v, copies});
      }
    }
    const subnet::matching::rotation by_hand(std::span<const std::uint8_t, 32>(view.seed), 1, 20, 1,
                                             table);
    ASSERT_EQ(by_hand.at(after(": rank "), 0), after("copy 0 is drawn to validator slot ")) << text;
    ++drawn;
  }
  EXPECT_EQ(drawn, 20u);
}

TEST(Matcher, RotatingDrawsNothingToExplainATypeOfTooManyMiners) {
  World world;
  for (int m = 0; m < 20'001; ++m) world.miner();
  world.validator(30'000);
  Matcher matcher(must_start_built_in("rotating", "{}"));
  const std::string text = matcher.explain(world.view(), 0).value();
  EXPECT_NE(text.find("among 20001 of its type: too many to draw here"), std::string::npos) << text;
}

TEST(Matcher, SeedAndBalancedSayWhoElseIsPossible) {
  World world = small();
  world.validator(4);
  world.current = {1, SBN_NONE, 2};
  for (const char* name : {"seed", "balanced"}) {
    Matcher matcher(must_start_built_in(name, "{}"));
    const std::string matched = matcher.explain(world.view(), 0).value();
    EXPECT_NE(matched.find("validator slot 1"), std::string::npos) << matched;
    EXPECT_NE(matched.find("possible: validator slot 2"), std::string::npos) << matched;
    EXPECT_EQ(matched.find("possible: validator slot 0"), std::string::npos) << "of its own key";
    const std::string nobody = matcher.explain(world.view(), 1).value();
    EXPECT_NE(nobody.find("possible: validator slot 0"), std::string::npos) << nobody;
    EXPECT_EQ(nobody.find("possible: validator slot 1"), std::string::npos) << "it is full";
  }
}

TEST(Matcher, IsStoodInForWhileItsIndexCannotBeBuilt) {
  const World world = small();
  Matcher matcher(must_start("matcher_load_fails"));
  EXPECT_FALSE(matcher.load(world.view()));
  EXPECT_EQ(matcher.propose(world.view(), {}).size(), 3u);
  EXPECT_EQ(matcher.fallbacks(), 1u);
}

TEST(Matcher, IsDisabledByRefusedMovesAlsoWithObserveBetween) {
  const World world = small();
  Matcher matcher(must_start("good_matcher"));
  for (int i = 0; i < 3; ++i) {
    matcher.propose(world.view(), {});
    EXPECT_TRUE(matcher.observe(world.view(), {}, {}));
    matcher.report_refused(1, "miner slot 0");
  }
  EXPECT_TRUE(matcher.instance().disabled());
}

TEST(Matcher, IsAskedAgainWithTheRoomItNeeds) {
  World world;
  for (int i = 0; i < 2'000; ++i) world.miner();
  world.validator(5'000);
  Matcher matcher(must_start("good_matcher"));
  EXPECT_EQ(matcher.propose(world.view(), {}).size(), 2'000u);
  EXPECT_EQ(matcher.fallbacks(), 0u);
  EXPECT_EQ(matcher.instance().stats().calls, 2u);
}

TEST(HardRules, FindEachWayToBreakThem) {
  World world = small(2);
  const auto answer = [&](const char* fixture) {
    Matcher matcher(must_start(fixture));
    return find_violation(world.view(), matcher.solve(world.view()), true);
  };
  EXPECT_EQ(answer("good_matcher"), "");
  EXPECT_NE(answer("matcher_over_capacity").find("over capacity"), std::string::npos);
  EXPECT_NE(answer("matcher_own_key").find("both belong to one key"), std::string::npos);
  world.v_capacity = {9, 9};
  EXPECT_NE(answer("matcher_not_distinct").find("it has another copy"), std::string::npos);
}

TEST(HardRules, JudgeTheEndOfASwapNotItsMiddle) {
  World world = small();
  world.current = {1, SBN_NONE, 0};
  world.m_owner[0] = 0;
  const Moves swap{{0, 0, 0, 0}, {2, 0, 1, 0}};
  EXPECT_EQ(find_violation(world.view(), swap, true), "");
}

TEST(Greedy, KeepsTheHardRulesAndNamesAReasonForTheRest) {
  World world(2);
  for (std::uint32_t i = 0; i < 40; ++i) world.miner(i % 5, i % 4);
  for (std::uint32_t i = 0; i < 6; ++i)
    world.validator(1 + i, i % 5, i == 5 ? SBN_TYPE_ANY : i % 3);
  const Moves moves = plugin::greedy_moves(world.view());
  EXPECT_EQ(moves.size(), 80u);
  EXPECT_EQ(find_violation(world.view(), moves, true), "");
}

}  // namespace
