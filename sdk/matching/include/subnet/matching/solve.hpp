// SPDX-License-Identifier: 0BSD
// A whole view matched anew, and why a copy has nobody.
#pragma once

#include <numeric>
#include <set>
#include <utility>

#include "subnet/matching/chains.hpp"
#include "subnet/matching/deal.hpp"
#include "subnet/matching/improve.hpp"

namespace subnet::matching {

class solution {
 public:
  solution(const match_view& view, const pricing& priced)
      : view_(view), p_(priced), counted_(view, priced.prices()) {
    planner plans(counted_, priced);
    const uint64_t budget = view.move_budget();
    if (!counted_.any_current) {
      deal(plans.exact());
      if (plans_are_coarse()) chain();
      return;
    }
    // First, for it finds what a move shall cost.
    const plan best = budget > 0 ? plans.exact() : plan{};
    const plan held = plans.within(budget);
    const bool can_be = budget > 0 && best.moves <= budget;
    if (plans_are_coarse()) {
      weigh(plans, can_be ? &best : nullptr, held);
      return;
    }
    // Places may be even without a match being as it was: what counts is the cost with all moves.
    if (can_be && plans.worth_of(best).beats(plans.worth_of(held))) {
      deal(best);
      if (moved() <= budget) {
        leave_draining();
        return;
      }
    }
    deal(held);
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
    places left;
    for (uint32_t m = 0; m < view_.miners(); ++m) {
      if (view_.miner_state()[m] != SBN_SLOT_OPEN) continue;
      for (uint32_t copy = 0; copy < k; ++copy) {
        const uint32_t v = result_[size_t{m} * k + copy];
        if (v == SBN_NONE) {
          if (left.loads.empty()) count(left);
          out.unmatched(m, copy, reason(left, m));
        } else if (v != view_.current(m)[copy]) {
          out.match(m, copy, v);
        }
      }
    }
  }

 private:
  void deal(const plan& target) {
    dealer(counted_, target, result_).run();
    align();
  }
  // A validator that a miner had already keeps the copy that it had.
  void align() {
    const uint32_t k = view_.redundancy();
    const uint32_t* had = view_.raw()->current;
    for (size_t at = 0; k > 1 && counted_.any_current && at < result_.size(); ++at) {
      const size_t first = at / k * k;
      for (uint32_t tries = 0; tries < k && result_[at] != had[at]; ++tries) {
        const uint32_t* was = std::find(had + first, had + first + k, result_[at]);
        if (result_[at] == SBN_NONE || was == had + first + k) break;
        std::swap(result_[at], result_[static_cast<size_t>(was - had)]);
      }
    }
  }

  // Whether there is what a plan by classes does not see: only what is dealt tells its worth.
  bool plans_are_coarse() const {
    return counted_.owners || view_.redundancy() > 1 || counted_.mixed;
  }
  struct dealt {
    std::vector<uint32_t> result;
    uint64_t draining;
    planner::worth worth;

    bool beats(const dealt& other) const {
      if (worth.unmatched != other.worth.unmatched) return worth.unmatched < other.worth.unmatched;
      if (draining != other.draining) return draining < other.draining;
      return worth.beats(other.worth);
    }
  };
  dealt now(const planner& plans) const {
    const plan as = as_dealt();
    return {result_, std::accumulate(as.settled.begin(), as.settled.end(), uint64_t{0}),
            plans.worth_of(as)};
  }
  // The moves that match somebody; on top of them what is better; and the optimum, where as planned
  // it would be better still.
  void weigh(planner& plans, const plan* best, const plan& held) {
    const bool rests = held.moves == 0;
    deal(rests ? held : plans.within(view_.move_budget(), false));
    // Own keys and distinctness can cost a move that no plan foresees; then nobody moves.
    if (moved() > view_.move_budget()) deal(plans.within(0));
    chain();
    dealt chosen = now(plans);
    const auto choose = [&] {
      if (moved() > view_.move_budget()) return;
      if (dealt other = now(plans); other.beats(chosen)) chosen = std::move(other);
    };
    if (!rests && moved() > 0) {
      // A chain of classes may end where no miner can: then it was for nothing.
      deal(plans.within(0));
      chain();
      if (dealt still = now(plans); !chosen.beats(still)) chosen = std::move(still);
      result_ = chosen.result;
    }
    if (!rests && moved() < view_.move_budget()) {
      improve(view_.move_budget() - moved());
      choose();
    }
    if (best != nullptr && plans.worth_of(*best).beats(chosen.worth)) {
      deal(*best);
      chain();
      leave_draining();
      choose();
    }
    result_ = std::move(chosen.result);
  }
  void chain() {
    const uint64_t had = moved();
    if (had <= view_.move_budget()) chains(counted_, result_).run(view_.move_budget() - had);
    align();
  }
  plan as_dealt() const {
    plan out;
    out.x.assign(counted_.x.size(), 0);
    out.settled.assign(counted_.classes(), 0);
    out.moves = moved();
    const uint32_t R = counted_.regions();
    counted_.each_miner([&](uint32_t m) {
      const uint32_t c = counted_.class_of(m), type = counted_.type_of_class(c);
      for (uint32_t copy = 0; copy < view_.redundancy(); ++copy) {
        const uint32_t v = result_[size_t{m} * view_.redundancy() + copy];
        if (v == SBN_NONE) continue;
        if (counted_.draining(v)) {
          ++out.settled[c];
          continue;
        }
        const uint32_t cell = type < counted_.types() ? counted_.cell_of(v, type) : nowhere;
        const size_t at = cell != nowhere ? size_t{cell} * R + counted_.region_of_class(c)
                                          : (size_t{counted_.cell_at[v + 1]} - 1) * R;
        ++out.x[at];
      }
    });
    return out;
  }

  // The optimum leaves at a draining validator who is there.
  void leave_draining() {
    const auto& settled = counted_.settled;
    const uint64_t had = moved();
    if (std::any_of(settled.begin(), settled.end(), [](uint64_t n) { return n > 0; }) &&
        had < view_.move_budget())
      improve(view_.move_budget() - had);
  }
  // On top of what is dealt.
  void improve(uint64_t budget) {
    const std::vector<uint32_t> before = result_;
    sbn_match_view after = *view_.raw();
    after.current = before.data();
    after.move_budget = budget;
    const match_view next(&after);
    const census counted(next, p_.prices());
    planner plans(counted, p_);
    const plan target = plans.within(budget);
    dealer(counted, target, result_).run();
    align();
    if (moved() > view_.move_budget()) result_ = before;
  }

  // Why a copy has nobody, without a look at every validator for each.
  struct places {
    std::vector<uint32_t> loads;
    std::set<std::pair<uint32_t, uint32_t>> of_key;  // type, key: who has a place
  };
  bool has_place(const places& left, uint32_t v) const {
    return counted_.open(v) && left.loads[v] < view_.capacity()[v];
  }
  void count(places& left) const {
    left.loads.assign(view_.validators(), 0);
    for (const uint32_t v : result_)
      if (v != SBN_NONE) ++left.loads[v];
    for (const uint32_t v : counted_.by_order)
      for (uint32_t i = counted_.cell_at[v]; i < counted_.cell_at[v + 1]; ++i)
        if (view_.validator_owner()[v] != 0 && has_place(left, v))
          left.of_key.insert({counted_.cell_type[i], view_.validator_owner()[v]});
  }
  uint32_t reason(const places& left, uint32_t m) const {
    const uint32_t type = counted_.dense_type(view_.miner_type()[m]), all = counted_.types();
    const uint32_t why = reason_of(left, m, type);
    if (type == all || counted_.serving[all] == 0) return why;
    const uint32_t other = reason_of(left, m, all);
    return other == SBN_REASON_OWN_VALIDATOR || why == SBN_REASON_NO_CAPACITY ? other : why;
  }
  // Among those who list it.
  uint32_t reason_of(const places& left, uint32_t m, uint32_t listed) const {
    if (left.of_key.contains({listed, view_.miner_owner()[m]})) return SBN_REASON_OWN_VALIDATOR;
    for (size_t at = size_t{m} * view_.redundancy(), end = at + view_.redundancy(); at < end; ++at)
      if (const uint32_t v = result_[at]; v != SBN_NONE && has_place(left, v) &&
                                          counted_.cell_of(v, listed) != nowhere)
        return SBN_REASON_NOT_DISTINCT;
    if (counted_.serving[listed] > 0) return SBN_REASON_NO_CAPACITY;
    return view_.miner_type()[m] == SBN_TYPE_UNKNOWN ? SBN_REASON_UNKNOWN_TYPE
                                                     : SBN_REASON_NO_VALIDATOR;
  }

  const match_view& view_;
  const pricing& p_;
  census counted_;
  std::vector<uint32_t> result_;
};

}  // namespace subnet::matching
