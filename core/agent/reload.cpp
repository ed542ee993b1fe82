// SPDX-License-Identifier: 0BSD
#include "agent/reload.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <future>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/core.hpp"
#include "config/follow.hpp"

namespace subnetd::agent {
namespace asio = boost::asio;

namespace {

constexpr std::uint32_t miners_at_once = 4'096;  // in one look at State

// Where the nodes of both are the same, as they are in one epoch.
std::uint64_t paid_otherwise(const EmissionOutput& a, const EmissionOutput& b) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < a.amount_nano.size(); ++i) {
    if (a.amount_nano[i] != b.amount_nano[i]) ++count;
  }
  return count;
}

// A start serves without what is held in quarantine; a reload would take what serves away.
Result<void> check_all_run(PluginSet& running, PluginSet& next) {
  std::set<std::string> absent;
  for (plugin::Instance* each : running.instances()) {
    if (each->stats().absent) absent.insert(each->id());
  }
  for (plugin::Instance* each : next.instances()) {
    if (!each->stats().absent || absent.contains(each->id())) continue;
    return fail(Errc::refused, each->id() + " may not run: " + each->stats().reason,
                "subnetd plugin trust FILE lets it out of quarantine");
  }
  return {};
}

}  // namespace

bool is_epoch_edge(const engine::Fact& fact) {
  return std::holds_alternative<engine::EpochEmitted>(fact.body) ||
         std::holds_alternative<engine::EpochHeld>(fact.body);
}

void Agent::Core::catch_hangup() {
  hangup = std::make_shared<asio::signal_set>(io, SIGHUP);
  const auto wait = std::make_shared<std::function<void()>>();
  *wait = [this, again = std::weak_ptr(wait)] {
    hangup->async_wait([this, next = again.lock()](boost::system::error_code ec, int) {
      if (ec) return;
      reload_later({}, {});
      (*next)();
    });
  };
  (*wait)();
}

void Agent::Core::reload_later(api::ReloadAsk ask, ReloadSink done) {
  asio::post(control, [this, ask, done = std::move(done)] { stage(ask, done); });
}

void Agent::Core::stage(const api::ReloadAsk& ask, const ReloadSink& done) {
  auto next = stage_plugins(ask);
  if (!next) {
    api::ReloadReport report;
    report.state = "failed";
    report.reason = next.error().message;
    if (!next.error().hint.empty()) report.reason += " (" + next.error().hint + ")";
    log.error("reload.failed", report.reason, {{"next", "what served before goes on"}});
    return tell(report, done);
  }
  (*next)->report.state = "staged";
  for (const std::string& key : (*next)->report.need_restart) {
    log.warn("reload.needs_restart", "changed, and takes effect at the next start", {{"key", key}});
  }
  log.info("reload.staged", "the plugins that were asked for stand by",
           {{"waits_for", ask.now ? "the next turn" : "the end of the epoch"}});
  // Who wants it now hears of its end, everybody else that it stands by.
  if (ask.now) {
    (*next)->done = done;
  } else {
    tell((*next)->report, done);
  }
  offer(std::move(*next));
}

Result<std::unique_ptr<StagedReload>> Agent::Core::stage_plugins(const api::ReloadAsk& ask) {
  if (!options.reread) {
    return fail(Errc::refused, "this host was started without a file that could be read again",
                "start another");
  }
  auto next = std::make_unique<StagedReload>();
  SUBNETD_TRY(next->resolved, options.reread());
  config::Changes changes = config::follow(running, next->resolved);
  next->report.changed = std::move(changes.taken);
  next->report.need_restart = std::move(changes.need_restart);
  next->now = ask.now;
  const config::Config& config = next->resolved.config;
  SUBNETD_TRY(next->plugins,
              load_plugins(config, plugin_log(),
                           {.safe_mode = options.safe_mode,
                            .marks_steps = containment.is_on(),
                            .in_program = options.in_program,
                            .running = &running_set->catalogue}));
  for (const plugin::Refusal& refusal : next->plugins->catalogue.refusals()) {
    log.warn("plugin.refused", refusal.error.message, {{"hint", refusal.error.hint}});
  }
  SUBNETD_CHECK(check_all_run(*running_set, *next->plugins));
  next->settings = settings(config, *next->plugins);
  if (ask.shadow) next->report.shadow = compare(*next->plugins);
  return next;
}

void Agent::Core::on_engine(const std::function<void(const engine::State&)>& query) {
  std::promise<void> answered;
  loop->read([&](const engine::State& s) {
    query(s);
    answered.set_value();
  });
  answered.get_future().wait();
}

// Nobody else asks the new ones yet. Those that serve are asked on their own threads.
api::ReloadReport::Shadow Agent::Core::compare(PluginSet& next) {
  api::ReloadReport::Shadow shadow;
  for (std::uint32_t from = 0, end = 1; from < end; from += miners_at_once) {
    std::vector<NodeRecord> records;
    std::vector<DetectionSubject> subjects;  // of the records
    std::vector<Detection> now;
    on_engine([&](const engine::State& s) {
      end = static_cast<std::uint32_t>(s.miners.size());
      for (std::uint32_t m = from; m < std::min(end, from + miners_at_once); ++m) {
        if (s.miner_alive(m)) records.push_back(s.miner_record(m));
      }
      for (const NodeRecord& r : records) subjects.push_back({r.name_space, r.task, r.protocol});
      now = plugin_set->detectors.detect(subjects);
    });
    const std::vector<Detection> then = next.detectors.detect(subjects);
    shadow.miners += subjects.size();
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      if (now[i].model_type != then[i].model_type) ++shadow.types_changed;
    }
  }
  EmissionInput input;
  MatchView shown;
  engine::MinerColumns columns;  // a copy: the turns go on while the new matcher thinks
  sbn_match_view view{};
  on_engine([&](const engine::State& s) {
    input = engine::emission_preview(s, s.now_ms);
    shown.renew(s);
    columns = s.columns;
    view = shown.view(s, columns, s.settings.moves_per_minute);
  });
  if (next.matcher->load(view)) {
    for (const sbn_match_move& move : next.matcher->solve(view)) {
      const std::size_t at = std::size_t{move.miner} * view.redundancy + move.copy;
      if (view.current[at] != move.validator) ++shadow.moves;
    }
  }
  std::promise<Result<EmissionOutput>> asked;
  validations->run_on_worker([&] {
    running_set->emission->instance().set_moment(net::utc_ms(), input.epoch);
    asked.set_value(running_set->emission->compute(input));
  });
  const Result<EmissionOutput> now = asked.get_future().get();
  next.emission->instance().set_moment(net::utc_ms(), input.epoch);
  const Result<EmissionOutput> then = next.emission->compute(input);
  if (!now || !then) {
    shadow.paid_error = (!now ? now : then).error().message;
  } else {
    shadow.paid_changed = paid_otherwise(*now, *then);
  }
  return shadow;
}

void Agent::Core::offer(std::unique_ptr<StagedReload> next) {
  const auto shared = std::make_shared<std::unique_ptr<StagedReload>>(std::move(next));
  loop->read([this, shared](const engine::State& s) {
    if (staged) {
      staged->report.state = "replaced";
      tell(staged->report, staged->done);
    }
    staged = std::move(*shared);
    // A held epoch may wait for just this.
    if (staged->now || s.epoch.held) begin_take_over();
  });
}

// As an input of its own: the engine may refuse the settings, and all behind it sees the new types.
void Agent::Core::begin_take_over() {
  if (!staged || arriving) return;
  arriving = std::move(staged);
  Arrival arrival;
  arrival.input.body = engine::Boot{arriving->settings, arriving->plugins->detectors.types()};
  arrival.done = [this](const Result<engine::Answer>& answer) { taken_over(answer); };
  loop->post_always(std::move(arrival));
}

// Before the fact is applied, after which the matcher is loaded anew. Requests under way stay with
// the validators they began with, which end with the last of them.
void Agent::Core::take_over() {
  if (arriving) plugin_set = arriving->plugins;
}

void Agent::Core::taken_over(const Result<engine::Answer>& answer) {
  const std::shared_ptr<StagedReload> over = std::move(arriving);
  over->report.state = answer ? "done" : "failed";
  if (answer) {
    log.info("reload.done", "the plugins that were asked for serve");
    serve_with(over);
  } else {
    over->report.reason = answer.error().message;
    log.error("reload.failed", answer.error().message);
  }
  tell(over->report, over->done);
  if (staged && staged->now) begin_take_over();  // it came while this one was let in
}

// What the other threads know of it.
void Agent::Core::serve_with(const std::shared_ptr<StagedReload>& over) {
  asio::post(io, [this, over] {
    log.set_least(observe::level_of(over->resolved.config.log.level));
    if (api) api->weigh_by(weight_rules(over->resolved.config.emission));
    // What served before ends on the control thread: workers may take their time to.
    auto before = std::exchange(shown_set, over->plugins);
    asio::post(control, [this, over, before = std::move(before)] {
      running = std::move(over->resolved);
      running_set = over->plugins;
      if (auto ok = map_namespaces(running.config.mappings); !ok) {
        log.error("reload.namespaces", ok.error().message);
      }
    });
  });
}

void Agent::Core::tell(const api::ReloadReport& report, const ReloadSink& done) {
  asio::post(io, [this, report, done] {
    if (report.state != "replaced") reload_report = report;
    if (report.state == "done" || report.state == "failed") meters.reloaded(report.state);
    if (done) done(report);
  });
}

}  // namespace subnetd::agent
