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

}  // namespace
}  // namespace subnetd::api::testing
