// SPDX-License-Identifier: 0BSD
// The daemon is killed while many write to it, and started again on the same journal: what it had
// acknowledged is there, once, and the facts alone lead to the state it serves.
#include <atomic>
#include <map>
#include <random>
#include <set>

#include "demo/nodes.hpp"
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

constexpr int writers = 4;
constexpr std::size_t kept_max = 40;  // nodes of one writer, so that the subnet stays small

// One write: what it was, and what the node's endpoint is after it ("": it is gone).
struct Write {
  std::string method, id, endpoint;
  std::string key;  // Idempotency-Key of a registration
};

// A program that registers, changes and removes miners of its own, and knows what it was told.
class Writer {
 public:
  explicit Writer(int number) : number_(number), random_(static_cast<unsigned>(number)) {}

  // Writes until the daemon is gone; `heard` is called at each acknowledgement.
  void write_to(std::uint16_t port, const std::function<void()>& heard = [] {}) {
    Client client(port);
    for (;;) {
      const Write write = next();
      const auto answer = send(client, write);
      if (!answer) {
        in_doubt_ = write;  // its answer was on the way, or the write never arrived
        return;
      }
      if (answer->status >= 500) continue;  // not now: nothing was promised
      EXPECT_LT(answer->status, 300) << write.method << " " << write.id << ": " << answer->text;
      heard();
      settle(write);
      ++acknowledged;
    }
  }

  // What was in doubt is asked for again, as a careful program does: under the same key.
  void ask_again(Client& client) {
    if (!in_doubt_) return;
    const Write write = *std::exchange(in_doubt_, std::nullopt);
    const auto answer = send(client, write);
    ASSERT_TRUE(answer);
    const bool gone_already = write.method == "DELETE" && answer->status == 404;
    EXPECT_TRUE(answer->status < 300 || gone_already) << write.method << " " << answer->text;
    settle(write);
    if (write.method != "POST") return;
    const auto again = send(client, write);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, 200) << "the same Idempotency-Key made a second node";
    EXPECT_EQ(again->at("uid"), answer->at("uid"));
  }

  // Node to endpoint, as it was acknowledged.
  const std::map<std::string, std::string>& nodes() const { return nodes_; }
  std::atomic<int> acknowledged{0};

 private:
  Write next() {
    const std::string endpoint = "http://1.1.1.1:" + std::to_string(1 + random_() % 60'000);
    const auto kind = random_() % 4;
    if (nodes_.empty() || (kind < 2 && nodes_.size() < kept_max)) {
      const std::string id = "w" + std::to_string(number_) + "-" + std::to_string(serial_++);
      return {"POST", id, endpoint, "key-" + id};
    }
    auto node = nodes_.begin();
    std::advance(node, static_cast<std::ptrdiff_t>(random_() % nodes_.size()));
    if (kind == 3) return {"DELETE", node->first, "", ""};
    return {"PATCH", node->first, endpoint, ""};
  }

  static std::optional<Answer> send(Client& client, const Write& write) {
    if (write.method == "POST") {
      return client.try_call("POST", "/api/v1/miners",
                             miner_body(write.id, "my-llama-3", write.endpoint),
                             {{"Idempotency-Key", write.key}});
    }
    const std::string body =
        write.method == "PATCH" ? R"({"endpoint":")" + write.endpoint + "\"}" : "";
    return client.try_call(write.method, "/api/v1/miners/" + write.id, body);
  }

  void settle(const Write& write) {
    if (write.endpoint.empty()) {
      nodes_.erase(write.id);
    } else {
      nodes_[write.id] = write.endpoint;
    }
  }

  int number_;
  std::mt19937 random_;
  int serial_ = 0;
  std::map<std::string, std::string> nodes_;
  std::optional<Write> in_doubt_;
};

// A program that has one miner validated and keeps the verdicts it was told of.
class Checker {
 public:
  void check_with(std::uint16_t port) {
    Client client(port);
    for (;;) {
      const auto report = client.try_call("POST", "/api/v1/miners/checked/validate", "{}");
      if (!report) return;
      if (report->status != 200) continue;
      const std::string id = report->at("request_id");
      // An unfinished one may be told of twice: to who asked for it and to who asked again.
      told_[std::stoull(id.substr(id.find('-') + 1))] = report->at("score_ppm");
    }
  }
  // Request to score in ppm.
  const std::map<std::uint64_t, std::string>& told() const { return told_; }

 private:
  std::map<std::uint64_t, std::string> told_;
};

class Crash : public testing::Test {
 protected:
  void start() {
    daemon_ = std::make_unique<Daemon>(config_);
    ASSERT_TRUE(daemon_->is_serving()) << daemon_->log();
  }
  // A validator and a miner that are really there, and a validator of thousands.
  void set_up_nodes() {
    const auto validator = nodes_.start_validator({demo::Task::chat});
    const auto miner = nodes_.start_miner(demo::Task::chat, demo::Quality::good);
    ASSERT_TRUE(validator && miner);
    Client client(daemon_->port());
    ASSERT_EQ(client.post("/api/v1/validators", validator_body("v", "\"chat\"", *validator, 10'000))
                  .status,
              201);
    ASSERT_EQ(client.post("/api/v1/miners", miner_body("checked", "my-llama-3", *miner)).status,
              201);
    ASSERT_TRUE(eventually(
        [&] { return client.get("/api/v1/miners/checked").at("matches.0.validator") == "v"; }));
  }

  std::vector<std::thread> start_writing(const std::function<void()>& heard = [] {}) {
    std::vector<std::thread> threads;
    for (auto& writer : writers_) {
      threads.emplace_back([&writer, heard, this] { writer->write_to(daemon_->port(), heard); });
    }
    threads.emplace_back([this] { checker_.check_with(daemon_->port()); });
    return threads;
  }
  // All write; the daemon is killed by whoever hears the n-th acknowledgement, at once.
  void write_and_kill_at(int nth) {
    std::atomic<int> left = nth;
    const pid_t pid = daemon_->pid();
    std::vector<std::thread> threads = start_writing([&left, pid] {
      if (--left == 0) ::kill(pid, SIGKILL);
    });
    EXPECT_EQ(daemon_->wait(), (End{-1, SIGKILL}));
    for (std::thread& thread : threads) thread.join();
  }
  // All write; the daemon ends in the midst of it.
  void write_until(int signal, unsigned after_ms, const End& end) {
    const int before = total();
    std::vector<std::thread> threads = start_writing();
    EXPECT_TRUE(eventually([&] { return total() > before; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));  // any moment will do
    daemon_->signal(signal);
    EXPECT_EQ(daemon_->wait(), end);
    for (std::thread& thread : threads) thread.join();
  }
  int total() const {
    int sum = 0;
    for (const auto& writer : writers_) sum += writer->acknowledged;
    return sum;
  }

  // The miners of the daemon are those that were acknowledged, once each.
  void expect_what_was_acknowledged() {
    Client client(daemon_->port());
    for (auto& writer : writers_) writer->ask_again(client);
    std::map<std::string, std::string> found;
    std::set<std::uint64_t> uids;
    for (const json::Object& miner : client.list("/api/v1/miners")) {
      EXPECT_TRUE(uids.insert(number_of(miner, "uid")).second) << json::serialize(miner);
      if (text_of(miner, "id") == "checked") continue;
      EXPECT_TRUE(found.emplace(text_of(miner, "id"), text_of(miner, "endpoint")).second);
    }
    for (const auto& writer : writers_) {
      for (const auto& [id, endpoint] : writer->nodes()) {
        EXPECT_EQ(found.contains(id) ? found.at(id) : "lost", endpoint) << id;
        found.erase(id);
      }
    }
    for (const auto& [id, endpoint] : found) ADD_FAILURE() << id << " was removed, and is back";
  }
  void expect_every_verdict_once() {
    Client client(daemon_->port());
    std::map<std::uint64_t, std::string> stored;
    for (const json::Object& item : client.list("/api/v1/validations?miner=checked")) {
      const json::Value& score = item.at("score_ppm");
      EXPECT_TRUE(stored.emplace(number_of(item, "request"), json::serialize(score)).second)
          << "twice: " << json::serialize(item);
    }
    for (const auto& [request, score] : checker_.told()) {
      EXPECT_EQ(stored.contains(request) ? stored.at(request) : "lost", score) << request;
    }
  }
  // Facts from the first on lead to the state that the daemon serves.
  void expect_replay_is_equal() {
    Client client(daemon_->port());
    json::Object replayed;
    Answer served;
    const bool same_moment = eventually([&] {
      const Transcript replay = cli::subnetd({"replay", "--config", config_, "--output", "json"});
      EXPECT_EQ(replay.exit_code, 0) << replay.err;
      if (replay.exit_code != 0) return true;
      replayed = json::parse(replay.out, 1 << 20)->get_object();
      served = client.get("/api/v1/subnet");
      return served.at("facts") == std::to_string(number_of(replayed, "facts"));
    });
    ASSERT_TRUE(same_moment);
    EXPECT_EQ(served.at("digest"), text_of(replayed, "digest"));
    EXPECT_EQ(served.at("miners"), std::to_string(number_of(replayed, "miners")));
  }

  Scratch folder_;
  const std::string config_ =
      quiet_config(folder_, "prober.allow_private = true\njournal.snapshot_every = 1_000\n");
  demo::Nodes nodes_;
  std::vector<std::unique_ptr<Writer>> writers_ = [] {
    std::vector<std::unique_ptr<Writer>> all;
    for (int i = 0; i < writers; ++i) all.push_back(std::make_unique<Writer>(i));
    return all;
  }();
  Checker checker_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(Crash, KillsLoseAndDoubleNothingThatWasAcknowledged) {
  std::mt19937 random(7);
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(set_up_nodes());
  for (int round = 0; round < SUBNETD_KILL_ROUNDS; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    if (round % 2 == 0) {
      write_and_kill_at(1 + static_cast<int>(random() % 200));
    } else {
      write_until(SIGKILL, random() % 100, End{-1, SIGKILL});
    }
    ASSERT_NO_FATAL_FAILURE(start());
    expect_what_was_acknowledged();
    if (round % 10 == 9) expect_every_verdict_once();
    expect_replay_is_equal();
    if (HasFailure()) break;
  }
  expect_every_verdict_once();
  EXPECT_GT(checker_.told().size(), 0u);
  RecordProperty("acknowledged", total());
}

TEST_F(Crash, AnOrderlyEndLosesAndDoublesNothingThatWasAcknowledged) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(set_up_nodes());
  for (const int signal : {SIGTERM, SIGINT, SIGTERM}) {
    write_until(signal, 50, End{128 + signal, 0});
    ASSERT_NO_FATAL_FAILURE(start());
    expect_what_was_acknowledged();
    expect_every_verdict_once();
    expect_replay_is_equal();
  }
}

TEST_F(Crash, AnIdempotencyKeyIsRememberedOverAKill) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::string body = miner_body("m", "my-llama-3", "http://1.1.1.1:8000");
  const Client::Headers key{{"Idempotency-Key", "once"}};
  const Answer first = Client(daemon_->port()).call("POST", "/api/v1/miners", body, key);
  ASSERT_EQ(first.status, 201) << first.text;
  daemon_->kill();
  ASSERT_NO_FATAL_FAILURE(start());
  Client client(daemon_->port());
  const Answer again = client.call("POST", "/api/v1/miners", body, key);
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.at("uid"), first.at("uid"));
  EXPECT_EQ(again.at("registered_at"), first.at("registered_at"));
  const std::string other = miner_body("n", "my-llama-3", "http://1.1.1.1:8000");
  EXPECT_EQ(client.call("POST", "/api/v1/miners", other, key).status, 422);
  EXPECT_EQ(client.list("/api/v1/miners").size(), 1u);
}

TEST_F(Crash, ABackupTakenWhileManyWriteRunsAsADaemonOfItsOwn) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(set_up_nodes());
  std::vector<std::thread> threads = start_writing();
  EXPECT_TRUE(eventually([&] { return total() > 50; }));
  // What is there before the copy is asked for is in the copy.
  Client client(daemon_->port());
  const Answer before = client.get("/api/v1/subnet");
  const std::string copy = folder_.file("copy.db");
  const Transcript backup = cli::subnetd({"backup", copy, "--config", config_, "--output", "json"});
  const int during = total();
  EXPECT_TRUE(eventually([&] { return total() > during; }));  // nobody was held up for good
  daemon_->kill();
  for (std::thread& thread : threads) thread.join();

  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  const json::Value report = *json::parse(backup.out, 1 << 20);
  const std::uint64_t head = number_of(report.get_object(), "head");
  EXPECT_GE(head, std::stoull(before.at("facts")));
  const std::string digest = text_of(report.get_object(), "sha256");
  EXPECT_EQ(digest.size(), 64u);
  const Transcript replay = cli::subnetd({"replay", "--journal", copy, "--output", "json"});
  ASSERT_EQ(replay.exit_code, 0) << replay.err;
  const json::Value replayed = *json::parse(replay.out, 1 << 20);
  EXPECT_EQ(number_of(replayed.get_object(), "facts"), head);

  Daemon restored(folder_.write(
      "copy.toml", "http.listen = \"127.0.0.1:0\"\njournal.path = \"" + copy + "\"\n"));
  ASSERT_TRUE(restored.is_serving()) << restored.log();
  Client other(restored.port());
  EXPECT_EQ(other.get("/api/v1/subnet").at("miners"),
            std::to_string(number_of(replayed.get_object(), "miners")));
  EXPECT_EQ(other.get("/api/v1/miners/checked").status, 200);
  EXPECT_EQ(
      other.post("/api/v1/miners", miner_body("new", "my-llama-3", "http://1.1.1.1:1")).status,
      201);
}

}  // namespace
}  // namespace subnetd::process
