// SPDX-License-Identifier: 0BSD
// Facts that were stored: what apply() takes for granted is checked first, as bytes on a disk may
// have changed. A fact that was decided passes; one that does not would break an invariant.
#include <unordered_map>

#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

constexpr std::int64_t now_ms_max = 32'503'680'000'000;  // the year 3000: sums and products fit
constexpr std::int64_t interval_ms_max = std::int64_t{1} << 40;
constexpr std::size_t text_bytes_max = 511;  // as TextArena stores them

using Checked = Result<void>;

std::unexpected<Error> wrong(std::string what) { return fail(Errc::corrupt, std::move(what)); }

std::string numbered(const char* what, std::uint64_t number) {
  return std::string(what) + " " + std::to_string(number);
}

Checked node_there(const State& s, Role role, std::uint32_t slot) {
  if (role == Role::miner && s.miner_alive(slot)) return {};
  if (role == Role::validator && s.validator_alive(slot)) return {};
  return wrong(std::string("there is no ") + role_name(role) + numbered(" in slot", slot));
}

Checked type_known(const State& s, const std::string& type) {
  if (s.find_type(type) != none) return {};
  return wrong("nobody declared the model type \"" + type + "\"");
}

Checked check(const State& s, const Started& f) {
  if (f.boot != s.boot + 1) return wrong(numbered("start", f.boot) + numbered(" follows", s.boot));
  if (auto ok = check_settings(f.settings); !ok) return wrong(ok.error().message);
  if (f.settings.interval_ms > interval_ms_max) return wrong("interval_ms is out of range");
  return {};
}

// A node that comes takes the next slot or a free one, and a uid likewise.
Checked check_newcomer(const State& s, const NodePut& f) {
  const bool miner = f.role == Role::miner;
  const std::size_t next = miner ? s.miners.size() : s.validators.size();
  const auto& free = miner ? s.free_miners : s.free_validators;
  if (f.slot != next && !free.contains(f.slot)) return wrong(numbered("no free slot", f.slot));
  if (f.uid != s.next_uid && !s.free_uids.contains(f.uid)) {
    return wrong(numbered("no free uid", f.uid));
  }
  if (!f.fresh) return wrong("a change of a node that is not there");
  if (s.find_miner(f.record.id) != none || s.find_validator(f.record.id) != none) {
    return wrong("there is a node \"" + f.record.id + "\" already");
  }
  return {};
}

Checked check(const State& s, const NodePut& f) {
  const NodeRecord& r = f.record;
  const bool miner = f.role == Role::miner;
  if (!miner && f.role != Role::validator) return wrong("neither a miner nor a validator");
  if (!node_there(s, f.role, f.slot)) {
    SUBNETD_CHECK(check_newcomer(s, f));
  } else if (r.id != (miner ? s.miner_id(f.slot) : s.validators[f.slot].record.id) ||
             f.uid != (miner ? s.miners[f.slot].uid : s.validators[f.slot].uid)) {
    return wrong(numbered("another node is in slot", f.slot));
  }
  for (const std::string* text : {&r.id, &r.name_space, &r.endpoint, &r.method, &r.task}) {
    if (text->size() > text_bytes_max) return wrong("a text is too long");
  }
  if (!parse_protocol(r.protocol)) return wrong("no protocol \"" + r.protocol + "\"");
  if (f.fee_bp > limits::fee_bp_max) return wrong(numbered("no fee of basis points:", f.fee_bp));
  if (f.parent != none && (miner || f.parent == f.slot || !s.validator_alive(f.parent))) {
    return wrong(numbered("nobody delegates to slot", f.parent));
  }
  if (f.parent != none && (s.parent_of(f.parent) != none || s.child_of(f.slot) != none)) {
    return wrong(numbered("a delegation is two levels deep at slot", f.slot));
  }
  if (miner) return type_known(s, f.model_type);
  for (const std::string& type : r.specializations) {
    if (type != any_type) SUBNETD_CHECK(type_known(s, type));
  }
  return {};
}

Checked check(const State& s, const NodeRemoved& f) { return node_there(s, f.role, f.slot); }
Checked check(const State& s, const StatusSet& f) { return node_there(s, f.role, f.slot); }
Checked check(const State& s, const MappingPut& f) { return type_known(s, f.model_type); }

Checked check(const State& s, const MappingRemoved& f) {
  return s.mappings.contains(f.pattern) ? Checked() : wrong("no mapping \"" + f.pattern + "\"");
}

Checked check(const State& s, const Retyped& f) {
  SUBNETD_CHECK(node_there(s, Role::miner, f.miner));
  return type_known(s, f.model_type);
}

// Capacity is judged by the end: the order of moves means nothing.
Checked check(const State& s, const Matched& f) {
  std::unordered_map<std::uint64_t, std::uint32_t> holder;
  std::unordered_map<std::uint32_t, std::int64_t> load;
  for (const Move& m : f.moves) {
    SUBNETD_CHECK(node_there(s, Role::miner, m.miner));
    if (m.copy >= s.redundancy()) return wrong(numbered("a miner has no copy", m.copy));
    if (m.reason > UnmatchedReason::refused) return wrong("no such reason");
    if (m.validator != none) SUBNETD_CHECK(node_there(s, Role::validator, m.validator));
    const auto [held, first] = holder.try_emplace(std::uint64_t{m.miner} << 8 | m.copy,
                                                  s.current(m.miner, m.copy));
    if (held->second != none) --load[held->second];
    held->second = m.validator;
    if (m.validator != none) ++load[m.validator];
  }
  for (const auto& [validator, more] : load) {
    const ValidatorRow& v = s.validators[validator];
    if (more > 0 && v.load + more > std::int64_t{v.record.capacity}) {
      return wrong(numbered("no capacity is left at the validator in slot", validator));
    }
  }
  return {};
}

Checked check(const State&, const Rebalancing&) { return {}; }

Checked check(const State& s, const Due& f) {
  if (f.to_ms < 0 || f.to_ms > now_ms_max || f.to_ms < s.due_ms) {
    return wrong("the validation clock runs backwards or too far");
  }
  return {};
}

Checked check(const State& s, const Owed& f) { return node_there(s, Role::miner, f.miner); }

Checked check(const State& s, const Verdict& f) {
  SUBNETD_CHECK(node_there(s, Role::miner, f.miner));
  if (f.score_ppm > ppm_one) return wrong(numbered("a score of ppm", f.score_ppm));
  if (f.retry != none) SUBNETD_CHECK(node_there(s, Role::validator, f.retry));
  if (f.outcome == VerdictOutcome::carried) {
    return f.validator == none && f.retry == none ? Checked() : wrong("nobody carries a mean");
  }
  const auto it = s.open.find(f.request);
  if (it == s.open.end()) return wrong(numbered("no open request", f.request));
  if (it->second.miner != f.miner) return wrong("the request is about another miner");
  if (f.validator != none && f.validator != it->second.validator) {
    return wrong("the request was given to another validator");
  }
  return {};
}

Checked check(const State& s, const EpochClosed& f) {
  const std::uint64_t expected = s.epoch.closed != 0 ? s.epoch.closed : s.epoch.open;
  if (f.epoch == expected) return {};
  return wrong(numbered("epoch", f.epoch) + numbered(" is closed, not", expected));
}

Checked closed_epoch(const State& s, std::uint64_t epoch) {
  if (s.epoch.closed != 0 && epoch == s.epoch.closed) return {};
  return wrong(numbered("epoch", epoch) + " is not closed");
}

Checked check(const State& s, const EpochEmitted& f) {
  const std::size_t n = f.uid.size();
  const bool whole = f.role.size() == n && f.slot.size() == n && f.amount_nano.size() == n &&
                     f.incentive.size() == n && f.score_sum_ppm.size() == n &&
                     f.score_count.size() == n;
  if (!whole) return wrong("columns differ in length");
  return closed_epoch(s, f.epoch);
}

Checked check(const State& s, const EpochHeld& f) { return closed_epoch(s, f.epoch); }

Checked check(const State&, const SignedWrite&) { return {}; }

Checked check(const State& s, const EpochStepped& f) {
  if (f.epoch != s.epoch.last_emitted) {
    return wrong(numbered("epoch", f.epoch) + " is not the one that was just emitted");
  }
  const std::size_t n = f.order.size();
  if (n == 0 || (f.permit.size() == n && is_square(f.bonds, n))) return {};
  return wrong("bonds are no rows of their nodes");
}

}  // namespace

Result<void> apply_stored(State& s, const Fact& fact) {
  if (fact.now_ms < s.now_ms || fact.now_ms < 0 || fact.now_ms > now_ms_max) {
    return wrong("its time is " + std::to_string(fact.now_ms) + ", after " +
                 std::to_string(s.now_ms));
  }
  if (s.boot == 0 && !std::holds_alternative<Started>(fact.body)) {
    return wrong("the subnet has not started");
  }
  SUBNETD_CHECK(std::visit([&s](const auto& f) { return check(s, f); }, fact.body));
  Effects ignored;  // resume() lists what is open
  apply(s, fact, ignored);
  return {};
}

}  // namespace subnetd::engine
