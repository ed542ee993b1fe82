// SPDX-License-Identifier: 0BSD
#include "agent/meters.hpp"

#include <array>
#include <map>

#include "net/http_types.hpp"

namespace subnetd::agent {
namespace {

constexpr std::array outcome_names{"scored", "miner_failed", "validator_failed", "plugin_failed",
                                   "carried"};

constexpr std::size_t validators_shown_max = 200;  // by name; with their outcomes one family's fill

}  // namespace

// A first failure is an increase only where a 0 was seen before it.
Meters::Meters() {
  for (const char* result : {"done", "failed"}) reloads(result).add(0);
}

observe::Counter Meters::reloads(std::string_view result) {
  return metrics_.counter("reloads_total", "Reloads of the configuration.", {{"result", result}});
}

void Meters::committed(const engine::State& s, std::span<const engine::Fact> facts,
                       const LoopStats& stats, std::size_t queued) {
  if (!facts.empty()) count(s, facts, stats);
  metrics_.gauge("inputs_queued", "Inputs waiting for a turn.").set(static_cast<double>(queued));
  changed_ = changed_ || !facts.empty();
  const std::int64_t now_ms = net::steady_ms();
  if (!changed_ || now_ms - counted_at_ms_ < 1'000) return;  // the rest walks over State
  changed_ = false;
  counted_at_ms_ = now_ms;
  measure(s);
}

void Meters::count(const engine::State& s, std::span<const engine::Fact> facts,
                   const LoopStats& stats) {
  metrics_.counter("facts_total", "Facts made durable.").add(static_cast<double>(facts.size()));
  const std::uint64_t appends = stats.appends - last_.appends;
  if (appends > 0) {
    metrics_.counter("appends_total", "Durable appends.").add(static_cast<double>(appends));
    metrics_
        .histogram("append_seconds", "Time of one durable append.",
                   {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1})
        .observe(static_cast<double>(stats.append_ns - last_.append_ns) / 1e9);
  }
  last_ = stats;
  std::array<std::uint64_t, outcome_names.size()> outcomes{};
  std::map<std::pair<std::uint32_t, std::size_t>, std::uint64_t> by_validator;
  for (const engine::Fact& fact : facts) {
    if (const auto* v = std::get_if<engine::Verdict>(&fact.body)) {
      const auto outcome = static_cast<std::size_t>(v->outcome);
      ++outcomes[outcome];
      const bool named = v->validator != engine::none && s.validator_alive(v->validator);
      if (named) ++by_validator[{v->validator, outcome}];
    }
  }
  for (const auto& [what, count] : by_validator) {
    const std::string& id = s.validators[what.first].record.id;
    const bool shown = shown_validators_.contains(id) ||
                       (shown_validators_.size() < validators_shown_max &&
                        shown_validators_.insert(id).second);
    metrics_
        .counter("validator_verdicts_total", "Validation requests that ended, by who was asked.",
                 {{"validator", shown ? std::string_view(id) : "other"},
                  {"result", outcome_names[what.second]}})
        .add(static_cast<double>(count));
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    metrics_
        .counter("verdicts_total", "Validation requests that ended.",
                 {{"result", outcome_names[i]}})
        .add(static_cast<double>(outcomes[i]));
  }
}

void Meters::measure(const engine::State& s) {
  metrics_.gauge("validators", "Registered validators.")
      .set(static_cast<double>(s.validator_index.size()));
  metrics_.gauge("validations_open", "Requests under way.").set(static_cast<double>(s.open.size()));
  metrics_.gauge("epoch", "Number of the running epoch.").set(static_cast<double>(s.epoch.open));
  metrics_.gauge("epoch_held", "1 while an epoch waits for its policy.").set(s.epoch.held ? 1 : 0);
  std::vector<std::uint64_t> by_type(s.types.size(), 0);
  std::uint64_t unmatched = 0;
  for (std::size_t m = 0; m < s.miners.size(); ++m) {
    if (s.columns.state[m] != 0) ++by_type[s.columns.type[m]];
  }
  for (std::size_t i = 0; i < s.columns.current.size(); ++i) {
    if (s.columns.state[i / s.redundancy()] == 1 && s.columns.current[i] == engine::none) {
      ++unmatched;
    }
  }
  shown_types_.resize(s.types.size(), false);
  for (std::size_t type = 0; type < by_type.size(); ++type) {
    if (by_type[type] == 0 && !shown_types_[type]) continue;
    shown_types_[type] = true;  // a type whose last miner left shows 0
    metrics_.gauge("miners", "Registered miners.", {{"type", s.types[type]}})
        .set(static_cast<double>(by_type[type]));
  }
  metrics_.gauge("unmatched", "Copies without a validator.").set(static_cast<double>(unmatched));
}

void Meters::reloaded(std::string_view result) {
  reloads(result).add(1);
}

std::string Meters::expose(PluginSet& plugins, const prober::ProberStats& prober,
                           const net::ServerStats& server, std::size_t quarantined) {
  metrics_.gauge("plugins_quarantined", "Plugin files that are held in quarantine.")
      .set(static_cast<double>(quarantined));
  for (plugin::Instance* instance : plugins.instances()) {
    const plugin::InstanceStats s = instance->stats();
    const std::string& id = instance->id();
    metrics_.gauge("plugin_calls", "Calls into a plugin.", {{"plugin", id}})
        .set(static_cast<double>(s.calls));
    metrics_.gauge("plugin_busy_seconds", "Time inside a plugin.", {{"plugin", id}})
        .set(static_cast<double>(s.busy_ns) / 1e9);
    metrics_.gauge("plugin_failures", "Calls that failed by the plugin's fault.", {{"plugin", id}})
        .set(static_cast<double>(s.failures + s.violations));
    metrics_.gauge("plugin_disabled", "1 when a plugin was disabled.", {{"plugin", id}})
        .set(s.disabled ? 1 : 0);
    if (instance->isolated()) {
      metrics_.gauge("plugin_worker_deaths", "Workers of a plugin that are gone.", {{"plugin", id}})
          .set(static_cast<double>(instance->worker_deaths()));
    }
    for (const plugin::PluginMetric& m : instance->metrics()) {
      metrics_.gauge("plugin_" + m.name, m.help, {{"plugin", id}}).set(m.value);
    }
  }
  const auto add_since = [&](const char* name, const char* help, std::uint64_t now,
                             std::uint64_t& before) {
    metrics_.counter(name, help).add(static_cast<double>(now - before));
    before = now;
  };
  add_since("probes_total", "Probes sent, retries included.", prober.sent, last_prober_.sent);
  add_since("probes_failed_total", "Probes without an answer.", prober.failed, last_prober_.failed);
  add_since("probes_refused_total", "Probes that the address guard refused.", prober.refused,
            last_prober_.refused);
  add_since("probes_unsent_total", "Probes that waited too long for a flight or a descriptor.",
            prober.unsent, last_prober_.unsent);
  metrics_.gauge("probes_in_flight", "Probes in flight.")
      .set(static_cast<double>(prober.in_flight));
  metrics_.gauge("http_connections", "Open HTTP connections.")
      .set(static_cast<double>(server.connections));
  add_since("http_requests_total", "HTTP requests served.", server.requests, last_requests_);
  add_since("http_refused_total", "HTTP requests refused by the gate.", server.refused_requests,
            last_refused_);
  return metrics_.expose();
}

}  // namespace subnetd::agent
