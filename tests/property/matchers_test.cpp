// SPDX-License-Identifier: 0BSD
// Every built-in matcher, in random subnets that change: what it proposes, the engine takes.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/match_view.hpp"
#include "engine/subnet.hpp"
#include "plugin/matcher.hpp"
#include "sim/rng.hpp"

namespace subnetd {
namespace {

using engine::testing::Subnet;
using sim::Rng;

constexpr std::uint64_t subnets = 60;
constexpr int changes = 40;

engine::Settings random_settings(Rng& rng) {
  engine::Settings settings = engine::testing::plain_settings();
  settings.redundancy = static_cast<std::uint32_t>(rng.between(1, 3));
  settings.moves_per_minute = static_cast<std::uint32_t>(rng.below(40));
  return settings;
}

class World {
 public:
  World(plugin::Offer offer, std::uint64_t seed)
      : rng_(seed),
        net_(random_settings(rng_)),
        matcher_(plugin::Instance::create(std::move(offer), "{}", "the test", {}).value()) {
    net_.effects = engine::resume(net_.state);
  }

  // The first refusal; empty: all was taken.
  std::string live() {
    for (int i = 0; i < changes && refusal_.empty(); ++i) {
      for (auto batch = rng_.between(1, 5); batch > 0; --batch) change();
      if (rng_.percent(30)) {
        net_.wait(60'000);
        net_.tick();
      }
      settle();
    }
    return refusal_;
  }

  std::uint64_t shifted() const { return shifted_; }
  const Subnet& net() const { return net_; }

 private:
  std::string some_type() {
    return std::vector<std::string>{"chat", "embedding", "image_classification",
                                    "unknown"}[rng_.below(4)];
  }
  std::string some_key() {
    return std::vector<std::string>{"", "", engine::testing::key_a,
                                    engine::testing::key_b}[rng_.below(4)];
  }
  std::vector<std::string> some_types() {
    if (rng_.percent(10)) return {"*"};
    std::vector<std::string> types;
    for (const std::string& type : net_.types) {
      if (rng_.percent(50)) types.push_back(type);
    }
    if (types.empty()) types.push_back("chat");
    return types;
  }
  std::uint32_t some_capacity() { return static_cast<std::uint32_t>(rng_.between(1, 12)); }
  std::string some_id(char kind) {
    return kind + std::to_string(rng_.below(kind == 'm' ? miners_ : validators_));
  }

  void change() {
    switch (rng_.below(10)) {
      case 0:
      case 1:
        net_.validator("v" + std::to_string(validators_++), some_capacity(), some_types(),
                       some_key());
        return;
      case 2: {
        engine::Update update;
        update.role = Role::validator;
        update.id = some_id('v');
        update.capacity = some_capacity();
        if (rng_.percent(30)) update.specializations = some_types();
        (void)net_.give(update);
        return;
      }
      case 3: {
        const Role role = rng_.percent(50) ? Role::miner : Role::validator;
        const auto status = static_cast<Status>(rng_.below(3));  // nobody sets flagged
        (void)net_.set(role, some_id(role == Role::miner ? 'm' : 'v'), status);
        return;
      }
      case 4:
        if (rng_.percent(50)) (void)net_.remove(Role::miner, some_id('m'));
        if (rng_.percent(20)) (void)net_.remove(Role::validator, some_id('v'));
        return;
      default: net_.miner("m" + std::to_string(miners_++), some_type(), some_key()); return;
    }
  }

  // As the daemon asks: what changed first, rebalancing once that is settled.
  void settle() {
    engine::Effects asked = std::exchange(net_.effects, {});
    view_.renew(net_.state);
    std::vector<sbn_match_event> events;
    if (asked.match_reload) {
      const sbn_match_view view = view_.view(net_.state, 0);
      ASSERT_TRUE(matcher_.load(view));
      take(matcher_.solve(view), events, false);
    } else if (!asked.match.empty()) {
      for (const engine::MatchEvent& e : asked.match) {
        events.push_back({static_cast<std::uint32_t>(e.kind), e.slot});
      }
      take(matcher_.propose(view_.view(net_.state, 0), events), events, false);
    }
    if (!asked.rebalance || !refusal_.empty()) return;
    take(matcher_.solve(view_.view(net_.state, net_.state.settings.moves_per_minute)), {}, true);
  }

  void take(const plugin::Moves& moves, const std::vector<sbn_match_event>& events,
            bool rebalance) {
    engine::MatchProposed proposed;
    proposed.rebalance = rebalance;
    for (const sbn_match_move& m : moves) {
      if (rebalance && net_.state.current(m.miner, m.copy) != engine::none) ++shifted_;
      proposed.moves.push_back(
          {m.miner, m.copy, m.validator, static_cast<UnmatchedReason>(m.reason)});
    }
    const engine::Answer answer = net_.give(std::move(proposed)).value();
    if (answer.refused != 0) refusal_ = answer.refusal;
    EXPECT_EQ(matcher_.fallbacks(), 0u);
    std::vector<sbn_match_move> accepted;
    if (net_.last_facts != 0) {
      for (const engine::Move& m : net_.last<engine::Matched>().moves) {
        accepted.push_back(
            {m.miner, m.copy, m.validator, static_cast<std::uint32_t>(m.reason)});
      }
    }
    ASSERT_TRUE(matcher_.observe(view_.view(net_.state, 0), events, accepted));
  }

  Rng rng_;
  Subnet net_;
  plugin::Matcher matcher_;
  agent::MatchView view_;
  std::uint64_t miners_ = 0, validators_ = 0;
  std::uint64_t shifted_ = 0;
  std::string refusal_;
};

TEST(EveryMatcher, ProposesWhatTheEngineTakes) {
  const auto catalogue = plugin::Catalogue::open({SUBNETD_PLUGIN_DIR}).value();
  const std::vector<plugin::Offer> offers = catalogue.offers(SBN_KIND_MATCHER);
  ASSERT_FALSE(offers.empty());
  for (const plugin::Offer& offer : offers) {
    std::uint64_t shifted = 0;
    for (std::uint64_t seed = 1; seed <= subnets; ++seed) {
      World world(offer, seed);
      ASSERT_EQ(world.live(), "") << offer.id() << ", subnet " << seed;
      ASSERT_EQ(engine::content_hash(world.net().replayed()),
                engine::content_hash(world.net().state));
      shifted += world.shifted();
    }
    EXPECT_GT(shifted, 0u) << offer.id() << " never moved a matched copy";
  }
}

}  // namespace
}  // namespace subnetd
