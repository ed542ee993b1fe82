// SPDX-License-Identifier: 0BSD
// `subnetd run` with a TOML and nodes that register over HTTP: who checks whom, what happens when a
// validator goes, and that an epoch spends its budget to the last unit.
#include <map>
#include <set>

#include "demo/nodes.hpp"
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

using demo::Quality;
using demo::Task;

constexpr std::uint64_t budget_nano = 1'000'000'007;

class Subnet : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(daemon_.is_serving()) << daemon_.log();
    client_ = std::make_unique<Client>(daemon_.port());
    validator("chat-1", "\"chat\"", {Task::chat});
    validator("chat-2", "\"chat\"", {Task::chat});
    validator("other", R"("embedding","image_classification")",
              {Task::embedding, Task::image_classification});
    miner("ada", "demo/ngram-gpt", Task::chat, Quality::good);
    miner("ben", "demo/ngram-gpt-2", Task::chat, Quality::good);
    miner("cleo", "demo/chat-of-words", Task::chat, Quality::lying);
    miner("dan", "demo/chat-large", Task::chat, Quality::dead);
    miner("eve", "demo/hash-embed", Task::embedding, Quality::good);
    miner("fay", "demo/shapes-resnet", Task::image_classification, Quality::good);
    miner("gil", "zzz", Task::chat, Quality::good);
  }

  void validator(const std::string& id, const std::string& types, std::vector<Task> tasks) {
    const auto endpoint = nodes_.start_validator(std::move(tasks));
    ASSERT_TRUE(endpoint);
    const Answer put = client_->post("/api/v1/validators", validator_body(id, types, *endpoint));
    ASSERT_EQ(put.status, 201) << put.text;
  }
  void miner(const std::string& id, const std::string& name_space, Task task, Quality quality) {
    const auto endpoint = nodes_.start_miner(task, quality);
    ASSERT_TRUE(endpoint);
    const Answer put = client_->post("/api/v1/miners", miner_body(id, name_space, *endpoint));
    ASSERT_EQ(put.status, 201) << put.text;
  }

  // Miner to validator, "" while it has none.
  std::map<std::string, std::string> matches() {
    std::map<std::string, std::string> found;
    for (const json::Object& match : client_->list("/api/v1/matches")) {
      found[text_of(match, "miner")] = text_of(match, "validator");
    }
    return found;
  }
  // How many miners each validator has.
  std::map<std::string, int> counts() {
    std::map<std::string, int> found;
    for (const auto& [miner, validator] : matches()) ++found[validator];
    return found;
  }
  bool all_matched() {
    const auto found = counts();
    return found.contains("") && found.at("") == 1;  // gil, whom no detector knows
  }
  // The epoch that was closed now, once it is emitted.
  json::Object closed_epoch() {
    const Answer closed = client_->post("/api/v1/epochs/close", "{}");
    EXPECT_EQ(closed.status, 200) << closed.text;
    const std::string path = "/api/v1/epochs/" + closed.at("epoch");
    EXPECT_TRUE(eventually([&] { return client_->get(path).at("status") == "emitted"; }));
    return client_->get(path).body().get_object();
  }

  Scratch folder_;
  demo::Nodes nodes_;
  Daemon daemon_{quiet_config(folder_,
                              "prober.allow_private = true\nvalidation.interval_s = 1\n"
                              "emission.budget_nano = " +
                                  std::to_string(budget_nano) + "\n")};
  std::unique_ptr<Client> client_;
};

TEST_F(Subnet, SharesFourChatMinersBetweenTwoChatValidatorsTwoAndTwo) {
  ASSERT_TRUE(eventually([&] { return all_matched(); }));
  const auto found = counts();
  EXPECT_EQ(found.at("chat-1"), 2);
  EXPECT_EQ(found.at("chat-2"), 2);
  EXPECT_EQ(client_->get("/api/v1/validators/chat-1").at("load"), "2");
  EXPECT_EQ(client_->get("/api/v1/validators/chat-2").at("load"), "2");
}

TEST_F(Subnet, GivesEachMinerAValidatorOfItsTypeOrAReason) {
  ASSERT_TRUE(eventually([&] { return all_matched(); }));
  const auto found = matches();
  EXPECT_EQ(found.at("eve"), "other");
  EXPECT_EQ(found.at("fay"), "other");
  EXPECT_EQ(client_->get("/api/v1/matches?miner=gil").at("items.0.reason"), "unknown_type");
}

TEST_F(Subnet, MovesTheMinersOfAValidatorThatWasMadeInactive) {
  ASSERT_TRUE(eventually([&] { return all_matched(); }));
  const Answer set = client_->patch("/api/v1/validators/chat-1", R"({"status":"inactive"})");
  ASSERT_EQ(set.status, 200) << set.text;
  EXPECT_EQ(set.at("status"), "inactive");
  EXPECT_TRUE(eventually([&] { return counts()["chat-2"] == 4; }));
  EXPECT_EQ(counts().count("chat-1"), 0u);
  EXPECT_EQ(client_->get("/api/v1/validators/chat-1").at("load"), "0");
}

TEST_F(Subnet, PaysTheWholeBudgetOfAnEpochToTheLastUnitByTheVerdicts) {
  const auto scored = [&](const std::string& id) {
    return client_->get("/api/v1/miners/" + id).at("score_ppm") != "null";
  };
  ASSERT_TRUE(
      eventually([&] { return scored("ada") && scored("ben") && scored("eve") && scored("fay"); }));
  const json::Object epoch = closed_epoch();
  EXPECT_EQ(number_of(epoch, "budget_nano"), budget_nano);
  std::uint64_t paid = 0;
  std::map<std::string, std::uint64_t> amount;
  for (const json::Value& row : epoch.at("rows").get_array()) {
    const std::uint64_t nano = number_of(row.get_object(), "amount_nano");
    paid += nano;
    amount[text_of(row.get_object(), "id")] = nano;
  }
  EXPECT_EQ(number_of(epoch, "paid_nano"), paid);
  EXPECT_EQ(number_of(epoch, "founder_nano") + paid + number_of(epoch, "dust_nano") +
                number_of(epoch, "unallocated_nano"),
            budget_nano);
  EXPECT_EQ(number_of(epoch, "unallocated_nano"), 0u);
  EXPECT_GT(amount["ada"], 0u);
  EXPECT_GT(amount["ada"], amount["cleo"]);  // who lies
  EXPECT_EQ(amount["dan"], 0u);              // whom nobody reaches
  EXPECT_EQ(amount["gil"], 0u);              // whom nobody checks
}

TEST_F(Subnet, LeavesTheWholeBudgetUnallocatedWhenNobodyIsScored) {
  // Before anybody can be: no miner is due in the first hours of this one.
  const Scratch folder;
  Daemon daemon(quiet_config(folder, "emission.budget_nano = 7\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  client_ = std::make_unique<Client>(daemon.port());
  const json::Object epoch = closed_epoch();
  EXPECT_EQ(number_of(epoch, "unallocated_nano"), 7u);
  EXPECT_EQ(number_of(epoch, "paid_nano"), 0u);
}

TEST_F(Subnet, ShowsTheSameByCommandLine) {
  ASSERT_TRUE(eventually([&] { return all_matched(); }));
  const Transcript listed =
      cli::subnetd({"match", "list", "--output", "jsonl"}, "", {"SUBNETD_URL=" + daemon_.url()});
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_NE(listed.out.find("\"other\""), std::string::npos);
  const Transcript why = cli::subnetd({"explain", "gil", "--url", daemon_.url()});
  ASSERT_EQ(why.exit_code, 0) << why.err;
  EXPECT_NE(why.out.find("unknown"), std::string::npos) << why.out;
  EXPECT_EQ(cli::subnetd({"validate", "ada", "--url", daemon_.url()}).exit_code, 0);
  const Transcript drained =
      cli::subnetd({"validator", "update", "chat-1", "--drain", "--url", daemon_.url()});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
  EXPECT_EQ(client_->get("/api/v1/validators/chat-1").at("status"), "draining");
}

}  // namespace
}  // namespace subnetd::process
