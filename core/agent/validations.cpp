// SPDX-License-Identifier: 0BSD
#include "agent/validations.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

#include "net/http_types.hpp"

namespace subnetd::agent {
namespace asio = boost::asio;

namespace {
constexpr std::int64_t grace_ms = 1'000;
constexpr std::int64_t sweep_ms = 100;

// What each of few plugins is given at once.
template <class T>
class Batches {
 public:
  void add(const std::shared_ptr<plugin::Validator>& plugin, T item) {
    auto it = std::ranges::find(all_, plugin, &Batch::first);
    if (it == all_.end()) it = all_.insert(it, {plugin, {}});
    it->second.push_back(std::move(item));
  }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  using Batch = std::pair<std::shared_ptr<plugin::Validator>, std::vector<T>>;
  std::vector<Batch> all_;
};

}  // namespace

Validations::Validations(ProbeSender send, EndSink ended)
    : send_(std::move(send)), ended_(std::move(ended)) {
  expire();
  thread_ = std::thread([this] {
    auto work = asio::make_work_guard(io_);
    io_.run();
  });
}

Validations::~Validations() { stop(); }

void Validations::stop() {
  if (!thread_.joinable()) return;
  io_.stop();
  thread_.join();
}

void Validations::start(std::vector<ValidationStart> starts) {
  asio::post(io_, [this, s = std::move(starts)]() mutable { begin(std::move(s)); });
}

void Validations::run_on_worker(std::function<void()> work) { asio::post(io_, std::move(work)); }

void Validations::cancel(std::vector<std::uint64_t> requests) {
  asio::post(io_, [this, requests = std::move(requests)] {
    for (std::uint64_t request : requests) {
      const auto it = sessions_.find(request);
      if (it == sessions_.end()) continue;
      it->second.plugin->forget(request);
      deadlines_.erase(it->second.deadline);
      sessions_.erase(it);
    }
  });
}

// Replies that arrive while the worker is busy are judged together.
void Validations::replied(Reply reply) {
  asio::post(io_, [this, r = std::move(reply)]() mutable {
    replies_.push_back(std::move(r));
    if (step_scheduled_) return;
    step_scheduled_ = true;
    asio::post(io_, [this] {
      step_scheduled_ = false;
      step();
    });
  });
}

void Validations::begin(std::vector<ValidationStart> starts) {
  Batches<ValidationRequest> batches;
  const std::int64_t now_ms = net::steady_ms();
  for (ValidationStart& s : starts) {
    if (sessions_.contains(s.request.request)) continue;  // asked twice: harmless
    const std::int64_t at_ms = now_ms + s.request.deadline_ms;
    const auto deadline = deadlines_.emplace(at_ms + grace_ms, s.request.request);
    sessions_.emplace(s.request.request,
                      Session{s.plugin, std::move(s.targets), deadline, at_ms});
    batches.add(s.plugin, std::move(s.request));
  }
  std::vector<ValidationEnd> ended;
  for (const auto& [plugin, requests] : batches) take(plugin->begin(requests), ended);
  if (!ended.empty()) ended_(std::move(ended));
}

void Validations::step() {
  Batches<Reply> batches;
  std::vector<ValidationEnd> ended;
  for (Reply& reply : replies_) {
    const auto it = sessions_.find(reply.request);
    if (it == sessions_.end()) continue;
    if (reply.outcome == ReplyOutcome::unsent) {
      give_up(reply.request, "not sent: too many calls are in flight ([prober] in_flight_max, "
                             "per_endpoint_max) or descriptors are used up", ended);
    } else {
      batches.add(it->second.plugin, std::move(reply));
    }
  }
  replies_.clear();
  for (const auto& [plugin, replies] : batches) take(plugin->step(replies), ended);
  if (!ended.empty()) ended_(std::move(ended));
}

void Validations::take(plugin::ValidatorOutput output, std::vector<ValidationEnd>& ended) {
  const std::int64_t now_ms = net::steady_ms();
  for (Probe& probe : output.probes) {
    const auto it = sessions_.find(probe.request);
    if (it == sessions_.end()) continue;
    const std::int64_t left_ms = std::max<std::int64_t>(1, it->second.deadline_at_ms - now_ms);
    if (probe.deadline_ms == 0 || probe.deadline_ms > left_ms) {
      probe.deadline_ms = static_cast<std::uint32_t>(left_ms);
    }
    prober::Target target = it->second.targets[probe.target];
    send_(std::move(probe), std::move(target));
  }
  for (Verdict& v : output.verdicts) {
    const std::uint64_t request = v.request;
    end(request, ended,
        ValidationEnd{request, v.outcome, v.score_ppm, v.validator == 0, std::move(v.reason)});
  }
}

void Validations::end(std::uint64_t request, std::vector<ValidationEnd>& ended,
                      ValidationEnd how) {
  const auto it = sessions_.find(request);
  if (it == sessions_.end()) return;
  deadlines_.erase(it->second.deadline);
  sessions_.erase(it);
  ended.push_back(std::move(how));
}

// Blames nobody.
void Validations::give_up(std::uint64_t request, std::string reason,
                          std::vector<ValidationEnd>& ended) {
  sessions_.at(request).plugin->forget(request);
  ValidationEnd how;
  how.request = request;
  how.reason = std::move(reason);
  end(request, ended, std::move(how));
}

void Validations::expire() {
  step();  // what came in time while the worker was busy is judged first
  std::vector<ValidationEnd> ended;
  const std::int64_t now_ms = net::steady_ms();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_ms) {
    give_up(deadlines_.begin()->second, "the plugin gave no verdict within the deadline", ended);
  }
  if (!ended.empty()) ended_(std::move(ended));
  timer_.expires_after(std::chrono::milliseconds(sweep_ms));
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec) expire();
  });
}

}  // namespace subnetd::agent
