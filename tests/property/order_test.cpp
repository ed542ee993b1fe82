// SPDX-License-Identifier: 0BSD
// What must hold for any order of equal things, over many shuffles.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "engine/subnet.hpp"
#include "sim/oracle.hpp"
#include "sim/plugins.hpp"
#include "sim/rng.hpp"

namespace subnetd::sim {
namespace {

using engine::testing::Subnet;

constexpr std::uint32_t miners = 24;
constexpr std::uint32_t validators = 4;

std::vector<std::uint32_t> shuffled(std::uint32_t n, Rng& rng) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

// Equal miners and validators, registered in the order of this seed, matched and judged alike.
Subnet settled(std::uint64_t seed) {
  Rng rng(seed);
  engine::Settings settings = engine::testing::plain_settings();
  settings.redundancy = 2;
  Subnet net(settings);
  for (std::uint32_t number : shuffled(miners + validators, rng)) {
    if (number < miners) {
      net.miner("m" + std::to_string(number));
    } else {
      net.validator("v" + std::to_string(number), 12);
    }
  }
  net.give(engine::MatchProposed{greedy_moves(net.state, false), false}).value();
  net.wait(60'000);
  net.tick();
  while (!net.state.open.empty()) {
    const auto& [request, open] = *net.state.open.begin();
    const std::string id(net.state.miner_id(open.miner));
    const auto score = static_cast<Ppm>(40'000 * std::stoul(id.substr(1)));
    net.end(request, VerdictOutcome::scored, score);
  }
  net.give(engine::CloseEpoch{}).value();
  return net;
}

// What each id is paid.
std::map<std::string, std::uint64_t> paid(Subnet& net) {
  const EmissionInput in = engine::emission_input(net.state);
  net.give(engine::EmissionComputed{in.epoch, "exact", correct_shares(in), {}}).value();
  const auto& emitted = net.last<engine::EpochEmitted>();
  std::map<std::string, std::uint64_t> amounts;
  for (std::size_t i = 0; i < emitted.uid.size(); ++i) {
    if (emitted.role[i] != static_cast<std::uint8_t>(Role::miner)) continue;
    amounts[std::string(net.state.miner_id(emitted.slot[i]))] = emitted.amount_nano[i];
  }
  return amounts;
}

TEST(AnyOrder, OfRegistrationKeepsEveryRule) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Subnet net = settled(seed);
    Oracle oracle;
    engine::State state;
    engine::Effects ignored;
    for (const engine::Fact& fact : net.facts) {
      oracle.before(state, fact);
      engine::apply(state, fact, ignored);
      oracle.after(state, fact);
      if (std::holds_alternative<engine::NodePut>(fact.body)) continue;
      ASSERT_NO_THROW(oracle.settled(state)) << "seed " << seed;
    }
  }
}

TEST(AnyOrder, OfRegistrationMatchesEveryoneEvenly) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Subnet net = settled(seed);
    for (std::uint32_t v = 0; v < validators; ++v) {
      ASSERT_EQ(net.state.validators[v].load, miners * 2 / validators) << "seed " << seed;
    }
  }
}

TEST(AnyOrder, OfRegistrationPaysEveryoneTheSame) {
  Subnet first = settled(1);
  const auto expected = paid(first);
  for (std::uint64_t seed = 2; seed <= 200; ++seed) {
    Subnet net = settled(seed);
    ASSERT_EQ(paid(net), expected) << "seed " << seed;
  }
}

TEST(AnyPrefix, OfTheFactsReplaysToItself) {
  const Subnet net = settled(7);
  engine::State live;
  engine::Effects ignored;
  for (std::size_t n = 0; n < net.facts.size(); ++n) {
    engine::apply(live, net.facts[n], ignored);
    if (n % 10 != 0) continue;
    engine::State again;
    for (std::size_t i = 0; i <= n; ++i) engine::apply(again, net.facts[i], ignored);
    ASSERT_EQ(engine::content_hash(again), engine::content_hash(live)) << "after " << n;
  }
}

}  // namespace
}  // namespace subnetd::sim
