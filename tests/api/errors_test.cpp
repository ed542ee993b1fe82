// SPDX-License-Identifier: 0BSD
// Bad input: each kind of it is a clear error.
#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

struct Bad {
  const char* what;
  std::string body;
  int status;
  const char* message;  // part of it
};

void expect_refused(ApiServer& server, const std::string& path, const std::vector<Bad>& cases,
                    const std::string& method = "POST") {
  for (const Bad& bad : cases) {
    const Answer answer = server.call(method, path, bad.body);
    EXPECT_EQ(answer.status, bad.status) << bad.what << ": " << answer.text;
    const std::string told = answer.at("error.message") + " " + answer.at("error.hint");
    EXPECT_NE(told.find(bad.message), std::string::npos) << bad.what << ": " << told;
  }
}

std::string miner(const std::string& fields) {
  return R"({"namespace":"chat.toy","endpoint":"http://192.0.2.2:8000",)" + fields + "}";
}

TEST(BadBodies, OfMinersAreRefusedByName) {
  ApiServer server;
  const std::string deep(40, '[');
  expect_refused(
      server, "/api/v1/miners",
      {{"no JSON", "{\"id\":", 400, ""},
       {"empty", "", 400, ""},
       {"an array", "[]", 400, "expected a JSON object"},
       {"deep", R"({"id":)" + deep + std::string(40, ']') + "}", 400, ""},
       {"invalid UTF-8", "{\"id\":\"\xff\"}", 400, "syntax error"},
       {"a doubled field", R"({"id":"a","id":"b"})", 400, ""},
       {"an unknown field", miner(R"("id":"m","regoin":"eu")"), 400, "did you mean \"region\""},
       {"a long id", miner(R"("id":")" + std::string(65, 'x') + "\""), 400, "\"id\""},
       {"an empty id", miner(R"("id":"")"), 400, "\"id\""},
       {"an id with a slash", miner(R"("id":"a/b")"), 400, "id may hold"},
       {"a reserved id", miner(R"("id":"@agent")"), 400, "begin with @"},
       {"no endpoint", R"({"id":"m","namespace":"chat.x"})", 400, "\"endpoint\""},
       {"no URL", R"({"id":"m","namespace":"x","endpoint":"nowhere"})", 400, "endpoint: "},
       {"another scheme", R"({"id":"m","namespace":"x","endpoint":"file:///etc/passwd"})", 400,
        "endpoint: "},
       {"odd IPv4", R"({"id":"m","namespace":"x","endpoint":"http://127.1:80"})", 400,
        "endpoint: "},
       {"user info", R"({"id":"m","namespace":"x","endpoint":"http://a:b@192.0.2.1:80"})", 400,
        "endpoint: "},
       {"a long namespace",
        R"({"id":"m","endpoint":"http://192.0.2.2:80","namespace":")" + std::string(129, 'n') +
            "\"}",
        400, "\"namespace\""},
       {"another protocol", miner(R"("id":"m","protocol":"soap")"), 400, "none of module"},
       {"no address as key", miner(R"("id":"m","key":"me")"), 400, "SS58"},
       {"a validator's field", miner(R"("id":"m","capacity":3)"), 400, "\"capacity\""}});
  EXPECT_EQ(server.get("/api/v1/miners").at("items"), "[]");
}

TEST(BadBodies, OfValidatorsAreRefusedByName) {
  ApiServer server;
  const std::string start = R"({"id":"v","endpoint":"http://192.0.2.1:9000",)";
  expect_refused(
      server, "/api/v1/validators",
      {{"capacity 0", start + R"("specializations":["chat"],"capacity":0})", 400, "\"capacity\""},
       {"capacity 2^32", start + R"("specializations":["chat"],"capacity":4294967296})", 400,
        "\"capacity\""},
       {"capacity as text", start + R"("specializations":["chat"],"capacity":"5"})", 400,
        "\"capacity\""},
       {"capacity 1.5", start + R"("specializations":["chat"],"capacity":1.5})", 400,
        "\"capacity\""},
       {"no specialization", start + R"("specializations":[],"capacity":5})", 400,
        "specializations must name"},
       {"one twice", start + R"("specializations":["chat","chat"],"capacity":5})", 400, "twice"},
       {"a number as type", start + R"("specializations":[1],"capacity":5})", 400,
        "\"specializations\""},
       {"an unknown type", start + R"("specializations":["chta"],"capacity":5})", 422,
        "did you mean \"chat\"?"}});
  EXPECT_EQ(server.get("/api/v1/validators").at("items"), "[]");
}

TEST(BadBodies, OfChangesAndMappingsAreRefused) {
  ApiServer server;
  server.add_miner("m1");
  expect_refused(server, "/api/v1/miners/m1",
                 {{"nothing", "{}", 400, "nothing to change"},
                  {"an unknown status", R"({"status":"paused"})", 400, "none of active"},
                  {"a flag", R"({"status":"flagged"})", 422, "only the daemon flags"},
                  {"another id", R"({"id":"m2"})", 400, "\"id\""},
                  {"a validator's field", R"({"stake_nano":1})", 400, "\"stake_nano\""}},
                 "PATCH");
  expect_refused(server, "/api/v1/namespaces",
                 {{"an unknown type", R"({"pattern":"x","model_type":"embeding"})", 422,
                   "did you mean \"embedding\"?"},
                  {"no pattern", R"({"model_type":"chat"})", 400, "\"pattern\""}});
  expect_refused(server, "/api/v1/epochs/close", {{"a field", R"({"epoch":1})", 400, "\"epoch\""}});
  EXPECT_EQ(server.call("PATCH", "/api/v1/miners/nobody", R"({"region":"eu"})").status, 404);
}

TEST(BadBodies, OverTheLimitAreTooLarge) {
  ApiServer server;
  const std::string large = R"({"id":")" + std::string(70'000, 'x') + "\"}";
  net::RawClient client(server.port());
  client.send("POST /api/v1/miners HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
              "\r\nAuthorization: Bearer s3cret\r\nContent-Type: application/json\r\n"
              "Content-Length: " +
              std::to_string(large.size()) + "\r\n\r\n");
  EXPECT_EQ(net::status_of(client.read_response()), 413);
}

TEST(BadIds, OneIdIsOneNodeWhateverItsRole) {
  ApiServer server;
  server.add_miner("n1");
  const Answer answer = server.add_validator("n1");
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.at("error.message").find("taken by a miner"), std::string::npos);
}

TEST(BadIds, OfNobodyAreNotFound) {
  ApiServer server;
  EXPECT_EQ(server.get("/api/v1/miners/nobody").at("error.code"), "not_found");
  EXPECT_EQ(server.get("/api/v1/validators/nobody").status, 404);
  EXPECT_EQ(server.get("/api/v1/miners/" + std::string(500, 'x')).status, 404);
  EXPECT_EQ(server.get("/api/v1/miners/%ff").status, 400);
  EXPECT_EQ(server.get("/api/v1/miners/%zz").status, 400);
  EXPECT_EQ(server.get("/api/v1/matches?miner=nobody").status, 404);
  EXPECT_EQ(server.post("/api/v1/miners/nobody/validate", "{}").status, 404);
}

TEST(BadQueries, AreRefusedByName) {
  ApiServer server;
  for (const char* query :
       {"limit=0", "limit=1001", "limit=ten", "limit=-1", "limit=5&limit=6", "cursor=garbage",
        "cursor=00000000", "cursor=zz", "status=paused", "page=2", "limit=%4"}) {
    EXPECT_EQ(server.get(std::string("/api/v1/miners?") + query).status, 400) << query;
  }
  const Answer typo = server.get("/api/v1/miners?limt=5");
  EXPECT_EQ(typo.at("error.hint"), "did you mean \"limit\"?");
  const Answer type = server.get("/api/v1/miners?type=chta");
  EXPECT_EQ(type.status, 400);
  EXPECT_EQ(type.at("error.hint"), "did you mean \"chat\"?");
  EXPECT_EQ(server.get("/api/v1/validations?since=yesterday").status, 400);
  EXPECT_EQ(server.get("/api/v1/validations?since=2026-02-30T00:00:00Z").status, 400);
}

TEST(BadQueries, ACursorOfAnotherListIsRefused) {
  ApiServer server;
  server.add_miner("m1");
  server.add_miner("m2");
  const std::string cursor = server.get("/api/v1/miners?limit=1").at("next_cursor");
  EXPECT_EQ(server.get("/api/v1/miners?cursor=" + cursor).at("items.0.id"), "m2");
  const Answer answer = server.get("/api/v1/validators?cursor=" + cursor);
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.at("error.message").find("cursor"), std::string::npos);
}

TEST(BadPaths, AreNotFoundAndWrongMethodsAreTold) {
  ApiServer server;
  EXPECT_EQ(server.get("/api/v1/modules").status, 404);
  EXPECT_EQ(server.get("/api/v1/miners/").status, 404);
  EXPECT_EQ(server.get("/api/v1/miners/a/b").status, 404);
  const Answer answer = server.call("PUT", "/api/v1/miners/m1", "{}");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("allow"), "GET, PATCH, DELETE");
  EXPECT_EQ(server.get("/api/v1/epochs/close").status, 400);
}

TEST(BadMoments, AFullQueueAsksToComeBack) {
  ApiServer server;
  server.daemon->full = true;
  const Answer answer = server.add_miner("m1");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
}

TEST(BadMoments, AnUnmatchedMinerIsNotValidated) {
  ApiServer server;
  server.add_miner("m1");
  const Answer answer = server.post("/api/v1/miners/m1/validate", "{}");
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.at("error.message").find("no_validator"), std::string::npos);
}

TEST(Idempotency, AnOverlongKeyIsRefused) {
  ApiServer server;
  const Answer answer = server.call("POST", "/api/v1/miners", miner(R"("id":"m")"),
                                    {{"Authorization", "Bearer s3cret"},
                                     {"Content-Type", "application/json"},
                                     {"Idempotency-Key", std::string(129, 'k')}});
  EXPECT_EQ(answer.status, 400);
}

}  // namespace
}  // namespace subnetd::api::testing
