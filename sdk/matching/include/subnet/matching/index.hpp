// SPDX-License-Identifier: 0BSD
// What a matcher holds between calls: loads, the cheapest place of every class, and who waits. A
// function of the view alone. Every change can be taken back: that is how a proposal leaves no
// trace. One thread at a time.
#pragma once

#include <memory>
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

class index {
 public:
  explicit index(const pricing& priced) : p_(priced) {}

  void load(const match_view& view) {
    const pricing& p = p_;
    std::destroy_at(this);
    std::construct_at(this, p);
    k_ = view.redundancy();
    grow(view);
    for (uint32_t v = 0; v < view.validators(); ++v) validators_[v] = row_of(view, v);
    for (uint32_t m = 0; m < view.miners(); ++m) {
      miners_[m] = row_of_miner(view, m);
      if (miners_[m].open) load_miner(view, m);
    }
    for (auto& [type, list] : waiting_lists_) waiting_[type] = {list.begin(), list.end()};
    waiting_lists_.clear();
    for (uint32_t v = 0; v < view.validators(); ++v)
      for (const uint32_t t : validators_[v].types) types_[t].members.push_back(v);
    for (auto& [type, listed] : types_) sort_members(listed);
    for (uint32_t v = 0; v < view.validators(); ++v) count_serving(v, 1);
  }

  // Brings one row to what the view shows. `asked`: its free copies wait for nobody, they are
  // being asked about.
  void sync_miner(const match_view& view, uint32_t m, bool asked) {
    grow(view);
    const miner_row row = row_of_miner(view, m);
    for (uint32_t copy = 0; copy < k_; ++copy) {
      const uint32_t v = row.open ? holder(view, m, copy) : SBN_NONE;
      const bool waits = row.open && v == SBN_NONE && !asked;
      if (waits_[at(m, copy)] != 0 && (!waits || !same(row, miners_[m]))) wait(m, copy, false);
      if (held(m, copy) != v) hold(view, m, copy, v);
    }
    if (!same(row, miners_[m])) {
      if (recording_) undo_.push_back({change::of_miner, m, 0, 0, miners_[m], {}});
      miners_[m] = row;
    }
    for (uint32_t copy = 0; copy < k_ && row.open && !asked; ++copy)
      if (held(m, copy) == SBN_NONE && waits_[at(m, copy)] == 0) wait(m, copy, true);
  }
  void sync_validator(const match_view& view, uint32_t v) {
    grow(view);
    put_validator(view, v, row_of(view, v));
  }
  void hold(const match_view& view, uint32_t m, uint32_t copy, uint32_t v) {
    uint32_t& now = held_[at(m, copy)];
    if (recording_) undo_.push_back({change::of_hold, m, copy, now, {}, {}});
    if (now != SBN_NONE) reload(view, now, -1);
    if (v != SBN_NONE) reload(view, v, 1);
    if (v != SBN_NONE && waits_[at(m, copy)] != 0) wait(m, copy, false);
    now = v;
  }

  // The cheapest validator that the copy may have, or SBN_NONE.
  uint32_t choose(const match_view& view, uint32_t m) {
    const uint32_t type = miners_[m].type;
    uint32_t v = type == SBN_TYPE_UNKNOWN ? SBN_NONE : cheapest(view, m, type);
    return v == SBN_NONE ? cheapest(view, m, SBN_TYPE_ANY) : v;
  }
  uint32_t reason(const match_view& view, uint32_t m) const {
    const uint32_t type = miners_[m].type;
    uint32_t why = SBN_REASON_NONE;
    for (const uint32_t listed : {type, SBN_TYPE_ANY}) {
      if (listed == SBN_TYPE_UNKNOWN) continue;
      std::vector<uint32_t> who;
      const auto found = types_.find(listed);
      if (found == types_.end() || found->second.serving == 0) continue;
      for (const uint32_t v : found->second.members)
        if (has_room(v) || (validators_[v].state == SBN_SLOT_OPEN && who.empty())) who.push_back(v);
      const uint32_t here = reason_for(view, loads_, m, who, [&](uint32_t v) {
        for (uint32_t copy = 0; copy < k_; ++copy)
          if (held(m, copy) == v) return true;
        return false;
      });
      if (why == SBN_REASON_NONE || here == SBN_REASON_OWN_VALIDATOR ||
          why == SBN_REASON_NO_CAPACITY)
        why = here;
    }
    if (why != SBN_REASON_NONE) return why;
    return type == SBN_TYPE_UNKNOWN ? SBN_REASON_UNKNOWN_TYPE : SBN_REASON_NO_VALIDATOR;
  }
  bool has_place(const match_view& view, uint32_t type) {
    return (type != SBN_TYPE_UNKNOWN && tree_of(view, type, 0).least() != never) ||
           tree_of(view, SBN_TYPE_ANY, 0).least() != never;
  }
  const std::set<waiter>& waiting(uint32_t type) const {
    static const std::set<waiter> nobody;
    const auto found = waiting_.find(type);
    return found == waiting_.end() ? nobody : found->second;
  }
  std::vector<uint32_t> waiting_types() const {
    std::vector<uint32_t> out;
    for (const auto& [type, set] : waiting_)
      if (!set.empty()) out.push_back(type);
    std::sort(out.begin(), out.end());
    return out;
  }

  uint32_t redundancy() const { return k_; }
  uint32_t held(uint32_t m, uint32_t copy) const { return held_[at(m, copy)]; }
  bool knows(uint32_t m) const { return m < miners_.size() && miners_[m].open; }
  uint64_t order(uint32_t m) const { return miners_[m].order; }
  uint32_t type(uint32_t m) const { return miners_[m].type; }
  size_t validators() const { return validators_.size(); }
  const std::vector<uint32_t>& types_of(uint32_t v) const { return validators_[v].types; }
  bool anywhere_alone(uint32_t v, uint32_t type) const {
    return !lists(v, type) && lists(v, SBN_TYPE_ANY);
  }

  void begin_trial() { recording_ = true; }
  void end_trial(const match_view& view) {
    recording_ = false;
    while (!undo_.empty()) {
      change each = std::move(undo_.back());
      undo_.pop_back();
      switch (each.kind) {
        case change::of_hold: hold(view, each.slot, each.copy, each.value); break;
        case change::of_wait: wait(each.slot, each.copy, each.value != 0); break;
        case change::of_miner: miners_[each.slot] = each.row; break;
        case change::of_validator:
          put_validator(view, each.slot, std::move(*each.validator));
          break;
      }
    }
  }

 private:
  struct miner_row {
    uint64_t order = 0;
    uint32_t type = SBN_TYPE_UNKNOWN;
    uint32_t region = 0;
    bool open = false;
  };
  struct validator_row {
    uint8_t state = SBN_SLOT_FREE;
    uint32_t capacity = 0;
    cost base = 0;
    uint64_t order = 0;
    std::vector<uint32_t> types;  // sorted, SBN_TYPE_ANY last
    bool operator==(const validator_row&) const = default;
  };
  struct entry {
    std::vector<uint32_t> members;  // by registration, whatever their state
    std::unordered_map<uint32_t, uint32_t> leaf;
    std::map<uint32_t, min_tree> trees;  // by region, as far as asked for
    uint32_t serving = 0;
  };
  struct change {
    enum what : uint8_t { of_hold, of_wait, of_miner, of_validator } kind;
    uint32_t slot, copy, value;
    miner_row row;
    std::shared_ptr<validator_row> validator;
  };

  size_t at(uint32_t m, uint32_t copy) const { return size_t{m} * k_ + copy; }
  static bool same(const miner_row& a, const miner_row& b) {
    return a.order == b.order && a.type == b.type && a.region == b.region && a.open == b.open;
  }
  bool has_room(uint32_t v) const {
    return validators_[v].state == SBN_SLOT_OPEN && loads_[v] < validators_[v].capacity;
  }
  bool lists(uint32_t v, uint32_t type) const {
    return std::binary_search(validators_[v].types.begin(), validators_[v].types.end(), type);
  }

  miner_row row_of_miner(const match_view& view, uint32_t m) const {
    return {view.miner_order(m), view.miner_type()[m], p_.prices() ? view.miner_region()[m] : 0,
            view.miner_state()[m] == SBN_SLOT_OPEN};
  }
  validator_row row_of(const match_view& view, uint32_t v) const {
    validator_row row{view.validator_state()[v], view.capacity()[v],
                      unreliability_cost(p_.by, view.reliability_ppm()[v]),
                      view.validator_order()[v], {}};
    if (row.state == SBN_SLOT_FREE) return row;
    const auto types = view.types_of(v);
    row.types.assign(types.begin(), types.end());
    std::erase(row.types, SBN_TYPE_UNKNOWN);
    std::sort(row.types.begin(), row.types.end());
    row.types.erase(std::unique(row.types.begin(), row.types.end()), row.types.end());
    return row;
  }
  uint32_t holder(const match_view& view, uint32_t m, uint32_t copy) const {
    const uint32_t v = view.current(m)[copy];
    if (v >= view.validators()) return SBN_NONE;
    const uint8_t state = view.validator_state()[v];
    return state == SBN_SLOT_OPEN || state == SBN_SLOT_DRAINING ? v : SBN_NONE;
  }
  void load_miner(const match_view& view, uint32_t m) {
    for (uint32_t copy = 0; copy < k_; ++copy) {
      const uint32_t v = holder(view, m, copy);
      held_[at(m, copy)] = v;
      if (v != SBN_NONE) {
        ++loads_[v];
      } else {
        waits_[at(m, copy)] = 1;
        waiting_lists_[miners_[m].type].push_back({miners_[m].order, m, copy});
      }
    }
  }

  void grow(const match_view& view) {
    if (miners_.size() < view.miners()) {
      miners_.resize(view.miners());
      held_.resize(view.miners() * k_, SBN_NONE);
      waits_.resize(view.miners() * k_, 0);
    }
    if (validators_.size() < view.validators()) {
      validators_.resize(view.validators());
      loads_.resize(view.validators(), 0);
    }
  }

  void wait(uint32_t m, uint32_t copy, bool begins) {
    if (recording_) undo_.push_back({change::of_wait, m, copy, begins ? 0u : 1u, {}, {}});
    const waiter each{miners_[m].order, m, copy};
    auto& set = waiting_[miners_[m].type];
    if (begins) {
      set.insert(each);
    } else {
      set.erase(each);
    }
    waits_[at(m, copy)] = begins ? 1 : 0;
  }

  void put_validator(const match_view& view, uint32_t v, validator_row row) {
    validator_row& now = validators_[v];
    if (now == row) return;
    count_serving(v, -1);
    const bool moved = now.types != row.types || now.order != row.order;
    if (moved)
      for (const uint32_t t : now.types) remove_member(types_[t], v);
    std::swap(now, row);
    if (recording_)
      undo_.push_back({change::of_validator, v, 0, 0, {}, std::make_shared<validator_row>(row)});
    if (moved)
      for (const uint32_t t : now.types) add_member(view, types_[t], t, v);
    count_serving(v, 1);
    renew(view, v);
  }
  void count_serving(uint32_t v, int by) {
    if (validators_[v].state != SBN_SLOT_OPEN) return;
    for (const uint32_t t : validators_[v].types) types_[t].serving += static_cast<uint32_t>(by);
  }
  void sort_members(entry& e) {
    std::sort(e.members.begin(), e.members.end(), [&](uint32_t a, uint32_t b) {
      return validators_[a].order < validators_[b].order;
    });
    for (uint32_t i = 0; i < e.members.size(); ++i) e.leaf[e.members[i]] = i;
  }
  void remove_member(entry& e, uint32_t v) {
    std::erase(e.members, v);
    e.leaf.clear();
    e.trees.clear();
    for (uint32_t i = 0; i < e.members.size(); ++i) e.leaf[e.members[i]] = i;
  }
  void add_member(const match_view& view, entry& e, uint32_t type, uint32_t v) {
    const bool last =
        e.members.empty() || validators_[e.members.back()].order < validators_[v].order;
    e.members.push_back(v);
    if (!last) {
      e.trees.clear();
      return sort_members(e);
    }
    e.leaf[v] = static_cast<uint32_t>(e.members.size() - 1);
    for (auto& [region, tree] : e.trees) tree.push_back(place_cost(view, v, type, region));
  }

  cost place_cost(const match_view& view, uint32_t v, uint32_t type, uint32_t region) const {
    if (!has_room(v)) return never;
    const validator_row& row = validators_[v];
    const cost price =
        type == SBN_TYPE_ANY ? 0 : p_.checked_price(view, type, region, v);
    return row.base + marginal(row.capacity, uint64_t{loads_[v]} + 1) + price;
  }
  void reload(const match_view& view, uint32_t v, int by) {
    loads_[v] += static_cast<uint32_t>(by);
    renew(view, v);
  }
  void renew(const match_view& view, uint32_t v) {
    for (const uint32_t t : validators_[v].types) {
      entry& e = types_[t];
      if (e.trees.empty()) continue;
      const uint32_t leaf = e.leaf[v];
      for (auto& [region, tree] : e.trees) tree.set(leaf, place_cost(view, v, t, region));
    }
  }
  min_tree& tree_of(const match_view& view, uint32_t type, uint32_t region) {
    entry& e = types_[type];
    const auto [found, is_new] = e.trees.try_emplace(region);
    if (is_new) {
      std::vector<cost> costs;
      for (const uint32_t v : e.members) costs.push_back(place_cost(view, v, type, region));
      found->second.assign(costs);
    }
    return found->second;
  }

  uint32_t cheapest(const match_view& view, uint32_t m, uint32_t type) {
    min_tree& tree = tree_of(view, type, type == SBN_TYPE_ANY ? 0 : miners_[m].region);
    const std::vector<uint32_t>& members = types_[type].members;
    std::vector<std::pair<size_t, cost>> masked;
    uint32_t chosen = SBN_NONE;
    while (tree.least() != never) {
      const size_t leaf = tree.leaf();
      if (may_have(view, m, members[leaf])) {
        chosen = members[leaf];
        break;
      }
      masked.emplace_back(leaf, tree.at(leaf));
      tree.set(leaf, never);
    }
    for (const auto& [leaf, value] : masked) tree.set(leaf, value);
    return chosen;
  }
  bool may_have(const match_view& view, uint32_t m, uint32_t v) const {
    const uint32_t owner = view.miner_owner()[m];
    if (owner != 0 && owner == view.validator_owner()[v]) return false;
    for (uint32_t copy = 0; copy < k_; ++copy)
      if (held(m, copy) == v) return false;
    return true;
  }

  const pricing& p_;
  uint32_t k_ = 1;
  std::vector<miner_row> miners_;
  std::vector<uint32_t> held_;
  std::vector<uint8_t> waits_;
  std::vector<validator_row> validators_;
  std::vector<uint32_t> loads_;
  std::unordered_map<uint32_t, entry> types_;
  std::unordered_map<uint32_t, std::set<waiter>> waiting_;
  std::map<uint32_t, std::vector<waiter>> waiting_lists_;
  bool recording_ = false;
  std::vector<change> undo_;
};

}  // namespace subnet::matching
