// SPDX-License-Identifier: 0BSD
// A million random events through a strategy, beside one that is dropped and loaded anew at random
// points, with an exact pass now and then.
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <random>

#include "matching/rules.hpp"
#include "subnet/matching/strategy.hpp"

namespace {

using namespace subnet::matching;
using Events = std::vector<sbn_match_event>;
using Random = std::mt19937_64;

Moves asked_of(auto&& ask) {
  static Moves room(16'384);
  sbn_match_out out{sizeof(out), 0, room.size(), 0, room.data()};
  subnet::moves sink(&out);
  ask(sink);
  EXPECT_EQ(sink.status(), SBN_OK);
  return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(out.n)};
}

// What is in a subnet besides miners of no key, each with one validator.
struct Kind {
  uint32_t k = 1;
  bool keys = false, drains = false, mixed = false;
};

struct Churn {
  Kind kind;
  World world;
  Random random;
  pricing prices;
  std::unique_ptr<strategy> old, young;
  bool rough = false;  // a proposal is asked for twice, and a part of it refused

  Churn(uint64_t seed, Kind of) : kind(of), random(seed) {
    world.k = kind.k;
    for (int v = 0; v < 24; ++v) {
      std::vector<uint32_t> types;
      for (uint32_t t = 1; t <= 5; ++t)
        if (random() % 3 == 0) types.push_back(t);
      if (v < 2) types = {SBN_TYPE_ANY};
      if (kind.mixed && v >= 2 && v < 6) types.push_back(SBN_TYPE_ANY);
      world.validator(types, places(), random() % 101 * 10'000, random() % 8);
    }
    for (int m = 0; m < 3'000; ++m) world.miner(random() % 6, kind.keys ? random() % 8 : 0);
    old = std::make_unique<strategy>(prices);
    Events all;
    for (uint32_t m = 0; m < 3'000; ++m) all.push_back({SBN_MINER_CHANGED, m});
    World nobody = world;
    nobody.m_state.assign(3'000, SBN_SLOT_FREE);
    load(*old, nobody);
    young = std::make_unique<strategy>(prices);
    load(*young, nobody);
    turn(all);
  }

  uint32_t places() { return 50 + static_cast<uint32_t>(random() % 300); }

  static void load(strategy& matcher, World& seen) {
    const sbn_match_view raw = seen.view();
    matcher.load(subnet::call(nullptr), subnet::match_view(&raw));
  }

  // A miner comes, goes or is retyped; a validator changes, goes or comes back.
  Events happen() {
    const uint32_t m = random() % world.m_state.size(), v = random() % world.v_state.size();
    switch (random() % 8) {
      case 0:
        world.v_reliability[v] = random() % 101 * 10'000;
        return {{SBN_VALIDATOR_CHANGED, v}};
      case 1:
        world.v_capacity[v] = std::max(world.loads()[v], places());
        return {{SBN_VALIDATOR_CHANGED, v}};
      case 2: {
        if (world.v_state[v] != SBN_SLOT_OPEN) {
          world.v_state[v] = SBN_SLOT_OPEN;
          return {{SBN_VALIDATOR_CHANGED, v}};
        }
        if (kind.drains && random() % 4 == 0) {
          world.v_state[v] = SBN_SLOT_DRAINING;
          return {{SBN_VALIDATOR_CHANGED, v}};
        }
        if (random() % 4 != 0) return {};
        world.v_state[v] = SBN_SLOT_CLOSED;
        Events events{{SBN_VALIDATOR_LEFT, v}};
        for (size_t i = 0; i < world.current.size(); ++i) {
          if (world.current[i] != v) continue;
          world.current[i] = none;
          events.push_back({SBN_MINER_CHANGED, static_cast<uint32_t>(i / world.k)});
        }
        return events;
      }
      default: {
        const bool leaves = world.m_state[m] == SBN_SLOT_OPEN && random() % 2 == 0;
        std::fill_n(world.current.begin() + std::ptrdiff_t{m} * world.k, world.k, none);
        world.m_state[m] = leaves ? SBN_SLOT_FREE : SBN_SLOT_OPEN;
        if (!leaves) world.m_type[m] = random() % 6;
        return {{leaves ? SBN_MINER_LEFT : SBN_MINER_CHANGED, m}};
      }
    }
  }

  void turn(const Events& events) {
    const sbn_match_view raw = world.view();
    const subnet::match_view view(&raw);
    const auto propose = [&](strategy& matcher) {
      return asked_of([&](subnet::moves& out) {
        matcher.propose(subnet::call(nullptr), view, events, out);
      });
    };
    if (rough) propose(*old);
    Moves moves = propose(*old);
    const Moves other = propose(*young);
    ASSERT_EQ(moves.size(), other.size());
    for (size_t i = 0; i < moves.size(); ++i) {
      ASSERT_EQ(moves[i].validator, other[i].validator);
      ASSERT_EQ(moves[i].miner, other[i].miner);
      ASSERT_EQ(moves[i].reason, other[i].reason);
    }
    ASSERT_EQ(moved_by(world, moves), 0u) << "a proposal moved who is matched";
    if (rough) std::erase_if(moves, [&](const auto&) { return random() % 3 == 0; });
    accept(events, moves);
  }
  void accept(const Events& events, const Moves& moves) {
    world.apply(moves);
    const sbn_match_view raw = world.view();
    const subnet::match_view view(&raw);
    for (strategy* matcher : {old.get(), young.get()})
      matcher->observe(subnet::call(nullptr), view, events, moves);
  }

  void background(uint64_t budget) {
    world.budget = budget;
    const sbn_match_view raw = world.view();
    const subnet::match_view view(&raw);
    const Moves moves = asked_of([&](subnet::moves& out) {
      old->solve(subnet::call(nullptr), view, out);
    });
    ASSERT_LE(moved_by(world, moves), budget);
    accept({}, moves);
    ASSERT_TRUE(keeps_rules(world));
  }

  World from_scratch() {
    World fresh = world;
    std::fill(fresh.current.begin(), fresh.current.end(), none);
    fresh.budget = 0;
    const sbn_match_view raw = fresh.view();
    const subnet::match_view view(&raw);
    fresh.apply(asked_of([&](subnet::moves& out) {
      old->solve(subnet::call(nullptr), view, out);
    }));
    return fresh;
  }
};

// Of all that malloc gave, mapped or not.
size_t memory_now() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

void churn(Kind kind, uint64_t events) {
  Churn run(kind.k, kind);
  size_t memory = 0;
  double worst = 0;
  for (uint64_t i = 1; i <= events; ++i) {
    run.turn(run.happen());
    if (testing::Test::HasFatalFailure()) FAIL() << "event " << i;
    if (run.random() % 500 == 0) {
      run.young = std::make_unique<strategy>(run.prices);
      Churn::load(*run.young, run.world);
    }
    if (i == events / 4 + 1) memory = memory_now();
    if (i % 5'000 == 0) {
      run.background(5);
      run.background(1'000'000);
      if (testing::Test::HasFatalFailure()) FAIL() << "event " << i;
      const World best = run.from_scratch();
      ASSERT_TRUE(keeps_rules(best));
      // Places of those who drain are no others'.
      if (kind.drains) {
        ASSERT_LE(unmatched(run.world), unmatched(best)) << "event " << i;
        continue;
      }
      ASSERT_EQ(unmatched(run.world), unmatched(best)) << "event " << i;
      worst = std::max(worst, cost_of(run.world) / cost_of(best) - 1);
      ASSERT_LE(cost_of(run.world), 1.001 * cost_of(best)) << "event " << i;
    }
  }
  EXPECT_LE(memory_now(), memory + (1u << 20));
  std::printf("%llu events, %u copies: gap at most %.4f %%\n",
              static_cast<unsigned long long>(events), kind.k, 100 * worst);
}

TEST(Churn, ForgetsAProposalThatIsAskedForAgainAndMovesThatAreRefused) {
  for (const uint32_t k : {1u, 2u, 3u}) {
    Churn run(100 + k, {k});
    run.rough = true;
    for (int i = 0; i < 5'000; ++i) {
      run.turn(run.happen());
      if (testing::Test::HasFatalFailure()) FAIL() << "event " << i << ", " << k << " copies";
      if (run.random() % 20 != 0) continue;
      run.young = std::make_unique<strategy>(run.prices);
      Churn::load(*run.young, run.world);
    }
    EXPECT_TRUE(keeps_rules(run.world));
  }
}

TEST(Churn, OfAMillionEventsStaysAtTheOptimumAndForgetsNothing) { churn({}, 1'000'000); }

TEST(Churn, WithSeveralCopiesStaysAtTheOptimumAndForgetsNothing) { churn({.k = 3}, 100'000); }

TEST(Churn, WithKeysStaysAtTheOptimumAndForgetsNothing) { churn({.keys = true}, 100'000); }

TEST(Churn, WithAllBesideTypesStaysAtTheOptimum) { churn({.mixed = true}, 100'000); }

TEST(Churn, WithDrainsLeavesNobodyOut) {
  churn({.k = 2, .keys = true, .drains = true, .mixed = true}, 100'000);
}

struct Apart : pricing {
  bool prices() const override { return true; }
  cost price(const subnet::match_view& view, uint32_t, uint32_t region, uint32_t v) const override {
    return region == view.validator_region()[v] ? 0 : one;
  }
};

TEST(Churn, APriceThatChangesWithAValidatorIsSeen) {
  World world;
  world.validator({chat}, 10);
  world.validator({chat}, 10);
  world.v_region = {1, 2};
  const Apart apart;
  strategy matcher(apart);
  const auto choose = [&](uint32_t region) {
    const uint32_t m = world.miner(chat);
    world.m_region[m] = region;
    const sbn_match_view raw = world.view();
    const subnet::match_view view(&raw);
    const Events events{{SBN_MINER_CHANGED, m}};
    const Moves moves = asked_of([&](subnet::moves& out) {
      matcher.propose(subnet::call(nullptr), view, events, out);
    });
    EXPECT_EQ(moves.size(), 1u);
    world.apply(moves);
    matcher.observe(subnet::call(nullptr), view, events, moves);
    return moves.at(0).validator;
  };
  Churn::load(matcher, world);
  EXPECT_EQ(choose(1), 0u);
  std::swap(world.v_region[0], world.v_region[1]);
  const sbn_match_view raw = world.view();
  const subnet::match_view view(&raw);
  const Events moved{{SBN_VALIDATOR_CHANGED, 0}, {SBN_VALIDATOR_CHANGED, 1}};
  matcher.observe(subnet::call(nullptr), view, moved, {});
  EXPECT_EQ(choose(1), 1u);
}

}  // namespace
