// SPDX-License-Identifier: 0BSD
#include "plugin/matcher.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "plugin/greedy.hpp"

namespace subnetd::plugin {
namespace {

bool serves(const sbn_match_view& v, std::uint32_t validator, std::uint32_t type) {
  for (auto i = v.validator_types_at[validator]; i < v.validator_types_at[validator + 1]; ++i) {
    const std::uint32_t t = v.validator_types[i];
    if (t == SBN_TYPE_ANY || (t == type && type != SBN_TYPE_UNKNOWN)) return true;
  }
  return false;
}

std::string name(const sbn_match_move& m) {
  return "miner slot " + std::to_string(m.miner) + " copy " + std::to_string(m.copy) +
         " to validator slot " + std::to_string(m.validator);
}

std::string shape_violation(const sbn_match_view& v, const sbn_match_move& m) {
  if (m.miner >= v.miner_count || v.miner_state[m.miner] != SBN_SLOT_OPEN) {
    return name(m) + ": no open miner is there";
  }
  if (m.copy >= v.redundancy)
    return name(m) + ": there are " + std::to_string(v.redundancy) + " copies";
  if (m.validator == SBN_NONE) {
    const bool reasoned =
        m.reason >= SBN_REASON_NO_VALIDATOR && m.reason <= SBN_REASON_UNKNOWN_TYPE;
    return reasoned ? "" : name(m) + ": unmatched without a reason";
  }
  if (m.validator >= v.validator_count || v.validator_state[m.validator] == SBN_SLOT_FREE) {
    return name(m) + ": no validator is there";
  }
  return "";
}

// Follows the moves on a copy of what they touch.
class HardRules {
 public:
  explicit HardRules(const sbn_match_view& v) : v_(v), load_(v.validator_count, 0) {
    for (std::uint64_t i = 0; i < v.miner_count * v.redundancy; ++i) {
      if (v.current[i] != SBN_NONE && v.miner_state[i / v.redundancy] != SBN_SLOT_FREE) {
        ++load_[v.current[i]];
      }
    }
  }

  // All places that moves give up are free before any is taken: only the end counts.
  void leave(const sbn_match_move& m) {
    const std::uint64_t at = std::uint64_t{m.miner} * v_.redundancy + m.copy;
    if (v_.current[at] != SBN_NONE) --load_[v_.current[at]];
    moved_[at] = SBN_NONE;
  }

  std::string take(const sbn_match_move& m) {
    if (m.validator == SBN_NONE) return "";
    const std::uint64_t at = std::uint64_t{m.miner} * v_.redundancy + m.copy;
    if (v_.validator_state[m.validator] != SBN_SLOT_OPEN && v_.current[at] != m.validator) {
      return name(m) + ": that validator takes nothing new";
    }
    if (!serves(v_, m.validator, v_.miner_type[m.miner]))
      return name(m) + ": it does not serve that type";
    const std::uint32_t owner = v_.validator_owner[m.validator];
    if (owner != 0 && owner == v_.miner_owner[m.miner]) return name(m) + ": both belong to one key";
    for (std::uint32_t k = 0; k < v_.redundancy; ++k) {
      if (k != m.copy && holder(at - m.copy + k) == m.validator)
        return name(m) + ": it has another copy";
    }
    moved_[at] = m.validator;
    if (++load_[m.validator] > v_.validator_capacity[m.validator])
      return name(m) + ": over capacity";
    return "";
  }

 private:
  std::uint32_t holder(std::uint64_t at) const {
    const auto it = moved_.find(at);
    return it == moved_.end() ? v_.current[at] : it->second;
  }
  const sbn_match_view& v_;
  std::vector<std::uint64_t> load_;
  std::unordered_map<std::uint64_t, std::uint32_t> moved_;
};

}  // namespace

std::string find_violation(const sbn_match_view& view, std::span<const sbn_match_move> moves,
                           bool hard_rules) {
  std::unordered_set<std::uint64_t> seen;
  for (const sbn_match_move& m : moves) {
    if (std::string what = shape_violation(view, m); !what.empty()) return what;
    if (!seen.insert(std::uint64_t{m.miner} << 32 | m.copy).second)
      return name(m) + ": moved twice";
  }
  if (!hard_rules) return "";
  HardRules rules(view);
  for (const sbn_match_move& m : moves) rules.leave(m);
  for (const sbn_match_move& m : moves) {
    if (std::string what = rules.take(m); !what.empty()) return what;
  }
  return "";
}

std::string find_unanswered(const sbn_match_view& view, std::optional<MatchEvents> events,
                            std::span<const sbn_match_move> moves) {
  // A bit a copy where all are asked about; else only those that are told.
  std::vector<bool> all(events ? 0 : view.miner_count * view.redundancy);
  std::unordered_set<std::uint64_t> some;
  for (const sbn_match_move& m : moves) {
    const std::uint64_t at = std::uint64_t{m.miner} * view.redundancy + m.copy;
    if (at < all.size()) all[at] = true;
    if (events) some.insert(at);
  }
  std::string what;
  const auto look = [&](std::uint64_t miner) {
    if (miner >= view.miner_count || view.miner_state[miner] != SBN_SLOT_OPEN) return;
    for (std::uint64_t at = miner * view.redundancy; at < (miner + 1) * view.redundancy; ++at) {
      if (view.current[at] != SBN_NONE || (events ? some.contains(at) : all[at])) continue;
      what = "no row for the unmatched miner slot " + std::to_string(miner) + " copy " +
             std::to_string(at % view.redundancy);
      return;
    }
  };
  if (!events) {
    for (std::uint64_t m = 0; m < view.miner_count && what.empty(); ++m) look(m);
    return what;
  }
  for (const sbn_match_event& event : *events)
    if (event.kind == SBN_MINER_CHANGED && what.empty()) look(event.slot);
  return what;
}

Result<Moves> Matcher::ask(const char* slot_name, std::uint64_t items, const sbn_match_view& view,
                           const Slot& slot) {
  last_slot_ = slot_name;
  // Poison: a row the plugin forgets names no miner.
  constexpr sbn_match_move unwritten{SBN_NONE, SBN_NONE, SBN_NONE, SBN_NONE};
  const std::uint64_t most = view.miner_count * view.redundancy + 16;
  Moves moves(std::min<std::uint64_t>(most, items * 4 + 1024), unwritten);
  for (int attempt = 0; attempt < 2; ++attempt) {
    sbn_match_out out{sizeof(out), 0, moves.size(), 0, moves.data()};
    auto status = instance_->call(
        slot_name, items,
        [&](const sbn_call* call, sbn_error* err) { return slot(call, &out, err); },
        Instance::Limit::answer);
    if (!status) return std::unexpected(status.error());
    if (*status == SBN_E_LIMIT) {
      if (attempt > 0 || out.n <= moves.size() || out.n > most) {
        return std::unexpected(instance_->violation(
            slot_name,
            std::string(slot_name) + " asks for room for " + std::to_string(out.n) + " moves"));
      }
      moves.assign(out.n, unwritten);
      continue;
    }
    if (out.n > moves.size()) {
      return std::unexpected(
          instance_->violation(slot_name, std::string(slot_name) + " wrote past its room"));
    }
    moves.resize(out.n);
    break;
  }
  if (std::string what = find_violation(view, moves, false); !what.empty()) {
    return std::unexpected(instance_->violation(slot_name, what));
  }
  return moves;
}

Result<void> Matcher::load(const sbn_match_view& view) {
  auto status =
      instance_->call("load", view.miner_count, [&](const sbn_call* call, sbn_error* err) {
        return instance_->table<sbn_matcher>().load(instance_->self(), call, &view, err);
      });
  index_lost_ = !status;
  workers_lost_ = instance_->worker_deaths();
  if (!status) return std::unexpected(status.error());
  return {};
}

Moves Matcher::propose(const sbn_match_view& view, MatchEvents events) {
  // An index that missed something answers for another world: build it anew first.
  const bool lost = index_lost_ || workers_lost_ != instance_->worker_deaths();
  if (lost && !load(view)) return stand_in(view);
  auto moves = ask("propose", events.size(), view,
                   [&](const sbn_call* call, sbn_match_out* out, sbn_error* err) {
                     return instance_->table<sbn_matcher>().propose(
                         instance_->self(), call, &view, events.data(), events.size(), out, err);
                   });
  return answered(view, events, std::move(moves));
}

Moves Matcher::solve(const sbn_match_view& view) {
  auto moves =
      ask("solve", view.miner_count, view,
          [&](const sbn_call* call, sbn_match_out* out, sbn_error* err) {
            return instance_->table<sbn_matcher>().solve(instance_->self(), call, &view, out, err);
          });
  return answered(view, std::nullopt, std::move(moves));
}

Moves Matcher::answered(const sbn_match_view& view, std::optional<MatchEvents> events,
                        Result<Moves> moves) {
  if (!moves) return stand_in(view);
  if (std::string what = find_unanswered(view, events, *moves); !what.empty()) {
    instance_->violation(last_slot_, what);
    return stand_in(view);
  }
  return std::move(*moves);
}

Moves Matcher::stand_in(const sbn_match_view& view) {
  ++fallbacks_;
  return greedy_moves(view);
}

Result<void> Matcher::observe(const sbn_match_view& view, MatchEvents events,
                              std::span<const sbn_match_move> accepted) {
  auto status = instance_->call(
      "observe", events.size() + accepted.size(), [&](const sbn_call* call, sbn_error* err) {
        return instance_->table<sbn_matcher>().observe(instance_->self(), call, &view,
                                                       events.data(), events.size(),
                                                       accepted.data(), accepted.size(), err);
      });
  if (status) return {};
  index_lost_ = true;
  return std::unexpected(status.error());
}

Result<std::string> Matcher::explain(const sbn_match_view& view, std::uint32_t miner) {
  if (miner >= view.miner_count) return fail(Errc::not_found, "there is no such miner slot");
  const auto& table = instance_->table<sbn_matcher>();
  return instance_->explain([&](const sbn_call* call, sbn_sink sink, sbn_error* err) {
    return table.explain == nullptr
               ? SBN_E_UNSUPPORTED
               : table.explain(instance_->self(), call, &view, miner, sink, err);
  });
}

void Matcher::report_refused(std::uint32_t moves, const std::string& first) {
  instance_->violation(last_slot_,
                       std::to_string(moves) + " moves broke a hard rule, the first: " + first);
}

}  // namespace subnetd::plugin
