// SPDX-License-Identifier: 0BSD
// Which validations are owed, and what came of them. Miners are due at hash(id) mod interval, by a
// wheel of buckets, so rounds never herd and a tick touches only those whose time came.
#include <algorithm>
#include <tuple>

#include "engine/rooms.hpp"

namespace subnetd::engine {

std::uint16_t due_bucket(std::string_view id) {
  return static_cast<std::uint16_t>(hash64(id, 0x64756500) % wheel_buckets);
}

// Sorted, so that the order of requests does not hang on the order of registrations.
void wheel_add(State& s, std::uint32_t miner) {
  auto& bucket = s.wheel[due_bucket(s.miner_id(miner))];
  if (bucket.size() == bucket.capacity()) bucket.reserve(bucket.size() + bucket.size() / 16 + 4);
  bucket.insert(std::lower_bound(bucket.begin(), bucket.end(), miner), miner);
}

void wheel_remove(State& s, std::uint32_t miner) {
  auto& bucket = s.wheel[due_bucket(s.miner_id(miner))];
  bucket.erase(std::lower_bound(bucket.begin(), bucket.end(), miner));
}

// Takes a request out of the open ones.
OpenRequest close_request(State& s, std::map<std::uint64_t, OpenRequest>::iterator it) {
  OpenRequest request = std::move(it->second);
  s.open.erase(it);
  MinerRow& row = s.miners[request.miner];
  if (request.reprobe) {
    row.marks &= static_cast<std::uint8_t>(~MinerRow::tried_on_mark);
  } else {
    SUBNETD_INVARIANT(row.open > 0);
    --row.open;
  }
  if (request.validator != none) --s.validators[request.validator].open;
  return request;
}

namespace {

void open_request(State& s, OpenRequest request, Effects& effects) {
  const std::uint64_t number = s.next_request++;
  request.since_ms = s.now_ms;
  MinerRow& row = s.miners[request.miner];
  if (request.reprobe) {
    row.marks |= MinerRow::tried_on_mark;
  } else {
    ++row.open;
  }
  if (request.validator != none) ++s.validators[request.validator].open;
  s.digest.add(std::uint64_t{request.miner} << 32 | request.validator);
  s.open.emplace(number, std::move(request));
  effects.validate.push_back(number);
}

bool judged_by_agent(const State& s, TypeId type) {
  const auto& agent = s.settings.agent_types;
  return std::find(agent.begin(), agent.end(), s.types[type]) != agent.end() ||
         std::find(agent.begin(), agent.end(), any_type) != agent.end();
}

// Opens what a miner is owed now: one request a matched copy, or one for the daemon itself.
void open_for(State& s, std::uint32_t m, const Challenge& seed, Effects& effects) {
  if (judged_by_agent(s, s.columns.type[m])) {
    OpenRequest request;
    request.miner = m;
    request.seed = seed;
    open_request(s, std::move(request), effects);
    return;
  }
  for (std::uint32_t c = 0; c < s.redundancy(); ++c) {
    if (s.current(m, c) == none) continue;
    OpenRequest request;
    request.miner = m;
    request.copy = c;
    request.validator = s.current(m, c);
    request.seed = seed;
    open_request(s, std::move(request), effects);
    if (s.miners[m].status == Status::inactive) return;  // one is enough to see that it is back
  }
}

void open_bucket(State& s, std::uint64_t bucket, const Challenge& seed, Effects& effects) {
  for (std::uint32_t m : s.wheel[bucket]) {
    MinerRow& row = s.miners[m];
    if (s.columns.state[m] != 1 || row.open != 0) continue;
    if (row.status == Status::inactive && row.skip > 0) {
      --row.skip;
      continue;
    }
    open_for(s, m, seed, effects);
  }
}

// An inactive validator shows that it is back on a miner it could serve, beside what that miner is
// owed anyway.
void reprobe_validators(State& s, const Challenge& seed, Effects& effects) {
  for (std::uint32_t v : s.lost_validators) {
    ValidatorRow& row = s.validators[v];
    if (row.open != 0 || row.probe_at_ms > s.now_ms) continue;
    row.probe_at_ms = s.now_ms + s.settings.interval_ms;
    const auto n = static_cast<std::uint32_t>(s.miners.size());
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t m = (v + i) % n;  // not all on the first miner
      const bool own = row.owner != 0 && row.owner == s.columns.owner[m];
      if (s.columns.state[m] != 1 || s.miners[m].tried_on() || own) continue;
      const TypeId type = s.columns.type[m];
      if (!serves(row, type) || judged_by_agent(s, type)) continue;
      OpenRequest request;
      request.miner = m;
      request.validator = v;
      request.reprobe = true;
      request.seed = seed;
      open_request(s, std::move(request), effects);
      break;
    }
  }
}

}  // namespace

void cancel_requests(State& s, std::uint32_t miner, Effects& effects) {
  if (s.miners[miner].open == 0 && !s.miners[miner].tried_on()) return;
  for (auto it = s.open.begin(); it != s.open.end();) {
    const auto here = it++;
    if (here->second.miner != miner) continue;
    effects.cancel.push_back(here->first);
    close_request(s, here);
  }
}

void cancel_validator_requests(State& s, std::uint32_t validator, Effects& effects) {
  if (s.validators[validator].open == 0) return;
  for (auto it = s.open.begin(); it != s.open.end();) {
    const auto here = it++;
    if (here->second.validator != validator) continue;
    effects.cancel.push_back(here->first);
    close_request(s, here);
  }
}

namespace {

// The turns of the wheel after the last Due, up to this time; at most one whole round.
struct Span {
  std::int64_t from, to;
};

Span due_span(const State& s, std::int64_t to_ms) {
  constexpr auto buckets = static_cast<std::int64_t>(wheel_buckets);
  const std::int64_t interval_ms = s.settings.interval_ms;
  const auto position = [&](std::int64_t ms) {
    return ms / interval_ms * buckets + ms % interval_ms * buckets / interval_ms;
  };
  const std::int64_t to = position(to_ms);
  return {std::max(position(s.due_ms), to - buckets) + 1, to};
}

}  // namespace

bool anything_due(const State& s, std::int64_t now_ms) {
  for (std::uint32_t v : s.lost_validators) {
    if (s.validators[v].open == 0 && s.validators[v].probe_at_ms <= now_ms) return true;
  }
  const Span span = due_span(s, now_ms);
  for (std::int64_t at = span.from; at <= span.to; ++at) {
    if (!s.wheel[static_cast<std::uint64_t>(at) % wheel_buckets].empty()) return true;
  }
  return false;
}

void apply_due(State& s, const Due& f, Effects& effects) {
  const Span span = due_span(s, f.to_ms);
  for (std::int64_t at = span.from; at <= span.to; ++at) {
    open_bucket(s, static_cast<std::uint64_t>(at) % wheel_buckets, f.seed, effects);
  }
  s.due_ms = f.to_ms;
  reprobe_validators(s, f.seed, effects);
}

void decide_validate(const State& s, const Validate& in, std::int64_t now_ms, Decision& out) {
  const std::uint32_t m = s.find_miner(in.miner);
  if (m == none) {
    out.answer = fail(Errc::not_found, "no miner \"" + in.miner + "\"");
    return;
  }
  const MinerRow& row = s.miners[m];
  if (row.open > 0) {
    for (const auto& [number, request] : s.open) {
      if (request.miner == m && !request.reprobe) {
        out.answer = Answer{.id = in.miner, .request = number};
        return;
      }
    }
  }
  bool matched = judged_by_agent(s, s.columns.type[m]);
  for (std::uint32_t c = 0; c < s.redundancy(); ++c) matched |= s.current(m, c) != none;
  if (s.columns.state[m] != 1 || !matched) {
    const auto why = static_cast<UnmatchedReason>(s.columns.why[std::size_t{m} * s.redundancy()]);
    out.answer = fail(Errc::refused,
                      "miner \"" + in.miner + "\" has no validator: " +
                          (s.columns.state[m] != 1 ? std::string("it is ") + status_name(row.status)
                                                   : std::string(unmatched_reason_name(why))),
                      "subnetd explain " + in.miner);
    return;
  }
  add_fact(out, now_ms, Owed{m, in.seed});
  out.answer = Answer{.id = in.miner, .request = s.next_request};
}

void apply_owed(State& s, const Owed& f, Effects& effects) {
  if (s.miners[f.miner].open == 0) open_for(s, f.miner, f.seed, effects);
}

namespace {

// Who is asked instead: eligible, not tried, not already this miner's; least loaded first.
std::uint32_t substitute(const State& s, const OpenRequest& request) {
  if (request.tried.size() >= limits::validation_retries_max) return none;
  std::uint32_t best = none;
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    const ValidatorRow& row = s.validators[v];
    if (!s.validator_alive(v) || row.status != Status::active || v == request.validator) continue;
    const auto& tried = request.tried;
    if (std::find(tried.begin(), tried.end(), v) != tried.end()) continue;
    if (!serves(row, s.columns.type[request.miner])) continue;
    if (row.owner != 0 && row.owner == s.columns.owner[request.miner]) continue;
    bool other_copy = false;
    for (std::uint32_t c = 0; c < s.redundancy(); ++c) {
      other_copy |= s.current(request.miner, c) == v && c != request.copy;
    }
    if (other_copy) continue;
    if (best == none) {
      best = v;
      continue;
    }
    const ValidatorRow& b = s.validators[best];
    const auto rank = [](const ValidatorRow& r) {
      return std::tuple(r.load, ppm_one - r.reliability_ppm, r.order);
    };
    if (rank(row) < rank(b)) best = v;
  }
  return best;
}

}  // namespace

void decide_done(const State& s, const ValidationDone& in, std::int64_t now_ms, Decision& out) {
  const auto it = s.open.find(in.request);
  if (it == s.open.end()) return;  // void since: its miner or validator left
  const OpenRequest& request = it->second;
  Verdict v{in.request, request.miner, in.by_agent ? none : request.validator, in.outcome,
            in.outcome == VerdictOutcome::scored ? std::min(in.score_ppm, ppm_one) : 0, none};
  // Nobody can be blamed who was not asked, and only the engine carries a mean.
  const bool nobody = v.outcome == VerdictOutcome::validator_failed && v.validator == none;
  if (nobody || v.outcome == VerdictOutcome::carried) v.outcome = VerdictOutcome::plugin_failed;
  if (v.outcome == VerdictOutcome::validator_failed && !request.reprobe) {
    v.retry = substitute(s, request);
  }
  add_fact(out, now_ms, v);
  score_facts(s, v, request.reprobe, now_ms, out);
  const MinerRow& row = s.miners[request.miner];
  const bool carry = v.outcome == VerdictOutcome::validator_failed && v.retry == none &&
                     !request.reprobe && row.previous_mean_ppm != none && !row.carried();
  if (carry) {
    add_fact(out, now_ms, Verdict{in.request, request.miner, none, VerdictOutcome::carried,
                                  row.previous_mean_ppm, none});
  }
}

void apply_verdict(State& s, const Verdict& f, Effects& effects) {
  s.digest.add(std::uint64_t{f.miner} << 32 | f.score_ppm);
  if (f.outcome == VerdictOutcome::carried) {
    apply_scoring(s, f, OpenRequest{});
    return;
  }
  const auto it = s.open.find(f.request);
  SUBNETD_INVARIANT(it != s.open.end());
  OpenRequest request = close_request(s, it);
  const Ppm before = f.validator == none ? 0 : s.validators[f.validator].reliability_ppm;
  apply_scoring(s, f, request);
  constexpr Ppm step = 10'000;  // how finely a matcher sees reliability
  if (f.validator != none && s.validators[f.validator].reliability_ppm / step != before / step) {
    effects.match.push_back({MatchEventKind::validator_changed, f.validator});
  }
  if (f.retry != none) {
    if (request.validator != none) request.tried.push_back(request.validator);
    request.validator = f.retry;
    open_request(s, std::move(request), effects);
  }
}

}  // namespace subnetd::engine
