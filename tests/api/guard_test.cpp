// SPDX-License-Identifier: 0BSD
// Who may call: tokens, Host, Origin, Content-Type.
#include "api/guard.hpp"

#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

const net::HttpHeaders json_only{{"Content-Type", "application/json"}};
constexpr const char* mapping = R"({"pattern":"x.*","model_type":"chat"})";

Answer raw(ApiServer& server, const std::string& head) {
  net::RawClient client(server.port());
  client.send(head);
  const std::string text = client.read_response();
  return {net::status_of(text), {}, net::body_of(text)};
}

std::string ours(ApiServer& server) {
  return "localhost:" + std::to_string(server.port());
}

TEST(Tokens, AWriteNeedsTheOperatorsToken) {
  ApiServer server;
  const Answer missing = server.call("POST", "/api/v1/namespaces", mapping, json_only);
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(missing.header("www-authenticate"), "Bearer");
  EXPECT_EQ(missing.at("error.code"), "unauthorized");
  for (const char* wrong :
       {"Bearer s3cre", "Bearer s3cret2", "Bearer ", "Basic s3cret", "s3cret"}) {
    const Answer answer =
        server.call("POST", "/api/v1/namespaces", mapping,
                    {{"Content-Type", "application/json"}, {"Authorization", wrong}});
    EXPECT_EQ(answer.status, 401) << wrong;
  }
  EXPECT_EQ(server.post("/api/v1/namespaces", mapping).status, 200);
}

TEST(Tokens, ReadingIsOpenUnlessTheTokenIsAskedFor) {
  ApiServer open;
  EXPECT_EQ(open.anonymous("/api/v1/subnet").status, 200);
  Options options = ApiServer::with_token();
  options.read_open = false;
  ApiServer closed(std::move(options));
  for (const char* path : {"/api/v1/subnet", "/api/v1/miners", "/api/v1/events", "/metrics"}) {
    EXPECT_EQ(closed.anonymous(path).status, 401) << path;
  }
  EXPECT_EQ(closed.get("/api/v1/subnet").status, 200);
  EXPECT_EQ(closed.anonymous("/healthz").status, 200);
  EXPECT_EQ(closed.anonymous("/").status, 200);
}

TEST(Tokens, WithoutOneOnlyALoopbackListenerTakesWrites) {
  ApiServer local{Options{}};
  EXPECT_EQ(local.call("POST", "/api/v1/namespaces", mapping, json_only).status, 200);
  Options options;
  options.listen_host = "0.0.0.0";
  ApiServer exposed(std::move(options));
  const Answer answer = exposed.call("POST", "/api/v1/namespaces", mapping, json_only);
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.at("error.hint").find("operator_token"), std::string::npos);
}

TEST(Hosts, AForeignOneIsRefusedForReadsAndWrites) {
  ApiServer server;
  for (const char* host : {"evil.example", "localhost:1", "localhost.evil.example", "192.0.2.9"}) {
    const Answer answer =
        raw(server, std::string("GET /api/v1/subnet HTTP/1.1\r\nHost: ") + host + "\r\n\r\n");
    EXPECT_EQ(answer.status, 421) << host;
  }
  EXPECT_EQ(raw(server, "GET /nowhere HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 421);
  EXPECT_EQ(raw(server, "GET /healthz HTTP/1.1\r\nHost: pod.example\r\n\r\n").status, 200);
  EXPECT_EQ(raw(server, "GET /api/v1/subnet HTTP/1.1\r\nHost: " + ours(server) + "\r\n\r\n").status,
            200);
}

TEST(Hosts, PublicOnesAreOurs) {
  Options options;
  options.port = 8080;
  options.public_hosts = {"subnet.example", "other.example:8443"};
  EXPECT_TRUE(is_our_host(options, "subnet.example"));
  EXPECT_TRUE(is_our_host(options, "Subnet.Example:443"));
  EXPECT_TRUE(is_our_host(options, "other.example:8443"));
  EXPECT_FALSE(is_our_host(options, "other.example"));
  EXPECT_TRUE(is_our_host(options, "127.0.0.1:8080"));
  EXPECT_FALSE(is_our_host(options, "127.0.0.1"));
  EXPECT_FALSE(is_our_host(options, "[::1]:8080"));
  EXPECT_FALSE(is_our_host(options, ""));
  options.listen_host = "::";
  EXPECT_TRUE(is_our_host(options, "[2001:db8::1]:8080"));
  EXPECT_FALSE(is_our_host(options, "rebound.example:8080"));
}

TEST(Origins, APageOfAnotherSiteMayNotWrite) {
  ApiServer server;
  for (const std::string origin : {"https://evil.example", "null", "http://localhost:1"}) {
    const Answer answer = server.call("POST", "/api/v1/namespaces", mapping,
                                      {{"Content-Type", "application/json"},
                                       {"Authorization", "Bearer s3cret"},
                                       {"Origin", origin}});
    EXPECT_EQ(answer.status, 403) << origin;
  }
  const Answer own = server.call("POST", "/api/v1/namespaces", mapping,
                                 {{"Content-Type", "application/json"},
                                  {"Authorization", "Bearer s3cret"},
                                  {"Origin", "http://" + ours(server)}});
  EXPECT_EQ(own.status, 200);
}

TEST(ContentTypes, WritesAreJson) {
  ApiServer server;
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
    net::HttpHeaders headers{{"Authorization", "Bearer s3cret"}};
    if (*type != '\0') headers.emplace_back("Content-Type", type);
    EXPECT_EQ(server.call("POST", "/api/v1/namespaces", mapping, headers).status, 415) << type;
  }
  const Answer fine = server.call(
      "POST", "/api/v1/namespaces", mapping,
      {{"Authorization", "Bearer s3cret"}, {"Content-Type", "Application/JSON; charset=utf-8"}});
  EXPECT_EQ(fine.status, 200);
}

TEST(Secrets, AreComparedWhole) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("ab", "abc"));
  EXPECT_FALSE(same_secret("abcabc", "abc"));
  EXPECT_FALSE(same_secret("", "abc"));
}

}  // namespace
}  // namespace subnetd::api::testing
