// SPDX-License-Identifier: 0BSD
#include "demo/nodes.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "net/http_client.hpp"
#include "net/spawn.hpp"

namespace subnetd::demo {
namespace {

boost::asio::awaitable<void> fetch_into(net::HttpClient& client, net::FetchRequest request,
                                        std::optional<net::FetchResult>& result) {
  result = co_await client.fetch(std::move(request));
}

net::FetchResult post(const std::string& url, const json::Value& params) {
  boost::asio::io_context io(1);
  net::HttpClient client(io.get_executor(), {.policy = {.allow_private = true}});
  net::FetchRequest request;
  request.method = "POST";
  request.url = url;
  request.body = json::serialize(json::Object{{"params", params}});
  std::optional<net::FetchResult> result;
  net::spawn(io.get_executor(), "post", fetch_into(client, std::move(request), result));
  io.run();
  return *std::move(result);
}

// What a validator says of a miner, for one challenge.
json::Value judged(const std::string& validator, Task task, const std::string& miner) {
  const json::Value order{
      {"contract", 1},
      {"request_id", "r1"},
      {"miner", {{"id", "m"}, {"model_type", model_type_of(task)}, {"endpoint", miner}}},
      {"challenge", std::string(64, 'a')},
      {"deadline_ms", 5000}};
  const net::FetchResult reply = post(validator + "/method/validate", order);
  EXPECT_TRUE(reply.has_value());
  return json::parse(reply->body, 65'536).value();
}

std::uint64_t score_of(const json::Value& answer) {
  const json::Value* score = answer.get_object().if_contains("score_ppm");
  return score == nullptr ? 7 : score->to_number<std::uint64_t>();
}

class EveryTask : public testing::TestWithParam<Task> {};

TEST_P(EveryTask, TellsGoodFromSlowFromLyingFromGarbage) {
  Nodes nodes;
  const std::string validator = nodes.start_validator({GetParam()}).value();
  const auto score = [&](Quality quality) {
    return score_of(judged(validator, GetParam(), nodes.start_miner(GetParam(), quality).value()));
  };
  const std::uint64_t good = score(Quality::good);
  EXPECT_GT(good, 800'000u);
  EXPECT_LT(score(Quality::slow), good);
  EXPECT_LT(score(Quality::lying), 250'000u);
  EXPECT_EQ(score(Quality::garbage), 0u);
}

TEST_P(EveryTask, ReportsADeadMinerAsUnreachable) {
  Nodes nodes;
  const std::string validator = nodes.start_validator({GetParam()}).value();
  const std::string miner = nodes.start_miner(GetParam(), Quality::dead).value();
  EXPECT_EQ(judged(validator, GetParam(), miner), json::Value({{"error", "miner_unreachable"}}));
}

INSTANTIATE_TEST_SUITE_P(Nodes, EveryTask,
                         testing::Values(Task::chat, Task::embedding, Task::image_classification));

// As a validator that somebody writes in ten minutes asks.
TEST(Nodes, OfChatAnswerAPromptAlone) {
  Nodes nodes;
  const std::string miner = nodes.start_miner(Task::chat, Quality::good).value();
  const net::FetchResult reply = post(miner + "/method/generate", {{"prompt", "the quick"}});
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_NE(reply->body.find("\"text\":\""), std::string::npos);
}

TEST(Nodes, SayThatATypeTheyDoNotServeIsUnsupported) {
  Nodes nodes;
  const std::string validator = nodes.start_validator({Task::chat}).value();
  const std::string miner = nodes.start_miner(Task::embedding, Quality::good).value();
  EXPECT_EQ(judged(validator, Task::embedding, miner), json::Value({{"error", "unsupported"}}));
}

TEST(Nodes, StopAnsweringWhenKilled) {
  Nodes nodes;
  const std::string miner = nodes.start_miner(Task::chat, Quality::good).value();
  const json::Value params{{"prompt", "a miner"}, {"seed", 1}, {"words", 3}};
  ASSERT_TRUE(post(miner + "/method/generate", params).has_value());
  nodes.kill(miner);
  const net::FetchResult after = post(miner + "/method/generate", params);
  ASSERT_FALSE(after.has_value());
  EXPECT_EQ(after.error().fault, net::FetchFault::connect);
}

}  // namespace
}  // namespace subnetd::demo
