// SPDX-License-Identifier: 0BSD
// What the HTTP face asks of the daemon. io thread, unless a name says otherwise.
#include <sodium.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <set>

#include "agent/core.hpp"

namespace subnetd::agent {
namespace asio = boost::asio;

namespace {

constexpr std::int64_t stuck_ms = 5'000;

// A matcher knows validators by their slots; people know them by their ids.
std::string with_ids(const engine::State& s, const std::string& text) {
  constexpr std::string_view word = "validator slot ";
  std::string out;
  std::size_t from = 0;
  for (std::size_t at; (at = text.find(word, from)) != text.npos;) {
    const std::size_t digits = at + word.size();
    const std::size_t end = std::min(text.find_first_not_of("0123456789", digits), text.size());
    std::uint32_t slot = 0;
    std::from_chars(text.data() + digits, text.data() + end, slot);
    out += text.substr(from, at - from);
    out += end > digits && s.validator_alive(slot) ? s.validators[slot].record.id
                                                   : text.substr(at, end - at);
    from = end;
  }
  return out + text.substr(from);
}

// Suspends until `start(resume)` has called resume, from whatever thread, and resumes on the io
// thread with what it was given.
template <class T, class Start>
asio::awaitable<T> await_answer(asio::io_context& io, Start start) {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [&io](auto handler, Start begin) {
        auto held = std::make_shared<decltype(handler)>(std::move(handler));
        begin([&io, held](T answer) {
          asio::post(io, [held, a = std::move(answer)]() mutable { (*held)(std::move(a)); });
        });
      },
      asio::use_awaitable, std::move(start));
}

}  // namespace

asio::awaitable<Result<engine::Answer>> Agent::Core::submit(engine::Input input,
                                                               AnswerLook look) {
  if (draining) {
    co_return fail(Errc::unavailable, "the daemon is shutting down", "try again in a moment");
  }
  auto shared = std::make_shared<Arrival>();
  shared->input = std::move(input);
  shared->look = std::move(look);
  auto start = [this, shared](std::function<void(Result<engine::Answer>)> resume) {
    shared->done = resume;
    if (auto ok = loop->post(std::move(*shared)); !ok) resume(std::unexpected(ok.error()));
  };
  auto answer = co_await await_answer<Result<engine::Answer>>(io, std::move(start));
  co_return answer;
}

asio::awaitable<Result<void>> Agent::Core::read(std::function<void(const engine::State&)> query) {
  auto start = [this, query](std::function<void(Result<engine::Answer>)> resume) {
    loop->read([query, resume](const engine::State& s) {
      Result<engine::Answer> end;
      try {
        query(s);
      } catch (const std::exception& error) {  // a reader must not take the engine with it
        end = fail(Errc::internal, std::string("reading the state failed: ") + error.what());
      }
      resume(std::move(end));
    });
  };
  auto end = co_await await_answer<Result<engine::Answer>>(io, std::move(start));
  if (!end) co_return std::unexpected(std::move(end.error()));
  co_return Result<void>{};
}

asio::awaitable<api::ValidationReport> Agent::Core::wait_validation(std::uint64_t request,
                                                                    std::int64_t deadline_ms) {
  auto waiter = std::make_shared<Waiter>(io);
  waiter->timer.expires_after(std::chrono::milliseconds(deadline_ms));
  loop->read([this, waiter, request](const engine::State& s) {
    std::uint64_t last = request;
    auto over = recent.find(last);
    while (over != recent.end() && over->second.successor != 0) {
      last = over->second.successor;
      over = recent.find(last);
    }
    if (over == recent.end() && s.open.contains(last)) {
      waiters.emplace(last, waiter);
      return;
    }
    asio::post(io, [waiter, report = over == recent.end() ? api::ValidationReport{}
                                                          : over->second.report] {
      waiter->report = report;
      waiter->timer.cancel();
    });
  });
  boost::system::error_code ec;
  co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  if (!waiter->report.finished) {
    loop->read([this, waiter](const engine::State&) {
      std::erase_if(waiters, [&](const auto& entry) { return entry.second == waiter; });
    });
  }
  co_return waiter->report;
}

std::vector<std::string> Agent::Core::explain_on_engine(const engine::State& s,
                                                        const std::string& id,
                                                        std::string& model_type,
                                                        std::uint32_t& uid) {
  const std::uint32_t miner = s.find_miner(id);
  if (miner == engine::none) {
    const std::uint32_t validator = s.find_validator(id);
    if (validator != engine::none) uid = s.validators[validator].uid;
    return {};
  }
  uid = s.miners[miner].uid;
  model_type = s.type_name(s.columns.type[miner]);
  const NodeRecord record = s.miner_record(miner);
  std::vector<std::string> lines =
      plugin_set->detectors.explain({record.name_space, record.task, record.protocol});
  match_view.renew(s);
  auto why = plugin_set->matcher->explain(match_view.view(s, 0), miner);
  lines.push_back(plugin_set->matcher->instance().id() + ": " +
                  (why ? with_ids(s, *why) : why.error().message));
  return lines;
}

// On the worker: what validator and emission plugins say.
namespace {

void explain_on_worker(PluginSet& plugins, const std::string& model_type, std::uint32_t uid,
                       const EmissionInput* emission, std::vector<std::string>& lines) {
  if (const auto rule = plugins.rule_for(model_type);
      !model_type.empty() && rule != PluginSet::no_rule) {
    plugin::Validator& v = *plugins.validators[rule].validator;
    if (auto text = v.explain(model_type)) lines.push_back(v.instance().id() + ": " + *text);
  }
  if (emission == nullptr) return;
  for (std::size_t row = 0; row < emission->uid.size(); ++row) {
    if (emission->uid[row] != uid) continue;
    if (auto text = plugins.emission->explain(*emission, row)) {
      lines.push_back(plugins.emission->instance().id() + ", epoch " +
                      std::to_string(emission->epoch) + ": " + *text);
    }
  }
}

}  // namespace

asio::awaitable<std::vector<std::string>> Agent::Core::explain(std::string id) {
  using Lines = std::vector<std::string>;
  auto start = [this, id](std::function<void(Lines)> resume) {
    loop->read([this, id, resume](const engine::State& s) {
      std::string model_type;
      std::uint32_t uid = engine::none;
      Lines lines = explain_on_engine(s, id, model_type, uid);
      validations->run_on_worker([this, plugins = plugin_set, model_type, uid, resume,
                                  lines]() mutable {
        explain_on_worker(*plugins, model_type, uid, last_emission.get(), lines);
        resume(std::move(lines));
      });
    });
  };
  auto lines = co_await await_answer<Lines>(io, std::move(start));
  co_return lines;
}

asio::awaitable<api::ReloadReport> Agent::Core::reload(api::ReloadAsk ask) {
  auto start = [this, ask](std::function<void(api::ReloadReport)> resume) {
    reload_later(ask, resume);
  };
  auto report = co_await await_answer<api::ReloadReport>(io, std::move(start));
  co_return report;
}

asio::awaitable<std::vector<api::PluginView>> Agent::Core::plugins() {
  std::vector<api::PluginView> views;
  std::map<std::string, plugin::Quarantined> held;  // those that no instance stands for
  for (plugin::Quarantined& record : quarantine().all()) {
    held.emplace(record.sha256, std::move(record));
  }
  std::set<std::string> shown;
  for (plugin::Instance* instance : shown_set->instances()) {
    const plugin::InstanceStats s = instance->stats();
    const plugin::Library& library = *instance->offer().library;
    api::PluginView view;
    view.id = instance->id();
    view.kind = instance->offer().component->kind;
    view.version = library.version();
    view.file = library.path().string();
    view.sha256 = library.sha256();
    view.isolation = instance->isolated() ? "process" : "inproc";
    view.worker_deaths = instance->worker_deaths();
    view.trust = s.absent ? "" : library.standing().words();
    view.state = held.contains(view.sha256) ? "quarantined" : s.disabled ? "disabled" : "active";
    view.reason = held.contains(view.sha256) ? held.at(view.sha256).reason : s.reason;
    view.calls = s.calls;
    view.items = s.items;
    view.failures = s.failures + s.violations;
    view.busy_ns = s.busy_ns;
    shown.insert(view.sha256);
    views.push_back(std::move(view));
  }
  for (const auto& [sha256, record] : held) {
    if (shown.contains(sha256)) continue;
    api::PluginView view;
    view.id = record.id;
    view.file = record.file;
    view.sha256 = sha256;
    view.state = "quarantined";
    view.reason = record.reason;
    views.push_back(std::move(view));
  }
  co_return views;
}

plugin::Quarantine Agent::Core::quarantine() const {
  return plugin::Quarantine(plugin_state_folder(options.config));
}

Result<void> Agent::Core::ready() const {
  if (draining) return fail(Errc::unavailable, "the daemon is shutting down");
  if (!alive()) return fail(Errc::unavailable, "the engine has not turned for 5 seconds");
  return {};
}

bool Agent::Core::alive() const { return net::utc_ms() - loop->last_turn_ms() < stuck_ms; }

std::shared_ptr<net::ResponseStream> Agent::Core::subscribe() {
  std::erase_if(subscribers, [](const auto& stream) { return stream->closed(); });
  auto stream = std::make_shared<net::ResponseStream>();
  subscribers.push_back(stream);
  subscriber_count = subscribers.size();
  return stream;
}

std::string Agent::Core::metrics() {
  if (!options.config.metrics.enabled) return {};
  const net::ServerStats served = server ? server->stats() : net::ServerStats{};
  return meters.expose(*shown_set, prober->stats(), served, quarantine().all().size());
}

Challenge Agent::Core::random_seed() {
  Challenge seed;
  randombytes_buf(seed.data(), seed.size());
  return seed;
}

}  // namespace subnetd::agent
