// SPDX-License-Identifier: 0BSD
#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

TEST(Validators, DelegateToOneAnother) {
  ApiServer server;
  server.add_validator("v1", "\"chat\"");
  server.add_validator("v2", "\"chat\"");
  const Answer fresh = server.get("/api/v1/validators/v1");
  EXPECT_EQ(fresh.at("parent"), "null");
  EXPECT_EQ(fresh.at("fee_bp"), "0");
  const Answer given =
      server.call("PATCH", "/api/v1/validators/v1", R"({"parent":"v2","fee_bp":1250})");
  EXPECT_EQ(given.status, 200) << given.text;
  EXPECT_EQ(given.at("parent"), "v2");
  EXPECT_EQ(given.at("fee_bp"), "1250");
  EXPECT_EQ(server.get("/api/v1/explain/v1").at("why.delegation"),
            "weighs as \"v2\" does, which under linear and yuma keeps 12.50 % of its dividends");
  EXPECT_EQ(server.get("/api/v1/explain/v2").at("why.delegation"),
            "under linear and yuma keeps 12.50 % of the dividends of \"v1\"");
  EXPECT_EQ(server.call("PATCH", "/api/v1/validators/v2", R"({"parent":"v1"})").status, 422);
  EXPECT_EQ(server.call("PATCH", "/api/v1/validators/v1", R"({"fee_bp":10001})").status, 400);
  EXPECT_EQ(server.call("PATCH", "/api/v1/validators/v1", R"({"parent":""})").at("parent"), "null");
}

TEST(Epochs, SayWhoDelegatedToWhomAndThatItEnded) {
  ApiServer server;
  server.add_validator("v1", "\"chat\"");
  server.add_validator("v2", "\"chat\"");
  server.add_miner("m1");
  server.post("/api/v1/miners/m1/validate", "{}");
  server.call("PATCH", "/api/v1/validators/v1", R"({"parent":"v2","fee_bp":1250})");
  server.post("/api/v1/epochs/close", "{}");
  const Answer one = server.get("/api/v1/epochs/1");
  EXPECT_EQ(one.at("rows.0.id"), "v1");
  EXPECT_EQ(one.at("rows.0.parent"), "v2");
  EXPECT_EQ(one.at("rows.0.fee_bp"), "1250");
  EXPECT_EQ(one.at("rows.1.parent"), "null");
  EXPECT_EQ(one.at("rows.1.fee_bp"), "0");
  server.call("PATCH", "/api/v1/validators/v1", R"({"parent":""})");
  server.post("/api/v1/epochs/close", "{}");
  EXPECT_EQ(server.get("/api/v1/epochs/2").at("rows.0.parent"), "null");
  EXPECT_EQ(server.get("/api/v1/epochs/1").at("rows.0.parent"), "v2") << "it was so then";
}

}  // namespace
}  // namespace subnetd::api::testing
