// SPDX-License-Identifier: 0BSD
// What registrations, changes and removals do to State.
#include <algorithm>

#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

// Columns grow by a sixteenth, not by doubling: at a million rows the slack is what fits or does
// not.
template <class T>
void grow_to(std::vector<T>& column, std::size_t size, T value) {
  if (size > column.capacity()) column.reserve(size + size / 16 + 64);
  column.resize(size, value);
}

void grow_miners(State& s, std::size_t size) {
  const std::size_t k = s.redundancy();
  grow_to(s.miners, size, MinerRow{});
  grow_to(s.columns.state, size, std::uint8_t{0});
  grow_to(s.columns.type, size, type_unknown);
  grow_to(s.columns.owner, size, 0u);
  grow_to(s.columns.region, size, 0u);
  grow_to(s.columns.current, size * k, none);
  grow_to(s.columns.since_s, size * k, 0u);
  grow_to(s.columns.why, size * k, std::uint8_t{0});
  if (!s.columns.order.empty()) grow_to(s.columns.order, size, std::uint64_t{0});
}

std::uint8_t detector_number(State& s, std::string_view name) {
  std::uint32_t number = s.detectors.find(name);
  if (number == none && s.detectors.size() < 256) number = s.detectors.put(name);
  return number == none ? std::uint8_t{0} : static_cast<std::uint8_t>(number);
}

void take_uid(State& s, std::uint32_t uid) {
  if (uid == s.next_uid) {
    ++s.next_uid;
  } else {
    SUBNETD_INVARIANT(s.free_uids.erase(uid) == 1);
  }
}

NodeText text_of(const NodeRecord& r) {
  return {r.id, r.name_space, r.endpoint,
          r.method == default_method ? std::string_view() : std::string_view(r.method), r.task};
}

// Texts move to a fresh arena once more than half of the old one is dead.
void compact_text(State& s) {
  if (s.text.dead_bytes() < (1u << 20) || s.text.dead_bytes() < s.text.live_bytes()) return;
  TextArena fresh;
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (s.miner_alive(m)) s.miners[m].text = fresh.put(s.text.at(s.miners[m].text));
  }
  s.text = std::move(fresh);
}

void reset_matches(State& s, std::uint32_t m, UnmatchedReason why) {
  for (std::uint32_t c = 0; c < s.redundancy(); ++c) release_copy(s, m, c, why);
}

void put_miner(State& s, const NodePut& f, Effects& effects) {
  const std::uint32_t m = f.slot;
  const auto id_of = [&s](std::uint32_t slot) { return s.miner_id(slot); };
  const bool joins = !s.miner_alive(m);
  if (joins) {
    if (m >= s.miners.size()) {
      grow_miners(s, std::size_t{m} + 1);
    } else {
      s.free_miners.erase(m);
    }
    s.miners[m] = MinerRow{};
    s.miners[m].text = s.text.put(text_of(f.record));
    s.miner_index.insert(m, id_of);
    // An empty subnet stores no time; its first miner is not due for all that passed.
    if (s.miner_count == 0) s.due_ms = s.now_ms;
    wheel_add(s, m);
    take_uid(s, f.uid);
    ++s.miner_count;
  } else {
    s.text.drop(s.miners[m].text);
    s.miners[m].text = s.text.put(text_of(f.record));
  }
  MinerRow& row = s.miners[m];
  if (f.fresh) {
    if (!joins) {
      cancel_requests(s, m, effects);
      ledger_drop_miner(s.ledger, s.miners, m);
      for (LedgerCell& cell : s.closed_ledger.cells) {
        if (cell.miner == m) cell.miner = none;
      }
      MinerRow reset;
      reset.text = row.text;
      row = reset;
    }
    row.order = s.next_order++;
    row.registered_at_ms = s.now_ms;
  }
  row.uid = f.uid;
  row.updated_after_s = static_cast<std::uint32_t>((s.now_ms - row.registered_at_ms) / 1000);
  row.protocol = *parse_protocol(f.record.protocol);
  row.confidence_ppm = f.confidence_ppm;
  row.detector = detector_number(s, f.detector);
  s.columns.owner[m] = s.owners.put(f.record.key);
  const std::uint32_t region_before = s.columns.region[m];
  s.columns.region[m] = s.regions.put(f.record.region);
  const TypeId type = s.find_type(f.model_type);
  const bool retyped = s.columns.type[m] != type;
  s.columns.type[m] = type;
  s.columns.state[m] = miner_slot_state(row.status, row.reason);
  if (!s.columns.order.empty()) {
    s.columns.order[m] = row.order;
  } else if (f.fresh && m + 1 < s.miners.size()) {
    s.order_miners();
  }
  if (joins || f.fresh || retyped) {
    if (!joins) cancel_requests(s, m, effects);
    reset_matches(s, m, waits_for(s, m));
  }
  if (joins || f.fresh || retyped || s.columns.region[m] != region_before) {
    effects.match.push_back({MatchEventKind::miner_changed, m});
  }
  compact_text(s);
  s.digest.add(f.record.id);
  s.digest.add(std::uint64_t{row.order} << 32 | row.uid);
  s.digest.add(std::uint64_t{type} << 32 | row.confidence_ppm);
}

// Takes those copies away from a validator for which `gone` says so.
template <class Gone>
void release_where(State& s, std::uint32_t v, Effects& effects, Gone&& gone) {
  for (std::uint32_t m = 0; m < s.miners.size() && s.validators[v].load > 0; ++m) {
    for (std::uint32_t c = 0; c < s.redundancy(); ++c) {
      if (s.current(m, c) != v || !gone(m)) continue;
      release_copy(s, m, c, UnmatchedReason::pending);
      effects.match.push_back({MatchEventKind::miner_changed, m});
    }
  }
}

void put_validator(State& s, const NodePut& f, Effects& effects) {
  const std::uint32_t v = f.slot;
  const bool joins = !s.validator_alive(v);
  if (joins) {
    if (v >= s.validators.size()) {
      s.validators.resize(std::size_t{v} + 1);
    } else {
      s.free_validators.erase(v);
    }
    s.validators[v] = ValidatorRow{};
    s.validator_index.emplace(f.record.id, v);
    take_uid(s, f.uid);
  }
  ValidatorRow& row = s.validators[v];
  if (f.fresh) {
    if (!joins) {
      release_validator(s, v, UnmatchedReason::pending, effects);
      cancel_validator_requests(s, v, effects);
    }
    row = ValidatorRow{};
    row.order = s.next_order++;
    row.registered_at_ms = s.now_ms;
    s.lost_validators.erase(v);
  }
  row.record = f.record;
  row.uid = f.uid;
  row.last_update_ms = s.now_ms;
  row.stake_nano = f.stake_nano;
  row.has_stake = f.has_stake;
  row.parent = f.parent;
  row.parent_order = f.parent == none ? 0 : s.validators[f.parent].order;
  row.fee_bp = f.fee_bp;
  row.owner = s.owners.put(f.record.key);
  row.region = s.regions.put(f.record.region);
  row.types.clear();
  for (const std::string& type : f.record.specializations) {
    row.types.push_back(type == any_type ? type_any : s.find_type(type));
  }
  // What it may no longer have, it gives back.
  release_where(s, v, effects, [&](std::uint32_t m) { return !serves(row, s.columns.type[m]); });
  release_where(s, v, effects, [&](std::uint32_t) { return row.load > row.record.capacity; });
  effects.match.push_back({MatchEventKind::validator_changed, v});
  s.digest.add(f.record.id);
  s.digest.add(std::uint64_t{row.order} << 32 | row.uid);
  s.digest.add(std::uint64_t{row.load} << 32 | row.record.capacity);
}

void remove_miner(State& s, std::uint32_t m, Effects& effects) {
  const auto id_of = [&s](std::uint32_t slot) { return s.miner_id(slot); };
  cancel_requests(s, m, effects);
  reset_matches(s, m, UnmatchedReason::none);
  ledger_drop_miner(s.ledger, s.miners, m);
  for (LedgerCell& cell : s.closed_ledger.cells) {
    if (cell.miner == m) cell.miner = none;
  }
  wheel_remove(s, m);
  s.miner_index.erase(m, id_of);
  s.text.drop(s.miners[m].text);
  s.free_uids.insert(s.miners[m].uid);
  s.miners[m] = MinerRow{};
  s.columns.state[m] = 0;
  s.columns.type[m] = type_unknown;
  s.columns.owner[m] = s.columns.region[m] = 0;
  if (!s.columns.order.empty()) s.columns.order[m] = 0;
  s.free_miners.insert(m);
  --s.miner_count;
  effects.match.push_back({MatchEventKind::miner_left, m});
}

void remove_validator(State& s, std::uint32_t v, Effects& effects) {
  release_validator(s, v, UnmatchedReason::pending, effects);
  ValidatorRow& row = s.validators[v];
  cancel_validator_requests(s, v, effects);
  s.lost_validators.erase(v);
  s.validator_index.erase(row.record.id);
  s.free_uids.insert(row.uid);
  row = ValidatorRow{};
  row.uid = none;
  s.free_validators.insert(v);
  effects.match.push_back({MatchEventKind::validator_left, v});
}

void note_idempotency(State& s, const NodePut& f) {
  if (f.idempotency_key == 0) return;
  s.idempotency[f.idempotency_key] = {f.idempotency_body, s.now_ms, f.role, f.record.id};
}

}  // namespace

void apply_node_put(State& s, const NodePut& f, Effects& effects) {
  if (f.role == Role::miner) {
    put_miner(s, f, effects);
  } else {
    put_validator(s, f, effects);
  }
  note_idempotency(s, f);
}

void apply_node_removed(State& s, const NodeRemoved& f, Effects& effects) {
  if (f.role == Role::miner) {
    remove_miner(s, f.slot, effects);
  } else {
    remove_validator(s, f.slot, effects);
  }
  s.digest.add(std::uint64_t{f.slot} << 32 | s.miner_count);
}

namespace {

void set_miner_status(State& s, const StatusSet& f, Effects& effects) {
  MinerRow& row = s.miners[f.slot];
  if (f.status != row.status) row.misses = row.skip = 0;
  row.status = f.status;
  row.reason = f.reason;
  row.updated_after_s = static_cast<std::uint32_t>((s.now_ms - row.registered_at_ms) / 1000);
  if (f.status == Status::flagged) row.marks |= MinerRow::flagged_mark;
  if (f.status == Status::active) {
    row.marks &= static_cast<std::uint8_t>(~MinerRow::flagged_mark);
    row.misses = row.skip = 0;
  }
  const std::uint8_t before = s.columns.state[f.slot];
  s.columns.state[f.slot] = miner_slot_state(f.status, f.reason);
  if (s.columns.state[f.slot] == before) return;
  if (before == 1) cancel_requests(s, f.slot, effects);
  reset_matches(s, f.slot, waits_for(s, f.slot));
  effects.match.push_back(
      {before == 1 ? MatchEventKind::miner_left : MatchEventKind::miner_changed, f.slot});
}

}  // namespace

void apply_status(State& s, const StatusSet& f, Effects& effects) {
  s.digest.add(std::uint64_t{f.slot} << 32 | static_cast<std::uint64_t>(f.role) << 16 |
               static_cast<std::uint64_t>(f.status) << 8 | static_cast<std::uint64_t>(f.reason));
  if (f.role == Role::miner) return set_miner_status(s, f, effects);
  ValidatorRow& row = s.validators[f.slot];
  const Status before = row.status;
  row.status = f.status;
  row.reason = f.reason;
  row.last_update_ms = s.now_ms;
  s.lost_validators.erase(f.slot);
  if (f.status == Status::active) row.misses = row.backoff = 0;
  if (f.status == Status::inactive) {
    // One that was leaving anyway is not called back.
    if (f.reason == StatusReason::missed && before != Status::draining) {
      s.lost_validators.insert(f.slot);
      row.probe_at_ms = s.now_ms + s.settings.interval_ms;
    }
    release_validator(s, f.slot, UnmatchedReason::pending, effects);
    effects.match.push_back({MatchEventKind::validator_left, f.slot});
  } else {
    effects.match.push_back({MatchEventKind::validator_changed, f.slot});
  }
  s.digest.add(row.load);
}

void apply_retyped(State& s, const Retyped& f, Effects& effects) {
  MinerRow& row = s.miners[f.miner];
  s.digest.add(std::uint64_t{f.miner} << 32 | f.confidence_ppm);
  row.confidence_ppm = f.confidence_ppm;
  row.detector = detector_number(s, f.detector);
  const TypeId type = s.find_type(f.model_type);
  if (s.columns.type[f.miner] == type) return;
  s.columns.type[f.miner] = type;
  cancel_requests(s, f.miner, effects);
  reset_matches(s, f.miner, waits_for(s, f.miner));
  effects.match.push_back({MatchEventKind::miner_changed, f.miner});
  s.digest.add(std::uint64_t{f.miner} << 32 | type);
}

}  // namespace subnetd::engine
