// SPDX-License-Identifier: 0BSD
// How the daemon ends when it is told to: what is under way is finished, what was acknowledged
// stays, and whoever does not want to wait signals twice.
#include <future>

#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

// 143 and 130, as the command line promises.
constexpr End terminated{128 + SIGTERM, 0};
constexpr End interrupted{128 + SIGINT, 0};

class Signals : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(daemon_.is_serving()) << daemon_.log();
    client_ = std::make_unique<Client>(daemon_.port());
  }
  // A validation whose validator answers only when it is let go.
  void validate_slowly() {
    node_.behave([this](net::tcp::socket& socket) {
      asked_.set_value();
      let_go_.get_future().wait();
      answering(R"({"score":0.5})")(socket);
    });
    client_->post("/api/v1/validators", validator_body("v", "\"chat\"", node_.endpoint()));
    client_->post("/api/v1/miners", miner_body("m", "my-llama-3", "http://127.0.0.1:9"));
    ASSERT_TRUE(eventually(
        [&] { return client_->get("/api/v1/miners/m").at("matches.0.validator") == "v"; }));
    report_ = std::async(std::launch::async, [this] {
      return client_->try_call("POST", "/api/v1/miners/m/validate", "{}");
    });
    asked_.get_future().wait();
  }
  // New connections are refused: it has begun to end.
  bool is_ending() {
    return eventually([&] { return !Client(daemon_.port()).try_call("GET", "/healthz"); });
  }

  Scratch folder_;
  std::promise<void> asked_, let_go_;
  RoughNode node_;
  const std::string config_ =
      quiet_config(folder_, "prober.allow_private = true\nvalidation.deadline_ms = 600_000\n");
  Daemon daemon_{config_};
  std::unique_ptr<Client> client_;
  std::future<std::optional<Answer>> report_;
};

TEST_F(Signals, EndsOnTermAndOnInterruptWithTheCodesOfItsContract) {
  daemon_.signal(SIGTERM);
  EXPECT_EQ(daemon_.wait(), terminated) << daemon_.log();
  Daemon other(config_);
  ASSERT_TRUE(other.is_serving()) << other.log();
  other.signal(SIGINT);
  EXPECT_EQ(other.wait(), interrupted) << other.log();
}

TEST_F(Signals, FinishesTheRequestsUnderWayAndTakesNoNewOnes) {
  ASSERT_NO_FATAL_FAILURE(validate_slowly());
  daemon_.signal(SIGTERM);
  EXPECT_TRUE(is_ending());
  let_go_.set_value();
  const auto report = report_.get();
  ASSERT_TRUE(report) << "a request under way was cut off";
  EXPECT_EQ(report->status, 200);
  EXPECT_EQ(report->at("score_ppm"), "500000");
  EXPECT_EQ(daemon_.wait(), terminated) << daemon_.log();

  Daemon again(config_);
  ASSERT_TRUE(again.is_serving()) << again.log();
  const auto verdicts = Client(again.port()).list("/api/v1/validations");
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(number_of(verdicts[0], "score_ppm"), 500'000u);
}

TEST_F(Signals, EndsAtOnceOnASecondSignal) {
  ASSERT_NO_FATAL_FAILURE(validate_slowly());
  daemon_.signal(SIGTERM);
  EXPECT_TRUE(is_ending());
  daemon_.signal(SIGTERM);
  EXPECT_EQ(daemon_.wait(), terminated) << daemon_.log();
  EXPECT_FALSE(report_.get());
  let_go_.set_value();
}

TEST_F(Signals, AsksAgainAfterARestartWhatWasOpenWhenItEnded) {
  ASSERT_NO_FATAL_FAILURE(validate_slowly());
  daemon_.kill();
  EXPECT_FALSE(report_.get());
  let_go_.set_value();
  node_.behave(answering(R"({"score":0.25})"));
  Daemon again(config_);
  ASSERT_TRUE(again.is_serving()) << again.log();
  Client client(again.port());
  EXPECT_TRUE(eventually([&] { return client.list("/api/v1/validations").size() == 1; }));
  EXPECT_EQ(client.get("/api/v1/miners/m").at("score_ppm"), "250000");
}

TEST_F(Signals, OutlivesWhoeverReadItsLog) {
  const Scratch folder;
  Daemon daemon(quiet_config(folder, "journal.snapshot_every = 100\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  daemon.close_log();
  Client client(daemon.port());
  // Each snapshot is a line of the log.
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = "m" + std::to_string(i);
    const auto put =
        client.try_call("POST", "/api/v1/miners", miner_body(id, "my-llama-3", "http://1.1.1.1"));
    ASSERT_TRUE(put) << "ended at miner " << i;
    ASSERT_EQ(put->status, 201);
  }
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), terminated);
}

TEST_F(Signals, DoesNotWaitForIdleClients) {
  std::vector<std::unique_ptr<net::RawClient>> idle;
  for (int i = 0; i < 10; ++i) idle.push_back(std::make_unique<net::RawClient>(daemon_.port()));
  Client kept(daemon_.port());
  EXPECT_EQ(kept.get("/healthz").status, 200);
  daemon_.signal(SIGTERM);
  for (auto& client : idle) EXPECT_TRUE(client->closed_by_peer());
  EXPECT_EQ(daemon_.wait(), terminated) << daemon_.log();
}

}  // namespace
}  // namespace subnetd::process
