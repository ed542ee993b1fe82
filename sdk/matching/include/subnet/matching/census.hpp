// SPDX-License-Identifier: 0BSD
// A view in dense numbers. A class is what miners are told apart by: their type, and their region
// where a strategy prices it. A cell is one validator's part in one type, by rising type; one of
// `*` is the last, as the type that every leftover miner has.
#pragma once

#include <algorithm>
#include <unordered_set>
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
    read_owners();
    sort_miners();
    x.assign(cells() * regions(), 0);
    miners_of.assign(classes(), 0);
    settled.assign(classes(), 0);
    held_anywhere.assign(classes(), 0);
    loads.assign(view.validators(), 0);
    count_miners();
    count_copies();
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
  bool owners = false;              // some validator is of a miner's key
  bool mixed = false;               // some validator lists `*` beside types
  bool any_current = false;

  uint32_t types() const { return static_cast<uint32_t>(type_numbers_.size()); }
  uint32_t regions() const { return static_cast<uint32_t>(region_numbers_.size()); }
  uint32_t classes() const { return (types() + 1) * regions(); }
  size_t cells() const { return cell_type.size(); }
  uint32_t type_number(uint32_t dense) const { return type_numbers_[dense]; }
  uint32_t region_number(uint32_t dense) const { return region_numbers_[dense]; }

  // types() when no open validator lists that type.
  uint32_t dense_type(uint32_t type) const {
    return type < table_.size() ? table_[type] : beyond_table(type);
  }
  // Says the class of a miner. Of its own, so that a loop has all it looks at in registers.
  auto class_reader() const {
    return [this, number = view.raw()->miner_type, table = table_.data(), size = table_.size(),
            plain = region_table_.empty()](size_t miner) {
      const uint32_t at = number[miner];
      const uint32_t type = at < size ? table[at] : beyond_table(at);
      return plain ? type : with_region(type, miner);
    };
  }
  uint32_t class_of(uint32_t miner) const { return class_reader()(miner); }
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
    return keeps(v) ? v : SBN_NONE;
  }
  bool keeps(uint32_t v) const {
    return v < view.validators() &&
           (view.validator_state()[v] == SBN_SLOT_OPEN || draining(v));
  }
  bool draining(uint32_t v) const { return view.validator_state()[v] == SBN_SLOT_DRAINING; }
  // Open miners by registration; empty where slots are in that order.
  const std::vector<uint32_t>& sorted() const { return sorted_; }
  template <class Each>
  void each_miner(Each&& each) const {
    for (const uint32_t m : sorted_) each(m);
    for (uint32_t m = 0; sorted_.empty() && m < view.miners(); ++m)
      if (view.miner_state()[m] == SBN_SLOT_OPEN) each(m);
  }

 private:
  [[gnu::noinline, gnu::pure]] uint32_t beyond_table(uint32_t type) const {
    const auto at = std::lower_bound(type_numbers_.begin(), type_numbers_.end(), type);
    return at != type_numbers_.end() && *at == type
               ? static_cast<uint32_t>(at - type_numbers_.begin())
               : types();
  }
  [[gnu::noinline, gnu::pure]] uint32_t with_region(uint32_t type, size_t miner) const {
    const uint32_t region = view.raw()->miner_region[miner];
    return type * regions() + (region < region_table_.size() ? region_table_[region] : 0);
  }

  void read_types() {
    constexpr uint32_t table_max = 1u << 17;
    std::vector<uint8_t> seen;
    for (uint32_t v = 0; v < view.validators(); ++v) {
      if (!open(v)) continue;
      for (const uint32_t t : view.types_of(v)) {
        if (t == SBN_TYPE_ANY || t == SBN_TYPE_UNKNOWN) continue;
        if (t > table_max) {
          type_numbers_.push_back(t);
        } else {
          if (t >= seen.size()) seen.resize(t + 1, 0);
          seen[t] = 1;
        }
      }
    }
    for (uint32_t t = 0; t < seen.size(); ++t)
      if (seen[t] != 0) type_numbers_.push_back(t);
    std::sort(type_numbers_.begin(), type_numbers_.end());
    type_numbers_.erase(std::unique(type_numbers_.begin(), type_numbers_.end()),
                        type_numbers_.end());
    table_.assign(std::max<size_t>(1, seen.size()), types());
    for (uint32_t i = 0; i < types() && type_numbers_[i] < seen.size(); ++i)
      table_[type_numbers_[i]] = i;
  }

  void read_regions(bool by_region) {
    region_numbers_.assign(1, 0);
    if (!by_region) return;
    for (size_t m = 0; m < view.miners(); ++m) {
      const uint32_t r = view.miner_region()[m];
      if (r == 0 || r > (1u << 20)) continue;
      if (r >= region_table_.size()) region_table_.resize(r + 1, 0);
      region_table_[r] = 1;
    }
    for (uint32_t r = 1; r < region_table_.size(); ++r) {
      if (region_table_[r] == 0) continue;
      const bool known = region_numbers_.size() < regions_max;
      region_table_[r] = known ? regions() : 0;
      if (known) region_numbers_.push_back(r);
    }
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
      mixed = mixed || (dense.size() > 1 && dense.back() == types());
      for (const uint32_t t : dense) ++serving[t];
      cell_type.insert(cell_type.end(), dense.begin(), dense.end());
      cell_at.push_back(static_cast<uint32_t>(cell_type.size()));
    }
    const auto order = view.validator_order();
    const auto earlier = [&](uint32_t a, uint32_t b) { return order[a] < order[b]; };
    if (!std::is_sorted(by_order.begin(), by_order.end(), earlier))
      std::sort(by_order.begin(), by_order.end(), earlier);
  }

  // Few have a slot that somebody had before them: they are sorted into the others.
  void sort_miners() {
    const uint64_t* order = view.raw()->miner_order;
    if (order == nullptr || std::is_sorted(order, order + view.miners())) return;
    const auto earlier = [&](uint32_t a, uint32_t b) { return order[a] < order[b]; };
    std::vector<uint32_t> in_place, others;
    uint64_t least = UINT64_MAX;
    for (size_t m = view.miners(); m-- > 0;) {
      if (view.miner_state()[m] != SBN_SLOT_OPEN) continue;
      (order[m] < least ? in_place : others).push_back(static_cast<uint32_t>(m));
      least = std::min(least, order[m]);
    }
    if (others.empty()) return;
    std::reverse(in_place.begin(), in_place.end());
    std::sort(others.begin(), others.end(), earlier);
    sorted_.resize(in_place.size() + others.size());
    std::merge(in_place.begin(), in_place.end(), others.begin(), others.end(), sorted_.begin(),
               earlier);
  }

  void read_owners() {
    // By their lowest bits first: few miners are looked up.
    constexpr uint32_t bits = (1u << 16) - 1;
    std::vector<uint8_t> some(bits + 1, 0);
    std::unordered_set<uint32_t> keys;
    for (const uint32_t v : by_order) {
      const uint32_t key = view.validator_owner()[v];
      if (key == 0 || !keys.insert(key).second) continue;
      some[key & bits] = 1;
    }
    const uint32_t* key = view.raw()->miner_owner;
    for (size_t m = 0; m < view.miners() && !keys.empty() && !owners; ++m)
      owners = some[key[m] & bits] != 0 && keys.contains(key[m]);
  }

  void count_miners() {
    const uint8_t* state = view.raw()->miner_state;
    const auto read_class = class_reader();
    // Four counters a class, in turns: the same one twice in a row would wait for itself.
    const size_t n = classes();
    std::vector<uint32_t> lanes(4 * n, 0);
    for (size_t m = 0; m < view.miners(); ++m)
      if (state[m] == SBN_SLOT_OPEN) ++lanes[(m & 3) * n + read_class(m)];
    for (size_t c = 0; c < n; ++c) {
      for (size_t lane = 0; lane < 4; ++lane) miners_of[c] += lanes[lane * n + c];
      copies += miners_of[c] * view.redundancy();
    }
  }
  void count_copies() {
    // How many copies of each class a validator has, where a table of that is small.
    const size_t n = classes(), rows = view.validators();
    std::vector<uint32_t> held(n <= view.miners() / std::max<size_t>(1, rows) ? n * rows : 0);
    // A block in which nobody is matched is passed over in one go, in vectors.
    constexpr size_t block = 1'024;
    const size_t end = view.miners() * view.redundancy();
    const uint32_t* current = view.raw()->current;
    for (size_t from = 0; from < end; from += block) {
      uint32_t all = SBN_NONE;
      if (from + block <= end)
        for (size_t i = 0; i < block; ++i) all &= current[from + i];
      if (from + block > end || all != SBN_NONE)
        count_block(from, std::min(from + block, end), held);
    }
    for (size_t i = 0; i < held.size(); ++i)
      if (held[i] > 0)
        count_held(static_cast<uint32_t>(i / n), static_cast<uint32_t>(i % n), held[i]);
  }
  void count_block(size_t from, size_t to, std::vector<uint32_t>& held) {
    const uint8_t* state = view.raw()->miner_state;
    const uint32_t* current = view.raw()->current;
    const size_t k = view.redundancy(), rows = view.validators(), n = classes();
    const auto read_class = class_reader();
    for (size_t at = from, m = from / k, next = (m + 1) * k; at < to; ++at) {
      if (at == next) {
        ++m;
        next += k;
      }
      const uint32_t v = current[at];
      if (v >= rows || state[m] != SBN_SLOT_OPEN) continue;
      if (held.empty()) {
        count_held(v, read_class(m), 1);
      } else {
        ++held[v * n + read_class(m)];
      }
    }
  }

  void count_held(uint32_t v, uint32_t c, uint32_t amount) {
    if (!keeps(v)) return;
    any_current = true;
    loads[v] += amount;
    if (draining(v)) {
      settled[c] += amount;
      return;
    }
    const uint32_t cell = type_of_class(c) < types() ? cell_of(v, type_of_class(c)) : nowhere;
    if (cell != nowhere) {
      x[size_t{cell} * regions() + region_of_class(c)] += amount;
    } else if (serves_all(v)) {
      // One pool, whatever the region.
      x[(size_t{cell_at[v + 1]} - 1) * regions()] += amount;
      held_anywhere[c] += amount;
    }
  }

  std::vector<uint32_t> type_numbers_, table_, region_numbers_, region_table_, sorted_;
};

}  // namespace subnet::matching
