// SPDX-License-Identifier: 0BSD
// What a delegation off chain does to an epoch: from the operator's word to the last unit.
#include <gtest/gtest.h>

#include "engine/engine.hpp"
#include "engine/subnet.hpp"
#include "journal/fact_codec.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/emission.hpp"

namespace subnetd::agent {
namespace {

using engine::testing::Subnet;

plugin::Emission policy(const std::string& use) {
  auto catalogue = plugin::Catalogue::open({SUBNETD_BINARY_DIR "/plugins"});
  EXPECT_TRUE(catalogue) << (catalogue ? "" : catalogue.error().message);
  auto offer = catalogue->find(SBN_KIND_EMISSION, use);
  EXPECT_TRUE(offer) << (offer ? "" : offer.error().message);
  return plugin::Emission(
      plugin::Instance::create(*offer, R"({"founder_share":0})", "[test]", {}).value());
}

// Two validators of one stake, of which `parent` alone has judged the miner.
Subnet subnet() {
  engine::Settings settings = engine::testing::plain_settings();
  settings.budget_nano = 1'000'000'000;
  settings.default_stake_nano = 500'000'000'000'000;
  Subnet net(settings);
  const std::uint32_t parent = net.validator("parent");
  net.validator("child");
  net.match(net.miner("m"), parent);
  net.wait(16'000);  // a weight counts for whoever was there before it
  net.end(net.ask("m"), VerdictOutcome::scored, 800'000);
  net.wait(8'000);
  return net;
}

std::uint64_t paid_to(Subnet& net, const EmissionInput& in, const EmissionOutput& out,
                      const char* id) {
  const std::uint32_t uid = net.v(id).uid;
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    if (in.uid[i] == uid) return out.amount_nano[i];
  }
  return 0;
}

TEST(Delegation, GivesTheChildsDividendsToItAndTheFeeToItsParent) {
  for (const char* use : {"linear", "yuma"}) {
    Subnet net = subnet();
    net.give(Subnet::delegation("child", "parent", 2'000)).value();
    net.give(engine::CloseEpoch{}).value();
    const EmissionInput in = engine::emission_input(net.state);
    const auto out = policy(use).compute(in);
    ASSERT_TRUE(out) << use << ": " << out.error().message;
    const std::uint64_t parent = paid_to(net, in, *out, "parent");
    const std::uint64_t child = paid_to(net, in, *out, "child");
    ASSERT_GT(child, 0u) << use;
    // Equal stakes and rows: equal dividends d, of which the fee of 20 % moves: 1.2 d and 0.8 d.
    EXPECT_NEAR(static_cast<double>(parent) / static_cast<double>(child), 1.5, 1e-3) << use;
    std::uint64_t sum = out->founder_nano + out->dust_nano + out->unallocated_nano;
    for (const std::uint64_t amount : out->amount_nano) sum += amount;
    EXPECT_EQ(sum, in.budget_nano) << use;
  }
}

// What a journal gives back after a kill.
engine::State restarted(const Subnet& net) {
  engine::State again;
  for (const engine::Fact& fact : net.facts) {
    if (std::holds_alternative<engine::Verdict>(fact.body)) {
      EXPECT_TRUE(apply_stored(again, fact));
      continue;
    }
    journal::StoredFact stored;
    journal::encode(fact, stored);
    const auto read = journal::decode(stored.json, stored.blob);
    EXPECT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read && apply_stored(again, *read));
  }
  return again;
}

TEST(Delegation, IsTheSameAfterARestartWithinTheEpochAndAfterItsEmission) {
  Subnet net = subnet();
  net.give(Subnet::delegation("child", "parent", 2'000)).value();
  const auto before = policy("yuma").compute(engine::emission_preview(net.state, net.now_ms()));
  const auto after = policy("yuma").compute(
      engine::emission_preview(restarted(net), net.now_ms()));
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->amount_nano, after->amount_nano);

  net.give(engine::CloseEpoch{}).value();
  const EmissionInput asked = engine::emission_input(restarted(net));
  EXPECT_EQ(asked.parent, engine::emission_input(net.state).parent);
  engine::EmissionComputed answer{asked.epoch, "yuma", policy("yuma").compute(asked), {}};
  net.give(std::move(answer)).value();
  const auto* step = std::get_if<engine::EpochStepped>(&net.facts.back().body);
  ASSERT_NE(step, nullptr);
  ASSERT_EQ(step->delegations.size(), 1u);
  EXPECT_EQ(step->delegations[0], (subnetd::Delegation{1, 0, 2'000}));
  EXPECT_EQ(content_hash(restarted(net)), content_hash(net.state));
}

TEST(Delegation, WithoutItWhoJudgesNobodyGetsNothing) {
  Subnet net = subnet();
  net.give(engine::CloseEpoch{}).value();
  const EmissionInput in = engine::emission_input(net.state);
  const auto out = policy("linear").compute(in);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(paid_to(net, in, *out, "child"), 0u);
  EXPECT_GT(paid_to(net, in, *out, "parent"), 0u);
}

}  // namespace
}  // namespace subnetd::agent
