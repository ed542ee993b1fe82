// SPDX-License-Identifier: 0BSD
// What operators say that a namespace is, and take back.
#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

TEST(Namespaces, AMappingDecidesWhatDetectorsWouldNot) {
  ApiServer server;
  const Answer mapped =
      server.post("/api/v1/namespaces", R"({"pattern":"acme.*","model_type":"embedding"})");
  EXPECT_EQ(mapped.status, 200);
  EXPECT_EQ(server.add_miner("m1", "acme.x").at("model_type"), "embedding");
  EXPECT_EQ(server.get("/api/v1/namespaces").at("items.0.pattern"), "acme.*");
}

TEST(Namespaces, AMappingIsTakenBackByItsPattern) {
  ApiServer server;
  server.post("/api/v1/namespaces", R"({"pattern":"a/b c?*","model_type":"embedding"})");
  EXPECT_EQ(server.add_miner("m1", "a/b cx.chat").at("model_type"), "embedding");
  const net::HttpHeaders operator_token{{"Authorization", "Bearer s3cret"}};
  const std::string path = "/api/v1/namespaces/a%2Fb%20c%3F%2A";
  EXPECT_EQ(server.call("DELETE", path, "", {}).status, 401);
  const Answer removed = server.call("DELETE", path, "", operator_token);
  EXPECT_EQ(removed.status, 204);
  EXPECT_EQ(removed.text, "");
  EXPECT_TRUE(server.daemon->state.mappings.empty());
  EXPECT_EQ(server.get("/api/v1/miners/m1").at("model_type"), "unknown");
  const Answer again = server.call("DELETE", path, "", operator_token);
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(again.at("error.message"), "nothing is mapped by \"a/b c?*\"");
}

// An operator's re-detection: of one miner, of all; nobody else's.
TEST(Redetection, TellsHowManyWereLookedAtAndHowManyAreOfAnotherTypeNow) {
  ApiServer server;
  const std::string path = "/api/v1/miners/redetect";
  for (const char* id : {"m1", "m2", "redetect"}) server.add_miner(id);
  server.daemon->said_again = "embedding";
  const Answer one = server.post(path, R"({"miner":"m1"})");
  EXPECT_EQ(one.status, 200) << one.text;
  EXPECT_EQ(one.text, R"({"looked_at":1,"retyped":1})");
  EXPECT_EQ(server.get("/api/v1/miners/m1").at("model_type"), "embedding");
  EXPECT_EQ(server.get("/api/v1/miners/m2").at("model_type"), "chat");
  EXPECT_EQ(server.post(path, "{}").text, R"({"looked_at":3,"retyped":2})");
  EXPECT_EQ(server.get("/api/v1/miners/redetect").at("model_type"), "embedding");
  EXPECT_EQ(server.post(path, "{}").text, R"({"looked_at":3,"retyped":0})");
}

TEST(Redetection, LooksAtEveryPieceOfALongRow) {
  ApiServer server;
  constexpr std::size_t miners = limits::redetect_slots + 5;
  for (std::size_t i = 0; i < miners; ++i) {
    server.daemon->add_quietly("m" + std::to_string(i));
  }
  server.daemon->said_again = "embedding";
  const std::string all = std::to_string(miners);
  EXPECT_EQ(server.post("/api/v1/miners/redetect", "").text,
            R"({"looked_at":)" + all + R"(,"retyped":)" + all + "}");
}

TEST(Redetection, RefusesWhoIsNoOperatorAndWhatItDoesNotKnow) {
  ApiServer server;
  server.add_miner("m1");
  server.daemon->said_again = "embedding";
  const std::string path = "/api/v1/miners/redetect";
  EXPECT_EQ(server.call("POST", path, "{}", {{"Content-Type", "application/json"}}).status, 401);
  EXPECT_EQ(server.get("/api/v1/miners/m1").at("model_type"), "chat");
  const Answer nobody = server.post(path, R"({"miner":"nobody"})");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_EQ(nobody.at("error.message"), "no miner \"nobody\"");
  EXPECT_EQ(server.post(path, R"({"miner":""})").status, 400);
  EXPECT_EQ(server.post(path, R"({"miners":["m1"]})").status, 400);
}

}  // namespace
}  // namespace subnetd::api::testing
