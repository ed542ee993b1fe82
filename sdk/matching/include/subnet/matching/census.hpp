// SPDX-License-Identifier: 0BSD
// A view in dense numbers. A class is what miners are told apart by: their type, and their region
// where a strategy prices it. A cell is one validator's part in one type, by rising type; one of
// `*` is the last, as the type that every leftover miner has.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "subnet/matching/cost.hpp"

namespace subnet::matching {

inline constexpr uint32_t nowhere = 0xffffffffu;
inline constexpr uint32_t regions_max = 64;  // beyond, regions share one class

class census {
 public:
  census(const match_view& seen, bool by_region) : view(seen) {
    read_types();
    read_regions(by_region);
    read_validators();
    x.assign(cells() * regions(), 0);
    miners_of.assign(classes(), 0);
    settled.assign(classes(), 0);
    held_anywhere.assign(classes(), 0);
    loads.assign(view.validators(), 0);
    count();
  }

  const match_view& view;
  // Cells.
  std::vector<uint32_t> cell_at;    // validators + 1
  std::vector<uint32_t> cell_type;  // dense; types() for `*`
  std::vector<uint32_t> by_order;   // open validators that serve something
  std::vector<uint32_t> serving;    // [type]: open validators
  // What is there now.
  std::vector<uint32_t> x;          // [cell * regions + region]: copies in their class
  std::vector<uint64_t> miners_of;  // [class]: open miners
  std::vector<uint64_t> settled;    // [class]: copies that draining validators keep
  std::vector<uint64_t> held_anywhere;  // [class]: copies that `*` alone has
  std::vector<uint32_t> loads;      // copies at each validator, of whatever kind
  uint64_t copies = 0;              // open ones
  bool owners = false;              // some validator has an owner
  bool any_current = false;

  uint32_t types() const { return static_cast<uint32_t>(type_numbers_.size()); }
  bool in_slot_order() const { return sorted_.empty(); }
  uint32_t regions() const { return static_cast<uint32_t>(region_numbers_.size()); }
  uint32_t classes() const { return (types() + 1) * regions(); }
  size_t cells() const { return cell_type.size(); }
  uint32_t type_number(uint32_t dense) const { return type_numbers_[dense]; }
  uint32_t region_number(uint32_t dense) const { return region_numbers_[dense]; }

  // types() when no open validator lists that type.
  uint32_t dense_type(uint32_t type) const {
    if (type < table_.size()) return table_[type];
    if (type == SBN_TYPE_ANY) return types();
    const auto at = std::lower_bound(type_numbers_.begin(), type_numbers_.end(), type);
    return at != type_numbers_.end() && *at == type
               ? static_cast<uint32_t>(at - type_numbers_.begin())
               : types();
  }
  uint32_t class_of(uint32_t miner) const {
    const uint32_t number = view.raw()->miner_type[miner];
    const uint32_t type = number < table_.size() ? table_[number] : dense_type(number);
    if (region_numbers_.size() == 1) return type;
    const auto at = std::lower_bound(region_numbers_.begin(), region_numbers_.end(),
                                     view.miner_region()[miner]);
    const bool known = at != region_numbers_.end() && *at == view.miner_region()[miner];
    return type * regions() + (known ? static_cast<uint32_t>(at - region_numbers_.begin()) : 0);
  }
  uint32_t type_of_class(uint32_t c) const { return c / regions(); }
  uint32_t region_of_class(uint32_t c) const { return c % regions(); }

  bool open(uint32_t v) const {
    return view.validator_state()[v] == SBN_SLOT_OPEN && view.capacity()[v] > 0;
  }
  // The cell of a validator for a type; nowhere when it does not list it.
  uint32_t cell_of(uint32_t v, uint32_t type) const {
    for (uint32_t i = cell_at[v]; i < cell_at[v + 1]; ++i)
      if (cell_type[i] == type) return i;
    return nowhere;
  }
  bool serves_all(uint32_t v) const {
    return cell_at[v] < cell_at[v + 1] && cell_type[cell_at[v + 1] - 1] == types();
  }
  // Who holds a copy; SBN_NONE when that validator is gone, closed or serves it no more.
  uint32_t holder(uint32_t miner, uint32_t copy) const {
    const uint32_t v = view.current(miner)[copy];
    if (v >= view.validators()) return SBN_NONE;
    const uint8_t state = view.validator_state()[v];
    return state == SBN_SLOT_OPEN || state == SBN_SLOT_DRAINING ? v : SBN_NONE;
  }
  bool draining(uint32_t v) const { return view.validator_state()[v] == SBN_SLOT_DRAINING; }
  // Registration order of open miners; slots where it is that.
  template <class Each>
  void each_miner(Each&& each) const {
    for (size_t i = 0; i < view.miners(); ++i) {
      const uint32_t m = sorted_.empty() ? static_cast<uint32_t>(i) : sorted_[i];
      if (view.miner_state()[m] == SBN_SLOT_OPEN) each(m);
    }
  }

 private:
  void read_types() {
    for (uint32_t v = 0; v < view.validators(); ++v) {
      if (!open(v)) continue;
      for (const uint32_t t : view.types_of(v))
        if (t != SBN_TYPE_ANY && t != SBN_TYPE_UNKNOWN) type_numbers_.push_back(t);
      owners = owners || view.validator_owner()[v] != 0;
    }
    std::sort(type_numbers_.begin(), type_numbers_.end());
    type_numbers_.erase(std::unique(type_numbers_.begin(), type_numbers_.end()),
                        type_numbers_.end());
    constexpr uint32_t table_max = 1u << 17;
    const size_t size = type_numbers_.empty() ? 1 : std::min(type_numbers_.back(), table_max) + 1;
    table_.assign(size, types());
    for (uint32_t i = 0; i < types() && type_numbers_[i] < size; ++i) table_[type_numbers_[i]] = i;
  }

  void read_regions(bool by_region) {
    region_numbers_.assign(1, 0);
    if (!by_region) return;
    std::vector<uint8_t> seen;
    for (size_t m = 0; m < view.miners(); ++m) {
      const uint32_t r = view.miner_region()[m];
      if (r == 0 || r > (1u << 20)) continue;
      if (r >= seen.size()) seen.resize(r + 1, 0);
      seen[r] = 1;
    }
    for (uint32_t r = 1; r < seen.size() && region_numbers_.size() < regions_max; ++r)
      if (seen[r] != 0) region_numbers_.push_back(r);
  }

  void read_validators() {
    cell_at.assign(1, 0);
    serving.assign(types() + 1, 0);
    std::vector<uint32_t> dense;
    for (uint32_t v = 0; v < view.validators(); ++v) {
      dense.clear();
      if (open(v)) {
        for (const uint32_t t : view.types_of(v))
          if (t != SBN_TYPE_UNKNOWN) dense.push_back(dense_type(t));
        std::sort(dense.begin(), dense.end());
        dense.erase(std::unique(dense.begin(), dense.end()), dense.end());
        if (!dense.empty()) by_order.push_back(v);
      }
      for (const uint32_t t : dense) ++serving[t];
      cell_type.insert(cell_type.end(), dense.begin(), dense.end());
      cell_at.push_back(static_cast<uint32_t>(cell_type.size()));
    }
    const auto order = view.validator_order();
    const auto earlier = [&](uint32_t a, uint32_t b) { return order[a] < order[b]; };
    if (!std::is_sorted(by_order.begin(), by_order.end(), earlier))
      std::sort(by_order.begin(), by_order.end(), earlier);
    const uint64_t* registered = view.raw()->miner_order;
    if (registered == nullptr) return;
    if (std::is_sorted(registered, registered + view.miners())) return;
    sorted_.resize(view.miners());
    for (uint32_t m = 0; m < sorted_.size(); ++m) sorted_[m] = m;
    std::sort(sorted_.begin(), sorted_.end(),
              [&](uint32_t a, uint32_t b) { return registered[a] < registered[b]; });
  }

  void count() {
    const uint32_t k = view.redundancy();
    const uint8_t* state = view.miner_state().data();
    const uint32_t* current = view.raw()->current;
    // Two counters a class, in turns: the same one twice in a row would wait for itself.
    const size_t n = classes();
    std::vector<uint64_t> twin(2 * n, 0);
    for (size_t m = 0; m < view.miners(); ++m) {
      if (state[m] != SBN_SLOT_OPEN) continue;
      const uint32_t c = class_of(static_cast<uint32_t>(m));
      ++twin[(m & 1) * n + c];
      for (uint32_t copy = 0; copy < k; ++copy)
        if (current[m * k + copy] != SBN_NONE) count_held(static_cast<uint32_t>(m), copy, c);
    }
    for (size_t c = 0; c < n; ++c) {
      miners_of[c] = twin[c] + twin[n + c];
      copies += miners_of[c] * k;
    }
  }

  void count_held(uint32_t m, uint32_t copy, uint32_t c) {
    const uint32_t v = holder(m, copy);
    if (v == SBN_NONE) return;
    any_current = true;
    ++loads[v];
    if (draining(v)) {
      ++settled[c];
      return;
    }
    const uint32_t cell = cell_of(v, type_of_class(c));
    if (cell != nowhere && type_of_class(c) < types()) {
      ++x[size_t{cell} * regions() + region_of_class(c)];
    } else if (serves_all(v)) {
      // One pool, whatever the region.
      ++x[(size_t{cell_at[v + 1]} - 1) * regions()];
      ++held_anywhere[c];
    }
  }

  std::vector<uint32_t> type_numbers_, table_, region_numbers_, sorted_;
};

}  // namespace subnet::matching
