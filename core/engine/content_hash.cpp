// SPDX-License-Identifier: 0BSD
// A hash over all of State. Strings count by their text, not by where they lie.
#include "engine/state.hpp"

namespace subnetd::engine {
namespace {

void add_all(Digest& d, auto... values) { (d.add(static_cast<std::uint64_t>(values)), ...); }

void add_settings(Digest& d, const Settings& s) {
  add_all(d, s.redundancy, s.moves_per_minute, s.interval_ms, s.deadline_ms, s.misses_max,
          s.min_score_ppm, s.median, s.budget_nano, s.epoch_ms, s.default_stake_nano,
          s.agent_types.size(), s.tempo, s.netuid);
  for (const std::string& type : s.agent_types) d.add(type);
}

void add_names(Digest& d, const Names& names) {
  d.add(names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) d.add(names.at(i));
}

void add_miners(Digest& d, const State& s) {
  d.add(s.miners.size());
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (!s.miner_alive(m)) continue;
    const MinerRow& r = s.miners[m];
    const NodeText t = s.miner_text(m);
    for (std::string_view field : {t.id, t.name_space, t.endpoint, t.method, t.task}) d.add(field);
    add_all(d, m, r.uid, r.order, r.updated_after_s, r.registered_at_ms, r.window.words()[0],
            r.window.words()[1], r.confidence_ppm, r.reliability_ppm, r.previous_mean_ppm,
            r.ledger_head, r.detector, r.status, r.reason, r.protocol, r.misses, r.skip, r.open,
            r.marks);
    add_all(d, s.columns.state[m], s.columns.type[m], s.columns.owner[m], s.columns.region[m]);
    for (std::uint32_t c = 0; c < s.redundancy(); ++c) {
      const std::size_t at = std::size_t{m} * s.redundancy() + c;
      add_all(d, s.columns.current[at], s.columns.since_s[at], s.columns.why[at]);
    }
  }
}

void add_validators(Digest& d, const State& s) {
  d.add(s.validators.size());
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    if (!s.validator_alive(v)) continue;
    const ValidatorRow& r = s.validators[v];
    for (const std::string* field : {&r.record.id, &r.record.key, &r.record.name_space,
                                     &r.record.endpoint, &r.record.protocol, &r.record.method,
                                     &r.record.task, &r.record.region}) {
      d.add(*field);
    }
    add_all(d, v, r.record.capacity, r.uid, r.order, r.registered_at_ms, r.last_update_ms,
            r.last_verdict_block, r.stake_nano, r.has_stake, r.reliability_ppm, r.status, r.reason,
            r.misses, r.backoff, r.probe_at_ms, r.load, r.open, r.owner, r.region, r.types.size());
    for (TypeId type : r.types) d.add(type);
    if (r.parent_order != 0 || r.fee_bp != 0) add_all(d, r.parent, r.parent_order, r.fee_bp);
  }
}

void add_open(Digest& d, const State& s) {
  add_all(d, s.next_request, s.open.size());
  for (const auto& [number, r] : s.open) {
    add_all(d, number, r.miner, r.copy, r.validator, r.reprobe, r.since_ms, r.tried.size());
    for (std::uint32_t v : r.tried) d.add(v);
    d.add(std::string_view(reinterpret_cast<const char*>(r.seed.data()), r.seed.size()));
  }
}

void add_ledger(Digest& d, const Ledger& ledger) {
  add_all(d, ledger.verdicts, ledger.cells.size());
  for (const LedgerCell& c : ledger.cells) {
    add_all(d, c.miner, c.validator, c.validator_order, c.count, c.sum_ppm, c.last_ms, c.next);
  }
}

void add_step(Digest& d, const EpochStep& step) {
  add_all(d, step.order.size(), step.bonds.col.size());
  for (std::size_t i = 0; i < step.order.size(); ++i) {
    add_all(d, step.order[i], step.permit[i], step.bonds.row_at[i + 1]);
  }
  for (std::size_t i = 0; i < step.bonds.col.size(); ++i) {
    add_all(d, step.bonds.col[i], step.bonds.val[i]);
  }
}

void add_set(Digest& d, const std::set<std::uint32_t>& set) {
  d.add(set.size());
  for (std::uint32_t value : set) d.add(value);
}

}  // namespace

std::uint64_t content_hash(const State& s) {
  Digest d;
  add_all(d, s.genesis_ms, s.now_ms, s.facts, s.boot, s.digest.value());
  add_settings(d, s.settings);
  for (TypeId t = 0; t < s.types.size(); ++t) {
    d.add(s.types[t]);
    d.add(s.declared[t]);
  }
  add_names(d, s.owners);
  add_names(d, s.regions);
  add_names(d, s.detectors);
  for (const auto& [pattern, mapping] : s.mappings) {
    d.add(pattern);
    add_all(d, mapping.type, mapping.order);
  }
  add_miners(d, s);
  add_validators(d, s);
  add_open(d, s);
  add_ledger(d, s.ledger);
  add_ledger(d, s.closed_ledger);
  add_set(d, s.free_miners);
  add_set(d, s.free_validators);
  add_set(d, s.lost_validators);
  add_set(d, s.free_uids);
  add_all(d, s.miner_count, s.next_order, s.next_uid, s.due_ms, s.rebalanced_ms,
          s.mapping_order, s.verdicts_total);
  const EpochClock& e = s.epoch;
  add_all(d, e.open, e.opened_at_ms, e.closed, e.closed_at_ms, e.closed_block, e.last_emitted,
          e.last_step_block, e.held, e.held_at_ms);
  d.add(e.held_reason);
  d.add(std::string_view(reinterpret_cast<const char*>(e.seed.data()), e.seed.size()));
  add_step(d, s.step);
  for (const auto& [key, write] : s.idempotency) {
    add_all(d, key, write.body, write.at_ms, write.role);
    d.add(write.id);
  }
  for (const auto& [until_ms, hash] : s.signed_writes) add_all(d, until_ms, hash);
  return d.value();
}

}  // namespace subnetd::engine
