// SPDX-License-Identifier: 0BSD
// A whole matcher out of a pricing: derive from it, name it, and hand it to SUBNET_PLUGIN.
//
//   struct Local : subnet::matching::strategy {
//     static constexpr std::string_view id = "local", summary = "…", schema = "…";
//     Local() : strategy(prices_) {}
//     my_pricing prices_;
//   };
#pragma once

#include <queue>
#include <string>

#include "subnet/matching/index.hpp"

namespace subnet::matching {

class strategy {
 public:
  explicit strategy(const pricing& priced) : p_(priced), index_(priced) {}

  void load(const call&, const match_view& view) { index_.load(view); }

  void propose(const call&, const match_view& view, match_events events, moves& out) {
    if (view.redundancy() != index_.redundancy())
      throw failure(SBN_E_INVALID, "the redundancy changed: load the view again");
    index_.begin_trial(view);
    bool all = false;
    follow(view, events, true, all);
    asked_.clear();
    for (const sbn_match_event& event : events) {
      if (event.kind != SBN_MINER_CHANGED || !index_.knows(event.slot)) continue;
      for (uint32_t copy = 0; copy < index_.redundancy(); ++copy)
        if (index_.held(event.slot, copy) == SBN_NONE)
          asked_.push_back({index_.order(event.slot), event.slot, copy});
    }
    sort_unique(asked_);
    if (all) freed_ = index_.waiting_types();
    sort_unique(freed_);
    match(view, out);
  }

  void observe(const call&, const match_view& view, match_events events, match_moves accepted) {
    if (view.redundancy() != index_.redundancy()) return index_.load(view);
    bool all = false;
    index_.end_trial();
    follow(view, events, false, all);
    for (const sbn_match_move& move : accepted)
      if (move.miner < view.miners()) index_.sync_miner(view, move.miner, false);
    index_.settle(view);
  }

  void solve(const call&, const match_view& view, moves& out) const {
    solution(view, p_).tell(out);
  }

  std::string explain(const match_view& view, uint32_t miner) const;

 protected:
  const pricing& p_;

 private:
  template <class T>
  static void sort_unique(std::vector<T>& list) {
    if (!std::is_sorted(list.begin(), list.end())) std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }

  // freed_: types for which a place may be new; all: cannot be told.
  void follow(const match_view& view, match_events events, bool asked, bool& all) {
    freed_.clear();
    const auto frees = [&](uint32_t v) {
      index_.each_type_of(v, [&](uint32_t type, bool any) {
        all = all || any;
        if (freed_.empty() || freed_.back() != type) freed_.push_back(type);
      });
    };
    for (const sbn_match_event& event : events) {
      const bool of_miner = event.kind == SBN_MINER_CHANGED || event.kind == SBN_MINER_LEFT;
      if (event.slot >= (of_miner ? view.miners() : view.validators()))
        throw failure(SBN_E_INVALID, "an event of no slot");
      if (!of_miner) {
        index_.sync_validator(view, event.slot);
        frees(event.slot);
        continue;
      }
      if (index_.knows(event.slot))
        for (uint32_t copy = 0; copy < index_.redundancy(); ++copy)
          frees(index_.held(event.slot, copy));
      else if (event.kind == SBN_MINER_LEFT)
        all = true;
      index_.sync_miner(view, event.slot, asked && event.kind == SBN_MINER_CHANGED);
    }
  }

  // Asked copies are always answered, waiting ones of freed types where there is a place; all by
  // registration.
  void match(const match_view& view, moves& out) {
    using head = std::pair<waiter, uint32_t>;
    std::priority_queue<head, std::vector<head>, std::greater<>> heads;
    for (const uint32_t type : freed_)
      if (!index_.waiting(type).empty()) heads.push({*index_.waiting(type).begin(), type});
    auto next = asked_.begin();
    while (next != asked_.end() || !heads.empty()) {
      if (heads.empty() || (next != asked_.end() && *next < heads.top().first)) {
        place(view, *next++, true, out);
        continue;
      }
      const auto [first, type] = heads.top();
      heads.pop();
      if (!index_.has_place(view, type)) continue;
      const auto after = index_.waiting(type).upper_bound(first);
      if (after != index_.waiting(type).end()) heads.push({*after, type});
      place(view, first, false, out);
    }
  }
  void place(const match_view& view, const waiter& each, bool tell, moves& out) {
    const uint32_t v = index_.choose(view, each.miner);
    if (v != SBN_NONE) {
      index_.hold(view, each.miner, each.copy, v);
      out.match(each.miner, each.copy, v);
    } else if (tell) {
      out.unmatched(each.miner, each.copy, index_.reason(view, each.miner));
    }
  }

  index index_;
  std::vector<uint32_t> freed_;  // these two: room for a call, kept
  std::vector<waiter> asked_;
};

// Why this validator, and what else was possible at what cost; the cheapest five.
inline std::string strategy::explain(const match_view& view, uint32_t miner) const {
  const auto text_of = [](cost c) {
    const auto ppm = static_cast<int64_t>((static_cast<__int128>(c) * 1'000'000) >> 32);
    std::string digits = std::to_string(ppm % 1'000'000);
    return std::to_string(ppm / 1'000'000) + "." + std::string(6 - digits.size(), '0') + digits;
  };
  const uint32_t k = view.redundancy(), type = view.miner_type()[miner];
  std::vector<uint32_t> loads(view.validators(), 0);
  for (size_t i = 0; i < view.miners() * k; ++i)
    if (view.raw()->current[i] < loads.size()) ++loads[view.raw()->current[i]];
  struct option {
    bool last;
    cost price;
    uint64_t order;
    uint32_t slot;
    auto operator<=>(const option&) const = default;
  };
  const auto cost_at = [&](uint32_t v, uint32_t place) {
    const uint32_t region = p_.prices() ? view.miner_region()[miner] : 0;
    return unreliability_cost(p_.by, view.reliability_ppm()[v]) +
           marginal(std::max(1u, view.capacity()[v]), place) +
           p_.checked_price(view, type, region, v);
  };
  std::vector<option> options;
  std::string text;
  for (const uint32_t v : view.current(miner)) {
    if (!text.empty()) text += '\n';
    if (v >= view.validators()) {
      text += "nobody: no free place, of another key, that does not check this miner already";
    } else {
      text += "validator slot " + std::to_string(v) + " costs " + text_of(cost_at(v, loads[v])) +
              " (place " + std::to_string(loads[v]) + " of " + std::to_string(view.capacity()[v]) +
              ", reliability " + std::to_string(view.reliability_ppm()[v]) + " ppm)";
    }
  }
  size_t full = 0, own = 0;
  for (uint32_t v = 0; v < view.validators(); ++v) {
    if (view.validator_state()[v] != SBN_SLOT_OPEN) continue;
    const auto types = view.types_of(v);
    const bool lists =
        type != SBN_TYPE_UNKNOWN && std::find(types.begin(), types.end(), type) != types.end();
    const bool any = std::find(types.begin(), types.end(), SBN_TYPE_ANY) != types.end();
    const auto mine = view.current(miner);
    if ((!lists && !any) || std::find(mine.begin(), mine.end(), v) != mine.end()) continue;
    const uint32_t owner = view.validator_owner()[v];
    if (owner != 0 && owner == view.miner_owner()[miner]) {
      ++own;
    } else if (loads[v] >= view.capacity()[v]) {
      ++full;
    } else {
      options.push_back({!lists, cost_at(v, loads[v] + 1), view.validator_order()[v], v});
    }
  }
  std::sort(options.begin(), options.end());
  for (size_t i = 0; i < std::min<size_t>(5, options.size()); ++i)
    text += "\npossible: validator slot " + std::to_string(options[i].slot) + " at " +
            text_of(options[i].price) + (options[i].last ? ", serves every type, last" : "");
  text += "\n" + std::to_string(options.size()) + " possible, " + std::to_string(full) + " full, " +
          std::to_string(own) + " of its own key; a match is changed when that gains more than " +
          text_of(p_.by.move);
  return text;
}

}  // namespace subnet::matching
