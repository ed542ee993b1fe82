// SPDX-License-Identifier: 0BSD
#include "rebalance.hpp"

#include <algorithm>

namespace seed {
namespace {

class Rebalancer {
 public:
  Rebalancer(const subnet::match_view& view, Index& index) : view_(view), index_(index) {
    budget_ = view.move_budget();
    for (uint32_t m = 0; m < index.miners(); ++m) {
      if (!index.knows(m)) continue;
      for (uint32_t copy = 0; copy < index.redundancy(); ++copy)
        if (const uint32_t v = index.held(m, copy); v != SBN_NONE)
          holders_[index.miner(m).type][v].insert({index.miner(m).order, m, copy});
    }
  }

  void run() {
    for (bool moved = true; moved && budget_ != 0;) {
      moved = false;
      for (auto& [type, holders] : holders_)
        if (type != SBN_TYPE_UNKNOWN) moved = sweep(type, holders) || moved;
    }
  }

  // Copies whose validator differs from the view's now, in slot order.
  void tell(subnet::moves& out) const {
    for (const auto& [miner, copy] : moved_) {
      const uint32_t v = index_.held(miner, copy);
      if (v != view_.current(miner)[copy]) out.match(miner, copy, v);
    }
  }

 private:
  using Holders = std::map<uint32_t, std::set<Waiter>>;

  bool sweep(uint32_t type, Holders& holders) {
    std::set<Rank> heavy;
    for (const auto& [v, copies] : holders)
      if (!copies.empty()) heavy.insert(index_.rank(v));
    bool moved = false;
    while (!heavy.empty() && budget_ != 0) {
      const uint32_t from = heavy.rbegin()->slot;
      heavy.erase(std::prev(heavy.end()));
      const uint32_t to = give(type, from, holders, heavy);
      if (to == SBN_NONE) continue;
      moved = true;
      heavy.insert(index_.rank(to));
      if (!holders[from].empty()) heavy.insert(index_.rank(from));
    }
    return moved;
  }

  // Moves one copy away from `from`; returns who has it now.
  uint32_t give(uint32_t type, uint32_t from, Holders& holders, std::set<Rank>& heavy) {
    std::set<Waiter>& copies = holders[from];
    const uint32_t load = index_.load_of(from);
    for (auto last = copies.rbegin(); last != copies.rend(); ++last) {
      const Waiter waiter = *last;
      if (fresh(waiter)) continue;
      for (const Rank& place : index_.places(type)) {
        if (place.load + 2 > load) break;
        bool own = false;
        if (!index_.allowed(view_, waiter.miner, place.slot, own)) continue;
        const Rank chosen = place;
        copies.erase(waiter);
        heavy.erase(chosen);
        index_.hold(waiter.miner, waiter.copy, chosen.slot);
        holders[chosen.slot].insert(waiter);
        if (moved_.insert({waiter.miner, waiter.copy}).second) --budget_;
        return chosen.slot;
      }
      if (index_.places(type).empty() || index_.places(type).begin()->load + 2 > load) break;
    }
    return SBN_NONE;
  }

  // Was unmatched in the view: its row is told already.
  bool fresh(const Waiter& waiter) const {
    return view_.current(waiter.miner)[waiter.copy] == SBN_NONE;
  }

  const subnet::match_view& view_;
  Index& index_;
  uint64_t budget_ = 0;
  std::map<uint32_t, Holders> holders_;
  std::set<std::pair<uint32_t, uint32_t>> moved_;
};

}  // namespace

void rebalance(const subnet::match_view& view, Index& index, subnet::moves& out) {
  if (view.move_budget() == 0) return;
  Rebalancer rebalancer(view, index);
  rebalancer.run();
  rebalancer.tell(out);
}

}  // namespace seed
