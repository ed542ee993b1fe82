// SPDX-License-Identifier: 0BSD
// What whoever signs may do: the methods of the module protocol, and writes of /api/v1.
#include "commune/wallet.hpp"
#include "domain/limits.hpp"
#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

using commune::testing::Wallet;

constexpr const char* agent = "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y";
constexpr const char* miner_params =
    R"({"id":"m1","namespace":"chat.toy","endpoint":"http://192.0.2.2:8000"})";

Options signed_options() {
  Options options = ApiServer::with_token();
  options.signers.own_address = agent;
  options.signers.may_register = true;
  return options;
}

class Signed : public ::testing::Test {
 protected:
  Answer call(const Wallet& wallet, const std::string& method, const std::string& params) {
    const auto [body, headers] = wallet.call(params, agent, net::utc_ms());
    return server.call("POST", "/method/" + method, body, headers);
  }
  Answer write(const Wallet& wallet, const std::string& method, const std::string& path,
               const std::string& body = "") {
    return server.call(method, path, body, wallet.write(method, path, body, net::utc_ms()));
  }

  ApiServer server{signed_options()};
  const Wallet alice{"//Alice"}, bob{"//Bob"};
};

TEST_F(Signed, AMinerRegistersReadsChangesAndLeavesByTheModuleProtocol) {
  server.add_validator("v1");
  const Answer made = call(alice, "register_miner", miner_params);
  EXPECT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.at("id"), "m1");
  EXPECT_EQ(made.at("key"), alice.address());
  EXPECT_EQ(made.at("endpoint"), "http://192.0.2.2:8000");
  EXPECT_EQ(call(alice, "get_match", R"({"id":"m1"})").at("0.validator"), "v1");
  EXPECT_EQ(call(alice, "update_node", R"({"id":"m1","changes":{"region":"eu"}})").at("region"),
            "eu");
  EXPECT_EQ(call(alice, "set_status", R"({"id":"m1","status":"draining"})").at("status"),
            "draining");
  EXPECT_EQ(call(alice, "get_node", R"({"id":"m1","unknown":1})").at("status"), "draining");
  EXPECT_EQ(call(alice, "deregister", R"({"id":"m1","confirm":true})").text, "true");
  EXPECT_EQ(call(alice, "get_node", R"({"id":"m1"})").status, 404);
}

TEST_F(Signed, AValidatorRegistersByTheModuleProtocol) {
  const Answer made = call(bob, "register_validator",
                           R"({"id":"v1","endpoint":"http://192.0.2.1:9000","capacity":10,)"
                           R"("specializations":["chat"]})");
  EXPECT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.at("key"), bob.address());
  EXPECT_EQ(call(bob, "get_match", R"({"id":"v1"})").status, 404);
}

TEST_F(Signed, EndpointsAreShownToTheirOwnerAndNobodyElse) {
  call(alice, "register_miner", miner_params);
  EXPECT_EQ(call(bob, "get_node", R"({"id":"m1"})").at("endpoint"), "(absent)");
  EXPECT_EQ(write(bob, "GET", "/api/v1/miners/m1").at("endpoint"), "(absent)");
  EXPECT_EQ(write(alice, "GET", "/api/v1/miners/m1").at("endpoint"), "http://192.0.2.2:8000");
  EXPECT_EQ(write(alice, "GET", "/api/v1/miners").at("items.0.endpoint"), "http://192.0.2.2:8000");
  EXPECT_EQ(server.anonymous("/api/v1/miners/m1").at("endpoint"), "(absent)");
}

TEST_F(Signed, ModulesAreTheMinersThatWereJudged) {
  server.add_validator("v1");
  call(alice, "register_miner", miner_params);
  EXPECT_EQ(call(bob, "list_modules", "{}").at("items"), "[]");
  server.post("/api/v1/miners/m1/validate", "{}");
  const Answer listed = call(bob, "list_modules", R"({"model_type":"chat","limit":5})");
  EXPECT_EQ(listed.at("items.0.id"), "m1");
  EXPECT_EQ(listed.at("items.0.endpoint"), "(absent)");
  EXPECT_EQ(call(bob, "list_modules", R"({"model_type":"embedding"})").at("items"), "[]");
}

TEST_F(Signed, ParamsThatDoNotFitAreAnsweredAsFastApiDoes) {
  const Answer missing = call(alice, "register_miner", R"({"id":"m1","namespace":"chat.toy"})");
  EXPECT_EQ(missing.status, 422);
  EXPECT_EQ(missing.at("detail.0.type"), "missing");
  EXPECT_EQ(missing.at("detail.0.loc"), R"(["body","params","endpoint"])");
  EXPECT_EQ(missing.at("detail.0.msg"), "Field required");
  EXPECT_EQ(missing.at("detail.0.input.id"), "m1");
  const Answer more = call(alice, "set_status", R"({"id":"m1","status":"active","now":1})");
  EXPECT_EQ(more.status, 422);
  EXPECT_EQ(more.at("detail.0.type"), "extra_forbidden");
  EXPECT_EQ(more.at("detail.0.loc"), R"(["body","params","now"])");
  const Answer wrong = call(
      alice, "register_miner", R"({"id":"m/1","namespace":"chat.toy","endpoint":"http://a:1"})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.at("detail.0.type"), "value_error");
  EXPECT_EQ(call(alice, "deregister", R"({"id":"m1","confirm":false})").status, 422);
  EXPECT_EQ(call(alice, "register_miner", R"({"id":"m1","namespace":"chat.toy","capacity":1,)"
                                          R"("endpoint":"http://a:1"})").status,
            422);
  EXPECT_EQ(call(alice, "list_modules", R"({"limit":1001})").status, 422);
  EXPECT_EQ(call(alice, "list_modules", R"({"n":NaN})").status, 422);
}

TEST_F(Signed, ARuleThatSaysNoIsAnsweredInDetail) {
  call(alice, "register_miner", miner_params);
  const Answer foreign = call(bob, "deregister", R"({"id":"m1","confirm":true})");
  EXPECT_EQ(foreign.status, 403);
  EXPECT_NE(foreign.at("detail").find("not of this key"), std::string::npos) << foreign.text;
  EXPECT_EQ(call(bob, "register_miner", miner_params).status, 409);
  EXPECT_EQ(call(bob, "update_node", R"({"id":"m9","changes":{"region":"eu"}})").status, 404);
  EXPECT_EQ(call(alice, "update_node", R"({"id":"m1","changes":{"key":")" + bob.address() +
                                           "\"}}").status,
            403);
}

TEST_F(Signed, PathsThatAreNoneAreAnsweredAsTheModuleServerDoes) {
  const Answer unknown = call(alice, "generate", "{}");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.text, R"({"detail":"Not Found"})");
  const Answer wrong = server.call("GET", "/method/get_node");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.text, R"({"detail":"Method Not Allowed"})");
  EXPECT_EQ(wrong.header("allow"), "POST");
}

TEST_F(Signed, ACallWithoutASignatureIsRefusedAlsoFromTheOperator) {
  const Answer refused = server.post("/method/get_node", R"({"params":{"id":"m1"}})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.text, R"({"error":{"code":400,"message":"Missing header: X-Key"}})");
}

TEST_F(Signed, HeadersCountWhateverTheirOrderAndCase) {
  const auto [body, headers] = alice.call(miner_params, agent, net::utc_ms());
  net::HttpHeaders odd;
  for (auto it = headers.rbegin(); it != headers.rend(); ++it) {
    std::string name = it->first;
    for (std::size_t i = 0; i < name.size(); ++i) {
      name[i] = static_cast<char>(i % 2 ? std::toupper(name[i]) : std::tolower(name[i]));
    }
    odd.emplace_back(name, it->second);
  }
  EXPECT_EQ(server.call("POST", "/method/register_miner", body, odd).status, 200);
}

TEST_F(Signed, ABodyOfAnotherTypeIsNoObject) {
  auto [body, headers] = alice.call(R"({"id":"m1"})", agent, net::utc_ms());
  headers[0].second = "text/plain";
  const Answer answer = server.call("POST", "/method/get_node", body, headers);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.at("detail.0.type"), "model_attributes_type");
}

TEST_F(Signed, ACapturedCallWorksOnceAndOnNoOtherMethodNodeOrAgent) {
  const auto [body, headers] = alice.call(miner_params, agent, net::utc_ms());
  EXPECT_EQ(server.call("POST", "/method/register_validator", body, headers).status, 422);
  const auto [fresh, fresh_headers] = alice.call(miner_params, agent, net::utc_ms());
  EXPECT_EQ(server.call("POST", "/method/register_miner", fresh, fresh_headers).status, 200);
  EXPECT_EQ(call(alice, "deregister", R"({"id":"m1","confirm":true})").status, 200);
  const Answer again = server.call("POST", "/method/register_miner", fresh, fresh_headers);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.text,
            R"({"error":{"code":409,"message":"This signed request was used before"}})");
  const auto [other, other_headers] = alice.call(miner_params, alice.address(), net::utc_ms());
  EXPECT_EQ(server.call("POST", "/method/register_miner", other, other_headers).status, 401);
}

TEST_F(Signed, StaleAndFutureCallsAreRefused) {
  for (const std::int64_t off_ms : {-limits::signed_age_ms_max - 5'000,
                                    limits::signed_ahead_ms_max + 5'000}) {
    const auto [body, headers] = alice.call(R"({"id":"m1"})", agent, net::utc_ms() + off_ms);
    EXPECT_EQ(server.call("POST", "/method/get_node", body, headers).status, 400) << off_ms;
  }
}

TEST_F(Signed, WritesOfApiV1AreTheOwners) {
  const Answer made = write(alice, "POST", "/api/v1/miners", miner_params);
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("key"), alice.address());
  EXPECT_EQ(write(alice, "POST", "/api/v1/miners", miner_params).status, 200);
  EXPECT_EQ(write(bob, "PATCH", "/api/v1/miners/m1", R"({"status":"inactive"})").status, 403);
  EXPECT_EQ(write(alice, "PATCH", "/api/v1/miners/m1", R"({"status":"inactive"})").at("status"),
            "inactive");
  EXPECT_EQ(write(bob, "DELETE", "/api/v1/miners/m1").status, 403);
  EXPECT_EQ(write(alice, "DELETE", "/api/v1/miners/m1").status, 204);
}

TEST_F(Signed, AnotherKeyInTheBodyIsRefused) {
  const std::string body = R"({"id":"m1","namespace":"chat.toy","endpoint":"http://192.0.2.2:80",)"
                           R"("key":")" + bob.address() + "\"}";
  EXPECT_EQ(write(alice, "POST", "/api/v1/miners", body).status, 403);
  EXPECT_EQ(write(bob, "POST", "/api/v1/miners", body).status, 201);
}

TEST_F(Signed, ACapturedWriteFitsNoOtherRouteMethodOrBody) {
  const std::string path = "/api/v1/miners";
  write(alice, "POST", path, miner_params);
  const auto headers = alice.write("DELETE", path + "/m1", "", net::utc_ms());
  EXPECT_EQ(server.call("DELETE", path + "/m2", "", headers).status, 401);
  EXPECT_EQ(server.call("DELETE", "/api/v1/validators/m1", "", headers).status, 401);
  EXPECT_EQ(server.call("PATCH", path + "/m1", R"({"region":"eu"})", headers).status, 401);
  EXPECT_EQ(server.call("DELETE", path + "/m1", "", headers).status, 204);
  EXPECT_EQ(write(alice, "POST", path, miner_params).status, 201);
  const Answer again = server.call("DELETE", path + "/m1", "", headers);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.at("error.code"), "conflict");
}

TEST_F(Signed, WhatTheOperatorDoesOnlyTheAgentsKeySigns) {
  Options options = signed_options();
  const Wallet own("//Agent");
  options.signers.own_address = own.address();
  ApiServer mine(options);
  const auto write_to = [&](const Wallet& wallet, const char* path, const std::string& body) {
    return mine.call("POST", path, body, wallet.write("POST", path, body, net::utc_ms())).status;
  };
  const std::string mapping = R"({"pattern":"x","model_type":"chat"})";
  EXPECT_EQ(write_to(alice, "/api/v1/namespaces", mapping), 403);
  EXPECT_EQ(write_to(own, "/api/v1/namespaces", mapping), 200);
  const char* mapped = "/api/v1/namespaces/x";
  const auto unmap = [&](const Wallet& wallet) {
    const auto headers = wallet.write("DELETE", mapped, "", net::utc_ms());
    return mine.call("DELETE", mapped, "", headers).status;
  };
  EXPECT_EQ(unmap(alice), 403);
  EXPECT_EQ(unmap(own), 204);
  EXPECT_EQ(write_to(alice, "/api/v1/miners/redetect", "{}"), 403);
  EXPECT_EQ(write_to(own, "/api/v1/miners/redetect", "{}"), 200);
  EXPECT_EQ(write_to(alice, "/api/v1/epochs/close", "{}"), 403);
  EXPECT_EQ(write_to(own, "/api/v1/epochs/close", "{}"), 200);
  // A keyless node is the operator's; who signs for the operator changes it, and sees where it is.
  mine.add_miner("m1");
  const std::string path = "/api/v1/miners/m1", change = R"({"region":"eu"})";
  const auto patch = [&](const Wallet& wallet) {
    return mine.call("PATCH", path, change, wallet.write("PATCH", path, change, net::utc_ms()));
  };
  EXPECT_EQ(patch(alice).status, 403);
  const Answer changed = patch(own);
  EXPECT_EQ(changed.at("region"), "eu");
  EXPECT_EQ(changed.at("endpoint"), "http://192.0.2.2:8000");
  const Answer seen = mine.call("GET", path, "", own.write("GET", path, "", net::utc_ms()));
  EXPECT_EQ(seen.at("endpoint"), changed.at("endpoint"));
}

TEST_F(Signed, AMinerIsValidatedOutOfTurnByItsOwnerAndNoOther) {
  server.add_validator("v1");
  call(alice, "register_miner", miner_params);
  EXPECT_EQ(write(bob, "POST", "/api/v1/miners/m1/validate", "{}").status, 403);
  EXPECT_EQ(write(alice, "POST", "/api/v1/miners/m1/validate", "{}").status, 200);
}

TEST_F(Signed, IdempotencyKeysAreEachCallersOwn) {
  const auto put = [&](const Wallet& wallet, const std::string& id) {
    const std::string body = R"({"id":")" + id +
                             R"(","namespace":"chat.toy","endpoint":"http://192.0.2.2:8000"})";
    auto headers = wallet.write("POST", "/api/v1/miners", body, net::utc_ms());
    headers.emplace_back("Idempotency-Key", "k1");
    return server.call("POST", "/api/v1/miners", body, headers).status;
  };
  EXPECT_EQ(put(alice, "a1"), 201);
  EXPECT_EQ(put(bob, "b1"), 201);
  EXPECT_EQ(put(alice, "a2"), 422);
}

TEST(SignedRegistration, IsTheOperatorsUnlessTheConfigurationOpensIt) {
  Options options = signed_options();
  options.signers.may_register = false;
  ApiServer server(std::move(options));
  const Wallet alice("//Alice");
  const auto [body, headers] = alice.call(miner_params, agent, net::utc_ms());
  EXPECT_EQ(server.call("POST", "/method/register_miner", body, headers).status, 403);
  server.post("/api/v1/miners", R"({"id":"m1","namespace":"chat.toy","key":")" + alice.address() +
                                    R"(","endpoint":"http://192.0.2.2:8000"})");
  const auto [change, change_headers] =
      alice.call(R"({"id":"m1","status":"draining"})", agent, net::utc_ms());
  EXPECT_EQ(server.call("POST", "/method/set_status", change, change_headers).status, 200);
}

TEST(SignedRates, AreHeldByKeyAndByAddress) {
  Options options = signed_options();
  options.signers.per_minute_key = 3;
  options.signers.per_minute_staked = 5;
  options.signers.staked_from_nano = 1'000;
  options.signers.per_minute_ip = 12;
  ApiServer server(std::move(options));
  const auto calls_of = [&](const Wallet& wallet) {
    for (int calls = 0;; ++calls) {
      const auto [body, headers] = wallet.call("{}", agent, net::utc_ms());
      const Answer answer = server.call("POST", "/method/list_modules", body, headers);
      if (answer.status == 200) continue;
      EXPECT_EQ(answer.status, 429);
      EXPECT_EQ(answer.text, R"({"error":"Rate limit exceeded"})");
      EXPECT_NE(answer.header("x-ratelimit-tryafter"), "");
      return calls;
    }
  };
  const Wallet alice("//Alice"), bob("//Bob"), charlie("//Charlie");
  server.post("/api/v1/validators",
              R"({"id":"v1","endpoint":"http://192.0.2.1:9000","capacity":10,"key":")" +
                  bob.address() + R"(","specializations":["chat"]})");
  server.call("PATCH", "/api/v1/validators/v1", R"({"stake_nano":1000})");
  EXPECT_EQ(calls_of(alice), 3);
  EXPECT_EQ(calls_of(bob), 5);
  EXPECT_LT(calls_of(charlie), 3);  // the address has had its twelve
}

TEST(SignedLists, KeepKeysAndNetworksOut) {
  const Wallet alice("//Alice"), bob("//Bob");
  Options options = signed_options();
  options.signers.keys.deny.insert(alice.key());
  ApiServer server(std::move(options));
  const auto status = [](ApiServer& at, const Wallet& wallet) {
    const auto [body, headers] = wallet.call("{}", agent, net::utc_ms());
    return at.call("POST", "/method/list_modules", body, headers).status;
  };
  EXPECT_EQ(status(server, alice), 403);
  EXPECT_EQ(status(server, bob), 200);
  Options closed = signed_options();
  closed.signers.denied_networks.push_back(*net::parse_cidr("127.0.0.0/8"));
  ApiServer other(std::move(closed));
  EXPECT_EQ(status(other, bob), 403);
}

TEST(SignedReads, StopWhereReadingNeedsTheToken) {
  Options options = signed_options();
  options.read_open = false;
  ApiServer server(std::move(options));
  const Wallet alice("//Alice"), bob("//Bob");
  const auto call = [&](const Wallet& wallet, const std::string& method,
                        const std::string& params) {
    const auto [body, headers] = wallet.call(params, agent, net::utc_ms());
    return server.call("POST", "/method/" + method, body, headers).status;
  };
  EXPECT_EQ(call(alice, "register_miner", miner_params), 200);
  EXPECT_EQ(call(alice, "get_node", R"({"id":"m1"})"), 200);
  EXPECT_EQ(call(bob, "get_node", R"({"id":"m1"})"), 403);
  EXPECT_EQ(call(bob, "get_match", R"({"id":"m1"})"), 403);
  EXPECT_EQ(call(alice, "list_modules", "{}"), 403);
}

TEST(Docs, ListEveryMethod) {
  ApiServer server;
  const Answer docs = server.anonymous("/docs");
  EXPECT_EQ(docs.status, 200);
  for (const char* name : {"register_miner", "register_validator", "update_node", "set_status",
                           "deregister", "get_node", "get_match", "list_modules"}) {
    EXPECT_NE(docs.text.find("POST /method/" + std::string(name) + " "), std::string::npos) << name;
    EXPECT_NE(server.anonymous("/openapi.json").text.find("/method/" + std::string(name)),
              std::string::npos);
  }
}

TEST_F(Signed, TheAgentWeighsNoMinerOfItsOwnKey) {
  server.add_miner("m1");
  server.post("/api/v1/miners", std::string(R"({"id":"own","namespace":"chat.toy","key":")") +
                                    agent + R"(","endpoint":"http://192.0.2.2:8000"})");
  server.post("/api/v1/epochs/close", "{}");
  const Answer one = server.get("/api/v1/epochs/1");
  EXPECT_EQ(one.at("rows.1.id"), "own");
  EXPECT_EQ(one.at("weights.uids.0"), "0");
  EXPECT_EQ(one.at("weights.uids.1"), "(absent)");
}

}  // namespace
}  // namespace subnetd::api::testing
