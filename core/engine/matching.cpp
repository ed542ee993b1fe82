// SPDX-License-Identifier: 0BSD
// Who checks whom: the hard rules, whatever a matcher says.
#include <algorithm>

#include "engine/rooms.hpp"

namespace subnetd::engine {

std::uint8_t miner_slot_state(Status status, StatusReason reason) {
  // A miner that went missing keeps its validator: it takes one to notice that it is back.
  const bool open = status == Status::active || status == Status::flagged ||
                    (status == Status::inactive && reason == StatusReason::missed);
  return open ? 1 : 2;
}

UnmatchedReason waits_for(const State& s, std::uint32_t miner) {
  switch (s.columns.state[miner]) {
    case 0: return UnmatchedReason::none;
    case 1: return UnmatchedReason::pending;
    default: return UnmatchedReason::closed;
  }
}

void release_copy(State& s, std::uint32_t miner, std::uint32_t copy, UnmatchedReason why) {
  std::uint32_t& held = s.current(miner, copy);
  const std::size_t at = std::size_t{miner} * s.redundancy() + copy;
  if (held != none) {
    SUBNETD_INVARIANT(s.validators[held].load > 0);
    --s.validators[held].load;
    held = none;
  }
  s.columns.why[at] = static_cast<std::uint8_t>(why);
  s.columns.since_s[at] = static_cast<std::uint32_t>((s.now_ms - s.genesis_ms) / 1000);
}

void release_validator(State& s, std::uint32_t validator, UnmatchedReason why, Effects& effects) {
  // A block without the validator is passed over in one go: of a fixed length, so that the compiler
  // compares it in vectors.
  constexpr std::size_t block = 1'024;
  const std::uint32_t k = s.redundancy();
  const std::vector<std::uint32_t>& current = s.columns.current;
  for (std::size_t from = 0; from < current.size() && s.validators[validator].load > 0;
       from += block) {
    const std::size_t to = std::min(from + block, current.size());
    std::uint32_t found = to - from < block;
    if (found == 0)
      for (std::size_t i = 0; i < block; ++i) found |= current[from + i] == validator;
    for (std::size_t i = from; found != 0 && i < to; ++i) {
      if (current[i] != validator) continue;
      const auto miner = static_cast<std::uint32_t>(i / k);
      release_copy(s, miner, static_cast<std::uint32_t>(i % k), why);
      effects.match.push_back({MatchEventKind::miner_changed, miner});
    }
  }
}

namespace {

struct Refusals {
  std::uint32_t count = 0;
  std::string first;

  void add(const std::string& why) {
    if (count++ == 0) first = why;
  }
};

std::string name_move(const State& s, const Move& m) {
  return "miner " + std::string(s.miner_id(m.miner)) + " copy " + std::to_string(m.copy) +
         " to validator " +
         (m.validator == none ? std::string("none") : s.validators[m.validator].record.id);
}

// A batch of moves, judged by where all of it ends: every place that it gives up is free before any
// is taken, so the order of moves means nothing. What must not be is refused, the last that came
// first; a matched copy then keeps its validator, and who took that place is refused in turn.
class Batch {
 public:
  struct Entry {
    Move move;
    std::uint32_t held = none;  // before
    std::uint32_t now = none;   // as far as the batch is settled
    bool refused = false;
  };

  Batch(const State& s, std::size_t size, Refusals& refusals) : s_(s), refusals_(refusals) {
    entries_.reserve(size);
    entered_.reserve(size);
  }

  // False: this copy has a move in the batch already.
  bool enter(const Move& m) {
    const auto index = static_cast<std::uint32_t>(entries_.size());
    if (!entered_.emplace(key(m.miner, m.copy), index).second) return false;
    const std::uint32_t held = s_.current(m.miner, m.copy);
    entries_.push_back({m, held});
    if (held != none) --places_[held].extra;
    return true;
  }

  const std::vector<Entry>& settle() {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      const Move& m = entries_[i].move;
      if (m.validator == none) continue;
      if (const auto why = check(m); why != UnmatchedReason::none) {
        refuse(i, why);
        continue;
      }
      entries_[i].now = m.validator;
      Places& places = places_[m.validator];
      ++places.extra;
      places.takers.push_back(i);
    }
    return entries_;
  }

 private:
  struct Places {
    std::int64_t extra = 0;             // to the load before
    std::vector<std::uint32_t> takers;  // entries, some of them gone again
  };

  static std::uint64_t key(std::uint32_t miner, std::uint32_t copy) {
    return std::uint64_t{miner} << 8 | copy;
  }

  Entry* entry(std::uint32_t miner, std::uint32_t copy) {
    const auto it = entered_.find(key(miner, copy));
    return it == entered_.end() ? nullptr : &entries_[it->second];
  }

  std::uint32_t holder(std::uint32_t miner, std::uint32_t copy) {
    const Entry* e = entry(miner, copy);
    return e == nullptr ? s_.current(miner, copy) : e->now;
  }

  std::int64_t load(std::uint32_t validator) {
    return static_cast<std::int64_t>(s_.validators[validator].load) + places_[validator].extra;
  }

  UnmatchedReason check(const Move& m) {
    const ValidatorRow& v = s_.validators[m.validator];
    if (v.status != Status::active) return UnmatchedReason::no_validator;
    if (!serves(v, s_.columns.type[m.miner])) return UnmatchedReason::no_validator;
    if (v.owner != 0 && v.owner == s_.columns.owner[m.miner]) {
      return UnmatchedReason::own_validator;
    }
    for (std::uint32_t k = 0; k < s_.redundancy(); ++k) {
      if (k != m.copy && holder(m.miner, k) == m.validator) return UnmatchedReason::not_distinct;
    }
    if (load(m.validator) >= v.record.capacity) return UnmatchedReason::no_capacity;
    return UnmatchedReason::none;
  }

  void refuse(std::uint32_t first, UnmatchedReason why) {
    std::vector<std::pair<std::uint32_t, UnmatchedReason>> fallen{{first, why}};
    while (!fallen.empty()) {
      Entry& e = entries_[fallen.back().first];
      refusals_.add(name_move(s_, e.move) + ": " + unmatched_reason_name(fallen.back().second));
      fallen.pop_back();
      e.refused = true;
      e.now = e.held;
      if (e.held == none) continue;
      ++places_[e.held].extra;
      for (std::uint32_t k = 0; k < s_.redundancy(); ++k) {
        Entry* other = entry(e.move.miner, k);
        if (other == nullptr || other == &e || other->now != e.held) continue;
        withdraw(*other);
        fallen.emplace_back(index_of(*other), UnmatchedReason::not_distinct);
      }
      if (load(e.held) > s_.validators[e.held].record.capacity) {
        const std::uint32_t last = last_taker(e.held);
        withdraw(entries_[last]);
        fallen.emplace_back(last, UnmatchedReason::no_capacity);
      }
    }
  }

  void withdraw(Entry& e) {
    --places_[e.now].extra;
    e.now = none;
  }

  // There is one where more are than have a place: no load was above the capacity before.
  std::uint32_t last_taker(std::uint32_t validator) {
    std::vector<std::uint32_t>& takers = places_[validator].takers;
    for (;;) {
      SUBNETD_INVARIANT(!takers.empty());
      const std::uint32_t last = takers.back();
      takers.pop_back();
      if (!entries_[last].refused && entries_[last].now == validator) return last;
    }
  }

  std::uint32_t index_of(const Entry& e) const {
    return static_cast<std::uint32_t>(&e - entries_.data());
  }

  const State& s_;
  Refusals& refusals_;
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::uint32_t> entered_;  // by miner and copy
  std::unordered_map<std::uint32_t, Places> places_;          // by validator
};

bool in_range(const State& s, const Move& m) {
  return s.miner_alive(m.miner) && s.columns.state[m.miner] == 1 && m.copy < s.redundancy() &&
         (m.validator == none || s.validator_alive(m.validator));
}

}  // namespace

void decide_moves(const State& s, const MatchProposed& in, std::int64_t now_ms, Decision& out) {
  Refusals refusals;
  Batch batch(s, in.moves.size(), refusals);
  std::uint32_t shifted = 0;
  for (Move m : in.moves) {
    if (!in_range(s, m)) {
      refusals.add("a move names a miner, copy or validator that is not there");
      continue;
    }
    const std::uint32_t held = s.current(m.miner, m.copy);
    if (m.validator == held && held != none) continue;
    if (held != none &&
        (!in.rebalance || m.validator == none || shifted >= s.settings.moves_per_minute)) {
      refusals.add(name_move(s, m) + ": it is matched, and only rebalancing moves it, " +
                   std::to_string(s.settings.moves_per_minute) + " a minute");
      continue;
    }
    if (m.validator != none) {
      m.reason = UnmatchedReason::none;
    } else if (m.reason == UnmatchedReason::none || m.reason > UnmatchedReason::unknown_type) {
      m.reason = UnmatchedReason::refused;
      refusals.add(name_move(s, m) + ": unmatched without a reason");
    }
    if (!batch.enter(m)) {
      refusals.add(name_move(s, m) + ": it is moved twice");
    } else if (held != none) {
      ++shifted;
    }
  }
  Matched matched;
  for (const Batch::Entry& entry : batch.settle()) {
    if (entry.refused && entry.held != none) continue;  // it keeps the validator it has
    Move m = entry.move;
    if (entry.refused) {
      m.validator = none;
      m.reason = UnmatchedReason::refused;
    }
    const std::size_t at = std::size_t{m.miner} * s.redundancy() + m.copy;
    const bool news =
        m.validator != none || s.columns.why[at] != static_cast<std::uint8_t>(m.reason);
    if (news) matched.moves.push_back(m);
  }
  if (!matched.moves.empty()) add_fact(out, now_ms, std::move(matched));
  out.answer = Answer{.refused = refusals.count, .refusal = refusals.first};
}

void apply_matched(State& s, const Matched& f, Effects& effects) {
  for (const Move& m : f.moves) {
    const std::size_t at = std::size_t{m.miner} * s.redundancy() + m.copy;
    if (s.current(m.miner, m.copy) != none) {
      // Its open request keeps the validator it was given to; only the place moves. Whoever waits
      // for such a place is matched to it now, not when rebalancing comes by again.
      const std::uint32_t left = s.current(m.miner, m.copy);
      --s.validators[left].load;
      effects.match.push_back({MatchEventKind::validator_changed, left});
    }
    s.current(m.miner, m.copy) = m.validator;
    s.columns.why[at] = static_cast<std::uint8_t>(m.reason);
    s.columns.since_s[at] = static_cast<std::uint32_t>((s.now_ms - s.genesis_ms) / 1000);
    if (m.validator != none) {
      ValidatorRow& v = s.validators[m.validator];
      ++v.load;
      s.digest.add(std::uint64_t{m.validator} << 32 | v.load);
    }
    s.digest.add(std::uint64_t{m.miner} << 8 | m.copy);
  }
  // A place may be taken before the move that gives it up: the end counts.
  for (const Move& m : f.moves) {
    if (m.validator == none) continue;
    const ValidatorRow& v = s.validators[m.validator];
    SUBNETD_INVARIANT(v.load <= v.record.capacity);
  }
}

}  // namespace subnetd::engine
