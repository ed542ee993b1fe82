// SPDX-License-Identifier: 0BSD
// What a matcher holds between calls: loads, the cheapest place of every class, and who waits. A
// function of the view alone: what a proposal changes can be taken back. One thread at a time.
#pragma once

#include <set>
#include <unordered_map>
#include <vector>

#include "subnet/matching/solve.hpp"

namespace subnet::matching {

struct waiter {
  uint64_t order;
  uint32_t miner, copy;
  auto operator<=>(const waiter&) const = default;
};

// Why a copy of a miner has nobody, where a validator has load_of(it) copies.
template <class Load, class Held>
uint32_t reason_for(const match_view& view, Load&& load_of, uint32_t miner,
                    std::span<const uint32_t> candidates, Held&& holds) {
  bool own = false, twice = false;
  for (const uint32_t v : candidates) {
    if (load_of(v) >= view.capacity()[v]) continue;
    const uint32_t owner = view.validator_owner()[v];
    if (holds(v)) {
      twice = true;
    } else if (owner != 0 && owner == view.miner_owner()[miner]) {
      own = true;
    }
  }
  if (own) return SBN_REASON_OWN_VALIDATOR;
  if (twice) return SBN_REASON_NOT_DISTINCT;
  if (!candidates.empty()) return SBN_REASON_NO_CAPACITY;
  return view.miner_type()[miner] == SBN_TYPE_UNKNOWN ? SBN_REASON_UNKNOWN_TYPE
                                                      : SBN_REASON_NO_VALIDATOR;
}

class index {
 public:
  explicit index(const pricing& priced) : p_(&priced) {}

  void load(const match_view& view) {
    *this = index(*p_);
    k_ = view.redundancy();
    any_ = dense(SBN_TYPE_ANY);
    grow(view);
    for (uint32_t v = 0; v < view.validators(); ++v) {
      validators_[v] = row_of(view, v);
      validators_[v].each_place([&](place& at) { types_[at.type].members.push_back(v); });
      count_serving(v, 1);
    }
    for (uint32_t t = 0; t < types_.size(); ++t) sort_members(t);
    std::vector<std::vector<waiter>> waiting;
    for (uint32_t m = 0; m < view.miners(); ++m) load_miner(view, m, waiting);
    for (uint32_t t = 0; t < waiting.size(); ++t)
      types_[t].waiting = {waiting[t].begin(), waiting[t].end()};
  }

  // Brings one row to what the view shows. `asked`: its free copies wait for nobody, they are
  // being asked about.
  void sync_miner(const match_view& view, uint32_t m, bool asked) {
    grow(view);
    const miner_row row = row_of_miner(view, m, asked);
    const bool same = row == miners_[m];
    for (uint32_t copy = 0; copy < k_ && !same; ++copy)
      if (waits(m, copy)) wait(m, copy, false);
    if (!same) {
      if (recording_) {
        changes_.push_back({change::of_miner, m, 0, 0});
        miners_before_.push_back(miners_[m]);
      }
      miners_[m] = row;
    }
    for (uint32_t copy = 0; copy < k_; ++copy) {
      const uint32_t v = row.open ? holder(view, m, copy) : SBN_NONE;
      if (same && held(m, copy) == v) continue;
      if (same && waits(m, copy)) wait(m, copy, false);
      hold_now(view, m, copy, v);
      if (waits(m, copy)) wait(m, copy, true);
    }
  }
  void sync_validator(const match_view& view, uint32_t v) {
    grow(view);
    put_validator(view, v, row_of(view, v));
  }
  void hold(const match_view& view, uint32_t m, uint32_t copy, uint32_t v) {
    if (waits(m, copy)) wait(m, copy, false);
    hold_now(view, m, copy, v);
  }

  // The cheapest validator that the copy may have, or SBN_NONE.
  uint32_t choose(const match_view& view, uint32_t m) {
    const uint32_t v = cheapest(view, m, miners_[m].type);
    return v == SBN_NONE ? cheapest(view, m, any_) : v;
  }
  uint32_t reason(const match_view& view, uint32_t m) {
    const uint32_t type = miners_[m].type;
    const bool unknown = types_[type].number == SBN_TYPE_UNKNOWN;
    uint32_t why = SBN_REASON_NONE;
    for (const uint32_t listed : {type, any_}) {
      if (types_[listed].serving == 0) continue;
      const uint32_t here = tree_for(view, m, listed).least() == never
                                ? uint32_t{SBN_REASON_NO_CAPACITY}
                                : reason_beside(view, m, listed);
      if (why == SBN_REASON_NONE || here == SBN_REASON_OWN_VALIDATOR ||
          why == SBN_REASON_NO_CAPACITY)
        why = here;
    }
    if (why != SBN_REASON_NONE) return why;
    return unknown ? SBN_REASON_UNKNOWN_TYPE : SBN_REASON_NO_VALIDATOR;
  }

  // Types are numbered as they come.
  bool has_place(const match_view& view, uint32_t type) {
    return tree_of(view, type, 0).least() != never || tree_of(view, any_, 0).least() != never;
  }
  const std::set<waiter>& waiting(uint32_t type) const { return types_[type].waiting; }
  std::vector<uint32_t> waiting_types() const {
    std::vector<uint32_t> out;
    for (uint32_t t = 0; t < types_.size(); ++t)
      if (!types_[t].waiting.empty()) out.push_back(t);
    return out;
  }
  // each(type, whether it is `*`)
  template <class Each>
  void each_type_of(uint32_t v, Each&& each) const {
    if (v >= validators_.size()) return;
    validators_[v].each_place([&](const place& at) { each(at.type, at.type == any_); });
  }

  uint32_t redundancy() const { return k_; }
  uint32_t held(uint32_t m, uint32_t copy) const { return held_[size_t{m} * k_ + copy]; }
  bool knows(uint32_t m) const { return m < miners_.size() && miners_[m].open; }
  uint64_t order(uint32_t m) const { return miners_[m].order; }

  // A trial is what a proposal changes. Mostly that comes true, so it stays until the next call
  // says what came of it: another proposal takes it back, and settle() brings all that it touched
  // to what the view shows.
  void begin_trial(const match_view& view) {
    end_trial();
    while (!changes_.empty()) {
      const change each = changes_.back();
      changes_.pop_back();
      take_back(view, each);
    }
    recording_ = true;
  }
  void end_trial() { recording_ = false; }
  void settle(const match_view& view) {
    uint32_t done = SBN_NONE;
    for (const change& each : changes_) {
      if (each.kind == change::of_validator) {
        sync_validator(view, each.slot);
      } else if (each.slot != done) {
        sync_miner(view, each.slot, false);
        done = each.slot;
      }
    }
    changes_.clear();
    miners_before_.clear();
    validators_before_.clear();
  }

 private:
  struct miner_row {
    uint64_t order = 0;
    uint32_t type = 0;
    uint32_t region = 0;
    bool open = false;
    bool asked = false;
    bool operator==(const miner_row&) const = default;
  };
  // One of a validator's types, and its leaf there.
  struct place {
    uint32_t type = nowhere;
    uint32_t leaf = nowhere;
    // By what it lists, wherever that is.
    bool operator==(const place& other) const { return type == other.type; }
  };
  // A cache line has all that a match looks at.
  struct alignas(64) validator_row {
    cost base = 0;
    uint64_t order = 0;
    uint32_t capacity = 0;
    uint32_t load = 0;
    uint8_t state = SBN_SLOT_FREE;
    place first;  // by type; most have one
    std::vector<place> others;

    void each_place(auto&& each) {
      if (first.type != nowhere) each(first);
      for (place& at : others) each(at);
    }
    void each_place(auto&& each) const {
      if (first.type != nowhere) each(first);
      for (const place& at : others) each(at);
    }
  };
  struct tree {
    uint32_t region;
    min_tree costs;
  };
  struct entry {
    uint32_t number = 0;
    // By registration, whatever their state: the leaves of the trees. SBN_NONE where one left.
    std::vector<uint32_t> members;
    std::vector<uint64_t> orders;
    std::vector<tree> trees;  // as far as asked for
    std::set<waiter> waiting;
    uint32_t serving = 0, gone = 0;
  };
  struct change {
    enum what : uint8_t { of_hold, of_wait, of_miner, of_validator } kind;
    uint32_t slot, copy, value;
  };

  void take_back(const match_view& view, const change& each) {
    switch (each.kind) {
      case change::of_hold: hold_now(view, each.slot, each.copy, each.value); break;
      case change::of_wait: wait(each.slot, each.copy, each.value == 0); break;
      case change::of_miner:
        miners_[each.slot] = miners_before_.back();
        miners_before_.pop_back();
        break;
      case change::of_validator:
        put_validator(view, each.slot, std::move(validators_before_.back()));
        validators_before_.pop_back();
        break;
    }
  }

  uint32_t& held_now(uint32_t m, uint32_t copy) { return held_[size_t{m} * k_ + copy]; }
  bool waits(uint32_t m, uint32_t copy) const {
    return miners_[m].open && !miners_[m].asked && held(m, copy) == SBN_NONE;
  }
  bool holds(uint32_t m, uint32_t v) const {
    for (uint32_t copy = 0; copy < k_; ++copy)
      if (held(m, copy) == v) return true;
    return false;
  }
  bool has_room(uint32_t v) const {
    const validator_row& row = validators_[v];
    return row.state == SBN_SLOT_OPEN && row.load < row.capacity;
  }

  uint32_t dense(uint32_t number) {
    const uint32_t near = number < near_.size() ? near_[number] : nowhere;
    return near != nowhere ? near : far_or_new(number);
  }
  [[gnu::noinline]] uint32_t far_or_new(uint32_t number) {
    constexpr uint32_t near_max = 1u << 17;
    if (number < near_max && number >= near_.size()) near_.resize(number + 1, nowhere);
    uint32_t& at = number < near_max ? near_[number]
                                     : far_.try_emplace(number, nowhere).first->second;
    if (at == nowhere) {
      at = static_cast<uint32_t>(types_.size());
      types_.emplace_back().number = number;
    }
    return at;
  }
  miner_row row_of_miner(const match_view& view, uint32_t m, bool asked) {
    if (view.miner_state()[m] != SBN_SLOT_OPEN) return {};
    return {view.miner_order(m), dense(view.miner_type()[m]),
            p_->prices() ? view.miner_region()[m] : 0, true, asked};
  }
  validator_row row_of(const match_view& view, uint32_t v) {
    validator_row row;
    row.base = unreliability_cost(p_->by, view.reliability_ppm()[v]);
    row.order = view.validator_order()[v];
    row.capacity = view.capacity()[v];
    row.state = view.validator_state()[v];
    if (row.state == SBN_SLOT_FREE) return row;
    std::vector<uint32_t>& types = scratch_;
    types.clear();
    for (const uint32_t number : view.types_of(v))
      if (number != SBN_TYPE_UNKNOWN) types.push_back(dense(number));
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
    if (!types.empty()) row.first.type = types[0];
    for (size_t i = 1; i < types.size(); ++i) row.others.push_back({types[i], nowhere});
    return row;
  }
  uint32_t holder(const match_view& view, uint32_t m, uint32_t copy) const {
    const uint32_t v = view.current(m)[copy];
    if (v >= view.validators()) return SBN_NONE;
    const uint8_t state = view.validator_state()[v];
    return state == SBN_SLOT_OPEN || state == SBN_SLOT_DRAINING ? v : SBN_NONE;
  }
  void load_miner(const match_view& view, uint32_t m, std::vector<std::vector<waiter>>& waiting) {
    miners_[m] = row_of_miner(view, m, false);
    for (uint32_t copy = 0; copy < k_ && miners_[m].open; ++copy) {
      const uint32_t v = holder(view, m, copy);
      held_now(m, copy) = v;
      if (v != SBN_NONE) {
        ++validators_[v].load;
        continue;
      }
      waiting.resize(types_.size());
      waiting[miners_[m].type].push_back({miners_[m].order, m, copy});
    }
  }

  void grow(const match_view& view) {
    if (miners_.size() < view.miners()) {
      miners_.resize(view.miners());
      held_.resize(view.miners() * k_, SBN_NONE);
    }
    if (validators_.size() < view.validators()) validators_.resize(view.validators());
  }

  void wait(uint32_t m, uint32_t copy, bool begins) {
    if (recording_) changes_.push_back({change::of_wait, m, copy, begins ? 1u : 0u});
    const waiter each{miners_[m].order, m, copy};
    auto& all = types_[miners_[m].type].waiting;
    if (begins) {
      all.insert(each);
    } else {
      all.erase(each);
    }
  }
  void hold_now(const match_view& view, uint32_t m, uint32_t copy, uint32_t v) {
    uint32_t& now = held_now(m, copy);
    if (now == v) return;
    if (recording_) changes_.push_back({change::of_hold, m, copy, now});
    if (now != SBN_NONE) reload(view, now, -1);
    if (v != SBN_NONE) reload(view, v, 1);
    now = v;
  }

  void put_validator(const match_view& view, uint32_t v, validator_row row) {
    validator_row& now = validators_[v];
    const bool moved = now.first != row.first || now.others != row.others || now.order != row.order;
    if (!moved && now.state == row.state && now.capacity == row.capacity && now.base == row.base) {
      if (p_->prices()) renew(view, v);  // a price may hang on what no row holds: a region
      return;
    }
    count_serving(v, -1);
    if (moved) {
      now.each_place([&](place& at) { remove_member(at); });
    } else {
      row.first = now.first;
      row.others = now.others;
    }
    row.load = now.load;
    std::swap(now, row);
    if (recording_) {
      changes_.push_back({change::of_validator, v, 0, 0});
      validators_before_.push_back(std::move(row));
    }
    if (moved) now.each_place([&](place& at) { add_member(v, at); });
    count_serving(v, 1);
    renew(view, v);
  }
  void count_serving(uint32_t v, int by) {
    if (validators_[v].state != SBN_SLOT_OPEN) return;
    validators_[v].each_place(
        [&](place& at) { types_[at.type].serving += static_cast<uint32_t>(by); });
  }

  // Numbers the leaves anew.
  void sort_members(uint32_t type) {
    entry& e = types_[type];
    std::erase(e.members, SBN_NONE);
    std::sort(e.members.begin(), e.members.end(), [&](uint32_t a, uint32_t b) {
      return validators_[a].order < validators_[b].order;
    });
    e.orders.clear();
    for (const uint32_t v : e.members) {
      validators_[v].each_place([&](place& at) {
        if (at.type == type) at.leaf = static_cast<uint32_t>(e.orders.size());
      });
      e.orders.push_back(validators_[v].order);
    }
    e.trees.clear();
    e.gone = 0;
  }
  void remove_member(const place& at) {
    entry& e = types_[at.type];
    e.members[at.leaf] = SBN_NONE;
    for (tree& each : e.trees) each.costs.set(at.leaf, never);
    if (++e.gone > 16 + e.members.size() / 2) sort_members(at.type);
  }
  void add_member(uint32_t v, place& at) {
    entry& e = types_[at.type];
    const uint64_t order = validators_[v].order;
    const auto found = std::lower_bound(e.orders.begin(), e.orders.end(), order);
    at.leaf = static_cast<uint32_t>(found - e.orders.begin());
    if (found == e.orders.end()) {
      e.members.push_back(v);
      e.orders.push_back(order);
      for (tree& each : e.trees) each.costs.push_back(never);
    } else if (*found == order && e.members[at.leaf] == SBN_NONE) {
      e.members[at.leaf] = v;  // it is back
      --e.gone;
    } else {
      e.members.push_back(v);
      sort_members(at.type);
    }
  }

  cost place_cost(const match_view& view, uint32_t v, uint32_t type, uint32_t region) const {
    if (v == SBN_NONE || !has_room(v)) return never;
    const validator_row& row = validators_[v];
    const cost price = type == any_ || !p_->prices()
                           ? 0
                           : p_->checked_price(view, types_[type].number, region, v);
    return row.base + marginal(row.capacity, uint64_t{row.load} + 1) + price;
  }
  void reload(const match_view& view, uint32_t v, int by) {
    validators_[v].load += static_cast<uint32_t>(by);
    if (validators_[v].state == SBN_SLOT_OPEN) renew(view, v);  // else it costs `never` anyway
  }
  void renew(const match_view& view, uint32_t v) {
    validators_[v].each_place([&](const place& at) {
      for (tree& each : types_[at.type].trees)
        each.costs.set(at.leaf, place_cost(view, v, at.type, each.region));
    });
  }
  // Why the miner may have none of the free places there.
  uint32_t reason_beside(const match_view& view, uint32_t m, uint32_t type) const {
    std::vector<uint32_t> free;
    for (const uint32_t v : types_[type].members)
      if (v != SBN_NONE && has_room(v)) free.push_back(v);
    const auto load_of = [&](uint32_t v) { return validators_[v].load; };
    return reason_for(view, load_of, m, free, [&](uint32_t v) { return holds(m, v); });
  }
  min_tree& tree_for(const match_view& view, uint32_t m, uint32_t type) {
    return tree_of(view, type, type == any_ ? 0 : miners_[m].region);
  }
  min_tree& tree_of(const match_view& view, uint32_t type, uint32_t region) {
    entry& e = types_[type];
    const auto found =
        std::lower_bound(e.trees.begin(), e.trees.end(), region,
                         [](const tree& each, uint32_t wanted) { return each.region < wanted; });
    if (found != e.trees.end() && found->region == region) return found->costs;
    std::vector<cost> costs;
    for (const uint32_t v : e.members) costs.push_back(place_cost(view, v, type, region));
    const auto made = e.trees.insert(found, tree{region, {}});
    made->costs.assign(costs);
    return made->costs;
  }

  uint32_t cheapest(const match_view& view, uint32_t m, uint32_t type) {
    min_tree& costs = tree_for(view, m, type);
    std::vector<std::pair<size_t, cost>> masked;
    uint32_t chosen = SBN_NONE;
    while (costs.least() != never) {
      const size_t leaf = costs.leaf();
      const uint32_t v = types_[type].members[leaf];
      if (may_have(view, m, v)) {
        chosen = v;
        break;
      }
      masked.emplace_back(leaf, costs.at(leaf));
      costs.set(leaf, never);
    }
    for (const auto& [leaf, value] : masked) costs.set(leaf, value);
    return chosen;
  }
  bool may_have(const match_view& view, uint32_t m, uint32_t v) const {
    const uint32_t owner = view.miner_owner()[m];
    return (owner == 0 || owner != view.validator_owner()[v]) && !holds(m, v);
  }

  const pricing* p_;
  uint32_t k_ = 1;
  uint32_t any_ = 0;  // the type `*`
  std::vector<miner_row> miners_;
  std::vector<uint32_t> held_;
  std::vector<validator_row> validators_;
  std::vector<entry> types_;
  std::vector<uint32_t> near_, scratch_;  // near_, far_: small type numbers, and others
  std::unordered_map<uint32_t, uint32_t> far_;
  bool recording_ = false;
  std::vector<change> changes_;
  std::vector<miner_row> miners_before_;
  std::vector<validator_row> validators_before_;
};

}  // namespace subnet::matching
