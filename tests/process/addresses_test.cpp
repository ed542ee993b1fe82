// SPDX-License-Identifier: 0BSD
// Where a node may stand: an address that no call goes to is refused when it is registered, however
// it is written, and what a name or an older journal leads to is judged again at each call.
#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

class Addresses : public testing::Test {
 protected:
  void start(const std::string& more = {}) {
    daemon_.reset();
    daemon_ = std::make_unique<Daemon>(quiet_config(folder_, more));
    ASSERT_TRUE(daemon_->is_serving()) << daemon_->log();
    client_ = std::make_unique<Client>(daemon_->port());
    node_.behave(answering(R"({"score":1})"));
  }
  Answer add_validator(const std::string& id, const std::string& endpoint) {
    return client_->post("/api/v1/validators", validator_body(id, "\"chat\"", endpoint));
  }
  // Has the validator "v" asked about a miner.
  Answer validate() {
    client_->post("/api/v1/miners", miner_body("m", "my-llama-3", "http://1.1.1.1:9"));
    EXPECT_TRUE(eventually(
        [&] { return client_->get("/api/v1/miners/m").at("matches.0.validator") == "v"; }));
    return client_->post("/api/v1/miners/m/validate", "{}");
  }
  void expect_not_called() {
    const Answer report = validate();
    EXPECT_EQ(report.at("outcome"), "validator_failed") << report.text;
    EXPECT_EQ(report.at("reason"), "not reachable");
    EXPECT_EQ(node_.connections(), 0);
    const std::string metrics = client_->get("/metrics").text;
    EXPECT_NE(metrics.find("subnetd_probes_refused_total 1\n"), std::string::npos);
  }
  std::string at(const std::string& host) const {
    return "http://" + host + ":" + std::to_string(node_.port());
  }

  Scratch folder_;
  RoughNode node_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Client> client_;
};

TEST_F(Addresses, RefusesAnAddressThatIsNotPublicWhenItIsRegistered) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const char* host :
       {"127.0.0.1", "127.8.9.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[fe80::1]", "[fd00::1]"}) {
    const Answer refusal = add_validator("v", at(host));
    EXPECT_EQ(refusal.status, 422) << host << " " << refusal.text;
    EXPECT_EQ(refusal.at("error.message"), "endpoint: the endpoint cannot be reached") << host;
    EXPECT_EQ(client_->post("/api/v1/miners", miner_body("m", "my-llama-3", at(host))).status, 422)
        << host;
  }
  EXPECT_EQ(client_->list("/api/v1/validators").size(), 0u);
}

TEST_F(Addresses, RefusesEveryOddSpellingOfALoopbackAddressEvenWhereLoopbackIsAllowed) {
  ASSERT_NO_FATAL_FAILURE(start("prober.allow_private = true\n"));
  for (const char* host : {"127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0x7f.1",
                           "127.0.0.1.", "127.0.0.01", "127.0.0.256"}) {
    const Answer refusal = add_validator("v", at(host));
    EXPECT_EQ(refusal.status, 400) << host << " " << refusal.text;
  }
  for (const char* endpoint : {"", "here", "ftp://1.1.1.1", "http://", "http://u:p@1.1.1.1",
                               "http://1.1.1.1:0", "http://1.1.1.1:70000", "http://1.1.1.1/?q",
                               "http://1.1.1.1#f", "http://1.1.1.1\\\\x", "//1.1.1.1"}) {
    EXPECT_EQ(add_validator("v", endpoint).status, 400) << endpoint;
  }
}

TEST_F(Addresses, RefusesToMoveANodeToAnAddressThatIsNotPublic) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(daemon_->log().find("prober.open_networks"), std::string::npos) << "nothing is open";
  ASSERT_EQ(add_validator("v", "http://1.1.1.1:9").status, 201);
  const Answer refusal =
      client_->patch("/api/v1/validators/v", R"({"endpoint":"http://127.0.0.1:9"})");
  EXPECT_EQ(refusal.status, 422);
  EXPECT_EQ(client_->get("/api/v1/validators/v").at("endpoint"), "http://1.1.1.1:9");
}

TEST_F(Addresses, DoesNotCallANameThatLeadsToLoopback) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_EQ(add_validator("v", at("localhost")).status, 201);
  expect_not_called();
}

TEST_F(Addresses, DoesNotCallAnAddressThatWasAllowedWhenItWasRegistered) {
  ASSERT_NO_FATAL_FAILURE(start("prober.allow_private = true\n"));
  ASSERT_EQ(add_validator("v", node_.endpoint()).status, 201);
  ASSERT_NO_FATAL_FAILURE(start());
  expect_not_called();
}

TEST_F(Addresses, CallsLoopbackWhereItIsAllowed) {
  ASSERT_NO_FATAL_FAILURE(start("prober.allow_cidrs = [\"127.0.0.0/8\"]\n"));
  EXPECT_NE(daemon_->log().find("prober.open_networks"), std::string::npos) << daemon_->log();
  EXPECT_NE(daemon_->log().find("127.0.0.0/8"), std::string::npos);
  ASSERT_EQ(add_validator("v", node_.endpoint()).status, 201);
  EXPECT_EQ(validate().at("score_ppm"), "1000000");
  EXPECT_EQ(node_.connections(), 1);
}

TEST_F(Addresses, NeverCallsItself) {
  ASSERT_NO_FATAL_FAILURE(start("prober.allow_private = true\n"));
  EXPECT_EQ(add_validator("self", daemon_->url()).status, 422);
  ASSERT_EQ(add_validator("v", "http://localhost:" + std::to_string(daemon_->port())).status, 201);
  expect_not_called();
}

}  // namespace
}  // namespace subnetd::process
