// SPDX-License-Identifier: 0BSD
// The row an agent submits, against what the chains store of it. Vectors: the chains' own runtimes,
// tests/vectors/weights-vectors.json, and their set_weights, tests/vectors/emission/chains.json.
#include "domain/weights.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

#include "domain/tempo.hpp"
#include "json/json.hpp"

namespace subnetd {
namespace {

using U16 = std::vector<std::uint16_t>;
using U32 = std::vector<std::uint32_t>;
using U64 = std::vector<std::uint64_t>;

json::Value vectors(const std::string& file = "weights-vectors.json") {
  std::ifstream in(std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/" + file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return json::parse(text, 1 << 20).value();
}

template <class T>
std::vector<T> column(const json::Value& value) {
  std::vector<T> out;
  for (const json::Value& item : value.get_array()) out.push_back(item.to_number<T>());
  return out;
}

std::uint64_t sum_of(const U16& values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

WeightRules rules_of(WeightChain chain, std::uint32_t most = 420) {
  WeightRules rules;
  rules.chain = chain;
  rules.weights_max = most;
  return rules;
}

TEST(StoredWeights, AreWhatTheChainMakesOfThem) {
  const json::Value all = vectors();
  for (const json::Value& each : all.get_object().at("chain_normalise").get_array()) {
    const json::Object& c = each.get_object();
    const auto stored = stored_weights(column<std::uint16_t>(c.at("submitted")),
                                       WeightChain::commune);
    EXPECT_EQ(stored, column<std::uint16_t>(c.at("stored")));
    EXPECT_EQ(sum_of(stored), c.at("sum").to_number<std::uint64_t>());
  }
  EXPECT_EQ(stored_weights(U16{6, 7, 0, 3}, WeightChain::bittensor),
            (U16{56'173, 65'535, 0, 28'086}));
  EXPECT_EQ(stored_weights(U16{0, 0}, WeightChain::bittensor), (U16{0, 0}));
}

TEST(StoredWeights, AreWhatSetWeightsMakesOfThemOnEitherChain) {
  const json::Value all = vectors("emission/chains.json");
  const json::Object& functions = all.get_object().at("functions").get_object();
  for (const auto& [name, chain] : {std::pair("commune_set_weights", WeightChain::commune),
                                    std::pair("subtensor_set_weights", WeightChain::bittensor)}) {
    const json::Array& rows = functions.at(name).get_array();
    EXPECT_EQ(rows.size(), 6u);
    for (const json::Value& each : rows) {
      const json::Array& row = each.get_array();
      EXPECT_EQ(stored_weights(column<std::uint16_t>(row[0]), chain),
                column<std::uint16_t>(row[1]))
          << name << " " << json::serialize(row[0]);
    }
  }
}

TEST(EpochBlocks, AreThoseOfTheChain) {
  const json::Value all = vectors();
  for (const json::Value& each : all.get_object().at("epoch").get_array()) {
    const json::Object& c = each.get_object();
    const auto number = [&c](const char* name) { return c.at(name).to_number<std::uint64_t>(); };
    const auto netuid = static_cast<std::uint32_t>(number("netuid"));
    const auto tempo = static_cast<std::uint32_t>(number("tempo"));
    EXPECT_EQ(blocks_since_epoch(number("block"), netuid, tempo), number("blocks_since"));
    EXPECT_EQ(next_epoch_block(number("block"), netuid, tempo), number("next_epoch_block"));
    EXPECT_EQ(blocks_since_epoch(number("block"), netuid, tempo) == 0,
              c.at("epoch_runs").get_bool());
  }
}

// The scores of those cases in ten-thousandths, which they are whole numbers of, thirds apart.
TEST(WeightRows, LoseNothingWhereTheSubnetsTemplateDropsUnits) {
  const json::Value all = vectors();
  const json::Object& templates =
      all.get_object().at("template_scores_to_weights").get_object();
  for (const json::Value& each : templates.at("cases").get_array()) {
    U32 uid;
    U64 share;
    for (const auto& member : each.get_object().at("scores").get_object()) {
      uid.push_back(static_cast<std::uint32_t>(std::stoul(std::string(member.key()))));
      share.push_back(static_cast<std::uint64_t>(member.value().to_number<double>() * 10'000));
    }
    const WeightRow row = weight_row(uid, share, rules_of(WeightChain::commune));
    EXPECT_EQ(sum_of(row.value), 65'535u);
    EXPECT_EQ(stored_weights(row.value, WeightChain::commune), row.value)
        << "what the chain stores is what was sent";
  }
}

TEST(WeightRows, OfCommuneSumToExactlyAllOfIt) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    U32 uid;
    U64 share;
    for (std::uint32_t i = 0; i < 1 + random() % 600; ++i) {
      uid.push_back(i);
      share.push_back(random() >> random() % 60);
    }
    const WeightRow row = weight_row(uid, share, rules_of(WeightChain::commune));
    EXPECT_LE(row.uid.size(), 420u);
    EXPECT_EQ(sum_of(row.value), row.uid.empty() ? 0u : 65'535u);
    EXPECT_EQ(stored_weights(row.value, WeightChain::commune), row.value);
    EXPECT_TRUE(std::is_sorted(row.uid.begin(), row.uid.end()));
  }
}

TEST(WeightRows, OfBittensorHaveTheirLargestAtTheTop) {
  const WeightRow row =
      weight_row(U32{3, 5, 9}, U64{1'000, 4'000, 3'000}, rules_of(WeightChain::bittensor));
  EXPECT_EQ(row.uid, (U32{3, 5, 9}));
  EXPECT_EQ(row.value, (U16{16'384, 65'535, 49'151}));
  EXPECT_EQ(stored_weights(row.value, WeightChain::bittensor), row.value);
}

TEST(WeightRows, GiveTheOddUnitsToTheLargestRemaindersThenToLowerUids) {
  const WeightRow thirds =
      weight_row(U32{4, 7, 8}, U64{1, 1, 1}, rules_of(WeightChain::commune));
  EXPECT_EQ(thirds.value, (U16{21'845, 21'845, 21'845}));
  const WeightRow halves = weight_row(U32{4, 7}, U64{1, 1}, rules_of(WeightChain::commune));
  EXPECT_EQ(halves.value, (U16{32'768, 32'767}));
}

TEST(WeightRows, HoldTheLargestSharesOfOthersOnly) {
  WeightRules rules = rules_of(WeightChain::commune, 2);
  rules.own_uid = 1;
  const WeightRow row = weight_row(U32{0, 1, 2, 3}, U64{5, 100, 5, 10}, rules);
  EXPECT_EQ(row.uid, (U32{0, 3})) << "of equal shares the lower uid";
}

TEST(WeightRows, StayUnderTheLimitOfOneWeight) {
  for (const WeightChain chain : {WeightChain::commune, WeightChain::bittensor}) {
    WeightRules rules = rules_of(chain);
    rules.weight_limit = 26'214;  // 40 %
    const WeightRow row = weight_row(U32{0, 1, 2}, U64{900, 60, 40}, rules);
    EXPECT_TRUE(broken_rules(row, rules, {.nodes = 3}).empty());
    if (chain != WeightChain::commune) continue;
    EXPECT_EQ(row.value, (U16{26'214, 23'593, 15'728}));
  }
}

// Rounding must not undo the limit: 32768 and 32767 scale to 65535 and 65533, over 32768 again.
TEST(WeightRows, OfBittensorStayUnderTheLimitAsTheChainScalesThem) {
  std::mt19937_64 random(11);
  std::size_t binding = 0;
  for (int round = 0; round < 3'000; ++round) {
    const auto nodes = static_cast<std::uint32_t>(2 + random() % 60);
    U32 uid(nodes);
    std::iota(uid.begin(), uid.end(), 0u);
    U64 share;
    for (std::uint32_t i = 0; i < nodes; ++i) share.push_back(1 + (random() >> random() % 60));
    WeightRules rules = rules_of(WeightChain::bittensor);
    rules.weight_limit = static_cast<std::uint16_t>(65'535 / nodes + 1 + random() % 20'000);
    const WeightRow row = weight_row(uid, share, rules);
    EXPECT_EQ(*std::max_element(row.value.begin(), row.value.end()), 65'535u);
    EXPECT_EQ(broken_rules(row, rules, {.nodes = nodes}), std::vector<BrokenRule>{})
        << "limit " << rules.weight_limit << " of " << nodes;
    rules.weight_limit = 65'535;
    binding += weight_row(uid, share, rules) != row;
  }
  EXPECT_GT(binding, 1'000u);
}

TEST(WeightRows, OfNobodyPaidAreEmpty) {
  EXPECT_EQ(weight_row(U32{0, 1}, U64{0, 0}, rules_of(WeightChain::commune)), WeightRow{});
}

struct Preflight : ::testing::Test {
  WeightRules rules;
  WeightRow row{{1, 2}, {30'000, 35'535}};
  ChainSight chain{.nodes = 5};

  std::vector<std::string> broken() const {
    std::vector<std::string> names;
    for (const BrokenRule& each : broken_rules(row, rules, chain)) names.push_back(each.rule);
    return names;
  }
  using Names = std::vector<std::string>;
};

TEST_F(Preflight, OfAGoodRowFindsNothing) { EXPECT_EQ(broken(), Names{}); }

TEST_F(Preflight, NamesWhatIsWrongWithTheUids) {
  row.uid = {1, 1};
  EXPECT_EQ(broken(), Names{"DuplicateUids"});
  row.uid = {1, 5};
  EXPECT_EQ(broken(), Names{"InvalidUid"});
  row.uid = {1, 2};
  rules.own_uid = 2;
  EXPECT_EQ(broken(), Names{"NoSelfWeight"});
}

TEST_F(Preflight, NamesRowsThatAreTooShortOrTooLong) {
  rules.weights_max = 1;
  EXPECT_EQ(broken(), Names{"InvalidUidsLength"});
  rules = {};
  rules.weights_min = 3;
  EXPECT_EQ(broken(), Names{"InvalidUidsLength"});
  chain.nodes = 3;
  rules.weights_min = 9;  // more than there are nodes
  row = {{0, 1, 2}, {1, 1, 1}};
  EXPECT_EQ(broken(), Names{});
  row = {};
  rules.weights_min = 0;
  EXPECT_EQ(broken(), Names{"InvalidUidsLength"});
}

TEST_F(Preflight, NamesWhatTheChainHoldsAgainstTheAgentInItsOrder) {
  chain.encrypted = true;
  chain.registered = false;
  chain.stake_nano = 10;
  chain.stake_min_nano = 11;
  chain.delegates = true;
  chain.calls = chain.calls_max = 4;
  chain.stake_per_weight_nano = 6;
  EXPECT_EQ(broken(),
            (Names{"SubnetEncrypted", "ModuleDoesNotExist", "NotEnoughStakeToSetWeights",
                   "DelegatingControl", "MaxSetWeightsPerEpochReached",
                   "NotEnoughStakePerWeight"}));
}

TEST_F(Preflight, OfCommuneKnowsNoLimitOfOneWeight) {
  rules.weight_limit = 32'767;
  EXPECT_EQ(broken(), Names{});
}

TEST_F(Preflight, NamesWhoIsNotOnTheWhitelistOfALinearSubnetInTheChainsOrder) {
  chain.whitelist = U32{0, 1, 2};
  EXPECT_EQ(broken(), Names{});
  chain.whitelist = U32{0, 1, 3};
  EXPECT_EQ(broken(), Names{"UidNotWhitelisted"});
  rules.own_uid = 1;
  row.uid = {1, 9};
  EXPECT_EQ(broken(), (Names{"NoSelfWeight", "UidNotWhitelisted", "InvalidUid"}));
  chain.whitelist = U32{};
  EXPECT_EQ(broken(), (Names{"NoSelfWeight", "UidNotWhitelisted", "InvalidUid"}))
      << "a list of nobody takes nobody";
}

struct BittensorPreflight : Preflight {
  BittensorPreflight() { rules.chain = WeightChain::bittensor; }
};

TEST_F(BittensorPreflight, OfAGoodRowFindsNothing) { EXPECT_EQ(broken(), Names{}); }

TEST_F(BittensorPreflight, NamesWhatIsWrongWithTheUids) {
  row.uid = {1, 1};
  EXPECT_EQ(broken(), Names{"DuplicateUids"});
  row.uid = {1, 5};
  EXPECT_EQ(broken(), Names{"UidVecContainInvalidOne"});
  chain.nodes = 1;
  EXPECT_EQ(broken(), (Names{"UidsLengthExceedUidsInSubNet", "UidVecContainInvalidOne"}));
}

TEST_F(BittensorPreflight, TakesTheAgentsOwnUidAndRowsOfAnyLengthThatTheSubnetHas) {
  rules.own_uid = 2;
  rules.weights_max = 1;  // Commune's
  EXPECT_EQ(broken(), Names{});
}

TEST_F(BittensorPreflight, NamesARowThatIsTooShort) {
  rules.weights_min = 3;
  EXPECT_EQ(broken(), Names{"WeightVecLengthIsLow"});
  chain.nodes = 2;  // fewer than it wants
  row.uid = {0, 1};
  EXPECT_EQ(broken(), Names{});
  row = {};
  EXPECT_EQ(broken(), Names{"WeightVecLengthIsLow"});
  rules.weights_min = 0;
  EXPECT_EQ(broken(), Names{}) << "it takes no weights at all where it wants none";
}

TEST_F(BittensorPreflight, NamesWhatTheChainHoldsAgainstTheAgentInItsOrder) {
  chain.encrypted = true;
  chain.registered = false;
  chain.stake_nano = 10;
  chain.stake_min_nano = 11;
  chain.version = 6;
  chain.version_min = 7;
  chain.blocks_since = 99;
  chain.blocks_between = 100;
  chain.permit = false;
  EXPECT_EQ(broken(), (Names{"CommitRevealEnabled", "HotKeyNotRegisteredInSubNet",
                             "NotEnoughStakeToSetWeights", "IncorrectWeightVersionKey",
                             "SettingWeightsTooFast", "NeuronNoValidatorPermit"}));
  chain = {.nodes = 5, .registered = true, .encrypted = false, .stake_nano = 11,
           .stake_min_nano = 11, .version = 7, .version_min = 7, .blocks_since = 100,
           .blocks_between = 100, .permit = true};
  EXPECT_EQ(broken(), Names{});
}

TEST_F(BittensorPreflight, HoldsNothingOfCommunesAgainstTheAgent) {
  chain.delegates = true;
  chain.whitelist = U32{};
  chain.calls = chain.calls_max = 4;
  chain.stake_nano = 10;
  chain.stake_per_weight_nano = 6;
  EXPECT_EQ(broken(), Names{});
}

TEST_F(Preflight, OfCommuneHoldsNothingOfBittensorsAgainstTheAgent) {
  chain.version = 6;
  chain.version_min = 7;
  chain.blocks_since = 99;
  chain.blocks_between = 100;
  chain.permit = false;
  EXPECT_EQ(broken(), Names{});
}

TEST_F(BittensorPreflight, NamesEachWeightOverTheLimitAsTheChainScalesIt) {
  rules.weight_limit = 32'767;
  EXPECT_EQ(broken(), Names{"MaxWeightExceeded"});
  row.value = {40'000, 40'000};  // halves: each over
  EXPECT_EQ(broken(), (Names{"MaxWeightExceeded", "MaxWeightExceeded"}));
  rules.weight_limit = 32'768;
  EXPECT_EQ(broken(), Names{});
  row.value = {32'768, 32'767};  // within it as sent; stored as 65535 and 65533, which is not
  EXPECT_EQ(broken(), Names{"MaxWeightExceeded"});
}

TEST_F(BittensorPreflight, LetsTheAgentWeighItselfAloneWithoutPermitLengthOrLimit) {
  rules.weights_min = 3;
  rules.weight_limit = 100;
  rules.own_uid = 4;
  chain.permit = false;
  row = {{4}, {65'535}};
  EXPECT_EQ(broken(), Names{});
  rules.own_uid = 3;
  EXPECT_EQ(broken(),
            (Names{"NeuronNoValidatorPermit", "WeightVecLengthIsLow", "MaxWeightExceeded"}));
}

}  // namespace
}  // namespace subnetd
