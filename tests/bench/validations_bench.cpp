// SPDX-License-Identifier: 0BSD
// Plain-HTTP validations in flight on one io thread: sessions of the plugin `remote`, run as the
// daemon runs them, and their probes on real sockets. What each takes in memory, against the limit
// of 32 KiB. Every verdict must come.
#include <unistd.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <string>

#include "agent/validations.hpp"
#include "descriptors.hpp"
#include "plugin_instance.hpp"
#include "population.hpp"
#include "race.hpp"
#include "silent_server.hpp"

namespace subnetd::bench {
namespace {

namespace asio = boost::asio;

constexpr double limit_bytes = 32 * 1024;
constexpr std::uint32_t full_run = 10'000;
constexpr std::uint32_t deadline_ms = 60'000;

agent::ValidationStart start_of(std::uint32_t number, const std::string& url,
                                std::shared_ptr<plugin::Validator> judge) {
  const NodeRecord miner = miner_record(number);
  agent::ValidationStart start;
  start.plugin = std::move(judge);
  start.request.request = number + 1;
  start.request.request_id = "1-" + std::to_string(number);
  start.request.model_type = "chat";
  start.request.name_space = miner.name_space;
  start.request.miner_json = R"({"id":")" + miner.id + R"(","key":"","namespace":")" +
                             miner.name_space + R"(","model_type":"chat","endpoint":")" +
                             miner.endpoint + R"("})";
  start.request.validators = 1;
  start.request.deadline_ms = deadline_ms;
  start.targets = {{miner.endpoint}, {url}};
  return start;
}

struct Flight {
  double ours_bytes = 0;
  double server_bytes = 0;
  double reply_s = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t scored = 0;
};

// The daemon's shell around validations: plugins on their worker, probes on this thread.
class Shell {
 public:
  explicit Shell(std::uint32_t n)
      : judge_(std::make_shared<plugin::Validator>(
            load_instance("subnet.validator/1", "remote"))),
        prober_(io_.get_executor(), client_options(), {n, n}),
        validations_(
            [this](Probe p, prober::Target t) { send(std::move(p), t); },
            [this, n](std::vector<agent::ValidationEnd> ends) {
              for (const auto& end : ends) {
                scored_ += end.outcome == VerdictOutcome::scored;
              }
              if ((ended_ += static_cast<std::uint32_t>(ends.size())) == n) io_.stop();
            }) {}
  ~Shell() { validations_.stop(); }

  void run_until_stopped() {
    io_.restart();
    io_.run_for(std::chrono::milliseconds(deadline_ms));
  }
  asio::io_context& io() { return io_; }
  agent::Validations& validations() { return validations_; }
  const std::shared_ptr<plugin::Validator>& judge() const { return judge_; }
  std::size_t in_flight() const { return prober_.stats().in_flight; }
  std::uint32_t scored() const { return scored_; }

 private:
  static net::ClientOptions client_options() {
    net::ClientOptions options;
    options.policy.allow_private = true;
    return options;
  }

  void send(Probe probe, const prober::Target& target) {
    asio::post(io_, [this, p = std::move(probe), target]() mutable {
      prober_.send(std::move(p), target,
                   [this](Reply reply) { validations_.replied(std::move(reply)); });
    });
  }

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::shared_ptr<plugin::Validator> judge_;
  prober::Prober prober_;
  std::atomic<std::uint32_t> ended_{0}, scored_{0};
  agent::Validations validations_;
};

Flight fly(const SilentServer& server, std::uint32_t n) {
  Shell shell(n);
  asio::posix::stream_descriptor reports(shell.io(), dup(server.reports()));
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  Flight out;
  server.expect(n);
  const std::uint64_t server_before = server.resident_bytes();
  const std::uint64_t before = resident_bytes(getpid());
  std::vector<agent::ValidationStart> starts;
  for (std::uint32_t i = 0; i < n; ++i) starts.push_back(start_of(i, url, shell.judge()));
  shell.validations().start(std::move(starts));
  char byte = 0;
  reports.async_read_some(asio::buffer(&byte, 1),
                          [&shell](boost::system::error_code, std::size_t) { shell.io().stop(); });
  shell.run_until_stopped();
  out.in_flight = static_cast<std::uint32_t>(shell.in_flight());
  if (byte == 0 || out.in_flight != n) return out;
  out.ours_bytes = static_cast<double>(resident_bytes(getpid()) - before) / n;
  out.server_bytes = static_cast<double>(server.resident_bytes() - server_before) / n;
  out.reply_s = seconds([&] {
    server.answer_all();
    shell.run_until_stopped();
  });
  out.scored = shell.scored();
  return out;
}

void in_flight(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  // The server's process inherits the limit and holds the other ends.
  if (const auto missing = raise_descriptors(n + 256); !missing.empty()) {
    return state.SkipWithError(missing.c_str());
  }
  const SilentServer server;
  Flight flight;
  for (auto _ : state) {
    state.SetIterationTime(seconds([&] { flight = fly(server, n); }));
    if (flight.scored == n) continue;
    const std::string what = std::to_string(flight.in_flight) + " were in flight, " +
                             std::to_string(flight.scored) + " got their score";
    return state.SkipWithError(what.c_str());
  }
  state.counters["bytes_each"] = flight.ours_bytes;
  state.counters["server_bytes_each"] = flight.server_bytes;
  state.counters["verdicts_per_second"] = n / flight.reply_s;
  state.counters["ratio"] = flight.ours_bytes / limit_bytes;
  if (n >= full_run) state.counters["at_most"] = 1;
}
// One flight a size, the small one first: what a second one takes is memory that the first has left
// behind.
BENCHMARK(in_flight)->Arg(100)->Iterations(1)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(in_flight)->Arg(full_run)->Iterations(1)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
