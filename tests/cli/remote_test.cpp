// SPDX-License-Identifier: 0BSD
// Commands that talk to a daemon, against a real HTTP server that records what it is asked.
#include <boost/asio/io_context.hpp>
#include <thread>

#include "cli/transcript.hpp"
#include "commune/key_folder.hpp"
#include "commune/signed_request.hpp"
#include "net/http_server.hpp"

namespace subnetd::cli {
namespace {

class Api {
 public:
  explicit Api(net::HttpResponse answer) : answer_(std::move(answer)) {
    const auto port = server_.listen("127.0.0.1", 0);
    url = "http://127.0.0.1:" + std::to_string(port.value());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Api() {
    boost::asio::post(io_, [this] { server_.stop(); });
    io_.stop();
    thread_.join();
  }

  std::string url;
  std::vector<net::HttpRequest> asked;

 private:
  boost::asio::awaitable<net::HttpResponse> answer(net::HttpRequest request) {
    asked.push_back(std::move(request));
    co_return answer_;
  }

  net::HttpResponse answer_;
  boost::asio::io_context io_{1};
  net::HttpServer server_{io_.get_executor(),
                          [this](net::HttpRequest request) { return answer(std::move(request)); }};
  std::thread thread_;
};

net::HttpResponse replying(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

TEST(Remote, EndsWithFourWhenNoDaemonAnswers) {
  const Transcript status = subnetd({"status", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(status.exit_code, 4);
  EXPECT_NE(status.err.find("hint: start one with \"subnetd run\""), std::string::npos);
}

TEST(Remote, SignsWithAKeyOfTheFolder) {
  const Scratch folder;
  const commune::StoredKey alice{*commune::KeyPair::from_uri("//Alice"), {}};
  ASSERT_TRUE(commune::KeyFolder(folder.file("")).write(alice, "alice", nullptr));
  Api api(replying(200, R"({"id":"m1"})"));
  const Transcript update =
      subnetd({"miner", "update", "m1", "--status", "draining", "--region", "Österreich", "--key",
               "alice", "--key-folder", folder.file(""), "--url", api.url});
  EXPECT_EQ(update.exit_code, 0) << update.err;
  ASSERT_EQ(api.asked.size(), 1u);
  const net::HttpRequest& asked = api.asked[0];
  const commune::SentRequest sent{asked.header("x-key"), asked.header("x-signature"),
                                  asked.header("x-crypto"), asked.header("x-timestamp"),
                                  asked.body};
  const auto opened = commune::open_write({sent, "PATCH", "/api/v1/miners/m1"}, {});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->key, alice.pair.public_key());
  EXPECT_EQ(commune::match_signature(*opened), commune::Form::canonical);
}

TEST(Remote, SaysThatThereIsNoSuchKey) {
  const Scratch folder;
  const Transcript update = subnetd({"miner", "remove", "m1", "--key", "nobody", "--key-folder",
                                     folder.file(""), "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(update.exit_code, 1);
  EXPECT_NE(update.err.find("nobody"), std::string::npos) << update.err;
}

TEST(Remote, SendsTheTokenFromTheEnvironment) {
  Api api(replying(200, R"({"name":"local","netuid":0})"));
  const Transcript status =
      subnetd({"status"}, "", {"SUBNETD_URL=" + api.url, "SUBNETD_TOKEN=secret"});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_EQ(status.out, "field\tvalue\nname\tlocal\nnetuid\t0\n");
  ASSERT_EQ(api.asked.size(), 1u);
  EXPECT_EQ(api.asked[0].header("authorization"), "Bearer secret");
  EXPECT_EQ(api.asked[0].target, "/api/v1/subnet");
}

TEST(Remote, RegistersAMinerWithWhatWasGivenAndNoMore) {
  Api api(replying(201, R"({"id":"m 1"})"));
  const Transcript registered = subnetd({"miner", "register", "m 1", "--namespace", "gpt2",
                                         "--endpoint", "http://127.0.0.1:9", "--url", api.url});
  EXPECT_EQ(registered.exit_code, 0) << registered.err;
  ASSERT_EQ(api.asked.size(), 1u);
  EXPECT_EQ(api.asked[0].method, "POST");
  EXPECT_EQ(api.asked[0].header("content-type"), "application/json");
  EXPECT_EQ(api.asked[0].body,
            R"({"namespace":"gpt2","endpoint":"http://127.0.0.1:9","id":"m 1"})");
}

TEST(Remote, UpdatesByPathWithTheIdEncoded) {
  Api api(replying(200, R"({"id":"v"})"));
  const Transcript updated = subnetd({"validator", "update", "v@1", "--status", "inactive",
                                      "--specializations", "chat,embedding", "--url", api.url});
  EXPECT_EQ(updated.exit_code, 0) << updated.err;
  ASSERT_EQ(api.asked.size(), 1u);
  EXPECT_EQ(api.asked[0].method, "PATCH");
  EXPECT_EQ(api.asked[0].target, "/api/v1/validators/v%401");
  EXPECT_EQ(api.asked[0].body, R"({"status":"inactive","specializations":["chat","embedding"]})");
}

TEST(Remote, TakesAMappingBackByItsPatternEncoded) {
  Api api(replying(204, ""));
  const Transcript removed = subnetd({"namespace", "remove", "a/b*?", "--url", api.url});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_EQ(removed.err, "\"a/b*?\" is mapped no more\n");
  ASSERT_EQ(api.asked.size(), 1u);
  EXPECT_EQ(api.asked[0].method, "DELETE");
  EXPECT_EQ(api.asked[0].target, "/api/v1/namespaces/a%2Fb%2A%3F");
}

TEST(Remote, ShowsWhatTheDaemonRefusedAndMapsItsCode) {
  Api api(replying(422, R"({"error":{"code":"refused","message":"no","hint":"try"}})"));
  const Transcript added = subnetd({"namespace", "add", "x*", "chta", "--url", api.url});
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_EQ(added.err, "subnetd: no\nhint: try\n");
  Api busy(replying(503, R"({"error":{"code":"unavailable","message":"later"}})"));
  EXPECT_EQ(subnetd({"epoch", "close", "--url", busy.url}).exit_code, 4);
}

TEST(Remote, PrintsAListAsRowsOrAsTheApiGaveIt) {
  Api api(replying(200, R"({"items":[{"miner":"m1","slot":0,"validator":null,"since":5,
                            "reason":"no_capacity"}],"next_cursor":null})"));
  EXPECT_EQ(subnetd({"match", "list", "--url", api.url}).out,
            "miner\tslot\tvalidator\tsince\treason\nm1\t0\t\t5\tno_capacity\n");
  EXPECT_EQ(subnetd({"match", "list", "--url", api.url, "--output", "json"}).out,
            R"({"items":[{"miner":"m1","slot":0,"validator":null,"since":5,)"
            "\"reason\":\"no_capacity\"}],\"next_cursor\":null}\n");
}

TEST(Remote, DrawsMatchesAsTheLoadOfEachValidator) {
  Api api(replying(200, R"({"items":[{"miner":"m1","slot":0,"validator":"v1","since":5,
                            "reason":null,"id":"v1","capacity":4,"load":1}],"next_cursor":null})"));
  const Transcript drawn = subnetd({"match", "list", "--url", api.url, "--output", "svg"});
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  EXPECT_TRUE(drawn.out.starts_with("<svg")) << drawn.out.substr(0, 99);
  EXPECT_NE(drawn.out.find(">v1<"), std::string::npos) << drawn.out;
}

TEST(Remote, ShowsPeopleListsAsWordsAndValuesInOneColumn) {
  Api api(replying(200, R"({"id":"v","capacity":4,"specializations":["chat","*"],
                            "matches":[{"slot":0,"validator":"w"}]})"));
  EXPECT_EQ(subnetd({"validator", "show", "v", "--output", "table", "--url", api.url}).out,
            "field                value\nid                   v\ncapacity             4\n"
            "specializations      chat, *\nmatches.0.slot       0\nmatches.0.validator  w\n");
}

TEST(Remote, SaysHowToGiveTheTokenThatIsMissing) {
  Api api(replying(401, R"({"error":{"code":"unauthorized","message":"no","hint":"a header"}})"));
  const std::string hint =
      "subnetd: no\nhint: give the operator's token by --token or SUBNETD_TOKEN";
  EXPECT_EQ(subnetd({"status", "--url", api.url}).err, hint + "\n");
  EXPECT_EQ(subnetd({"epoch", "close", "--url", api.url}).err, hint + ", or sign with --key\n");
}

TEST(Remote, EndsWithOneWhenTheAnswerIsNoJson) {
  Api api(replying(200, "<html>"));
  const Transcript status = subnetd({"status", "--url", api.url});
  EXPECT_EQ(status.exit_code, 1);
  EXPECT_NE(status.err.find("is that a subnetd?"), std::string::npos);
}

}  // namespace
}  // namespace subnetd::cli
