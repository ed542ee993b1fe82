// SPDX-License-Identifier: 0BSD
// What a running daemon tells those who watch it: events as they are committed, numbers without a
// miner in them, and who may read and write.
#include <sys/socket.h>

#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

class Watch : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(daemon_.is_serving()) << daemon_.log();
    client_ = std::make_unique<Client>(daemon_.port());
  }
  void add_pair(const std::string& miner, const std::string& validator) {
    node_.behave(answering(R"({"score":0.5})"));
    client_->post("/api/v1/validators", validator_body(validator, "\"chat\"", node_.endpoint()));
    client_->post("/api/v1/miners", miner_body(miner, "my-llama-3", "http://127.0.0.1:9"));
    ASSERT_TRUE(eventually([&] {
      return client_->get("/api/v1/miners/" + miner).at("matches.0.validator") == validator;
    }));
  }

  Scratch folder_;
  RoughNode node_;
  Daemon daemon_{quiet_config(folder_, "prober.allow_private = true\n")};
  std::unique_ptr<Client> client_;
};

// A reader of the event stream.
class Listener {
 public:
  explicit Listener(std::uint16_t port) : raw_(port) {
    raw_.send("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
              "\r\n\r\n");
  }
  // Everything so far, once it holds the words; a stream that ends or falls silent fails the test.
  std::string until(const std::string& words) {
    while (text_.find(words) == std::string::npos) {
      char bytes[4096];
      const ssize_t got = ::recv(raw_.socket().native_handle(), bytes, sizeof bytes, 0);
      if (got <= 0) {
        ADD_FAILURE() << "\"" << words << "\" did not come, but:\n" << text_;
        break;
      }
      text_.append(bytes, static_cast<std::size_t>(got));
    }
    return text_;
  }
  std::string rest() { return raw_.read_all(); }

 private:
  net::RawClient raw_;
  std::string text_;
};

TEST_F(Watch, TellsAListenerOfWhatIsCommittedFromNowOn) {
  client_->post("/api/v1/miners", miner_body("early", "my-llama-3", "http://127.0.0.1:9"));
  Listener listener(daemon_.port());
  EXPECT_EQ(net::status_of(listener.until("retry: ")), 200);
  add_pair("m", "v");
  client_->post("/api/v1/miners/m/validate", "{}");
  const std::string heard = listener.until("event: verdict");
  EXPECT_NE(heard.find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_NE(heard.find("event: node\ndata: {"), std::string::npos);
  EXPECT_NE(heard.find("\"role\":\"miner\",\"id\":\"m\""), std::string::npos);
  EXPECT_NE(heard.find("event: matched"), std::string::npos);
  EXPECT_EQ(heard.find("\"id\":\"early\""), std::string::npos);
  EXPECT_EQ(heard.find(node_.endpoint()), std::string::npos);  // endpoints are the operator's
}

TEST_F(Watch, EndsTheStreamsWhenItEnds) {
  Listener listener(daemon_.port());
  listener.until("retry: ");
  daemon_.signal(SIGTERM);
  listener.rest();  // fails when the stream stays open
  EXPECT_EQ(daemon_.wait(), (End{128 + SIGTERM, 0}));
}

TEST_F(Watch, CountsByTypePluginAndValidatorAndNeverByMiner) {
  ASSERT_NO_FATAL_FAILURE(add_pair("some-miner", "some-validator"));
  client_->post("/api/v1/miners/some-miner/validate", "{}");
  std::string text;
  EXPECT_TRUE(eventually([&] {  // figures over the whole subnet are taken once a second
    text = client_->get("/metrics").text;
    return text.find("subnetd_miners{type=\"chat\"} 1\n") != std::string::npos;
  })) << text;
  for (const char* line :
       {"subnetd_verdicts_total{result=\"scored\"} 1\n", "subnetd_probes_total 1\n",
        "subnetd_plugin_failures{plugin=\"subnetd.remote/remote\"} 0\n",
        "subnetd_plugin_calls{plugin=\"subnetd.patterns/patterns\"} ", "subnetd_append_seconds_",
        "subnetd_facts_total "}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  const std::string mark = "subnetd_validator_verdicts_total{";
  const std::size_t at = text.find(mark);
  ASSERT_NE(at, std::string::npos) << text;
  const std::string labels = text.substr(at, text.find('\n', at) - at);
  EXPECT_NE(labels.find("validator=\"some-validator\""), std::string::npos) << labels;
  EXPECT_NE(labels.find("result=\"scored\""), std::string::npos) << labels;
  EXPECT_EQ(text.find("some-miner"), std::string::npos);
}

TEST_F(Watch, AnswersAnotherHostAndAForeignOriginWithNothing) {
  const std::string mapping = R"({"pattern":"x","model_type":"chat"})";
  Client stranger(daemon_.port(), "", "evil.example:80");
  EXPECT_EQ(stranger.get("/api/v1/miners").status, 421);
  EXPECT_EQ(stranger.post("/api/v1/namespaces", mapping).status, 421);
  const Client::Headers foreign{{"Origin", "http://evil.example"}};
  EXPECT_EQ(client_->call("POST", "/api/v1/namespaces", mapping, foreign).status, 403);
  const Client::Headers ours{{"Origin", daemon_.url()}};
  EXPECT_EQ(client_->call("POST", "/api/v1/namespaces", mapping, ours).status, 200);
}

TEST_F(Watch, RefusesBadRegistrationsEachWithItsReason) {
  const auto status = [&](const std::string& body) {
    const Answer answer = client_->post("/api/v1/miners", body);
    EXPECT_NE(answer.at("error.message"), "(absent)") << answer.text;
    return answer.status;
  };
  const auto with = [](const std::string& more) {
    return R"({"id":"m","namespace":"gpt","endpoint":"http://127.0.0.1:9")" + more + "}";
  };
  EXPECT_EQ(status("{"), 400);
  EXPECT_EQ(status(with(R"(,"capacity":1)")), 400);
  EXPECT_EQ(status(with(R"(,"id":"twice")")), 400);
  EXPECT_EQ(status(std::string(200, '[') + std::string(200, ']')), 400);
  EXPECT_EQ(status(miner_body("m\xff", "gpt", "http://127.0.0.1:9")), 400);
  EXPECT_EQ(status(miner_body(std::string(65, 'm'), "gpt", "http://127.0.0.1:9")), 400);
  EXPECT_EQ(status(miner_body("m", std::string(129, 'n'), "http://127.0.0.1:9")), 400);
  EXPECT_EQ(status(miner_body("m", "gpt", "http://" + std::string(300, 'h'))), 400);
  EXPECT_EQ(status(with(R"(,"task":")" + std::string(70'000, 't') + "\"")), 413);
  const std::string url = "http://127.0.0.1:9";
  EXPECT_EQ(client_->post("/api/v1/validators", validator_body("v", "\"chat\"", url, 0)).status,
            400);
  const Answer unknown = client_->post("/api/v1/validators", validator_body("v", "\"chta\"", url));
  EXPECT_EQ(unknown.status, 422) << unknown.text;
  EXPECT_NE(unknown.text.find("chat"), std::string::npos);
  EXPECT_EQ(client_->list("/api/v1/miners").size(), 0u);
}

TEST_F(Watch, TakesTheSameRegistrationTwiceAndAnotherUnderItsIdNot) {
  const std::string body = miner_body("m", "gpt", "http://127.0.0.1:9");
  EXPECT_EQ(client_->post("/api/v1/miners", body).status, 201);
  EXPECT_EQ(client_->post("/api/v1/miners", body).status, 200);
  EXPECT_EQ(client_->post("/api/v1/miners", miner_body("m", "bert", "http://127.0.0.1:9")).status,
            409);
  EXPECT_EQ(
      client_->post("/api/v1/validators", validator_body("m", "\"chat\"", "http://127.0.0.1:9"))
          .status,
      409);
}

}  // namespace
}  // namespace subnetd::process
