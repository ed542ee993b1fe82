// SPDX-License-Identifier: 0BSD
// Who is registered, as what: registration, change, removal, status, types.
#include <algorithm>
#include <optional>

#include "domain/text.hpp"
#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

// Types that it served before may have lost their detector since; new ones must be declared.
Result<void> check_types(const State& s, const NodeRecord& record,
                         const std::vector<std::string>& before = {}) {
  for (const std::string& type : record.specializations) {
    if (std::find(before.begin(), before.end(), type) != before.end()) continue;
    if (type != any_type && !declared(s, type)) return std::unexpected(undeclared(s, type));
  }
  return {};
}

void set_detection(NodePut& put, const State& s, const Detection& detected) {
  if (put.role != Role::miner) return;
  const Detection d = settle(s, put.record.name_space, detected);
  put.model_type = d.model_type;
  put.confidence_ppm = std::min(d.confidence_ppm, ppm_one);
  put.detector = d.detector;
}

std::uint32_t free_slot(const std::set<std::uint32_t>& free, std::size_t size) {
  return free.empty() ? static_cast<std::uint32_t>(size) : *free.begin();
}

std::uint32_t free_uid(const State& s) {
  return s.free_uids.empty() ? s.next_uid : *s.free_uids.begin();
}

Result<void> room_for(const State& s, Role role) {
  const bool full = role == Role::miner ? s.miner_count >= limits::miners_max
                                        : s.validator_index.size() >= limits::validators_max;
  if (full) {
    return fail(Errc::refused,
                std::string("this subnet holds as many ") + role_name(role) + "s as it can");
  }
  return {};
}

}  // namespace

Result<void> check_settings(const Settings& settings) {
  if (settings.redundancy < 1 || settings.redundancy > limits::redundancy_max) {
    return fail(Errc::config,
                "[matcher] redundancy must be 1.." + std::to_string(limits::redundancy_max));
  }
  if (settings.interval_ms < 1 || settings.epoch_ms < 1) {
    return fail(Errc::config, "[validation] interval_s and [emission] epoch_s must be above 0");
  }
  if (settings.misses_max < 1 || settings.misses_max > limits::misses_max) {
    return fail(Errc::config,
                "[validation] misses_max must be 1.." + std::to_string(limits::misses_max));
  }
  return {};
}

namespace {

Result<void> check_declared(const State& s, const std::vector<std::string>& types) {
  const auto fresh = std::count_if(types.begin(), types.end(), [&s](const std::string& type) {
    return s.find_type(type) == none;
  });
  if (s.types.size() + static_cast<std::size_t>(fresh) > limits::model_types_max) {
    return fail(Errc::config, "over " + std::to_string(limits::model_types_max) +
                                  " model types are declared or remembered");
  }
  for (const std::string& type : types) {
    const auto ok = check_name("model type", type, limits::model_type_bytes_max);
    if (!ok) return fail(Errc::config, "declared type \"" + type + "\": " + ok.error().message);
  }
  return {};
}

}  // namespace

void decide_boot(const State& s, const Boot& in, std::int64_t now_ms, Decision& out) {
  Started started{s.boot + 1, in.settings, in.types};
  std::sort(started.types.begin(), started.types.end());
  started.types.erase(std::unique(started.types.begin(), started.types.end()), started.types.end());
  for (auto ok : {check_settings(in.settings), check_declared(s, started.types)}) {
    if (!ok) {
      out.answer = std::unexpected(ok.error());
      return;
    }
  }
  add_fact(out, now_ms, std::move(started));
}

void apply_started(State& s, const Started& f, Effects& effects) {
  s.boot = f.boot;
  const std::uint32_t k_before = s.settings.redundancy;
  const std::uint32_t k = f.settings.redundancy;
  if (k != k_before) {
    // Extra copies are given back; new ones begin unmatched.
    for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
      for (std::uint32_t c = k; c < k_before; ++c) release_copy(s, m, c, UnmatchedReason::none);
    }
    MinerColumns old = s.columns;
    s.columns.current.assign(s.miners.size() * k, none);
    const std::int64_t since_ms = s.now_ms - s.genesis_ms;
    s.columns.since_s.assign(s.miners.size() * k, static_cast<std::uint32_t>(since_ms / 1000));
    s.columns.why.assign(s.miners.size() * k, 0);
    for (std::size_t m = 0; m < s.miners.size(); ++m) {
      const UnmatchedReason waits = waits_for(s, static_cast<std::uint32_t>(m));
      std::fill_n(s.columns.why.begin() + static_cast<std::ptrdiff_t>(m * k), k,
                  static_cast<std::uint8_t>(waits));
      for (std::size_t c = 0; c < std::min(k, k_before); ++c) {
        s.columns.current[m * k + c] = old.current[m * k_before + c];
        s.columns.since_s[m * k + c] = old.since_s[m * k_before + c];
        s.columns.why[m * k + c] = old.why[m * k_before + c];
      }
    }
    // Requests of copies that are gone would be answered to nobody.
    for (auto it = s.open.begin(); it != s.open.end();) {
      const auto here = it++;
      if (here->second.copy < k) continue;
      effects.cancel.push_back(here->first);
      close_request(s, here);
    }
  }
  s.settings = f.settings;
  for (const std::uint32_t v : s.lost_validators) {
    ValidatorRow& row = s.validators[v];  // an interval that became shorter counts for it, too
    const std::int64_t latest_ms = s.now_ms + (f.settings.interval_ms << row.backoff);
    row.probe_at_ms = std::min(row.probe_at_ms, latest_ms);
  }
  s.due_ms = s.now_ms;  // what was due while nobody was here waits for its next turn: no herd
  if (s.wheel.empty()) {
    s.wheel.resize(wheel_buckets);
    s.rebalanced_ms = s.now_ms;
    s.epoch.opened_at_ms = s.now_ms;
  }
  std::fill(s.declared.begin(), s.declared.end(), std::uint8_t{0});
  for (const std::string& type : f.types) {
    TypeId id = s.find_type(type);
    if (id == none) {
      id = static_cast<TypeId>(s.types.size());
      s.types.push_back(type);
      s.declared.push_back(0);
    }
    if (id != type_unknown) s.declared[id] = 1;
  }
  effects.match_reload = true;
  s.digest.add(s.boot);
  s.digest.add(std::uint64_t{k} << 32 | s.types.size());
}

std::optional<Result<Answer>> answered_before(const State& s, const Idempotency& key,
                                              std::int64_t now_ms) {
  const auto it = s.idempotency.find(key.key);
  if (it != s.idempotency.end() && now_ms - it->second.at_ms <= limits::idempotency_ms) {
    const IdempotentWrite& write = it->second;
    if (write.body == key.body && write.role == Role::none) {
      return Answer{.epoch = std::strtoull(write.id.c_str(), nullptr, 10)};
    }
    if (write.body == key.body) return Answer{.id = write.id};
    return fail(Errc::refused, "this Idempotency-Key was used with another body",
                "send a new key with a new request");
  }
  if (it == s.idempotency.end() && s.idempotency.size() >= limits::idempotency_keys_max) {
    return fail(Errc::unavailable, "as many Idempotency-Keys as can be kept are in use",
                "send it without one, or later");
  }
  return std::nullopt;
}

namespace {

Result<void> check_registration(const Register& in) {
  if (in.role != Role::miner && in.role != Role::validator) {
    return fail(Errc::malformed, "a node is a miner or a validator");
  }
  if (in.role == Role::miner && (!in.record.specializations.empty() || in.record.capacity != 0)) {
    return fail(Errc::malformed, "specializations and capacity belong to validators");
  }
  return check_record(in.record, in.role);
}

}  // namespace

namespace {

NodePut changed_node(const State& s, const Update& in, std::uint32_t slot) {
  NodePut put;
  put.role = in.role;
  put.slot = slot;
  put.record = in.role == Role::miner ? s.miner_record(slot) : s.validators[slot].record;
  NodeRecord& r = put.record;
  const NodeRecord before = r;
  if (in.key) r.key = *in.key;
  if (in.name_space) r.name_space = *in.name_space;
  if (in.endpoint) r.endpoint = *in.endpoint;
  if (in.protocol) r.protocol = *in.protocol;
  if (in.method) r.method = *in.method;
  if (in.task) r.task = *in.task;
  if (in.region) r.region = *in.region;
  if (in.specializations) r.specializations = *in.specializations;
  if (in.capacity) r.capacity = *in.capacity;
  put.fresh = r.key != before.key;  // a new key starts from nothing
  if (in.role == Role::miner) {
    const MinerRow& row = s.miners[slot];
    put.uid = row.uid;
    const bool redetect =
        r.name_space != before.name_space || r.task != before.task || r.protocol != before.protocol;
    if (redetect) {
      set_detection(put, s, in.detection);
    } else {
      put.model_type = s.types[s.columns.type[slot]];
      put.confidence_ppm = row.confidence_ppm;
      put.detector = s.detectors.at(row.detector);
    }
  } else {
    const ValidatorRow& row = s.validators[slot];
    put.uid = row.uid;
    put.stake_nano = put.fresh ? 0 : row.stake_nano;
    put.has_stake = !put.fresh && row.has_stake;
    put.parent = put.fresh ? none : s.parent_of(slot);
    put.fee_bp = put.fresh ? std::uint16_t{0} : row.fee_bp;
  }
  if (in.stake_nano) {
    put.stake_nano = *in.stake_nano;
    put.has_stake = true;
  }
  if (in.parent) put.parent = in.parent->empty() ? none : s.find_validator(*in.parent);
  if (in.fee_bp) put.fee_bp = *in.fee_bp;
  return put;
}

// Delegation is one level deep, so that nobody's weights depend on an order and no circle closes.
Result<void> check_delegation(const State& s, const Update& in, std::uint32_t slot) {
  if (in.fee_bp && *in.fee_bp > limits::fee_bp_max) {
    return fail(Errc::malformed, "fee_bp: wanted at most " + std::to_string(limits::fee_bp_max) +
                                     " basis points, have " + std::to_string(*in.fee_bp));
  }
  if (!in.parent || in.parent->empty()) return {};
  const auto refused = [&](const std::string& why, const std::string& hint) {
    return fail(Errc::refused, "parent \"" + *in.parent + "\": " + why, hint);
  };
  const std::uint32_t parent = s.find_validator(*in.parent);
  if (parent == none) return refused("there is no such validator", "register it first");
  if (parent == slot) return refused("a validator cannot delegate to itself", "name another");
  if (const std::uint32_t above = s.parent_of(parent); above != none) {
    const std::string& id = s.validators[above].record.id;
    return refused("delegates itself, to \"" + id + "\"", "name \"" + id + "\"");
  }
  if (const std::uint32_t child = s.child_of(slot); child != none) {
    return refused("\"" + s.validators[child].record.id + "\" delegates to \"" + in.id + "\"",
                   "end that delegation first");
  }
  return {};
}

void note_key(NodePut& put, const Register& in) {
  if (!in.idempotency) return;
  put.idempotency_key = in.idempotency->key;
  put.idempotency_body = in.idempotency->body;
}

// The id is there: the same node is told so, another is refused.
void register_again(const State& s, const Register& in, std::int64_t now_ms, Decision& out) {
  const std::uint32_t miner = s.find_miner(in.record.id);
  const std::uint32_t slot = miner != none ? miner : s.find_validator(in.record.id);
  const bool same_role = (in.role == Role::miner) == (miner != none);
  const bool same = same_role && in.record == (miner != none ? s.miner_record(slot)
                                                             : s.validators[slot].record);
  if (!same) {
    out.answer = fail(Errc::conflict,
                      "id \"" + in.record.id + "\" is taken by a " +
                          role_name(miner != none ? Role::miner : Role::validator) +
                          (same_role ? " with other content" : ""),
                      "PATCH it to change it, or choose another id");
    return;
  }
  out.answer = Answer{.id = in.record.id};
  if (!in.idempotency) return;
  // Nothing changes but the key: a late copy of this request must not bring the node back one day.
  Update nothing;
  nothing.role = in.role;
  nothing.id = in.record.id;
  NodePut put = changed_node(s, nothing, slot);
  note_key(put, in);
  add_fact(out, now_ms, std::move(put));
}

}  // namespace

void decide_register(const State& s, const Register& in, std::int64_t now_ms, Decision& out) {
  if (auto ok = check_registration(in); !ok) {
    out.answer = std::unexpected(ok.error());
    return;
  }
  if (in.idempotency) {
    if (auto answer = answered_before(s, *in.idempotency, now_ms)) {
      out.answer = *std::move(answer);
      return;
    }
  }
  if (s.find_miner(in.record.id) != none || s.find_validator(in.record.id) != none) {
    return register_again(s, in, now_ms, out);
  }
  for (auto ok : {check_types(s, in.record), room_for(s, in.role)}) {
    if (!ok) {
      out.answer = std::unexpected(ok.error());
      return;
    }
  }
  NodePut put;
  put.role = in.role;
  put.slot = in.role == Role::miner ? free_slot(s.free_miners, s.miners.size())
                                    : free_slot(s.free_validators, s.validators.size());
  put.uid = free_uid(s);
  put.record = in.record;
  note_key(put, in);
  set_detection(put, s, in.detection);
  add_fact(out, now_ms, std::move(put));
  out.answer = Answer{.id = in.record.id, .created = true};
}

namespace {

bool changes_record(const Update& in) {
  return in.key || in.name_space || in.endpoint || in.protocol || in.method || in.task ||
         in.region || in.specializations || in.capacity || in.stake_nano || in.parent ||
         in.fee_bp;
}

std::uint32_t find_node(const State& s, Role role, std::string_view id) {
  return role == Role::miner ? s.find_miner(id) : s.find_validator(id);
}

Error no_such(Role role, std::string_view id) {
  return {
      Errc::not_found, std::string("no ") + role_name(role) + " \"" + std::string(id) + "\"", {}};
}

}  // namespace

void decide_update(const State& s, const Update& in, std::int64_t now_ms, Decision& out) {
  const std::uint32_t slot = find_node(s, in.role, in.id);
  if (slot == none) {
    out.answer = std::unexpected(no_such(in.role, in.id));
    return;
  }
  const bool validator_only =
      in.specializations || in.capacity || in.stake_nano || in.parent || in.fee_bp;
  if (in.role == Role::miner && validator_only) {
    out.answer = fail(Errc::malformed,
                      "specializations, capacity, stake_nano, parent and fee_bp belong to "
                      "validators");
    return;
  }
  if (auto ok = check_delegation(s, in, slot); !ok) {
    out.answer = std::unexpected(ok.error());
    return;
  }
  if (in.status == Status::flagged) {
    out.answer = fail(Errc::refused, "only the daemon flags a node");
    return;
  }
  bool fresh = false;
  if (changes_record(in)) {
    NodePut put = changed_node(s, in, slot);
    const auto& served = in.role == Role::miner ? put.record.specializations
                                                : s.validators[slot].record.specializations;
    for (auto ok : {check_record(put.record, in.role), check_types(s, put.record, served)}) {
      if (!ok) {
        out.answer = std::unexpected(ok.error());
        return;
      }
    }
    fresh = put.fresh;
    add_fact(out, now_ms, std::move(put));
  }
  if (in.status) {
    // A flag is the daemon's: it outlives whatever the owner sets meanwhile.
    const bool flagged = in.role == Role::miner && s.miners[slot].flagged() && !fresh;
    StatusSet set{in.role, slot, *in.status, StatusReason::set};
    if (*in.status == Status::active) {
      set.status = flagged ? Status::flagged : Status::active;
      set.reason = flagged ? StatusReason::low_score : StatusReason::none;
    }
    add_fact(out, now_ms, set);
  }
  out.answer = Answer{.id = in.id};
}

void decide_remove(const State& s, const Remove& in, std::int64_t now_ms, Decision& out) {
  const std::uint32_t slot = find_node(s, in.role, in.id);
  if (slot == none) {
    out.answer = std::unexpected(no_such(in.role, in.id));
    return;
  }
  add_fact(out, now_ms, NodeRemoved{in.role, slot});
  out.answer = Answer{.id = in.id};
}

}  // namespace subnetd::engine
