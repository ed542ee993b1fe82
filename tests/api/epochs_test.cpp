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

// ---- why an amount moved, sentence by sentence

struct WhyMoved : ::testing::Test {
  journal::EpochRow row;
  journal::EpochNode& now = row.node;
  journal::EpochNode& before = row.before.emplace();

  WhyMoved() {
    before.amount_nano = 5;
    now.amount_nano = 7;
  }
  std::string why() const { return why_moved(row, true); }
};

TEST_F(WhyMoved, SaysNothingInTheFirstEpochAndOfAnAmountThatStayed) {
  now.consensus = 9;
  EXPECT_EQ(why_moved(row, false), "");
  row.before.reset();
  EXPECT_EQ(why_moved(row, false), "") << "nobody was in one before";
  row.before.emplace().amount_nano = 7;
  EXPECT_EQ(why(), "");
}

TEST_F(WhyMoved, SaysThatANodeIsNewWhateverItWasPaid) {
  row.before.reset();
  EXPECT_EQ(why(), "was in no epoch before");
  now.amount_nano = 0;
  EXPECT_EQ(why(), "was in no epoch before");
}

TEST_F(WhyMoved, LooksAtOthersWhereNothingOfItsOwnMoved) {
  EXPECT_EQ(why(), "the shares of others moved");
  before.score_sum_ppm = now.score_sum_ppm = 640'000;
  before.score_count = now.score_count = 1;
  before.consensus = now.consensus = 100;
  before.dividends = now.dividends = 200;
  before.trust = now.trust = 300;
  before.report = now.report = RowReport{1, 5'000, 0, 0};
  before.parent = now.parent = "v2";
  before.fee_bp = now.fee_bp = 1'250;
  EXPECT_EQ(why(), "the shares of others moved");
}

TEST_F(WhyMoved, SaysHowTheMeanScoreMoved) {
  before.score_sum_ppm = 1'000'000;
  before.score_count = 4;
  now.score_sum_ppm = 1'500'000;
  now.score_count = 2;
  EXPECT_EQ(why(), "mean score 25.00 % -> 75.00 %");
  now.score_count = 0;
  now.score_sum_ppm = 0;
  EXPECT_EQ(why(), "mean score 25.00 % -> no verdict");
  std::swap(now.score_sum_ppm, before.score_sum_ppm);
  std::swap(now.score_count, before.score_count);
  EXPECT_EQ(why(), "mean score no verdict -> 25.00 %");
  before = {.amount_nano = 5, .score_sum_ppm = 500'000, .score_count = 2};
  EXPECT_EQ(why(), "the shares of others moved") << "as many halves of as many verdicts";
}

TEST_F(WhyMoved, SaysThatADelegationBeganChangedOrEnded) {
  now.parent = "v2";
  now.fee_bp = 1'250;
  EXPECT_EQ(why(), "delegates to nobody -> delegates to \"v2\" for 12.50 %");
  before.parent = "v2";
  before.fee_bp = 500;
  EXPECT_EQ(why(), "delegates to \"v2\" for 5.00 % -> delegates to \"v2\" for 12.50 %");
  before.parent = "v3";
  before.fee_bp = 1'250;
  EXPECT_EQ(why(), "delegates to \"v3\" for 12.50 % -> delegates to \"v2\" for 12.50 %");
  now.parent.clear();
  EXPECT_EQ(why(), "delegates to \"v3\" for 12.50 % -> delegates to nobody");
  before.parent.clear();
  EXPECT_EQ(why(), "the shares of others moved") << "a fee for nobody is no delegation";
}

TEST_F(WhyMoved, SaysHowConsensusDividendsAndTrustMoved) {
  before.consensus = 65'535;
  EXPECT_EQ(why(), "consensus 100.00 % -> 0.00 %");
  before.consensus = 0;
  now.dividends = 16'384;
  EXPECT_EQ(why(), "dividends 0.00 % -> 25.00 %");
  now.dividends = 0;
  before.trust = 13'107;
  now.trust = 6'554;
  EXPECT_EQ(why(), "trust 20.00 % -> 10.00 %");
  now.trust = 13'120;
  now.consensus = before.consensus + 1;
  EXPECT_EQ(why(), "trust 20.00 % -> 20.01 %") << "not the consensus, 0.00 % -> 0.00 %";
}

TEST_F(WhyMoved, SaysHowItsRowDeviatesOnlyWhereItHasRatedInBothEpochs) {
  before.report = RowReport{1, 5'000, 0, 0};
  EXPECT_EQ(why(), "the shares of others moved");
  now.report = RowReport{1, 123'400, 1, 1};
  EXPECT_EQ(why(), "deviation 0.50 % -> 12.34 %");
  before.report.reset();
  EXPECT_EQ(why(), "the shares of others moved");
}

TEST_F(WhyMoved, SaysEverythingThatMovedInOneOrder) {
  now.score_count = 1;
  now.score_sum_ppm = 500'000;
  now.parent = "v2";
  now.consensus = now.dividends = now.trust = 65'535;
  before.report = RowReport{1, 0, 0, 0};
  now.report = RowReport{1, 1'000'000, 0, 0};
  EXPECT_EQ(why(),
            "mean score no verdict -> 50.00 %; delegates to nobody -> delegates to \"v2\" for "
            "0.00 %; consensus 0.00 % -> 100.00 %; dividends 0.00 % -> 100.00 %; "
            "trust 0.00 % -> 100.00 %; deviation 0.00 % -> 100.00 %");
}

}  // namespace
}  // namespace subnetd::api::testing
