// SPDX-License-Identifier: 0BSD
// What a policy carries from epoch to epoch outlives the process and the policy's own library: a
// daemon under yuma is killed in the middle of an epoch, then given another file of the plugin. And
// an epoch that is held.
#include <fstream>

#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

class Bonds : public testing::Test {
 protected:
  Bonds() {
    std::filesystem::copy(SUBNETD_BINARY_DIR "/plugins", folder_.file("plugins"),
                          std::filesystem::copy_options::recursive);
    config_ = quiet_config(
        folder_, "prober.allow_private = true\nmatcher.redundancy = 2\nemission.use = \"yuma\"\n"
                 "emission.settings.bonds_ma = 500_000\nplugins.search = [\"" +
                     folder_.file("plugins") + "\"]\n");
    start();
  }
  void start() {
    daemon_ = std::make_unique<Daemon>(config_);
    ASSERT_TRUE(daemon_->is_serving()) << daemon_->log();
    client_ = std::make_unique<Client>(daemon_->port());
  }

  // Two validators of unlike stake, and three miners that both check.
  void register_nodes() {
    for (const int v : {0, 1}) {
      client_->post("/api/v1/validators", validator_body("v" + std::to_string(v), "\"chat\"",
                                                         node_[v].endpoint()));
    }
    client_->patch("/api/v1/validators/v0", R"({"stake_nano":2000000})");
    for (const std::string& id : miners_) {
      client_->post("/api/v1/miners", miner_body(id, "my-llama-3", "http://127.0.0.1:9"));
      ASSERT_TRUE(eventually([&] {
        return client_->get("/api/v1/miners/" + id).at("matches.1.validator") != "(absent)";
      }));
    }
    // A row says nothing of who took a place in the same block; a fact tells the time.
    std::uint64_t stake_nano = 3'000'000;
    ASSERT_TRUE(eventually([&] {
      client_->patch("/api/v1/validators/v1",
                     R"({"stake_nano":)" + std::to_string(++stake_nano) + "}");
      const json::Object now = input();
      for (const json::Value& at : now.at("registered_block").as_array()) {
        if (at.to_number<std::uint64_t>() >= number_of(now, "block")) return false;
      }
      return true;
    }));
  }
  // Each miner is checked by both, who say what they think of it; `salt` moves that.
  void validate_all(int salt) {
    for (std::size_t m = 0; m < miners_.size(); ++m) {
      for (int v = 0; v < 2; ++v) {
        const auto score = std::to_string(1 + (3 * m + 5 * v + salt) % 9);
        node_[v].behave(answering(R"({"score":0.)" + score + "}"));
      }
      const std::string path = "/api/v1/miners/" + miners_[m];
      for (int k = 0; k < 2; ++k) {
        EXPECT_EQ(client_->post(path + "/validate", "{}").at("outcome"), "scored");
      }
      // An answer is the first of two copies' verdicts.
      EXPECT_TRUE(eventually([&] {
        return input().at("score_count").as_array().at(2 + m).to_number<int>() == 4;
      })) << miners_[m];
    }
  }
  void close(int epoch) {
    ASSERT_EQ(client_->post("/api/v1/epochs/close", "{}").status, 200);
    ASSERT_TRUE(eventually([&] {
      return client_->get("/api/v1/epochs/" + std::to_string(epoch)).at("status") == "emitted";
    }));
  }

  json::Value running_case() { return client_->get("/api/v1/emission/input").body(); }
  json::Object input() { return running_case().at("input").as_object(); }
  // All of the running epoch's case but the moment.
  std::string standing() {
    json::Object now = input();
    now.erase("block");
    return json::serialize(now);
  }
  std::string bonds() { return json::serialize(input().at("bonds")); }
  std::string sha256() { return text_of(plugin(*client_, "subnetd.yuma/yuma"), "sha256"); }

  std::string amounts(int epoch) {
    json::Array all;
    const json::Value body = client_->get("/api/v1/epochs/" + std::to_string(epoch)).body();
    for (const json::Value& row : body.at("rows").as_array()) {
      all.push_back(row.at("amount_nano"));
    }
    return json::serialize(all);
  }
  // What the command line makes of the running epoch, in the chains' words.
  json::Object computed() {
    const json::Value running = running_case();
    const json::Object& now = running.at("input").as_object();
    json::Object in;
    for (const char* name :
         {"block", "uid", "stake", "last_update", "permits", "weights", "bonds"}) {
      in[name] = now.at(name);
    }
    in["registered_at"] = now.at("registered_block");
    json::Object params = running.at("params").as_object();
    params["bonds_ma"] = 500'000;
    const std::string file = folder_.write(
        "case.json", json::serialize(json::Object{
                         {"algo", "commune_yuma"}, {"params", params}, {"input", in}}));
    const Transcript t = cli::subnetd({"emission", "compute", "--input", file});
    EXPECT_EQ(t.exit_code, 0) << t.err;
    const auto answer = json::parse(t.out, 1 << 20);
    return answer ? answer->as_object() : json::Object{};
  }

  // The same code under another hash, which is loaded as a file of its own.
  void install_another_file() {
    const std::string file = folder_.file("plugins/yuma.sbn.so");
    std::filesystem::copy_file(file, folder_.file("new"));
    std::ofstream(folder_.file("new"), std::ios::app) << "more";
    std::filesystem::rename(folder_.file("new"), file);
  }

  Scratch folder_;
  std::string config_;
  RoughNode node_[2];
  const std::vector<std::string> miners_{"a", "b", "c"};
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Client> client_;
};

TEST_F(Bonds, AreTheSameAfterAKillAndAReloadInTheMiddleOfAnEpoch) {
  ASSERT_NO_FATAL_FAILURE(register_nodes());
  validate_all(0);
  ASSERT_NO_FATAL_FAILURE(close(1));
  const std::string carried = bonds();
  ASSERT_NE(carried.find("65535"), std::string::npos) << "the best of a column has it: " << carried;
  validate_all(4);
  const std::string before = standing();

  EXPECT_EQ(daemon_->kill().signal, SIGKILL);
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(standing(), before);

  const std::string loaded = sha256();
  install_another_file();
  const Answer reload = client_->post("/api/v1/plugins/reload", R"({"now":true})");
  ASSERT_EQ(reload.at("state"), "done") << reload.text;
  EXPECT_NE(sha256(), loaded);
  EXPECT_EQ(standing(), before);
  EXPECT_EQ(bonds(), carried);

  // The epoch ends as it would have, from those bonds.
  const json::Object wanted = computed();
  ASSERT_NO_FATAL_FAILURE(close(2));
  EXPECT_EQ(bonds(), json::serialize(wanted.at("bonds")));
  EXPECT_EQ(amounts(2), json::serialize(wanted.at("paid")));
  EXPECT_NE(bonds(), carried) << "they moved on";
}

// Stakes that no policy can add up are no fault of the policy's: the epoch waits for them.
TEST_F(Bonds, AnEpochHeldForStakesThatOverflowIsPaidOnceTheyAreMended) {
  ASSERT_NO_FATAL_FAILURE(register_nodes());
  validate_all(0);
  client_->patch("/api/v1/validators/v1", R"({"stake_nano":18446744073709551615})");
  const std::vector<std::string> close_it{"epoch", "close", "--url", daemon_->url()};
  for (int attempt = 0; attempt < 5; ++attempt) {
    const Transcript held = cli::subnetd(close_it);
    EXPECT_EQ(held.exit_code, 1);
    EXPECT_NE(held.err.find("epoch 1 is held, nobody is paid yet: "), std::string::npos)
        << held.err;
    EXPECT_NE(held.err.find("the stakes add up to more than 2^64 - 1"), std::string::npos)
        << held.err;
  }
  client_->patch("/api/v1/validators/v1", R"({"stake_nano":3000000})");
  const Transcript paid = cli::subnetd(close_it);
  EXPECT_EQ(paid.exit_code, 0) << paid.err;
  EXPECT_EQ(client_->get("/api/v1/epochs/1").at("status"), "emitted");
}

}  // namespace
}  // namespace subnetd::process
