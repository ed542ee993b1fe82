// SPDX-License-Identifier: 0BSD
// What a validator node may answer, and whose fault it is: a reply that breaks the contract is the
// validator's miss and never a score of the miner.
#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

// One daemon for all; each test has the same validator behave in its own way.
class Judging : public testing::Test {
 protected:
  struct World {
    Scratch folder;
    RoughNode validator;
    Daemon daemon{quiet_config(folder,
                               "prober.allow_private = true\nvalidation.deadline_ms = 5000\n"
                               "validation.misses_max = 255\n")};
    std::unique_ptr<Client> client;
  };

  static void SetUpTestSuite() {
    world_ = std::make_unique<World>();
    ASSERT_TRUE(world_->daemon.is_serving()) << world_->daemon.log();
    world_->client = std::make_unique<Client>(world_->daemon.port());
    Client& client = *world_->client;
    const std::string endpoint = world_->validator.endpoint();
    ASSERT_EQ(
        client.post("/api/v1/validators", validator_body("rough", "\"chat\"", endpoint)).status,
        201);
  }
  static void TearDownTestSuite() { world_.reset(); }

  void SetUp() override {
    ASSERT_NE(world_->client, nullptr);
    // A miner of its own, so that no score of another test is in the way.
    miner_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    miner_ = miner_.substr(0, 60);
    const Answer put = world_->client->post("/api/v1/miners",
                                            miner_body(miner_, "my-llama-3", "http://127.0.0.1:9"));
    ASSERT_EQ(put.status, 201) << put.text;
    ASSERT_TRUE(eventually([&] { return miner("matches.0.validator") == "rough"; }));
  }

  std::string miner(std::string_view field) {
    return world_->client->get("/api/v1/miners/" + miner_).at(field);
  }
  std::uint64_t reliability() {
    return number_of(world_->client->get("/api/v1/validators/rough").body().get_object(),
                     "reliability_ppm");
  }
  Answer validate(RoughNode::Manner manner) {
    world_->validator.behave(std::move(manner));
    return world_->client->post("/api/v1/miners/" + miner_ + "/validate", "{}");
  }

  // The answer is the validator's failure, for the reason given, and no score.
  void expect_refused(RoughNode::Manner manner, const std::string& reason) {
    const std::uint64_t before = reliability();
    const Answer report = validate(std::move(manner));
    EXPECT_EQ(report.status, 200) << report.text;
    EXPECT_EQ(report.at("outcome"), "validator_failed") << report.text;
    EXPECT_EQ(report.at("validator"), "rough");
    EXPECT_EQ(report.at("score_ppm"), "null");
    EXPECT_NE(report.at("reason").find(reason), std::string::npos) << report.text;
    EXPECT_EQ(miner("score_ppm"), "null");
    EXPECT_EQ(miner("reliability_ppm"), "1000000");
    EXPECT_EQ(reliability(), before - before / 16);
  }
  void expect_refused_answer(const std::string& body, const std::string& reason) {
    SCOPED_TRACE(body.substr(0, 80));
    expect_refused(answering(body), reason);
  }

  static inline std::unique_ptr<World> world_;
  std::string miner_;
};

TEST_F(Judging, TakesAScoreOfTheContractAsTheVerdict) {
  const std::uint64_t before = reliability();
  EXPECT_EQ(validate(answering(R"({"score":0.25})")).at("score_ppm"), "250000");
  EXPECT_EQ(validate(answering(R"({"score":0.25,"score_ppm":750000})")).at("score_ppm"), "750000");
  EXPECT_EQ(validate(answering(R"({"score":1})")).at("score_ppm"), "1000000");
  EXPECT_EQ(validate(answering(R"({"score":0.0000005})")).at("score_ppm"), "0");  // half to even
  EXPECT_EQ(validate(answering(R"({"score":0.0000015})")).at("score_ppm"), "2");
  EXPECT_GE(reliability(), before);
}

TEST_F(Judging, CountsAMinerThatTheValidatorCouldNotReachAsTheMinersMiss) {
  const Answer report = validate(answering(R"({"error":"miner_unreachable"})"));
  EXPECT_EQ(report.at("outcome"), "miner_failed") << report.text;
  EXPECT_EQ(report.at("score_ppm"), "null");
  EXPECT_EQ(miner("reliability_ppm"), "937500");
}

TEST_F(Judging, RefusesAScoreThatIsNotANumber) {
  expect_refused_answer(R"({"score":NaN})", "bad JSON");
  expect_refused_answer(R"({"score":Infinity})", "bad JSON");
  expect_refused_answer(R"({"score":null})", "score is not a number");
}

TEST_F(Judging, RefusesAScoreOutOfRange) {
  expect_refused_answer(R"({"score":2.0})", "not from 0 to 1");
  expect_refused_answer(R"({"score":-0.1})", "not from 0 to 1");
  expect_refused_answer(R"({"score":1e400})", "not from 0 to 1");
  expect_refused_answer(R"({"score_ppm":1000001})", "score_ppm is not an integer");
  expect_refused_answer(R"({"score_ppm":0.5})", "score_ppm is not an integer");
  expect_refused_answer(R"({"score":0.5,"score_ppm":-1})", "score_ppm is not an integer");
}

TEST_F(Judging, RefusesAScoreInQuotes) {
  expect_refused_answer(R"({"score":"0.5"})", "score is not a number");
  expect_refused_answer(R"({"score_ppm":"500000"})", "score_ppm is not an integer");
}

TEST_F(Judging, RefusesAnAnswerThatIsNoJsonObject) {
  expect_refused_answer("hello", "bad JSON");
  expect_refused_answer("0.5", "no object");
  expect_refused_answer("", "bad JSON");
  expect_refused_answer(R"({"score":0.5)", "bad JSON");
  expect_refused_answer(R"({"score":0.5,"score":0.6})", "bad JSON");
  expect_refused_answer("{\"score\":0.5,\"note\":\"\xff\"}", "bad JSON");
  expect_refused_answer(std::string(2'000, '['), "bad JSON");
}

TEST_F(Judging, RefusesAnAnswerWithoutAScoreOrWithAnUnknownError) {
  expect_refused_answer("{}", "no score");
  expect_refused_answer(R"({"error":"tired"})", "the contract does not name");
}

TEST_F(Judging, RefusesATenMegabyteAnswer) {
  const std::string body = "{\"score\":0.5,\"details\":\"" + std::string(10'000'000, 'x') + "\"}";
  expect_refused(answering(body), "too long");
}

TEST_F(Judging, RefusesATenMegabyteAnswerOfUnknownLength) {
  expect_refused(saying("HTTP/1.0 200 OK\r\n\r\n" + std::string(10'000'000, ' ')), "too long");
}

TEST_F(Judging, RefusesAnAnswerThatDripsPastTheDeadline) {
  expect_refused(dripping(), "no answer in time");
}

TEST_F(Judging, RefusesAnAnswerThatEndsEarly) {
  expect_refused(saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"score\":0.5"),
                 "not reachable");
  expect_refused(saying(""), "not reachable");
}

TEST_F(Judging, RefusesAnAnswerThatIsNoHttp) {
  expect_refused(saying("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "not HTTP");
}

TEST_F(Judging, RefusesAnotherStatusThan200EvenWithAScore) {
  expect_refused(answering(R"({"score":0.5})", "500 Internal Server Error"), "HTTP 500");
  expect_refused(answering(R"({"score":0.5})", "201 Created"), "HTTP 201");
}

TEST_F(Judging, FollowsNoRedirect) {
  RoughNode elsewhere;
  elsewhere.behave(answering(R"({"score":1})"));
  expect_refused(answering("{}", "307 Temporary Redirect",
                           "Location: " + elsewhere.endpoint() + "/method/validate\r\n"),
                 "HTTP 307");
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(Judging, PaysNobodyForAnswersThatBrokeTheContract) {
  expect_refused_answer(R"({"score":2.0})", "not from 0 to 1");
  const Answer closed = world_->client->post("/api/v1/epochs/close", "{}");
  const std::string path = "/api/v1/epochs/" + closed.at("epoch");
  ASSERT_TRUE(eventually([&] { return world_->client->get(path).at("status") == "emitted"; }));
  const json::Value epoch = world_->client->get(path).body();
  int rows = 0;
  for (const json::Value& row : epoch.at("rows").get_array()) {
    if (text_of(row.get_object(), "id") != miner_) continue;
    ++rows;
    EXPECT_EQ(number_of(row.get_object(), "amount_nano"), 0u);
    EXPECT_EQ(number_of(row.get_object(), "score_count"), 0u);
  }
  EXPECT_EQ(rows, 1);
}

// Two daemons of their own: what a series of misses leads to.

TEST(Misses, AsksAnotherValidatorWhenTheFirstBreaksTheContract) {
  const Scratch folder;
  RoughNode bad, good;
  bad.behave(answering(R"({"score":"1"})"));
  good.behave(answering(R"({"score":0.5})"));
  Daemon daemon(quiet_config(folder, "prober.allow_private = true\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  client.post("/api/v1/validators", validator_body("bad", "\"chat\"", bad.endpoint()));
  client.post("/api/v1/miners", miner_body("m", "my-llama-3", "http://127.0.0.1:9"));
  ASSERT_TRUE(eventually(
      [&] { return client.get("/api/v1/miners/m").at("matches.0.validator") == "bad"; }));
  client.post("/api/v1/validators", validator_body("good", "\"chat\"", good.endpoint()));
  const Answer report = client.post("/api/v1/miners/m/validate", "{}");
  EXPECT_EQ(report.at("outcome"), "scored") << report.text;
  EXPECT_EQ(report.at("validator"), "good");
  EXPECT_EQ(report.at("score_ppm"), "500000");
  EXPECT_EQ(client.get("/api/v1/validators/bad").at("reliability_ppm"), "937500");
}

TEST(Misses, MakesAValidatorInactiveAfterThreeInARow) {
  const Scratch folder;
  RoughNode bad;
  bad.behave(answering(R"({"score":NaN})"));
  Daemon daemon(quiet_config(folder, "prober.allow_private = true\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  client.post("/api/v1/validators", validator_body("bad", "\"chat\"", bad.endpoint()));
  client.post("/api/v1/miners", miner_body("m", "my-llama-3", "http://127.0.0.1:9"));
  ASSERT_TRUE(eventually(
      [&] { return client.get("/api/v1/miners/m").at("matches.0.validator") == "bad"; }));
  for (int miss = 0; miss < 3; ++miss) {
    EXPECT_EQ(client.get("/api/v1/validators/bad").at("status"), "active") << miss;
    client.post("/api/v1/miners/m/validate", "{}");
  }
  const Answer validator = client.get("/api/v1/validators/bad");
  EXPECT_EQ(validator.at("status"), "inactive");
  EXPECT_NE(validator.at("reason"), "null");
  EXPECT_TRUE(eventually(
      [&] { return client.get("/api/v1/miners/m").at("matches.0.validator") == "null"; }));
}

}  // namespace
}  // namespace subnetd::process
