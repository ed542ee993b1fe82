// SPDX-License-Identifier: 0BSD
#include "sim/counters.hpp"

namespace subnetd::sim {

using namespace engine;
using engine::Verdict;

const char* Counters::name(std::size_t i) {
  static constexpr const char* names[] = {
#define SUBNETD_SIM_ONE(name) #name,
      SUBNETD_SIM_COUNTERS(SUBNETD_SIM_ONE)
#undef SUBNETD_SIM_ONE
  };
  return names[i];
}

void Counters::add(const Counters& other) {
  for (std::size_t i = 0; i < size; ++i) counts_[i] += other.counts_[i];
}

void Counters::take(const State& s, const Fact& fact) {
  add(Seen::facts);
  if (const auto* f = std::get_if<NodePut>(&fact.body)) take(s, *f);
  if (const auto* f = std::get_if<StatusSet>(&fact.body)) take(s, *f);
  if (const auto* f = std::get_if<Matched>(&fact.body)) take(s, *f);
  if (const auto* f = std::get_if<Verdict>(&fact.body)) take(s, *f);
  if (std::holds_alternative<NodeRemoved>(fact.body)) add(Seen::removed);
  if (std::holds_alternative<MappingPut>(fact.body)) add(Seen::mapped);
  if (std::holds_alternative<MappingRemoved>(fact.body)) add(Seen::unmapped);
  if (std::holds_alternative<Retyped>(fact.body)) add(Seen::retyped);
  if (std::holds_alternative<Rebalancing>(fact.body)) add(Seen::rebalancings);
  if (std::holds_alternative<Due>(fact.body)) add(Seen::due);
  if (std::holds_alternative<Owed>(fact.body)) add(Seen::owed);
  if (std::holds_alternative<EpochHeld>(fact.body)) add(Seen::epochs_held);
  if (std::holds_alternative<EpochEmitted>(fact.body)) {
    add(Seen::epochs_paid);
    if (s.settings.median) add(Seen::epochs_by_median);
  }
  if (const auto* f = std::get_if<EpochClosed>(&fact.body); f && f->epoch == s.epoch.closed) {
    add(Seen::epochs_asked_again);
  }
  if (const auto* f = std::get_if<Started>(&fact.body); f != nullptr && s.boot > 0) {
    if (f->settings != s.settings) add(Seen::settings_changed);
    if (f->settings.redundancy != s.settings.redundancy) add(Seen::redundancies_changed);
    add(Seen::open_requests_resumed, s.open.size());
  }
}

void Counters::take(const State& s, const Matched& f) {
  for (const Move& m : f.moves) {
    if (m.validator != none) {
      add(s.current(m.miner, m.copy) == none ? Seen::matched : Seen::rematched);
      continue;
    }
    switch (m.reason) {
      case UnmatchedReason::no_validator: add(Seen::unmatched_no_validator); break;
      case UnmatchedReason::no_capacity: add(Seen::unmatched_no_capacity); break;
      case UnmatchedReason::own_validator: add(Seen::unmatched_own_validator); break;
      case UnmatchedReason::not_distinct: add(Seen::unmatched_not_distinct); break;
      case UnmatchedReason::unknown_type: add(Seen::unmatched_unknown_type); break;
      default: add(Seen::unmatched_refused);
    }
  }
}

void Counters::take(const State& s, const Verdict& f) {
  switch (f.outcome) {
    case VerdictOutcome::scored:
      add(f.validator == none ? Seen::scored_by_agent : Seen::scored);
      break;
    case VerdictOutcome::miner_failed: add(Seen::miner_failed); break;
    case VerdictOutcome::validator_failed: add(Seen::validator_failed); break;
    case VerdictOutcome::plugin_failed: add(Seen::plugin_failed); break;
    case VerdictOutcome::carried: add(Seen::carried); break;
  }
  if (f.retry != none) add(Seen::stand_ins);
  const auto it = s.open.find(f.request);
  if (it != s.open.end() && it->second.reprobe) add(Seen::trials);
}

void Counters::take(const State& s, const StatusSet& f) {
  if (f.reason == StatusReason::set) return add(Seen::statuses_set);
  const bool miner = f.role == Role::miner;
  const Status before = miner ? s.miners[f.slot].status : s.validators[f.slot].status;
  if (f.reason == StatusReason::missed) add(miner ? Seen::miners_missed : Seen::validators_missed);
  if (f.status == Status::flagged && before == Status::active) add(Seen::flagged);
  if (f.status != Status::active) return;
  if (before == Status::flagged) add(Seen::flags_cleared);
  if (before == Status::inactive) add(miner ? Seen::miners_back : Seen::validators_back);
}

void Counters::take(const State& s, const NodePut& f) {
  const bool miner = f.role == Role::miner;
  const bool joins = miner ? !s.miner_alive(f.slot) : !s.validator_alive(f.slot);
  if (joins) return add(Seen::registered);
  if (f.idempotency_key != 0) return add(Seen::registered_again);
  add(Seen::updated);
  if (f.fresh) add(Seen::keys_changed);
  if (!miner && f.record.capacity < s.validators[f.slot].record.capacity) {
    add(Seen::capacities_shrunk);
  }
}

std::string table(const Counters& counters) {
  std::string text;
  for (std::size_t i = 0; i < Counters::size; ++i) {
    text += std::string(Counters::name(i)) + "=" + std::to_string(counters.at(i));
    text += i % 6 == 5 || i + 1 == Counters::size ? '\n' : ' ';
  }
  return text;
}

}  // namespace subnetd::sim
