// SPDX-License-Identifier: 0BSD
// A whole view matched anew, and why a copy has nobody.
#pragma once

#include "subnet/matching/deal.hpp"
#include "subnet/matching/improve.hpp"

namespace subnet::matching {

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

class solution {
 public:
  solution(const match_view& view, const pricing& priced)
      : view_(view), counted_(view, priced.prices()) {
    planner plans(counted_, priced);
    if (!counted_.any_current) {
      deal(plans.exact());
      return;
    }
    // First, for it finds what a move shall cost.
    const plan best = view.move_budget() > 0 ? plans.exact() : plan{};
    const plan held = plans.within(view.move_budget());
    if (view.move_budget() > 0) {
      // Places may be even without a match being as it was: what counts is the cost with all moves.
      if (best.moves <= view.move_budget() && plans.worth_of(best).beats(plans.worth_of(held))) {
        deal(best);
        if (moved() <= view.move_budget()) {
          leave_draining(priced, view.move_budget() - moved());
          return;
        }
      }
    }
    deal(held);
    // Own keys and distinctness can cost a move that no plan foresees; then nobody moves.
    if (moved() > view.move_budget()) deal(plans.within(0));
  }

  // [miner * redundancy + copy]: a validator or SBN_NONE.
  const std::vector<uint32_t>& result() const& { return result_; }
  std::vector<uint32_t> result() && { return std::move(result_); }
  void replace(std::vector<uint32_t> result) { result_ = std::move(result); }
  uint64_t moved() const {
    if (!counted_.any_current) return 0;
    const uint32_t* had = view_.raw()->current;
    uint64_t n = 0;
    for (size_t i = 0; i < result_.size(); ++i)
      if (had[i] != result_[i] && had[i] != SBN_NONE)
        n += view_.miner_state()[i / view_.redundancy()] == SBN_SLOT_OPEN;
    return n;
  }

  void tell(moves& out) const {
    const uint32_t k = view_.redundancy();
    std::vector<uint32_t> loads;
    std::vector<std::vector<uint32_t>> of_type;
    for (uint32_t m = 0; m < view_.miners(); ++m) {
      if (view_.miner_state()[m] != SBN_SLOT_OPEN) continue;
      for (uint32_t copy = 0; copy < k; ++copy) {
        const uint32_t v = result_[size_t{m} * k + copy];
        if (v == SBN_NONE) {
          if (loads.empty()) count(loads, of_type);
          out.unmatched(m, copy, reason(loads, of_type, m));
        } else if (v != view_.current(m)[copy]) {
          out.match(m, copy, v);
        }
      }
    }
  }

 private:
  void deal(const plan& target) {
    dealer dealt(counted_, target, result_);
    dealt.run();
  }

  // With what the optimum leaves of the budget.
  void leave_draining(const pricing& priced, uint64_t budget) {
    uint64_t settled = 0;
    for (const uint64_t each : counted_.settled) settled += each;
    if (settled == 0 || budget == 0) return;
    const std::vector<uint32_t> before = result_;
    sbn_match_view after = *view_.raw();
    after.current = before.data();
    after.move_budget = budget;
    const match_view next(&after);
    const census counted(next, priced.prices());
    planner plans(counted, priced);
    const plan target = plans.within(budget);
    dealer(counted, target, result_).run();
    if (moved() > view_.move_budget()) result_ = before;
  }

  void count(std::vector<uint32_t>& loads, std::vector<std::vector<uint32_t>>& of_type) const {
    loads.assign(view_.validators(), 0);
    of_type.resize(counted_.types() + 1);
    for (const uint32_t v : result_)
      if (v != SBN_NONE) ++loads[v];
    for (const uint32_t v : counted_.by_order)
      for (uint32_t i = counted_.cell_at[v]; i < counted_.cell_at[v + 1]; ++i)
        of_type[counted_.cell_type[i]].push_back(v);
    // Only those with a place tell more than that there is somebody.
    for (auto& list : of_type) {
      if (list.empty()) continue;
      const uint32_t first = list[0];
      std::erase_if(list, [&](uint32_t v) { return loads[v] >= view_.capacity()[v]; });
      if (list.empty()) list.push_back(first);
    }
  }
  uint32_t reason(const std::vector<uint32_t>& loads,
                  const std::vector<std::vector<uint32_t>>& of_type, uint32_t m) const {
    const uint32_t type = counted_.dense_type(view_.miner_type()[m]);
    const auto own = view_.redundancy();
    const auto holds = [&](uint32_t v) {
      const auto mine = result_.begin() + static_cast<ptrdiff_t>(size_t{m} * own);
      return std::find(mine, mine + own, v) != mine + own;
    };
    const auto load_of = [&](uint32_t v) { return loads[v]; };
    uint32_t why = reason_for(view_, load_of, m, of_type[type], holds);
    if (type < counted_.types() && !of_type[counted_.types()].empty()) {
      const uint32_t other = reason_for(view_, load_of, m, of_type[counted_.types()], holds);
      if (other == SBN_REASON_OWN_VALIDATOR || why == SBN_REASON_NO_CAPACITY) why = other;
    }
    return why;
  }

  const match_view& view_;
  census counted_;
  std::vector<uint32_t> result_;
};

}  // namespace subnet::matching
