// SPDX-License-Identifier: 0BSD
// Plugins in workers of a daemon that is busy: whatever they do, no request is lost and the daemon
// stays the one it was.
#include <chrono>
#include <csignal>
#include <fstream>
#include <regex>
#include <set>

#include <boost/asio/executor_work_guard.hpp>

#include "net/http_server.hpp"
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

constexpr int miners = 1'000;  // one validation a second each

// A validator node that answers every call at once, on a thread of its own.
class QuickValidator {
 public:
  QuickValidator() {
    const auto bound = server_.listen("127.0.0.1", 0);
    if (bound) port_ = *bound;
    thread_ = std::thread([this] { io_.run(); });
  }
  ~QuickValidator() {
    io_.stop();
    thread_.join();
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint64_t calls() const { return calls_; }

 private:
  net::asio::io_context io_{1};
  net::asio::executor_work_guard<net::asio::io_context::executor_type> work_{io_.get_executor()};
  std::atomic<std::uint64_t> calls_{0};
  net::HttpServer server_{io_.get_executor(),
                          [this](net::HttpRequest) -> net::asio::awaitable<net::HttpResponse> {
                            ++calls_;
                            net::HttpResponse response;
                            response.body = R"({"score":0.5})";
                            co_return response;
                          }};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// The value of a series of /metrics; 0 when it is not there.
double metric(Client& client, const std::string& series) {
  const std::string text = client.get("/metrics").text;
  const std::size_t at = text.find("\n" + series + " ");
  return at == text.npos ? 0 : std::stod(text.substr(at + series.size() + 2));
}

// Every miner is checked every second.
std::string busy_toml(const Scratch& folder) {
  return quiet_toml(folder, "prober.allow_private = true\nvalidation.interval_s = 1\n"
                            "validation.misses_max = 255\nprober.per_endpoint_max = 16\n"
                            "plugins.lock = \"" + folder.file("plugins.lock") + "\"\n");
}

TEST(Isolation, TheZooUnderLoadLosesNoRequestAndEndsNoDaemon) {
  // Each is asked about every registration before the detector that knows the answer.
  const std::vector<std::string> zoo = {
      "crashes",       "aborts",       "exits",          "spins",       "stack_overflow",
      "opens_socket",  "forks",        "runs_program",   "throws",      "divides_by_zero",
      "forgets_rows",  "huge_logs",    "leaks_in_calls", "writes_past", "confidence_out_of_range",
      "writes_inputs", "leaves_thread"};
  const Scratch folder;
  std::string toml = busy_toml(folder);
  for (const std::string& animal : zoo) {
    toml += "[[plugins.load]]\nfile = \"" ZOO_DIR "/" + animal +
            ".sbn.so\"\nisolation = \"process\"\ncall_ms = 200\n";
  }
  for (const std::string& animal : zoo) {
    toml += "[[detector]]\nuse = \"zoo." + animal + "/" + animal + "\"\n";
  }
  toml += "[[detector]]\nuse = \"patterns\"\n";
  Daemon daemon(folder.write("subnetd.toml", toml));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  QuickValidator validator;
  ASSERT_EQ(client.post("/api/v1/validators",
                        validator_body("quick", "\"chat\"", validator.endpoint(), miners))
                .status,
            201);
  for (int i = 0; i < miners; ++i) {
    const Answer put = client.post(
        "/api/v1/miners", miner_body("m" + std::to_string(i), "my-llama-3", "http://127.0.0.1:9"));
    ASSERT_EQ(put.status, 201) << i << put.text;
    ASSERT_EQ(put.at("model_type"), "chat");
  }
  const auto began = std::chrono::steady_clock::now();
  const double before = metric(client, R"(subnetd_verdicts_total{result="scored"})");
  ASSERT_TRUE(eventually([&] {
    return metric(client, R"(subnetd_verdicts_total{result="scored"})") - before >= 5.0 * miners;
  }));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "[          ] " << 5 * miners / took.count() << " validations a second\n";
  EXPECT_EQ(metric(client, R"(subnetd_verdicts_total{result="plugin_failed"})"), 0);
  EXPECT_EQ(client.list("/api/v1/miners").size(), std::size_t{miners});
  std::vector<std::string> gone = {"crashes", "spins", "exits"};
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  gone.push_back("opens_socket");  // a sanitizer's runtime does not run in the sandbox
#endif
  for (const std::string& animal : gone) {
    const json::Object seen = plugin(client, "zoo." + animal + "/" + animal);
    EXPECT_EQ(text_of(seen, "isolation"), "process");
    EXPECT_GE(number_of(seen, "worker_deaths"), 1u) << animal;
    EXPECT_EQ(text_of(seen, "state"), "quarantined") << animal;
    EXPECT_NE(daemon.log().find("zoo." + animal), std::string::npos);
  }
  EXPECT_EQ(text_of(plugin(client, "zoo.leaves_thread/leaves_thread"), "state"), "active");
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), (End{128 + SIGTERM, 0}));
}

// What a daemon said yes to, by callers that go on until it is gone.
struct Acknowledged {
  std::set<std::string> nodes, requests;

  bool put(Client& by, const std::string& id) {
    const auto answer =
        by.try_call("POST", "/api/v1/miners", miner_body(id, "my-llama-3", "http://127.0.0.1:9"));
    return answer && answer->status == 201 && nodes.insert(id).second;
  }
  void go_on_registering(std::uint16_t port) {
    Client by(port);
    for (int i = 0; i < 100'000 && put(by, "w" + std::to_string(i)); ++i) {
    }
  }
  void go_on_validating(std::uint16_t port) {
    Client by(port);
    for (int i = 0; i < 100'000; ++i) {
      const auto answer =
          by.try_call("POST", "/api/v1/miners/m" + std::to_string(i % miners) + "/validate", "{}");
      if (!answer) return;
      if (answer->at("outcome") != "scored") continue;
      const std::string id = answer->at("request_id");
      requests.insert(id.substr(id.find('-') + 1));
    }
  }
  void expect_found(Client& client) {
    for (const json::Object& miner : client.list("/api/v1/miners")) {
      nodes.erase(text_of(miner, "id"));
    }
    EXPECT_EQ(nodes, std::set<std::string>());
    for (const json::Object& validation : client.list("/api/v1/validations")) {
      requests.erase(std::to_string(number_of(validation, "request")));
    }
    EXPECT_EQ(requests, std::set<std::string>());
  }
};

bool is_busy(Client& client) {
  const char* const scored = R"(subnetd_verdicts_total{result="scored"})";
  const double before = metric(client, scored);
  return eventually([&] { return metric(client, scored) - before >= 2.0 * miners; });
}

class Inproc : public testing::TestWithParam<const char*> {
 protected:
  // The animal sees only what the first detector does not know.
  std::string toml() const {
    return folder_.write(
        "subnetd.toml",
        busy_toml(folder_) +
            "[[plugins.load]]\nfile = \"" ZOO_DIR "/" + animal_ +
            ".sbn.so\"\nisolation = \"inproc\"\n[[detector]]\nuse = \"patterns\"\n"
            "[[detector]]\nuse = \"zoo." + animal_ + "/" + animal_ + "\"\n");
  }

  const std::string animal_ = GetParam();
  Scratch folder_;
};

// In the daemon's own process a plugin may end it; what was acknowledged is there at the next
// start, which holds the file and serves.
TEST_P(Inproc, APluginThatEndsADaemonUnderLoadIsHeldAndNothingAcknowledgedIsLost) {
  QuickValidator validator;
  Acknowledged all;
  {
    Daemon daemon(toml());
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    Client client(daemon.port());
    client.post("/api/v1/validators",
                validator_body("quick", "\"chat\"", validator.endpoint(), 100'000));
    for (int i = 0; i < miners; ++i) ASSERT_TRUE(all.put(client, "m" + std::to_string(i)));
    ASSERT_TRUE(is_busy(client));
    std::jthread registering([&] { all.go_on_registering(daemon.port()); });
    std::jthread validating([&] { all.go_on_validating(daemon.port()); });
    std::this_thread::sleep_for(std::chrono::seconds(1));
    EXPECT_FALSE(client.try_call("POST", "/api/v1/miners",
                                 miner_body("last", "zzz", "http://1.1.1.1")));
    EXPECT_NE(daemon.wait(), (End{0, 0}));
  }
  EXPECT_GT(all.nodes.size(), miners + 20u);
  EXPECT_GT(all.requests.size(), 20u);
  Daemon after(toml());
  ASSERT_TRUE(after.is_serving()) << after.log();
  EXPECT_NE(after.log().find("\"event\":\"plugin.quarantined\""), std::string::npos);
  Client client(after.port());
  EXPECT_EQ(text_of(plugin(client, "zoo." + animal_ + "/" + animal_), "state"), "quarantined");
  all.expect_found(client);
  EXPECT_TRUE(is_busy(client));
}

INSTANTIATE_TEST_SUITE_P(Zoo, Inproc, testing::Values("crashes", "exits", "aborts"),
                         [](const auto& of) { return std::string(of.param); });

// What the daemon pays for one verdict each, every built-in in a worker or none.
std::map<std::string, std::string> paid(const std::string& isolation) {
  const Scratch folder;
  QuickValidator validator;
  Daemon daemon(quiet_config(
      folder, "prober.allow_private = true\nemission.budget_nano = 1_000_000_007\n"
              "emission.use = \"yuma3\"\nplugins.isolation = \"" + isolation + "\"\n"));
  if (!daemon.is_serving()) {
    ADD_FAILURE() << daemon.log();
    return {};
  }
  Client client(daemon.port());
  client.post("/api/v1/validators", validator_body("v", "\"chat\"", validator.endpoint()));
  for (const char* id : {"a", "b", "c"}) {
    EXPECT_EQ(client.post("/api/v1/miners", miner_body(id, "my-llama-3", "http://127.0.0.1:9"))
                  .status,
              201);
    EXPECT_TRUE(eventually([&] {
      return client.get("/api/v1/miners/" + std::string(id)).at("matches.0.validator") == "v";
    }));
    EXPECT_EQ(client.post("/api/v1/miners/" + std::string(id) + "/validate", "{}").at("outcome"),
              "scored");
  }
  client.post("/api/v1/epochs/close", "");
  EXPECT_TRUE(eventually([&] {
    const Answer closed = client.get("/api/v1/epochs/1");
    return closed.status == 200 && closed.at("status") == "emitted";
  }));
  std::map<std::string, std::string> all;
  const Answer epoch = client.get("/api/v1/epochs/1");
  for (const char* part : {"founder_nano", "dust_nano", "unallocated_nano", "budget_nano"}) {
    all[part] = epoch.at(part);
  }
  const json::Value shown = epoch.body();
  for (const json::Value& row : shown.at("rows").as_array()) {
    const json::Object& node = row.as_object();
    all[text_of(node, "id")] = std::to_string(number_of(node, "amount_nano"));
  }
  const json::Value body = client.get("/api/v1/plugins").body();
  for (const json::Value& each : body.at("items").as_array()) {
    EXPECT_EQ(text_of(each.as_object(), "isolation"), isolation);
    EXPECT_EQ(text_of(each.as_object(), "state"), "active");
  }
  return all;
}

TEST(Isolation, TheBuiltInsDecideTheSameInWorkers) {
  const auto here = paid("inproc");
  ASSERT_TRUE(here.contains("budget_nano"));
  EXPECT_EQ(here.at("budget_nano"), "1000000007");
  EXPECT_TRUE(here.contains("a") && here.contains("v")) << "what each node is paid";
  EXPECT_EQ(paid("process"), here);
}

// An alert on a name that nobody writes never fires.
TEST(Alerts, LookAtWhatADaemonTells) {
  const Scratch folder;
  Daemon daemon(quiet_config(folder, "plugins.isolation = \"process\"\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  ASSERT_TRUE(eventually([&] { return metric(client, "subnetd_epoch") == 1; }));
  const std::string told = client.get("/metrics").text;
  std::ifstream file(ALERTS);
  std::stringstream rules;
  rules << file.rdbuf();
  const std::string text = rules.str();
  const std::regex name("subnetd_[a-z_]+");
  std::set<std::string> asked;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
    asked.insert(at->str());
  }
  EXPECT_GE(asked.size(), 8u);
  for (const std::string& each : asked) {
    EXPECT_TRUE(told.find("\n" + each + " ") != told.npos ||
                told.find("\n" + each + "{") != told.npos)
        << each;
  }
}

}  // namespace
}  // namespace subnetd::process
