// SPDX-License-Identifier: 0BSD
// What each route answers when all is well.
#include "api/case_view.hpp"
#include "api/routes.hpp"

#include <set>

#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

TEST(Miners, RegisteringAnswersTheRecordAsItThenStands) {
  ApiServer server;
  server.add_validator("v1");
  const Answer answer = server.add_miner("m1");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.header("location"), "/api/v1/miners/m1");
  EXPECT_EQ(answer.at("id"), "m1");
  EXPECT_EQ(answer.at("uid"), "1");
  EXPECT_EQ(answer.at("model_type"), "chat");
  EXPECT_EQ(answer.at("confidence_ppm"), "900000");
  EXPECT_EQ(answer.at("detector"), "test.plugin/detector");
  EXPECT_EQ(answer.at("protocol"), "module");
  EXPECT_EQ(answer.at("method"), "generate");
  EXPECT_EQ(answer.at("status"), "active");
  EXPECT_EQ(answer.at("reason"), "null");
  EXPECT_EQ(answer.at("registered_at"), "2026-01-01T00:00:03.000Z");
  EXPECT_EQ(answer.at("matches.0.validator"), "v1");
  EXPECT_EQ(answer.at("matches.0.slot"), "0");
}

TEST(Miners, RegisteringTheSameAgainIsFineAndOtherContentConflicts) {
  ApiServer server;
  EXPECT_EQ(server.add_miner("m1").status, 201);
  EXPECT_EQ(server.add_miner("m1").status, 200);
  const Answer other = server.add_miner("m1", "embedding.toy");
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.at("error.code"), "conflict");
}

TEST(Miners, EndpointsAreShownToTheOperatorOnly) {
  ApiServer server;
  server.add_miner("m1");
  EXPECT_EQ(server.get("/api/v1/miners/m1").at("endpoint"), "http://192.0.2.2:8000");
  EXPECT_EQ(server.anonymous("/api/v1/miners/m1").at("endpoint"), "(absent)");
  EXPECT_EQ(server.anonymous("/api/v1/miners").at("items.0.endpoint"), "(absent)");
}

TEST(Miners, AChangeKeepsWhatItDoesNotName) {
  ApiServer server;
  server.add_miner("m1");
  const Answer answer =
      server.call("PATCH", "/api/v1/miners/m1", R"({"region":"eu","status":"draining"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.at("region"), "eu");
  EXPECT_EQ(answer.at("status"), "draining");
  EXPECT_EQ(answer.at("namespace"), "chat.toy");
}

TEST(Miners, ARemovedOneIsGone) {
  ApiServer server;
  server.add_miner("m1");
  const Answer removed =
      server.call("DELETE", "/api/v1/miners/m1", "", {{"Authorization", "Bearer s3cret"}});
  EXPECT_EQ(removed.status, 204);
  EXPECT_EQ(removed.text, "");
  EXPECT_EQ(server.get("/api/v1/miners/m1").status, 404);
  EXPECT_EQ(server.call("DELETE", "/api/v1/miners/m1").status, 404);
}

TEST(Miners, AListIsNarrowedByTypeAndStatus) {
  ApiServer server;
  server.add_miner("m1");
  server.add_miner("m2", "embedding.toy");
  server.call("PATCH", "/api/v1/miners/m1", R"({"status":"inactive"})");
  EXPECT_EQ(server.get("/api/v1/miners?type=embedding").at("items.0.id"), "m2");
  EXPECT_EQ(server.get("/api/v1/miners?type=embedding").at("items.1"), "(absent)");
  EXPECT_EQ(server.get("/api/v1/miners?status=inactive").at("items.0.id"), "m1");
  EXPECT_EQ(server.get("/api/v1/miners?status=flagged").at("items.0"), "(absent)");
}

TEST(Validators, ARecordShowsLoadCapacityAndStake) {
  ApiServer server;
  const Answer added = server.add_validator("v1", "\"chat\",\"*\"");
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(added.at("stake_nano"), "7");
  server.add_miner("m1");
  const Answer changed = server.call("PATCH", "/api/v1/validators/v1",
                                     R"({"stake_nano":18446744073709551615,"capacity":4})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.at("stake_nano"), "18446744073709551615");
  EXPECT_EQ(changed.at("capacity"), "4");
  EXPECT_EQ(changed.at("load"), "1");
  EXPECT_EQ(changed.at("specializations"), R"(["chat","*"])");
  EXPECT_EQ(server.get("/api/v1/validators?type=chat").at("items.0.id"), "v1");
  EXPECT_EQ(server.get("/api/v1/validators/v1").at("reliability_ppm"), "1000000");
  EXPECT_EQ(server.call("DELETE", "/api/v1/validators/v1").status, 204);
}

TEST(Matches, AnUnmatchedMinerSaysWhy) {
  ApiServer server;
  server.add_miner("m1");
  const Answer before = server.get("/api/v1/matches");
  EXPECT_EQ(before.at("items.0.miner"), "m1");
  EXPECT_EQ(before.at("items.0.validator"), "null");
  EXPECT_EQ(before.at("items.0.reason"), "no_validator");
  server.add_validator("v1");
  const Answer after = server.get("/api/v1/matches?validator=v1");
  EXPECT_EQ(after.at("items.0.validator"), "v1");
  EXPECT_EQ(after.at("items.0.slot"), "0");
  EXPECT_EQ(after.at("items.0.reason"), "(absent)");
  EXPECT_EQ(after.at("items.0.since").size(), 24u);
  EXPECT_EQ(server.get("/api/v1/matches?miner=m1").at("items.0.validator"), "v1");
}

TEST(Validate, AVerdictWithinTheDeadlineIsTheAnswer) {
  ApiServer server;
  server.add_validator("v1");
  server.add_miner("m1");
  const Answer answer = server.post("/api/v1/miners/m1/validate", "{}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.at("request_id"), "1-1");
  EXPECT_EQ(answer.at("outcome"), "scored");
  EXPECT_EQ(answer.at("score_ppm"), "640000");
  EXPECT_EQ(server.get("/api/v1/miners/m1").at("score_ppm"), "640000");
}

TEST(Validate, AFailedOneHasNoScore) {
  ApiServer server;
  server.daemon->outcome = VerdictOutcome::validator_failed;
  server.add_validator("v1");
  server.add_miner("m1");
  const Answer answer = server.post("/api/v1/miners/m1/validate", "{}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.at("outcome"), "validator_failed");
  EXPECT_EQ(answer.at("score_ppm"), "null");
}

TEST(Validate, ASlowOneIsAcceptedWithItsRequestId) {
  ApiServer server;
  server.daemon->validator_answers = false;
  server.add_validator("v1");
  server.add_miner("m1");
  const Answer answer = server.post("/api/v1/miners/m1/validate", "");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.at("request_id"), "1-1");
  EXPECT_EQ(answer.at("outcome"), "(absent)");
}

TEST(Explain, AValidatorSaysItsStakeAndWhenItIsTriedAgain) {
  ApiServer server;
  server.add_validator("v1");
  server.add_miner("m1");
  const Answer before = server.get("/api/v1/explain/v1");
  EXPECT_NE(before.at("why.stake").find("default_stake_nano"), std::string::npos);
  EXPECT_EQ(before.at("why.status"), "active; 0 misses in a row, reliability 100.00 %");
  server.call("PATCH", "/api/v1/validators/v1", R"({"stake_nano":12})");
  server.daemon->outcome = VerdictOutcome::validator_failed;
  for (int i = 0; i < 3; ++i) server.post("/api/v1/miners/m1/validate", "{}");
  const Answer after = server.get("/api/v1/explain/v1");
  EXPECT_EQ(after.at("why.stake"), "12 nano, set for it");
  EXPECT_TRUE(after.at("why.status").starts_with("inactive, missed; 3 misses in a row"))
      << after.at("why.status");
  EXPECT_NE(after.at("why.status").find("; tried again from 2026-01-01T00:"), std::string::npos)
      << after.at("why.status");
}

TEST(Validations, AreReadNewestFirstAndNarrowed) {
  ApiServer server;
  server.add_validator("v1");
  server.add_miner("m1");
  server.add_miner("m2");
  server.post("/api/v1/miners/m1/validate", "{}");
  server.post("/api/v1/miners/m2/validate", "{}");
  const Answer all = server.get("/api/v1/validations");
  EXPECT_EQ(all.at("items.0.miner"), "m2");
  EXPECT_EQ(all.at("items.1.miner"), "m1");
  EXPECT_EQ(all.at("items.1.validator"), "v1");
  EXPECT_EQ(all.at("items.1.outcome"), "scored");
  EXPECT_EQ(all.at("items.1.score_ppm"), "640000");
  EXPECT_EQ(server.get("/api/v1/validations?miner=m1").at("items.1"), "(absent)");
  const std::string last = all.at("items.0.at");
  EXPECT_EQ(server.get("/api/v1/validations?since=" + last).at("items.0.miner"), "m2");
  EXPECT_EQ(server.get("/api/v1/validations?since=" + last).at("items.1"), "(absent)");
  const Answer first = server.get("/api/v1/validations?limit=1");
  const Answer second = server.get("/api/v1/validations?limit=1&cursor=" + first.at("next_cursor"));
  EXPECT_EQ(second.at("items.0.miner"), "m1");
}

TEST(Epochs, AClosedOneAccountsForItsBudget) {
  ApiServer server;
  server.add_miner("m1");
  EXPECT_EQ(server.post("/api/v1/epochs/close", "{}").at("epoch"), "1");
  EXPECT_EQ(server.post("/api/v1/epochs/close", "{}").at("epoch"), "2");
  const Answer list = server.get("/api/v1/epochs");
  EXPECT_EQ(list.at("items.0.epoch"), "2");
  EXPECT_EQ(list.at("items.1.status"), "emitted");
  const Answer one = server.get("/api/v1/epochs/1");
  EXPECT_EQ(one.at("budget_nano"), "1000");
  EXPECT_EQ(one.at("policy"), "test.plugin/emission");
  EXPECT_EQ(one.at("rows.0.id"), "m1");
  const auto sum = std::stoul(one.at("paid_nano")) + std::stoul(one.at("founder_nano")) +
                   std::stoul(one.at("dust_nano")) + std::stoul(one.at("unallocated_nano"));
  EXPECT_EQ(sum, 1000u);
  EXPECT_EQ(server.get("/api/v1/epochs/99").status, 404);
  EXPECT_EQ(server.get("/api/v1/epochs/one").status, 400);
}

TEST(EmissionInput, IsTheRunningEpochAsACase) {
  ApiServer server;
  server.add_validator("v1");
  server.add_miner("m1");
  server.post("/api/v1/miners/m1/validate", "{}");
  const Answer input = server.get("/api/v1/emission/input");
  EXPECT_EQ(input.status, 200);
  EXPECT_EQ(input.at("params.token_emission"), "1000");
  EXPECT_EQ(input.at("input.epoch"), "1");
  EXPECT_EQ(input.at("input.role.0"), "2");
  EXPECT_EQ(input.at("input.score_sum_ppm.1"), "640000");
  EXPECT_EQ(input.at("input.weights.0.0.0"), "1") << "the miner's uid";
  EXPECT_EQ(input.at("input.weights.0.0.1"), "65535");
  EXPECT_EQ(input.at("input.weights.1.0"), "(absent)");
}

TEST(EmissionInput, OfTooManyNodesIsRefused) {
  ApiServer server;
  server.io().on([&] {
    for (std::size_t i = 0; i <= case_rows_max; ++i) {
      server.daemon->add_quietly("m" + std::to_string(i));
    }
    return 0;
  });
  const Answer input = server.get("/api/v1/emission/input");
  EXPECT_EQ(input.status, 422);
  EXPECT_NE(input.text.find("4097 nodes"), std::string::npos) << input.text;
}

TEST(Subnet, ShowsItsFiguresAndTheRunningEpoch) {
  ApiServer server;
  server.add_miner("m1");
  const Answer answer = server.anonymous("/api/v1/subnet");
  EXPECT_EQ(answer.at("name"), "test");
  EXPECT_EQ(answer.at("netuid"), "12");
  EXPECT_EQ(answer.at("miners"), "1");
  EXPECT_EQ(answer.at("epoch.open"), "1");
  EXPECT_EQ(answer.at("epoch.seed"), std::string(64, '0')) << "no epoch was closed";
  EXPECT_EQ(answer.at("model_types"), R"(["chat","embedding"])");
  EXPECT_EQ(answer.at("settings.budget_nano"), "1000");
}

TEST(Plugins, FilesAreShownToTheOperatorOnly) {
  ApiServer server;
  EXPECT_EQ(server.get("/api/v1/plugins").at("items.0.id"), "test.plugin/matcher");
  EXPECT_NE(server.get("/api/v1/plugins").at("items.0.file"), "(absent)");
  EXPECT_EQ(server.anonymous("/api/v1/plugins").at("items.0.file"), "(absent)");
}

TEST(Explain, SaysWhyAMinerIsAsItIs) {
  ApiServer server;
  server.add_validator("v1");
  server.add_miner("m1");
  server.post("/api/v1/miners/m1/validate", "{}");
  const Answer answer = server.get("/api/v1/explain/m1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.at("role"), "miner");
  EXPECT_EQ(answer.at("why.typed"), "chat, 90.00 % sure: said by test.plugin/detector");
  EXPECT_EQ(answer.at("why.matched"), "v1 (1 of 10 places taken, reliability 100.00 %)");
  EXPECT_EQ(answer.at("why.scored").substr(0, 12), "mean 64.00 %");
  EXPECT_EQ(answer.at("why.paid").substr(0, 19), "epoch 1: 1 verdict,");
  EXPECT_EQ(answer.at("lines.0"), "test/matcher: m1 is where load was least");
  EXPECT_EQ(answer.at("timeline.0.what"), "registered");
  EXPECT_EQ(server.get("/api/v1/explain/v1").at("role"), "validator");
  EXPECT_EQ(server.get("/api/v1/explain/nobody").status, 404);
}

TEST(Explain, SaysWhatTheLastEpochPaid) {
  ApiServer server;
  server.add_miner("m1");
  server.post("/api/v1/epochs/close", "{}");
  EXPECT_EQ(server.get("/api/v1/explain/m1").at("why.paid"),
            "epoch 1 paid 1000 nano; epoch 2: no verdict yet, so nothing so far");
  EXPECT_NE(server.get("/api/v1/subnet").at("epoch.seed"), std::string(64, '0'));
}

TEST(Explain, SaysInWordsWhyNobodyChecksAMiner) {
  ApiServer server;
  server.add_miner("m1");
  EXPECT_EQ(server.get("/api/v1/explain/m1").at("why.matched"),
            "nobody: no active validator serves its type");
}

TEST(Explain, EndpointsOfTheTimelineAreShownToTheOperatorOnly) {
  ApiServer server;
  server.add_miner("m1");
  EXPECT_EQ(server.get("/api/v1/explain/m1").at("timeline.0.endpoint"), "http://192.0.2.2:8000");
  EXPECT_EQ(server.anonymous("/api/v1/explain/m1").text.find("192.0.2.2"), std::string::npos);
}

TEST(Matches, BeginNoEarlierThanTheirMiner) {
  ApiServer server;
  server.add_validator("v1");
  const Answer miner = server.add_miner("m1");
  EXPECT_GE(miner.at("matches.0.since"), miner.at("registered_at"));
}

TEST(Operations, HealthReadinessAndMetricsAnswer) {
  ApiServer server;
  EXPECT_EQ(server.anonymous("/healthz").status, 200);
  EXPECT_EQ(server.anonymous("/readyz").status, 200);
  EXPECT_EQ(server.anonymous("/metrics").text, "subnetd_miners 0");
  server.daemon->full = true;
  const Answer draining = server.anonymous("/readyz");
  EXPECT_EQ(draining.status, 503);
  EXPECT_EQ(draining.header("retry-after"), "1");
}

TEST(Operations, TheDescriptionNamesEveryRoute) {
  ApiServer server;
  const json::Value document = server.anonymous("/openapi.json").body();
  const json::Object& paths = document.at("paths").as_object();
  for (const Route& route : routes()) {
    ASSERT_TRUE(paths.contains(route.path)) << route.path;
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    EXPECT_TRUE(paths.at(route.path).as_object().contains(method)) << method << route.path;
  }
}

TEST(Pages, ComeWithAStrictPolicyAndNameOnlyOurOwnFiles) {
  ApiServer server;
  const Answer page = server.anonymous("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_TRUE(page.header("content-security-policy").starts_with("default-src 'self'"));
  EXPECT_NE(page.text.find("app.js"), std::string::npos);
  EXPECT_EQ(page.text.find("http://"), std::string::npos);
  for (const char* path : {"/app.js", "/style.css", "/icon.svg"}) {
    const Answer asset = server.anonymous(path);
    EXPECT_EQ(asset.status, 200) << path;
    EXPECT_GT(asset.text.size(), 100u) << path;
  }
}

TEST(Events, TellWhatIsCommittedFromNowOn) {
  ApiServer server;
  net::RawClient client(server.port());
  client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
              "\r\n\r\n");
  const std::string head = client.read_response();
  EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
  server.add_validator("v1");
  server.add_miner("m1");
  server.post("/api/v1/miners/m1/validate", "{}");
  server.post("/api/v1/epochs/close", "{}");
  server.io().on([&] {
    server.daemon->close_streams();
    return 0;
  });
  const std::string text = client.read_all();
  EXPECT_NE(text.find("event: node\ndata: {\"at\":\"2026-01-01T00:00:02.000Z\",\"role\":"
                      "\"validator\",\"id\":\"v1\",\"fresh\":true}\n\n"),
            std::string::npos);
  EXPECT_NE(text.find("{\"miner\":\"m1\",\"slot\":0,\"validator\":\"v1\"}"), std::string::npos);
  EXPECT_NE(text.find("\"outcome\":\"scored\",\"score_ppm\":640000}"), std::string::npos);
  EXPECT_NE(text.find("event: epoch_emitted\n"), std::string::npos);
}

TEST(Idempotency, ARepeatedRegistrationDoesNothingTwice) {
  ApiServer server;
  const net::HttpHeaders headers{{"Authorization", "Bearer s3cret"},
                                 {"Content-Type", "application/json"},
                                 {"Idempotency-Key", "one"}};
  const std::string body =
      R"({"id":"m1","namespace":"chat.toy","endpoint":"http://192.0.2.2:8000"})";
  EXPECT_EQ(server.call("POST", "/api/v1/miners", body, headers).status, 201);
  server.call("PATCH", "/api/v1/miners/m1", R"({"region":"eu"})");
  const Answer replayed = server.call("POST", "/api/v1/miners", body, headers);
  EXPECT_EQ(replayed.status, 200);
  EXPECT_EQ(replayed.at("region"), "eu");
  const std::string other =
      R"({"id":"m2","namespace":"chat.toy","endpoint":"http://192.0.2.2:8000"})";
  const Answer misused = server.call("POST", "/api/v1/miners", other, headers);
  EXPECT_EQ(misused.status, 422);
  EXPECT_EQ(server.get("/api/v1/miners/m2").status, 404);
}

TEST(Idempotency, ARepeatedCloseEndsOneEpoch) {
  ApiServer server;
  const net::HttpHeaders headers{{"Authorization", "Bearer s3cret"},
                                 {"Content-Type", "application/json"},
                                 {"Idempotency-Key", "one"}};
  const Answer first = server.call("POST", "/api/v1/epochs/close", "{}", headers);
  EXPECT_EQ(first.at("epoch"), "1");
  const Answer again = server.call("POST", "/api/v1/epochs/close", "{}", headers);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.at("epoch"), "1");
  EXPECT_EQ(server.post("/api/v1/epochs/close", "{}").at("epoch"), "2");
}

TEST(Idempotency, AKeyIsRefusedWhereItWouldMeanNothing) {
  ApiServer server;
  server.add_validator("v1");
  server.add_miner("m1");
  const net::HttpHeaders headers{{"Authorization", "Bearer s3cret"},
                                 {"Content-Type", "application/json"},
                                 {"Idempotency-Key", "one"}};
  for (const auto& [path, body] :
       {std::pair{"/api/v1/miners/m1/validate", "{}"},
        std::pair{"/api/v1/namespaces", R"({"pattern":"a*","model_type":"chat"})"}}) {
    const Answer refused = server.call("POST", path, body, headers);
    EXPECT_EQ(refused.status, 400) << path;
    EXPECT_EQ(refused.at("error.message"), "this call takes no Idempotency-Key");
    EXPECT_EQ(server.post(path, body).status, 200) << path;
  }
}

TEST(Paging, WalksMoreThanAThousandRowsOnceEach) {
  ApiServer server;
  server.io().on([&] {
    for (int i = 0; i < 1'250; ++i) {
      engine::Register in;
      in.role = Role::miner;
      in.record.id = "m" + std::to_string(i);
      in.record.name_space = "chat.toy";
      in.record.endpoint = "http://192.0.2.2:8000";
      server.daemon->turn(std::move(in));
    }
    return 0;
  });
  for (const std::string list : {"miners", "matches"}) {
    std::vector<std::size_t> sizes;
    std::set<std::string> seen;
    std::string cursor;
    do {
      const std::string path = "/api/v1/" + list + "?limit=1000";
      const Answer page = server.get(cursor.empty() ? path : path + "&cursor=" + cursor);
      ASSERT_EQ(page.status, 200) << page.text;
      const json::Value body = page.body();
      sizes.push_back(body.at("items").as_array().size());
      for (const json::Value& item : body.at("items").as_array()) {
        seen.insert(json::serialize(item.at(list == "miners" ? "id" : "miner")));
      }
      cursor = body.at("next_cursor").is_null() ? "" : page.at("next_cursor");
    } while (!cursor.empty());
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1'000, 250})) << list;
    EXPECT_EQ(seen.size(), 1'250u) << list;
  }
}

}  // namespace
}  // namespace subnetd::api::testing
