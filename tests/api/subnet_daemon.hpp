// SPDX-License-Identifier: 0BSD
// A small daemon around the real engine and the real journal, behind the real server, for the API's
// tests: one thread, least load as its matcher, the namespace's first word as its detector.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/api.hpp"
#include "api/events.hpp"
#include "engine/engine.hpp"
#include "journal/sqlite_journal.hpp"
#include "json/json.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"

#include "api/answer.hpp"
#include "journal/scratch.hpp"
#include "net/loopback.hpp"

namespace subnetd::api::testing {

class SubnetDaemon final : public Daemon {
 public:
  SubnetDaemon() {
    journal::SqliteOptions options;
    options.path = path();
    journal_ = *journal::SqliteJournal::open(options);
    engine::Boot boot;
    boot.settings.budget_nano = 1'000;
    boot.settings.default_stake_nano = 7;
    boot.settings.deadline_ms = 50;
    boot.types = {"chat", "embedding"};
    turn(std::move(boot));
  }

  std::string path() const { return scratch_ / "journal.db"; }

  boost::asio::awaitable<Result<engine::Answer>> submit(engine::Input input,
                                                        AnswerLook look) override {
    if (full) co_return fail(Errc::unavailable, "the queue is full");
    detect(input);
    auto answer = turn(std::move(input.body), std::move(input.signer));
    match();
    if (look && answer) look(state, *answer);
    co_return answer;
  }
  boost::asio::awaitable<Result<void>> read(
      std::function<void(const engine::State&)> query) override {
    query(state);
    co_return Result<void>{};
  }
  boost::asio::awaitable<ValidationReport> wait_validation(std::uint64_t request,
                                                           std::int64_t) override {
    ValidationReport report;
    report.request_id = "1-" + std::to_string(request);
    if (!validator_answers) co_return report;
    turn(engine::ValidationDone{request, outcome, 640'000});
    report.finished = true;
    report.outcome = outcome;
    report.score_ppm = 640'000;
    report.validator = "v1";
    co_return report;
  }
  boost::asio::awaitable<std::vector<std::string>> explain(std::string id) override {
    co_return std::vector<std::string>{"test/matcher: " + id + " is where load was least"};
  }
  boost::asio::awaitable<ReloadReport> reload(ReloadAsk ask) override {
    reload_report.state = ask.now ? "done" : "staged";
    co_return reload_report;
  }
  const ReloadReport& last_reload() const override { return reload_report; }
  boost::asio::awaitable<std::vector<PluginView>> plugins() override {
    PluginView plugin;
    plugin.id = "test.plugin/matcher";
    plugin.kind = "matcher";
    plugin.file = "/usr/lib/subnetd/test.sbn.so";
    plugin.state = "active";
    co_return std::vector<PluginView>{plugin};
  }
  Result<void> ready() const override {
    if (full) return fail(Errc::unavailable, "draining");
    return {};
  }
  bool alive() const override { return true; }
  std::shared_ptr<net::ResponseStream> subscribe() override {
    subscribers_.push_back(std::make_shared<net::ResponseStream>());
    return subscribers_.back();
  }
  std::string metrics() override { return "subnetd_miners " + std::to_string(state.miner_count); }
  Challenge random_seed() override { return Challenge{1, 2, 3}; }

  // Decides, applies, makes durable, publishes.
  Result<engine::Answer> turn(decltype(engine::Input::body) body,
                              std::optional<engine::Signer> signer = {}) {
    now_ms_ += 1'000;
    const std::uint64_t head = state.facts;
    engine::Decision decision =
        engine::decide(state, {now_ms_, std::move(body), std::move(signer)});
    engine::Effects effects;
    for (const engine::Fact& fact : decision.facts) engine::apply(state, fact, effects);
    if (!decision.facts.empty()) {
      EXPECT_TRUE(journal_->append(head, decision.facts, state.digest.value()));
    }
    for (const engine::Fact& fact : decision.facts) {
      for (auto& stream : subscribers_) stream->push(sse_event(state, fact));
    }
    if (effects.emit != 0) emit();
    return decision.answer;
  }

  void close_streams() {
    for (auto& stream : subscribers_) stream->close();
  }

  engine::State state;
  ReloadReport reload_report;
  bool full = false;
  bool validator_answers = true;
  std::string said_again = "chat";  // of everybody that a detector is asked about again
  VerdictOutcome outcome = VerdictOutcome::scored;  // of every validation

  // A miner, straight into State.
  void add_quietly(const std::string& id) {
    engine::Register in;
    in.role = Role::miner;
    in.record.id = id;
    in.record.name_space = "chat";
    in.record.endpoint = "http://192.0.2.9:8000";
    in.detection.model_type = "chat";
    turn(in);
  }

 private:
  void detect(engine::Input& input) {
    if (auto* again = std::get_if<engine::Redetect>(&input.body)) {
      for (const std::uint32_t m : engine::miners_asked_again(state, *again)) {
        again->detections[m].model_type = said_again;
        again->detections[m].detector = "test.plugin/detector";
      }
      return;
    }
    auto* registration = std::get_if<engine::Register>(&input.body);
    if (registration == nullptr || registration->role != Role::miner) return;
    const std::string& name = registration->record.name_space;
    const std::string word = name.substr(0, name.find('.'));
    if (word != "chat" && word != "embedding") return;
    registration->detection.model_type = word;
    registration->detection.confidence_ppm = 900'000;
    registration->detection.detector = "test.plugin/detector";
  }

  void match() {
    engine::MatchProposed in;
    std::map<std::uint32_t, std::uint32_t> load;
    for (std::uint32_t m = 0; m < state.miners.size(); ++m) {
      if (state.columns.state[m] != 1 || state.current(m, 0) != engine::none) continue;
      std::uint32_t best = engine::none;
      for (std::uint32_t v = 0; v < state.validators.size(); ++v) {
        if (!state.validator_alive(v)) continue;
        if (engine::why_not(state, m, 0, v) != UnmatchedReason::none) continue;
        const auto total = [&](std::uint32_t of) { return state.validators[of].load + load[of]; };
        if (total(v) >= state.validators[v].record.capacity) continue;
        if (best == engine::none || total(v) < total(best)) best = v;
      }
      if (best == engine::none) {
        in.moves.push_back({m, 0, engine::none, UnmatchedReason::no_validator});
      } else {
        ++load[best];
        in.moves.push_back({m, 0, best, UnmatchedReason::none});
      }
    }
    if (!in.moves.empty()) turn(std::move(in));
  }

  // All to the first row.
  void emit() {
    const EmissionInput in = engine::emission_input(state);
    EmissionOutput out;
    out.amount_nano.assign(in.uid.size(), 0);
    out.unallocated_nano = in.budget_nano;
    if (!in.uid.empty() && in.payable[0] != 0) {
      out.amount_nano[0] = in.budget_nano;
      out.unallocated_nano = 0;
    }
    out.incentive.assign(in.uid.size(), 0);
    turn(engine::EmissionComputed{in.epoch, "test.plugin/emission", out, std::nullopt});
  }

  journal::testing::Scratch scratch_;
  std::unique_ptr<journal::SqliteJournal> journal_;
  std::vector<std::shared_ptr<net::ResponseStream>> subscribers_;
  std::int64_t now_ms_ = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
};

// The API on a loopback port, with a token unless told otherwise.
class ApiServer {
 public:
  explicit ApiServer(Options options = with_token()) {
    io_.on([&] {
      daemon = std::make_unique<SubnetDaemon>();
      net::ServerOptions server_options;
      server_options.body_limit = [this](std::string_view path) { return api_->body_limit(path); };
      server_ = std::make_unique<net::HttpServer>(
          io_.executor(), [this](net::HttpRequest r) { return (*api_)(std::move(r)); },
          std::move(server_options));
      port_ = *server_->listen("127.0.0.1", 0);
      options.port = port_;
      options.journal_path = daemon->path();
      api_ = std::make_unique<Api>(std::move(options), *daemon);
      net::ClientOptions client_options;
      client_options.policy.allow_private = true;
      client_ = std::make_unique<net::HttpClient>(io_.executor(), std::move(client_options));
      return 0;
    });
  }
  ~ApiServer() {
    io_.on([&] {
      client_.reset();
      server_.reset();
      return 0;
    });
    // Connections that were cut off end before the API does.
    io_.on([] { return 0; });
    io_.on([&] {
      api_.reset();
      daemon.reset();
      return 0;
    });
  }

  static Options with_token() {
    Options options;
    options.operator_token = "s3cret";
    options.subnet_name = "test";
    options.netuid = 12;
    options.version = "0.1.0";
    return options;
  }

  Answer call(std::string method, std::string path, std::string body = "",
              net::HttpHeaders headers = {{"Authorization", "Bearer s3cret"},
                                          {"Content-Type", "application/json"}}) {
    net::FetchRequest request;
    request.method = std::move(method);
    request.url = "http://127.0.0.1:" + std::to_string(port_) + path;
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.reply_bytes_max = 1 << 24;
    auto reply = io_.await(client_->fetch(std::move(request)));
    EXPECT_TRUE(reply) << path;
    if (!reply) return {};
    return {reply->status, reply->headers, reply->body};
  }
  Answer get(std::string path) { return call("GET", std::move(path)); }
  Answer post(std::string path, std::string body) {
    return call("POST", std::move(path), std::move(body));
  }
  // Without any credentials.
  Answer anonymous(std::string path) { return call("GET", std::move(path), "", {}); }

  Answer add_validator(const std::string& id, const std::string& types = "\"chat\"") {
    return post("/api/v1/validators", R"({"id":")" + id +
                                          R"(","endpoint":"http://192.0.2.1:9000","capacity":10,)"
                                          R"("specializations":[)" +
                                          types + "]}");
  }
  Answer add_miner(const std::string& id, const std::string& name_space = "chat.toy") {
    return post("/api/v1/miners", R"({"id":")" + id + R"(","namespace":")" + name_space +
                                      R"(","endpoint":"http://192.0.2.2:8000"})");
  }

  std::uint16_t port() const { return port_; }
  net::IoThread& io() { return io_; }
  std::unique_ptr<SubnetDaemon> daemon;  // io thread

 private:
  net::IoThread io_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<net::HttpClient> client_;
  std::uint16_t port_ = 0;
};

}  // namespace subnetd::api::testing
