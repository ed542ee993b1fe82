// SPDX-License-Identifier: 0BSD
// Miners of some types and groups of validators that serve the same types: who gets how many. A
// group pulls; where its types have nothing left to give, miners are rerouted from other groups
// along the shortest chain. What cannot be filled any more is the tight part of a minimum cut.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace subnet::matching {

class network {
 public:
  // excess: miners of each type that nobody has yet.
  explicit network(std::vector<uint64_t> excess) : excess_(std::move(excess)) {}

  // Before the first pull.
  void add_group(std::span<const uint32_t> types) {
    for (const uint32_t type : types) edges_.push_back({groups(), type, 0});
    group_at_.push_back(static_cast<uint32_t>(edges_.size()));
  }
  void connect() {
    type_at_.assign(excess_.size() + 1, 0);
    for (const edge& e : edges_) ++type_at_[e.type + 1];
    for (size_t t = 1; t < type_at_.size(); ++t) type_at_[t] += type_at_[t - 1];
    of_type_.resize(edges_.size());
    std::vector<uint32_t> at(type_at_.begin(), type_at_.end() - 1);
    for (uint32_t e = 0; e < edges_.size(); ++e) of_type_[at[edges_[e].type]++] = e;
    reached_by_type_.assign(excess_.size(), unreached);
    reached_by_group_.assign(groups(), unreached);
    dead_type_.assign(excess_.size(), 0);
    dead_group_.assign(groups(), 0);
  }
  uint32_t groups() const { return static_cast<uint32_t>(group_at_.size() - 1); }
  uint64_t excess(uint32_t type) const { return excess_[type]; }
  bool dead_type(uint32_t type) const { return dead_type_[type] != 0; }
  bool dead_group(uint32_t group) const { return dead_group_[group] != 0; }
  // The edges of a group, in the order of its types.
  uint64_t flow(uint32_t group, size_t nth) const { return edges_[group_at_[group] + nth].flow; }
  uint64_t total(uint32_t group) const {
    uint64_t sum = 0;
    for (uint32_t e = group_at_[group]; e < group_at_[group + 1]; ++e) sum += edges_[e].flow;
    return sum;
  }
  // Settles what a group has of its nth type already; the excess is without it.
  void settle(uint32_t group, size_t nth, uint64_t amount) {
    edges_[group_at_[group] + nth].flow += amount;
  }

  // Takes over what a group has in another network, where its types are the same.
  void adopt(uint32_t group, const network& from, uint32_t there) {
    for (uint32_t e = group_at_[group], other = from.group_at_[there]; e < group_at_[group + 1];
         ++e, ++other) {
      edges_[e].flow += from.edges_[other].flow;
      excess_[edges_[e].type] -= from.edges_[other].flow;
    }
  }
  // The group keeps `most` at most, and gives the others back; says how many it has.
  uint64_t keep(uint32_t group, uint64_t most) {
    const uint64_t have = total(group);
    uint64_t over = have - std::min(have, most);
    for (uint32_t e = group_at_[group + 1]; over > 0; --e) {
      const uint64_t given = std::min(over, edges_[e - 1].flow);
      edges_[e - 1].flow -= given;
      excess_[edges_[e - 1].type] += given;
      over -= given;
    }
    return std::min(have, most);
  }

  // Brings up to `want` miners to the group and says how many came. At most reroutes_max miners
  // change their group for it; `rerouted` counts them.
  uint64_t pull(uint32_t group, uint64_t want, uint64_t reroutes_max = UINT64_MAX) {
    uint64_t got = 0;
    for (uint32_t e = group_at_[group]; e < group_at_[group + 1] && got < want; ++e) {
      const uint64_t amount = std::min(want - got, excess_[edges_[e].type]);
      edges_[e].flow += amount;
      excess_[edges_[e].type] -= amount;
      got += amount;
    }
    while (got < want && dead_group_[group] == 0 && reroutes_max > 0) {
      const uint64_t amount = reroute(group, want - got, reroutes_max);
      if (amount == 0) break;
      got += amount;
    }
    return got;
  }
  uint64_t rerouted = 0;

  // Pulls for all groups at once, wants[group] each; true when all came. By shortest chains, all of
  // one length at a time (Dinic).
  bool satisfy(std::vector<uint64_t> wants) {
    uint64_t left = 0;
    for (uint32_t g = 0; g < groups(); ++g) {
      wants[g] -= pull(g, wants[g], 0);
      left += wants[g];
    }
    while (left > 0 && measure(wants)) {
      next_of_group_.assign(group_at_.begin(), group_at_.end() - 1);
      next_of_type_.assign(type_at_.begin(), type_at_.end() - 1);
      for (uint32_t g = 0; g < groups(); ++g) {
        while (wants[g] > 0 && find_chain(g)) {
          const uint64_t amount = shift_chain(wants[g]);
          wants[g] -= amount;
          left -= amount;
        }
      }
    }
    return left == 0;
  }

 private:
  static constexpr uint32_t unreached = 0xffffffffu;
  struct edge {
    uint32_t group;
    uint32_t type;
    uint64_t flow;
  };

  // One shortest chain from `root` back to a type with excess.
  uint64_t reroute(uint32_t root, uint64_t want, uint64_t& reroutes_max) {
    queue_.assign(1, root);
    seen_types_.clear();
    uint32_t found = unreached;
    for (size_t head = 0; head < queue_.size() && found == unreached; ++head) {
      const uint32_t group = queue_[head];
      for (uint32_t e = group_at_[group]; e < group_at_[group + 1]; ++e) {
        const uint32_t type = edges_[e].type;
        if (dead_type_[type] != 0 || reached_by_type_[type] != unreached) continue;
        reached_by_type_[type] = e;
        seen_types_.push_back(type);
        if (excess_[type] > 0) {
          found = type;
          break;
        }
        for (uint32_t i = type_at_[type]; i < type_at_[type + 1]; ++i) {
          const edge& other = edges_[of_type_[i]];
          if (other.flow == 0 || other.group == root) continue;
          if (reached_by_group_[other.group] != unreached) continue;
          reached_by_group_[other.group] = of_type_[i];
          queue_.push_back(other.group);
        }
      }
    }
    const uint64_t amount = found == unreached ? 0 : shift(root, found, want, reroutes_max);
    const bool dead = found == unreached;
    for (const uint32_t type : seen_types_) {
      reached_by_type_[type] = unreached;
      if (dead) dead_type_[type] = 1;
    }
    for (const uint32_t group : queue_) {
      reached_by_group_[group] = unreached;
      if (dead) dead_group_[group] = 1;
    }
    return amount;
  }

  uint64_t shift(uint32_t root, uint32_t found, uint64_t want, uint64_t& reroutes_max) {
    uint64_t amount = std::min(want, excess_[found]), steps = 0;
    for (uint32_t g = edges_[reached_by_type_[found]].group; g != root; ++steps) {
      const edge& given_up = edges_[reached_by_group_[g]];
      amount = std::min(amount, given_up.flow);
      g = edges_[reached_by_type_[given_up.type]].group;
    }
    if (steps > 0) amount = std::min(amount, reroutes_max / steps);
    excess_[found] -= amount;
    for (uint32_t type = found;;) {
      edge& taken = edges_[reached_by_type_[type]];
      taken.flow += amount;
      if (taken.group == root) break;
      edge& given_up = edges_[reached_by_group_[taken.group]];
      given_up.flow -= amount;
      type = given_up.type;
    }
    rerouted += amount * steps;
    reroutes_max -= amount * steps;
    return amount;
  }

  // How far each type and group is from a group that wants. False when no excess is in reach: what
  // was reached is dead then.
  bool measure(const std::vector<uint64_t>& wants) {
    far_type_.assign(excess_.size(), unreached);
    far_group_.assign(groups(), unreached);
    queue_.clear();
    for (uint32_t g = 0; g < groups(); ++g) {
      if (wants[g] == 0) continue;
      far_group_[g] = 0;
      queue_.push_back(g);
    }
    uint32_t found = unreached;
    for (size_t head = 0; head < queue_.size(); ++head) {
      const uint32_t group = queue_[head], far = far_group_[group] + 1;
      if (far > found) break;
      for (uint32_t e = group_at_[group]; e < group_at_[group + 1]; ++e) {
        const uint32_t type = edges_[e].type;
        if (far_type_[type] != unreached) continue;
        far_type_[type] = far;
        if (excess_[type] > 0) found = far;
        for (uint32_t i = type_at_[type]; i < type_at_[type + 1] && far < found; ++i) {
          const edge& other = edges_[of_type_[i]];
          if (other.flow == 0 || far_group_[other.group] != unreached) continue;
          far_group_[other.group] = far;
          queue_.push_back(other.group);
        }
      }
    }
    if (found != unreached) return true;
    for (uint32_t t = 0; t < excess_.size(); ++t) dead_type_[t] = far_type_[t] != unreached;
    for (uint32_t g = 0; g < groups(); ++g) dead_group_[g] = far_group_[g] != unreached;
    return false;
  }

  // A chain in chain_: edges taken and, between them, edges given up; its last type has excess.
  bool find_chain(uint32_t root) {
    chain_.clear();
    for (uint32_t g = root;;) {
      if (next_of_group_[g] == group_at_[g + 1]) {
        if (chain_.empty()) return false;
        chain_.pop_back();
        const edge& taken = edges_[chain_.back()];
        chain_.pop_back();
        ++next_of_type_[taken.type];
        g = taken.group;
        continue;
      }
      const uint32_t e = next_of_group_[g], type = edges_[e].type;
      if (far_type_[type] != far_group_[g] + 1) {
        ++next_of_group_[g];
        continue;
      }
      if (excess_[type] > 0) {
        chain_.push_back(e);
        return true;
      }
      uint32_t& next = next_of_type_[type];
      while (next < type_at_[type + 1] && !leads_on(of_type_[next], type)) ++next;
      if (next == type_at_[type + 1]) {
        ++next_of_group_[g];
        continue;
      }
      chain_.push_back(e);
      chain_.push_back(of_type_[next]);
      g = edges_[of_type_[next]].group;
    }
  }
  bool leads_on(uint32_t e, uint32_t type) const {
    return edges_[e].flow > 0 && far_group_[edges_[e].group] == far_type_[type];
  }
  uint64_t shift_chain(uint64_t want) {
    const uint32_t last = edges_[chain_.back()].type;
    uint64_t amount = std::min(want, excess_[last]);
    for (size_t i = 1; i < chain_.size(); i += 2) amount = std::min(amount, edges_[chain_[i]].flow);
    for (size_t i = 0; i < chain_.size(); i += 2) edges_[chain_[i]].flow += amount;
    for (size_t i = 1; i < chain_.size(); i += 2) edges_[chain_[i]].flow -= amount;
    excess_[last] -= amount;
    rerouted += amount * (chain_.size() / 2);
    return amount;
  }

  std::vector<uint64_t> excess_;
  std::vector<edge> edges_;
  std::vector<uint32_t> group_at_{0}, type_at_, of_type_;
  std::vector<uint32_t> reached_by_type_, reached_by_group_;  // the edge; unreached between pulls
  std::vector<uint8_t> dead_type_, dead_group_;
  std::vector<uint32_t> queue_, seen_types_, chain_;
  std::vector<uint32_t> far_type_, far_group_, next_of_type_, next_of_group_;
};

}  // namespace subnet::matching
