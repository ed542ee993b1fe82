// SPDX-License-Identifier: 0BSD
// How many miners each validator has when the sum of all costs is least, everyone that can be
// matched being matched: the exact minimum of a separable convex cost over a polymatroid.
//
// Halving the range of costs: at a limit every validator wants the places that cost no more. If the
// types can fill them all, dearer places are needed; else a minimum cut parts the validators that
// compete for too few miners from the rest, and each part goes on alone. Every level of the halving
// looks at each validator once, however many types there are.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "subnet/matching/cost.hpp"
#include "subnet/matching/network.hpp"

namespace subnet::matching {

// Validators of one type, in registration order: the `need` cheapest places, or all.
inline void fill(std::span<const curve> curves, uint64_t need, cost move, std::span<uint32_t> out) {
  cost low = -1, high = 0;
  uint64_t all = 0;
  for (size_t i = 0; i < curves.size(); ++i) {
    out[i] = curves[i].most;
    all += curves[i].most;
    high = std::max(high, curves[i].base + one + move);
  }
  if (all <= need) return;
  const auto total = [&](cost limit) {
    uint64_t sum = 0;
    for (const curve& c : curves) sum += c.units_within(limit, move);
    return sum;
  };
  while (high - low > 1) {
    const cost middle = low + (high - low) / 2;
    (total(middle) <= need ? low : high) = middle;
  }
  for (size_t i = 0; i < curves.size(); ++i) {
    out[i] = static_cast<uint32_t>(curves[i].units_within(low, move));
    need -= out[i];
  }
  for (size_t i = 0; i < curves.size() && need > 0; ++i) {
    const uint64_t more = std::min(need, curves[i].units_within(high, move) - out[i]);
    out[i] += static_cast<uint32_t>(more);
    need -= more;
  }
}

class quotas {
 public:
  // need: miners of each type.
  quotas(std::vector<uint64_t> need, cost move) : need_(std::move(need)), move_(move) {}

  // Validators that serve exactly these types (sorted), in registration order. `order` tells them
  // from those of other groups.
  void add_group(std::vector<uint32_t> types, std::vector<curve> curves,
                 std::vector<uint64_t> order) {
    groups_.push_back({std::move(types), std::move(curves), std::move(order), {}});
  }

  void solve() {
    for (group& g : groups_) g.units.assign(g.curves.size(), 0);
    for (cell& part : components()) {
      if (part.types.size() == 1 && part.groups.size() == 1) {
        group& g = groups_[part.groups[0]];
        fill(g.curves, need_[part.types[0]], move_, g.units);
      } else {
        halve(std::move(part));
      }
    }
  }
  const std::vector<uint32_t>& units(size_t nth) const { return groups_[nth].units; }

 private:
  struct group {
    std::vector<uint32_t> types;
    std::vector<curve> curves;
    std::vector<uint64_t> order;
    std::vector<uint32_t> units;
  };
  // A part of the problem that no miner crosses: places up to `low` are taken, beyond `high` not.
  struct cell {
    std::vector<uint32_t> types, groups;
    cost low = -1, high = 0;
  };

  std::vector<cell> components() {
    std::vector<uint32_t> root(need_.size());
    std::iota(root.begin(), root.end(), 0u);
    const auto find = [&](uint32_t t) {
      while (root[t] != t) t = root[t] = root[root[t]];
      return t;
    };
    for (const group& g : groups_) {
      for (const uint32_t t : g.types) root[find(t)] = find(g.types[0]);
    }
    constexpr uint32_t none = 0xffffffffu;
    std::vector<uint32_t> place(need_.size(), none);
    std::vector<cell> parts;
    for (uint32_t i = 0; i < groups_.size(); ++i) {
      if (groups_[i].types.empty()) continue;
      uint32_t& at = place[find(groups_[i].types[0])];
      if (at == none) {
        at = static_cast<uint32_t>(parts.size());
        parts.emplace_back();
      }
      parts[at].groups.push_back(i);
      for (const curve& c : groups_[i].curves) {
        parts[at].high = std::max(parts[at].high, c.base + one + move_);
      }
    }
    for (uint32_t t = 0; t < need_.size(); ++t) {
      if (const uint32_t at = place[find(t)]; at != none) parts[at].types.push_back(t);
    }
    return parts;
  }

  void halve(cell whole) {
    cell_of_.resize(need_.size(), 0);
    for (const uint32_t t : whole.types) cell_of_[t] = 1;
    next_cell_ = 2;
    std::vector<std::pair<cell, uint32_t>> open;
    open.emplace_back(std::move(whole), 1);
    bool first = true;  // the very first look is at the dearest places: enough for all?
    while (!open.empty()) {
      auto [part, label] = std::move(open.back());
      open.pop_back();
      network net = network_of(part, label);
      while (first || part.high - part.low > 1) {
        const cost middle = first ? part.high : part.low + (part.high - part.low) / 2;
        first = false;
        if (filled(net, part, middle)) {
          part.low = middle;
          if (middle == part.high) break;
          continue;
        }
        std::vector<uint32_t> kept;
        open.emplace_back(split(net, part, middle, kept), next_cell_);
        ++next_cell_;
        network smaller = network_of(part, label);
        for (uint32_t i = 0; i < kept.size(); ++i) smaller.adopt(i, net, kept[i]);
        net = std::move(smaller);
      }
      settle(part, label);
    }
  }

  std::vector<uint64_t> needs_of(const cell& part) const {
    std::vector<uint64_t> need;
    for (const uint32_t t : part.types) need.push_back(need_[t]);
    return need;
  }

  network network_of(const cell& part, uint32_t label) {
    network net(needs_of(part));
    local_.resize(need_.size());
    for (uint32_t i = 0; i < part.types.size(); ++i) local_[part.types[i]] = i;
    std::vector<uint32_t> types;
    for (const uint32_t g : part.groups) {
      types.clear();
      for (const uint32_t t : groups_[g].types) {
        if (cell_of_[t] == label) types.push_back(local_[t]);
      }
      net.add_group(types);
    }
    net.connect();
    return net;
  }

  // From what is in the network at another limit.
  bool filled(network& net, const cell& part, cost limit) {
    std::vector<uint64_t> wants;
    for (uint32_t i = 0; i < part.groups.size(); ++i) {
      uint64_t want = 0;
      for (const curve& c : groups_[part.groups[i]].curves) want += c.units_within(limit, move_);
      wants.push_back(want - net.keep(i, want));
    }
    return net.satisfy(std::move(wants));
  }

  // Takes the validators with too few miners out of `part`, which keeps them: it goes on below
  // `limit`, the rest, which is returned with its types labelled next_cell_, above. `kept`: which
  // of its groups it keeps.
  cell split(const network& net, cell& part, cost limit, std::vector<uint32_t>& kept) {
    cell rest, tight;
    rest.low = limit;
    rest.high = part.high;
    tight.low = part.low;
    tight.high = limit;
    for (uint32_t i = 0; i < part.types.size(); ++i) {
      const bool dead = net.dead_type(i);
      (dead ? tight : rest).types.push_back(part.types[i]);
      if (!dead) cell_of_[part.types[i]] = next_cell_;
    }
    for (uint32_t i = 0; i < part.groups.size(); ++i) {
      const uint32_t g = part.groups[i];
      bool left = false;
      for (const uint32_t t : groups_[g].types) left = left || cell_of_[t] == next_cell_;
      (left ? rest : tight).groups.push_back(g);
      if (!left) kept.push_back(i);
    }
    part = std::move(tight);
    return rest;
  }

  // What costs no more than `low` fits; of what costs exactly `high` what fits, by registration.
  void settle(const cell& part, uint32_t label) {
    network net = network_of(part, label);
    struct tie {
      uint64_t order;
      uint32_t group, local, member;
      uint64_t more;
    };
    std::vector<tie> ties;
    std::vector<uint64_t> wants;
    for (uint32_t i = 0; i < part.groups.size(); ++i) {
      group& g = groups_[part.groups[i]];
      uint64_t want = 0;
      for (uint32_t m = 0; m < g.curves.size(); ++m) {
        const uint64_t units = g.curves[m].units_within(part.low, move_);
        const uint64_t most = g.curves[m].units_within(part.high, move_);
        g.units[m] = static_cast<uint32_t>(units);
        want += units;
        if (most > units) ties.push_back({g.order[m], part.groups[i], i, m, most - units});
      }
      wants.push_back(want);
    }
    net.satisfy(std::move(wants));
    std::sort(ties.begin(), ties.end(),
              [](const tie& a, const tie& b) { return a.order < b.order; });
    for (const tie& t : ties) {
      groups_[t.group].units[t.member] += static_cast<uint32_t>(net.pull(t.local, t.more));
    }
  }

  std::vector<uint64_t> need_;
  cost move_;
  std::vector<group> groups_;
  std::vector<uint32_t> cell_of_, local_;
  uint32_t next_cell_ = 0;
};

}  // namespace subnet::matching
