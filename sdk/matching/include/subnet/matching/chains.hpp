// SPDX-License-Identifier: 0BSD
// What no plan by classes sees: own keys, distinct copies, `*` beside types. A copy that nobody has
// for them comes to a free place by the shortest chain: it takes the place of another one, that one
// takes another's, the last a free place. Where no chain is found none is possible, as long as the
// looks last.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "subnet/matching/census.hpp"

namespace subnet::matching {

class chains {
 public:
  // result: [miner * redundancy + copy], changed in place.
  chains(const census& counted, std::vector<uint32_t>& result)
      : c_(counted), k_(counted.view.redundancy()), result_(result) {}

  // Whoever has nobody, to whatever place is free. A chain costs the matched copies that leave for
  // it whom they had: at most `budget`, all together.
  void run(uint64_t budget) {
    std::vector<uint32_t> waiting;
    c_.each_miner([&](uint32_t m) {
      for (uint32_t at = m * k_; at < (m + 1) * k_; ++at)
        if (result_[at] == SBN_NONE) waiting.push_back(at);
    });
    if (waiting.empty() || result_.size() >= nowhere) return;
    std::vector<uint32_t> rooms(c_.view.validators(), 0);
    for (const uint32_t v : c_.by_order) rooms[v] = c_.view.capacity()[v];
    for (const uint32_t v : result_)
      if (v != SBN_NONE && rooms[v] > 0) --rooms[v];
    fill(waiting, std::move(rooms), true, budget, 8'000'000 + 16 * result_.size());
  }
  // These copies, whoever has them, to so many places of each validator that lists their type, or
  // serves all. All searches together look at so many copies and validators at most: the next solve
  // goes on from there.
  void fill(const std::vector<uint32_t>& waiting, std::vector<uint32_t> rooms, bool anywhere,
            uint64_t budget, uint64_t looks) {
    if (std::all_of(rooms.begin(), rooms.end(), [](uint32_t n) { return n == 0; })) return;
    rooms_ = std::move(rooms);
    anywhere_ = anywhere;
    list_copies();
    list_validators();
    looks_left_ = looks;
    // A miner that has nobody yet fails for its key: no later one of that key finds a place.
    std::set<std::pair<uint32_t, uint32_t>> hopeless;
    for (const uint32_t copy : waiting) {
      if (looks_left_ == 0) return;
      const uint32_t miner = copy / k_;
      const std::pair kind(c_.type_of_class(c_.class_of(miner)), c_.view.miner_owner()[miner]);
      const bool alone = has_nobody(miner);
      if (alone && hopeless.contains(kind)) continue;
      if (!search(copy, budget) && alone) hopeless.insert(kind);
    }
  }

 private:
  static constexpr uint32_t dead = nowhere;

  // Who lists a type, by key. A search takes group after group, and comes back to what the copy
  // before could not have: the group of its key, all of one, and where a sibling was.
  struct of_key {
    uint32_t key;
    std::vector<uint32_t> validators;  // by registration
  };
  struct listed {
    std::vector<of_key> groups;
    size_t from = 0, passed = none;
    std::vector<uint32_t> of_sibling;
  };
  static constexpr size_t none = ~size_t{0};

  // A validator that is reached: `copy` would come, from the validator of another hop.
  struct hop {
    uint32_t validator, copy, before;
  };

  // The copies of each validator, the last registered first.
  void list_copies() {
    loads_.assign(rooms_.size(), 0);
    first_.assign(rooms_.size(), nowhere);
    next_.assign(result_.size(), nowhere);
    before_.assign(result_.size(), nowhere);
    c_.each_miner([&](uint32_t m) {
      for (uint32_t at = m * k_; at < (m + 1) * k_; ++at)
        if (result_[at] != SBN_NONE) put(at, result_[at]);
    });
  }
  void put(uint32_t at, uint32_t v) {
    ++loads_[v];
    next_[at] = first_[v];
    before_[at] = nowhere;
    if (first_[v] != nowhere) before_[first_[v]] = at;
    first_[v] = at;
  }
  void take_out(uint32_t at, uint32_t v) {
    --loads_[v];
    (before_[at] == nowhere ? first_[v] : next_[before_[at]]) = next_[at];
    if (next_[at] != nowhere) before_[next_[at]] = before_[at];
  }

  void list_validators() {
    of_type_.assign(c_.types() + 1, {});
    seen_.assign(rooms_.size(), 0);
    std::vector<std::map<uint32_t, size_t>> group_of(of_type_.size());
    for (const uint32_t v : c_.by_order)
      for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i) {
        auto& groups = of_type_[c_.cell_type[i]].groups;
        const uint32_t key = c_.view.validator_owner()[v];
        const auto [at, fresh] = group_of[c_.cell_type[i]].try_emplace(key, groups.size());
        if (fresh) groups.push_back({key, {}});
        groups[at->second].validators.push_back(v);
      }
  }

  bool has(uint32_t miner, uint32_t v) const {
    for (uint32_t at = miner * k_; at < (miner + 1) * k_; ++at)
      if (result_[at] == v) return true;
    return false;
  }
  bool has_nobody(uint32_t miner) const {
    for (uint32_t at = miner * k_; at < (miner + 1) * k_; ++at)
      if (result_[at] != SBN_NONE) return false;
    return true;
  }
  // Whether moving a copy makes a move of one that stayed where it was.
  bool stays(uint32_t at) const {
    return result_[at] != SBN_NONE && c_.view.raw()->current[at] == result_[at];
  }

  // Whether there was a chain, or would be for more moves.
  bool search(uint32_t copy, uint64_t& budget) {
    ++number_;
    hops_.clear();
    touched_.clear();
    free_ = nowhere;
    uint64_t moves = stays(copy) ? 1 : 0;
    if (moves > budget) return true;
    reach(copy, nowhere);
    // Those whose copies that stayed are not looked at yet.
    std::vector<uint32_t> later;
    for (uint32_t head = 0; free_ == nowhere;) {
      if (head < hops_.size()) {
        look(head, false);
        later.push_back(head++);
        continue;
      }
      if (later.empty() || moves == budget) break;
      ++moves;
      for (size_t i = 0; i < later.size() && free_ == nowhere; ++i) look(later[i], true);
      later.clear();
    }
    if (free_ != nowhere) {
      shift();
      budget -= moves;
    }
    // What was reached leads nowhere, and never will: later chains end elsewhere.
    const bool all_seen = free_ == nowhere && (later.empty() || budget == 0);
    for (const hop& each : hops_)
      if (all_seen) seen_[each.validator] = dead;
    for (listed* list : touched_) forget(*list, all_seen);
    return !all_seen;
  }
  // What was not reached is left where all was seen: the passed group, and those of siblings.
  void forget(listed& list, bool all_seen) const {
    if (all_seen) {
      std::vector<of_key> left;
      if (list.passed != none) left.push_back(std::move(list.groups[list.passed]));
      for (const uint32_t v : list.of_sibling) {
        const uint32_t key = c_.view.validator_owner()[v];
        const auto same = [&](const of_key& group) { return group.key == key; };
        auto at = std::find_if(left.begin(), left.end(), same);
        if (at == left.end()) at = left.insert(at, {key, {}});
        at->validators.push_back(v);
      }
      list.groups = std::move(left);
    }
    list.from = 0;
    list.passed = none;
    list.of_sibling.clear();
  }
  void look_once() { looks_left_ -= looks_left_ > 0 ? 1 : 0; }
  void look(uint32_t at, bool those_that_stayed) {
    const uint32_t v = hops_[at].validator;
    if (loads_[v] > c_.view.capacity()[v]) return;  // one less makes no place
    for (uint32_t i = first_[v]; i != nowhere && free_ == nowhere; i = next_[i]) {
      look_once();
      if (stays(i) == those_that_stayed) reach(i, at);
    }
  }

  // Whatever validator that copy could have, as it lists the type, then as it lists all.
  void reach(uint32_t copy, uint32_t before) {
    const uint32_t type = c_.type_of_class(c_.class_of(copy / k_));
    if (type < c_.types()) reach_listed(type, copy, before);
    if (free_ == nowhere && anywhere_) reach_listed(c_.types(), copy, before);
  }
  void reach_listed(uint32_t type, uint32_t copy, uint32_t before) {
    listed& list = of_type_[type];
    if (list.groups.empty()) return;
    if (list.from == 0) touched_.push_back(&list);
    const uint32_t key = c_.view.miner_owner()[copy / k_];
    const auto is_own = [&](uint32_t owner) { return key != 0 && owner == key; };
    std::erase_if(list.of_sibling, [&](uint32_t v) {
      return !is_own(c_.view.validator_owner()[v]) && visit(v, copy, before);
    });
    const auto visit_all = [&](const of_key& group) {
      for (const uint32_t v : group.validators)
        if (!visit(v, copy, before)) list.of_sibling.push_back(v);
    };
    if (list.passed != none && !is_own(list.groups[list.passed].key)) {
      visit_all(list.groups[list.passed]);
      list.passed = none;
    }
    for (; list.from < list.groups.size(); ++list.from) {
      if (is_own(list.groups[list.from].key)) {
        list.passed = list.from;
      } else {
        visit_all(list.groups[list.from]);
      }
    }
  }
  // False where a sibling is.
  bool visit(uint32_t v, uint32_t copy, uint32_t before) {
    look_once();
    if (seen_[v] == number_ || seen_[v] == dead) return true;
    if (has(copy / k_, v)) return false;
    seen_[v] = number_;
    hops_.push_back({v, copy, before});
    if (rooms_[v] > 0 && (free_ == nowhere || share(v) < share(hops_[free_].validator)))
      free_ = static_cast<uint32_t>(hops_.size() - 1);
    return true;
  }
  cost share(uint32_t v) const { return marginal(c_.view.capacity()[v], loads_[v] + 1); }

  void shift() {
    --rooms_[hops_[free_].validator];
    for (uint32_t at = free_; at != nowhere; at = hops_[at].before) {
      const hop& each = hops_[at];
      if (result_[each.copy] != SBN_NONE) take_out(each.copy, result_[each.copy]);
      put(each.copy, each.validator);
      result_[each.copy] = each.validator;
    }
  }

  const census& c_;
  const uint32_t k_;
  std::vector<uint32_t>& result_;
  std::vector<uint32_t> rooms_, loads_, first_, next_, before_;
  bool anywhere_ = true;
  std::vector<listed> of_type_;  // types() for `*`
  std::vector<uint32_t> seen_;   // the number of a search, or dead
  std::vector<hop> hops_;
  std::vector<listed*> touched_;
  uint32_t number_ = 0, free_ = nowhere;
  uint64_t looks_left_ = 0;
};

}  // namespace subnet::matching
