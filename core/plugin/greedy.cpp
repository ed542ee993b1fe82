// SPDX-License-Identifier: 0BSD
#include "plugin/greedy.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

namespace subnetd::plugin {
namespace {

struct Entry {
  std::uint64_t load;
  std::uint64_t order;
  std::uint32_t validator;
  auto operator<=>(const Entry&) const = default;
};

// The validators of one type that have a place left, least loaded first.
struct Choice {
  std::set<Entry> open;
  bool some_full = false;
};

class Greedy {
 public:
  explicit Greedy(const sbn_match_view& v)
      : v_(v), load_(v.validator_count, 0), held_(v.redundancy) {
    for (std::uint64_t i = 0; i < v.miner_count * v.redundancy; ++i) {
      if (v.current[i] != SBN_NONE) ++load_[v.current[i]];
    }
    for (std::uint32_t u = 0; u < v.validator_count; ++u) {
      if (v.validator_state[u] != SBN_SLOT_OPEN) continue;
      for (auto i = v.validator_types_at[u]; i < v.validator_types_at[u + 1]; ++i) {
        Choice& choice = by_type_[v.validator_types[i]];
        if (load_[u] < v.validator_capacity[u]) {
          choice.open.insert({load_[u], v.validator_order[u], u});
        } else {
          choice.some_full = true;
        }
      }
    }
  }

  sbn_match_move move(std::uint32_t miner, std::uint32_t copy) {
    const std::uint32_t type = v_.miner_type[miner];
    std::uint32_t why =
        type == SBN_TYPE_UNKNOWN ? SBN_REASON_UNKNOWN_TYPE : SBN_REASON_NO_VALIDATOR;
    if (type != SBN_TYPE_UNKNOWN) {
      if (auto u = pick(type, miner, why); u != SBN_NONE) return take(miner, copy, u);
    }
    if (auto u = pick(SBN_TYPE_ANY, miner, why); u != SBN_NONE) return take(miner, copy, u);
    return {miner, copy, SBN_NONE, why};
  }

  void begin(std::uint32_t miner) {
    for (std::uint32_t c = 0; c < v_.redundancy; ++c) {
      held_[c] = v_.current[std::uint64_t{miner} * v_.redundancy + c];
    }
  }

 private:
  std::uint32_t pick(std::uint32_t type, std::uint32_t miner, std::uint32_t& why) const {
    const auto found = by_type_.find(type);
    if (found == by_type_.end()) return SBN_NONE;
    if (found->second.some_full) why = SBN_REASON_NO_CAPACITY;
    for (const Entry& e : found->second.open) {
      const std::uint32_t u = e.validator;
      if (v_.validator_owner[u] != 0 && v_.validator_owner[u] == v_.miner_owner[miner]) {
        why = SBN_REASON_OWN_VALIDATOR;
      } else if (std::find(held_.begin(), held_.end(), u) != held_.end()) {
        why = SBN_REASON_NOT_DISTINCT;
      } else {
        return u;
      }
    }
    return SBN_NONE;
  }

  sbn_match_move take(std::uint32_t miner, std::uint32_t copy, std::uint32_t u) {
    for (auto i = v_.validator_types_at[u]; i < v_.validator_types_at[u + 1]; ++i) {
      Choice& choice = by_type_[v_.validator_types[i]];
      choice.open.erase({load_[u], v_.validator_order[u], u});
      if (load_[u] + 1 < v_.validator_capacity[u]) {
        choice.open.insert({load_[u] + 1, v_.validator_order[u], u});
      } else {
        choice.some_full = true;
      }
    }
    ++load_[u];
    held_[copy] = u;
    return {miner, copy, u, SBN_REASON_NONE};
  }

  const sbn_match_view& v_;
  std::vector<std::uint64_t> load_;
  std::vector<std::uint32_t> held_;
  std::map<std::uint32_t, Choice> by_type_;
};

}  // namespace

std::vector<sbn_match_move> greedy_moves(const sbn_match_view& v) {
  std::vector<sbn_match_move> moves;
  Greedy greedy(v);
  for (std::uint32_t m = 0; m < v.miner_count; ++m) {
    if (v.miner_state[m] != SBN_SLOT_OPEN) continue;
    greedy.begin(m);
    for (std::uint32_t c = 0; c < v.redundancy; ++c) {
      if (v.current[std::uint64_t{m} * v.redundancy + c] == SBN_NONE) {
        moves.push_back(greedy.move(m, c));
      }
    }
  }
  return moves;
}

}  // namespace subnetd::plugin
