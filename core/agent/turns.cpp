// SPDX-License-Identifier: 0BSD
// What a turn needs from plugins, and what happens once it is durable. Engine thread.
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <unordered_set>
#include <utility>

#include "agent/core.hpp"
#include "agent/requests.hpp"
#include "api/events.hpp"

namespace subnetd::agent {
namespace {

constexpr std::size_t recent_max = 4'096;

DetectionSubject subject_of(const NodeRecord& r) {
  return {r.name_space, r.task, r.protocol};
}

// The record a change would leave, as far as detection looks at it.
DetectionSubject subject_of(const engine::State& s, const engine::Update& u) {
  DetectionSubject subject;
  if (const auto slot = s.find_miner(u.id); slot != engine::none) {
    subject = subject_of(s.miner_record(slot));
  }
  if (u.name_space) subject.name_space = *u.name_space;
  if (u.task) subject.task = *u.task;
  if (u.protocol) subject.protocol = *u.protocol;
  return subject;
}

// The request that was opened when this one's validator failed. 0: none.
std::uint64_t successor_of(const engine::State& s, const engine::Verdict& v, std::int64_t now_ms) {
  if (v.retry == engine::none) return 0;
  for (auto it = s.open.rbegin(); it != s.open.rend() && it->second.since_ms >= now_ms; ++it) {
    if (it->second.miner == v.miner && it->second.validator == v.retry) return it->first;
  }
  return 0;
}

}  // namespace

LoopHooks Agent::Core::hooks() {
  LoopHooks h;
  h.now_ms = [] { return net::utc_ms(); };
  h.random_seed = [this] { return random_seed(); };
  h.detect = [this](const engine::State& s, std::span<Arrival> a) { return detect(s, a); };
  h.match = [this](const engine::State& s, const engine::Effects& e) { return match(s, e); };
  h.matched = [this](const engine::State& s, std::span<const engine::Move> m,
                     const engine::Answer& a) { matched(s, m, a); };
  h.noted = [this](const engine::State& s, const engine::Fact& f) { noted(s, f); };
  h.committed = [this](const engine::State& s, const engine::Effects& e,
                       std::span<const engine::Fact> f,
                       std::span<const Arrival> a) { committed(s, e, f, a); };
  // Memory is ahead of disk: nothing may be served any more, not even an orderly farewell.
  h.lost = [this](const Error& error) {
    log.error("journal.lost", error.message, {{"next", "start again: facts are on disk"}});
    std::_Exit(1);
  };
  return h;
}

std::size_t Agent::Core::detect(const engine::State& s, std::span<Arrival> arrivals) {
  std::vector<DetectionSubject> subjects;
  std::vector<Detection*> wanted;
  std::unordered_set<std::string_view> touched;  // State does not show these as they will be
  std::size_t seen = 0;
  for (; seen < arrivals.size(); ++seen) {
    engine::Input& input = arrivals[seen].input;
    if (std::holds_alternative<engine::Boot>(input.body)) {
      // Other detectors may answer behind it.
      if (seen == 0) ++seen;
      break;
    }
    if (auto* r = std::get_if<engine::Register>(&input.body); r && r->role == Role::miner) {
      touched.insert(r->record.id);
      subjects.push_back(subject_of(r->record));
      wanted.push_back(&r->detection);
    } else if (auto* u = std::get_if<engine::Update>(&input.body);
               u && u->role == Role::miner && (u->name_space || u->task || u->protocol)) {
      if (!touched.insert(u->id).second) break;
      subjects.push_back(subject_of(s, *u));
      wanted.push_back(&u->detection);
    } else if (auto* gone = std::get_if<engine::UnmapNamespace>(&input.body)) {
      // Whom it decides shows State alone, as the inputs before it leave that.
      if (seen != 0) break;
      for (const std::uint32_t miner : engine::miners_mapped_by(s, gone->pattern)) {
        subjects.push_back(subject_of(s.miner_record(miner)));
        wanted.push_back(&gone->detections[miner]);
      }
      ++seen;
      break;
    } else if (auto* again = std::get_if<engine::Redetect>(&input.body)) {
      if (seen != 0) break;
      ask_again(s, *again);
      return 1;
    }
  }
  if (subjects.empty()) return seen;
  std::vector<Detection> answers = plugin_set->detectors.detect(subjects);
  for (std::size_t i = 0; i < wanted.size(); ++i) *wanted[i] = std::move(answers[i]);
  return seen;
}

// Whoever is passed over leaves its miners to the others, which is right for a new miner only.
void Agent::Core::ask_again(const engine::State& s, engine::Redetect& again) {
  const std::vector<std::uint32_t> miners = engine::miners_asked_again(s, again);
  std::vector<DetectionSubject> subjects;
  for (const std::uint32_t miner : miners) subjects.push_back(subject_of(s.miner_record(miner)));
  std::vector<std::uint64_t> faults;
  const std::vector<plugin::Instance*> detectors = plugin_set->detectors.instances();
  const auto faults_of = [](const plugin::Instance& detector) {
    return detector.stats().failures + detector.stats().violations;
  };
  for (const plugin::Instance* each : detectors) faults.push_back(faults_of(*each));
  std::vector<Detection> answers = plugin_set->detectors.detect(subjects);
  for (std::size_t i = 0; i < detectors.size(); ++i) {
    const bool out_of_service = detectors[i]->stats().absent || detectors[i]->stats().disabled;
    if (out_of_service || faults_of(*detectors[i]) != faults[i]) again.silent = detectors[i]->id();
  }
  for (std::size_t i = 0; i < miners.size(); ++i) {
    again.detections[miners[i]] = std::move(answers[i]);
  }
}

std::vector<engine::Input> Agent::Core::match(const engine::State& s,
                                              const engine::Effects& effects) {
  std::vector<engine::Input> proposals;
  const auto add = [&](const plugin::Moves& moves, bool rebalance) {
    engine::MatchProposed proposed;
    proposed.rebalance = rebalance;
    for (const sbn_match_move& m : moves) {
      proposed.moves.push_back(
          {m.miner, m.copy, m.validator, static_cast<UnmatchedReason>(m.reason)});
    }
    proposals.push_back({0, std::move(proposed)});
  };
  plugin::Matcher& matcher = *plugin_set->matcher;
  match_view.renew(s);
  std::uint64_t seed = 0;
  for (int i = 0; i < 8; ++i) seed = seed << 8 | s.epoch.seed[static_cast<std::size_t>(i)];
  matcher.instance().set_moment(s.now_ms, seed);
  match_events.clear();
  if (effects.match_reload) {
    const sbn_match_view view = match_view.view(s, 0);
    if (auto ok = matcher.load(view); !ok) log.error("matcher.load", ok.error().message);
    add(matcher.solve(view), false);
  } else if (!effects.match.empty()) {
    for (const engine::MatchEvent& e : effects.match) {
      match_events.push_back({static_cast<std::uint32_t>(e.kind), e.slot});
    }
    add(matcher.propose(match_view.view(s, 0), match_events), false);
  }
  if (effects.rebalance) {
    add(matcher.solve(match_view.view(s, s.settings.moves_per_minute)), true);
  }
  return proposals;
}

void Agent::Core::matched(const engine::State& s, std::span<const engine::Move> accepted,
                          const engine::Answer& answer) {
  std::vector<sbn_match_move> moves;
  for (const engine::Move& m : accepted) {
    moves.push_back({m.miner, m.copy, m.validator, static_cast<std::uint32_t>(m.reason)});
  }
  plugin::Matcher& matcher = *plugin_set->matcher;
  // The view is shown as it is now, so events of this question are observed once, with its moves.
  auto ok = matcher.observe(match_view.view(s, 0), match_events, moves);
  match_events.clear();
  if (!ok && !matcher.instance().disabled()) log.error("matcher.observe", ok.error().message);
  if (answer.refused == 0) return;
  refused_moves += answer.refused;
  matcher.report_refused(answer.refused, answer.refusal);
}

void Agent::Core::start_requests(const engine::State& s,
                                 const std::vector<std::uint64_t>& requests) {
  std::vector<ValidationStart> starts;
  std::vector<ValidationEnd> impossible;
  for (std::uint64_t request : requests) {
    if (!s.open.contains(request)) continue;  // ended within the same turn
    ValidationStart start = make_start(s, request, *plugin_set);
    if (!start.plugin) {
      ValidationEnd end;
      end.request = request;
      end.reason = "no [[validator]] table covers model type " + start.request.model_type;
      impossible.push_back(std::move(end));
      continue;
    }
    asked_as[request] = start.request.request_id;
    starts.push_back(std::move(start));
  }
  if (!starts.empty()) validations->start(std::move(starts));
  if (!impossible.empty()) ended(std::move(impossible));
}

void Agent::Core::ended(std::vector<ValidationEnd> ends) {
  for (ValidationEnd& end : ends) {
    Arrival arrival;
    arrival.input.body =
        engine::ValidationDone{end.request, end.outcome, end.score_ppm, end.by_agent};
    arrival.note = std::move(end.reason);
    loop->post_always(std::move(arrival));
  }
}

void Agent::Core::start_emission(const engine::State& s) {
  auto input = std::make_shared<const EmissionInput>(engine::emission_input(s));
  validations->run_on_worker([this, plugins = plugin_set, input, now_ms = s.now_ms] {
    plugin::Emission& policy = *plugins->emission;
    policy.instance().set_moment(now_ms, input->epoch);
    last_emission = input;
    Arrival arrival;
    arrival.input.body =
        engine::EmissionComputed{input->epoch, policy.instance().id(), policy.compute(*input),
                                 engine::EmissionRows{input->registered_at, input->payable}};
    loop->post_always(std::move(arrival));
  });
}

void Agent::Core::report_ends(const engine::State& s, std::span<const engine::Fact> facts,
                              std::span<const Arrival> arrivals) {
  std::map<std::uint64_t, const std::string*> notes;
  for (const Arrival& a : arrivals) {
    if (const auto* done = std::get_if<engine::ValidationDone>(&a.input.body)) {
      notes[done->request] = &a.note;
    }
  }
  std::size_t verdict = 0;
  for (const engine::Fact& fact : facts) {
    const auto* v = std::get_if<engine::Verdict>(&fact.body);
    if (v == nullptr) continue;
    api::ValidationReport report;
    const auto asked = asked_as.extract(v->request);
    report.request_id = asked ? asked.mapped() : request_id(s, v->request);
    report.finished = true;
    report.outcome = v->outcome;
    report.score_ppm = v->score_ppm;
    report.validator = std::move(verdicts_by[verdict++]);
    if (const auto note = notes.find(v->request); note != notes.end())
      report.reason = *note->second;
    const std::uint64_t successor = successor_of(s, *v, fact.now_ms);
    tell_waiters(v->request, successor, report);
    recent[v->request] = Ending{std::move(report), successor};
    if (recent.size() > recent_max) recent.erase(recent.begin());
  }
}

// Who waits for a request that was given to somebody else waits on for that one.
void Agent::Core::tell_waiters(std::uint64_t request, std::uint64_t successor,
                               const api::ValidationReport& report) {
  const auto [first, last] = waiters.equal_range(request);
  std::vector<std::shared_ptr<Waiter>> told;
  for (auto it = first; it != last; ++it) told.push_back(it->second);
  waiters.erase(first, last);
  for (const auto& waiter : told) {
    if (successor != 0) {
      waiters.emplace(successor, waiter);
      continue;
    }
    boost::asio::post(io, [waiter, report] {
      waiter->report = report;
      waiter->timer.cancel();
    });
  }
}

void Agent::Core::noted(const engine::State& s, const engine::Fact& fact) {
  if (std::holds_alternative<engine::Started>(fact.body)) take_over();
  if (subscriber_count != 0) events += api::sse_event(s, fact);
  if (const auto* v = std::get_if<engine::Verdict>(&fact.body)) {
    verdicts_by.push_back(v->validator == engine::none ? agent_validator
                                                        : s.validators[v->validator].record.id);
  }
}

void Agent::Core::publish() {
  if (events.empty()) return;
  boost::asio::post(io, [this, text = std::exchange(events, {})] {
    std::erase_if(subscribers, [&](const auto& stream) { return !stream->push(text); });
    subscriber_count = subscribers.size();
  });
}

void Agent::Core::committed(const engine::State& s, const engine::Effects& effects,
                            std::span<const engine::Fact> facts,
                            std::span<const Arrival> arrivals) {
  if (!effects.cancel.empty()) validations->cancel(effects.cancel);
  for (const std::uint64_t request : effects.cancel) asked_as.erase(request);
  if (!effects.validate.empty()) start_requests(s, effects.validate);
  if (effects.emit != 0 && s.epoch.closed == effects.emit) start_emission(s);
  report_ends(s, facts, arrivals);
  verdicts_by.clear();
  publish();
  snapshots->reached(s.facts);
  meters.committed(s, facts, loop->stats(), loop->queued());
  for (const engine::Fact& fact : facts) {
    if (const auto* held = std::get_if<engine::EpochHeld>(&fact.body)) {
      log.error("epoch.held", held->reason, {{"epoch", held->epoch}});
    }
    if (is_epoch_edge(fact)) begin_take_over();
  }
}

}  // namespace subnetd::agent
