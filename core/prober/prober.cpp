// SPDX-License-Identifier: 0BSD
#include "prober/prober.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <random>

#include "commune/module_call.hpp"
#include "net/spawn.hpp"

namespace subnetd::prober {
namespace asio = boost::asio;

namespace {

struct Job {
  Probe probe;
  Target target;
  ReplySink done;
  std::int64_t deadline_at_ms = 0;  // monotonic, as send_by_ms
  std::int64_t send_by_ms = 0;
};

ReplyOutcome outcome_of(net::FetchFault fault) {
  switch (fault) {
    case net::FetchFault::timeout: return ReplyOutcome::timeout;
    case net::FetchFault::too_large: return ReplyOutcome::too_large;
    case net::FetchFault::malformed: return ReplyOutcome::malformed;
    case net::FetchFault::unavailable: return ReplyOutcome::unsent;
    default: return ReplyOutcome::unreachable;
  }
}

constexpr int attempts_max = 3;

// What we ourselves lack is no fault of the node: that is waited for as long as there is time.
bool worth_a_retry(net::FetchFault fault, int attempt) {
  if (fault == net::FetchFault::unavailable) return true;
  return fault == net::FetchFault::connect && attempt < attempts_max;
}

Protocol protocol_of(const Probe& probe, const Target& target) {
  if (probe.protocol.empty()) return target.protocol;
  return parse_protocol(probe.protocol).value_or(target.protocol);
}

// A plugin that has nothing to say sends an empty object.
std::string object_of(const std::string& body) { return body.empty() ? "{}" : body; }

std::string join(std::string_view endpoint, std::string_view path) {
  if (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  return std::string(endpoint) + std::string(path);
}

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// Params that are no object cannot be signed: they go as they are, for the node to refuse.
void sign(net::FetchRequest& request, const Probe& probe, const Target& target,
          const commune::KeyPair& key) {
  auto call = commune::sign_call(key, target.key, object_of(probe.body), now_us());
  if (!call) return;
  request.body = std::move(call->body);
  request.headers = std::move(call->headers);
}

}  // namespace

net::FetchRequest probe_request(const Probe& probe, const Target& target,
                                const commune::KeyPair* key) {
  net::FetchRequest request;
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.reply_bytes_max =
      probe.reply_bytes_max == 0
          ? limits::reply_bytes_max
          : std::min<std::size_t>(probe.reply_bytes_max, limits::reply_bytes_max);
  const std::string& method = probe.method.empty() ? target.method : probe.method;
  switch (protocol_of(probe, target)) {
    case Protocol::module:
      request.url = join(target.endpoint, "/method/" + method);
      request.body = "{\"params\":" + object_of(probe.body) + "}";
      if (key != nullptr && !target.key.empty()) sign(request, probe, target, *key);
      break;
    case Protocol::classic:
      request.url = join(target.endpoint, "/" + method + "/");
      request.body = "{\"args\":[],\"kwargs\":" + object_of(probe.body) + "}";
      break;
    case Protocol::openai:
      request.url = join(target.endpoint, "/v1/" + method);
      request.body = object_of(probe.body);
      break;
  }
  return request;
}

struct Prober::Core : std::enable_shared_from_this<Core> {
  Core(asio::any_io_executor ex, net::ClientOptions options, ProberLimits caps, AgentKey signer)
      : executor(ex),
        client(std::make_unique<net::HttpClient>(ex, std::move(options))),
        limits(caps),
        key(std::move(signer)) {}

  asio::any_io_executor executor;
  std::unique_ptr<net::HttpClient> client;  // gone with the Prober; flights outlive both
  ProberLimits limits;
  AgentKey key;
  ProberStats stats;
  bool stopped = false;
  std::minstd_rand jitter{1};  // spreads retries; decides nothing
  std::deque<Job> ready;       // waits for a free flight: while any does, all flights are taken
  std::unordered_map<std::string, std::size_t> busy;      // by endpoint
  std::unordered_map<std::string, std::deque<Job>> held;  // over per_endpoint_max

  void finish(const Job& job, Reply reply) {
    if (stopped) return;
    reply.request = job.probe.request;
    reply.tag = job.probe.tag;
    ++(reply.outcome == ReplyOutcome::delivered ? stats.delivered : stats.failed);
    stats.unsent += reply.outcome == ReplyOutcome::unsent;
    try {
      job.done(std::move(reply));
    } catch (const std::exception& error) {
      net::report_fault("probe", error.what());
    }
  }

  void admit(Job job) {
    if (stopped) return;
    ++stats.waiting;
    ready.push_back(std::move(job));
    launch_ready();
  }

  // In the order of arrival, past those whose endpoint has its fill: they wait for that endpoint.
  void launch_ready() {
    while (!ready.empty() && stats.in_flight < limits.in_flight_max) {
      Job job = std::move(ready.front());
      ready.pop_front();
      std::size_t& flying = busy[job.target.endpoint];
      if (flying >= limits.per_endpoint_max) {
        held[job.target.endpoint].push_back(std::move(job));
        continue;
      }
      ++flying;
      ++stats.in_flight;
      --stats.waiting;
      net::spawn(executor, "probe", fly(shared_from_this(), std::move(job)));
    }
  }

  void landed(const std::string& endpoint) {
    --stats.in_flight;
    if (--busy[endpoint] == 0) busy.erase(endpoint);
    if (auto it = held.find(endpoint); it != held.end()) {
      ready.push_back(std::move(it->second.front()));  // behind whoever waits for any flight
      it->second.pop_front();
      if (it->second.empty()) held.erase(it);
    }
    launch_ready();
  }

  static asio::awaitable<void> fly(std::shared_ptr<Core> core, Job job) {
    // Off the stack of whoever landed: a flight that ends at once must not nest the next one.
    co_await asio::post(core->executor, asio::use_awaitable);
    Reply reply;
    try {
      reply = co_await fetch(core, job);
    } catch (const std::exception& error) {
      net::report_fault("probe", error.what());
      reply = Reply{};
    }
    core->finish(job, std::move(reply));
    core->landed(job.target.endpoint);
  }

  static asio::awaitable<Reply> fetch(std::shared_ptr<Core> core, const Job& job) {
    Reply reply;
    reply.outcome = ReplyOutcome::unsent;
    const std::int64_t started_ms = net::steady_ms();
    for (int attempt = 1; !core->stopped; ++attempt) {
      net::FetchRequest request = probe_request(job.probe, job.target, core->key.get());
      request.deadline_ms = job.deadline_at_ms - net::steady_ms();
      const bool too_late = reply.outcome == ReplyOutcome::unsent
                                ? net::steady_ms() > job.send_by_ms
                                : request.deadline_ms <= 0;
      if (too_late) break;  // the outcome is that of the last attempt
      ++core->stats.sent;
      auto got = co_await core->client->fetch(std::move(request));
      if (got) {
        reply.outcome = ReplyOutcome::delivered;
        reply.http_status = static_cast<std::uint32_t>(got->status);
        reply.body = std::move(got->body);
        // Arrival is the io thread's, so a busy worker makes nobody late.
        reply.elapsed_us =
            static_cast<std::uint64_t>(got->arrived_steady_ms - started_ms) * 1000;
        break;
      }
      reply.outcome = outcome_of(got.error().fault);
      if (got.error().fault == net::FetchFault::refused) ++core->stats.refused;
      if (!worth_a_retry(got.error().fault, attempt) || core->stopped) break;
      const int step = std::min(attempt, 10);
      const auto spread = core->jitter() % (100u * static_cast<unsigned>(step));
      const std::int64_t pause_ms = 50 * step + static_cast<std::int64_t>(spread);
      if (net::steady_ms() + pause_ms >= job.deadline_at_ms) break;
      ++core->stats.retried;
      asio::steady_timer timer(core->executor, std::chrono::milliseconds(pause_ms));
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_return reply;
  }
};

Prober::Prober(asio::any_io_executor executor, net::ClientOptions options, ProberLimits limits,
               AgentKey key)
    : core_(std::make_shared<Core>(std::move(executor), std::move(options), limits,
                                   std::move(key))) {}

Prober::~Prober() {
  stop();
  core_->client.reset();  // joins its resolver threads while the executor's context still lives
}

void Prober::send(Probe probe, Target target, ReplySink done) {
  Job job{std::move(probe), std::move(target), std::move(done)};
  job.send_by_ms = net::steady_ms() + job.probe.deadline_ms / 2;
  job.deadline_at_ms = net::steady_ms() + job.probe.deadline_ms;
  core_->admit(std::move(job));
}

void Prober::stop() {
  core_->stopped = true;
  core_->ready.clear();
  core_->held.clear();
  core_->stats.waiting = 0;
}

ProberStats Prober::stats() const { return core_->stats; }

}  // namespace subnetd::prober
