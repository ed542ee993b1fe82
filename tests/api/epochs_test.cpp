// SPDX-License-Identifier: 0BSD
// What a reader is told of an epoch beside its amounts: the row of weights, who moved and why.
#include "api/epoch_view.hpp"
#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

TEST(Epochs, ShowTheRowOfWeightsThatWouldGoOnChain) {
  ApiServer server;
  server.add_miner("m1");
  server.post("/api/v1/epochs/close", "{}");
  const Answer one = server.get("/api/v1/epochs/1");
  EXPECT_EQ(one.at("weights.chain"), "commune");
  EXPECT_EQ(one.at("weights.uids.0"), "0");
  EXPECT_EQ(one.at("weights.values.0"), "65535");
  EXPECT_EQ(one.at("weights.broken_rules.0"), "(absent)");
}

TEST(Epochs, NameTheRuleThatAnEmptyRowWouldBreak) {
  ApiServer server;
  server.add_validator("v1");
  server.post("/api/v1/epochs/close", "{}");
  const Answer one = server.get("/api/v1/epochs/1");
  EXPECT_EQ(one.at("weights.uids.0"), "(absent)");
  EXPECT_EQ(one.at("weights.broken_rules.0.rule"), "InvalidUidsLength");
}

TEST(Epochs, NameTheRulesOfTheChainThatTheRowIsMeantFor) {
  Options options = ApiServer::with_token();
  options.weights.chain = WeightChain::bittensor;
  options.weights.weight_limit = 30'000;
  const auto first_epoch = [&](bool paid) {
    ApiServer server(options);
    if (paid) server.add_miner("m1");
    if (!paid) server.add_validator("v1");
    server.post("/api/v1/epochs/close", "{}");
    return server.get("/api/v1/epochs/1");
  };
  const Answer empty = first_epoch(false), one = first_epoch(true);
  EXPECT_EQ(empty.at("weights.chain"), "bittensor");
  EXPECT_EQ(empty.at("weights.broken_rules.0.rule"), "WeightVecLengthIsLow");
  EXPECT_EQ(one.at("weights.values.0"), "65535");
  EXPECT_EQ(one.at("weights.broken_rules.0.rule"), "MaxWeightExceeded");
  EXPECT_EQ(one.at("weights.broken_rules.1"), "(absent)");
}

TEST(Epochs, SayWhoMovedAgainstTheEpochBeforeAndHowValidatorsDeviate) {
  ApiServer server;
  server.add_validator("v1");
  server.add_miner("m1");
  server.post("/api/v1/epochs/close", "{}");
  server.add_miner("m2");
  server.post("/api/v1/miners/m1/validate", "{}");
  server.post("/api/v1/epochs/close", "{}");
  const Answer two = server.get("/api/v1/epochs/2");
  EXPECT_EQ(two.at("rows.0.id"), "v1");
  EXPECT_EQ(two.at("rows.0.deviation_ppm"), "0");
  EXPECT_EQ(two.at("rows.0.own_ppm"), "0");
  EXPECT_EQ(two.at("rows.1.deviation_ppm"), "null");
  EXPECT_EQ(two.at("rows.1.before_nano"),
            server.get("/api/v1/epochs/1").at("rows.1.amount_nano"));
  EXPECT_EQ(two.at("rows.2.before_nano"), "null");
  EXPECT_EQ(two.at("rows.2.why_moved"), "was in no epoch before");
  EXPECT_NE(server.get("/api/v1/explain/v1").at("why.paid").find("deviates 0.00 %"),
            std::string::npos);
}

TEST(Epochs, SayThatAnAmountMovedForADelegation) {
  journal::EpochRow row;
  row.node.amount_nano = 7;
  row.node.parent = "v2";
  row.node.fee_bp = 1'250;
  row.before = journal::EpochNode{};
  EXPECT_EQ(why_moved(row, true), "delegates to nobody -> delegates to \"v2\" for 12.50 %");
}

}  // namespace
}  // namespace subnetd::api::testing
