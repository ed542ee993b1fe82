// SPDX-License-Identifier: 0BSD
// What a planner does besides the exact quotas: class prices, chains, `*`, and single moves.
#pragma once

#include "subnet/matching/plan.hpp"

namespace subnet::matching {

// Prices couple the classes of one validator only through its load, so one class at a time is
// placed anew at its exact optimum against the others, until nothing changes. Everyone who was
// matched stays matched.
inline void planner::descend() {
  const uint32_t R = regions();
  std::vector<std::vector<uint32_t>> cells_of(c_.types());
  std::vector<uint32_t> owner(c_.cells());
  for (const uint32_t v : c_.by_order)
    for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i) {
      owner[i] = v;
      if (c_.cell_type[i] < c_.types()) cells_of[c_.cell_type[i]].push_back(i);
    }
  std::vector<std::vector<cost>> price(c_.classes());
  for (uint32_t t = 0; t < c_.types(); ++t)
    for (uint32_t r = 0; r < R; ++r)
      for (const uint32_t cell : cells_of[t])
        price[class_at(t, r)].push_back(p_.checked_price(c_.view, c_.type_number(t),
                                                         c_.region_number(r), owner[cell]));
  std::vector<curve> curves;
  std::vector<uint32_t> units;
  for (int sweep = 0; sweep < 12; ++sweep) {
    uint64_t changed = 0;
    for (uint32_t c = 0; c < c_.classes(); ++c) {
      const uint32_t t = c_.type_of_class(c), r = c_.region_of_class(c);
      if (t >= c_.types() || c_.miners_of[c] == 0) continue;
      curves.clear();
      uint64_t need = 0;
      for (size_t i = 0; i < cells_of[t].size(); ++i) {
        const uint32_t cell = cells_of[t][i], v = owner[cell];
        const uint32_t have = plan_.x[size_t{cell} * R + r];
        need += have;
        load_[v] -= have;
        curve one_curve = curve_of(v, c_.miners_of[c]);
        one_curve.kept = c_.x[size_t{cell} * R + r];
        one_curve.base += price[c][i];
        curves.push_back(one_curve);
      }
      units.resize(curves.size());
      fill(curves, need, move_, units);
      for (size_t i = 0; i < units.size(); ++i) {
        uint32_t& have = plan_.x[size_t{cells_of[t][i]} * R + r];
        changed += have > units[i] ? have - units[i] : 0;
        have = units[i];
        load_[owner[cells_of[t][i]]] += units[i];
      }
    }
    if (changed * 10'000 <= c_.copies) break;
  }
}

// Places for classes that found none, by moving others out of the way: the fewest moves a place.
inline void planner::chain(uint64_t& budget) {
  const uint32_t R = regions();
  std::vector<uint64_t> excess(size_t{c_.types()} * R, 0);
  for (uint32_t c = 0; c < excess.size(); ++c) {
    const uint64_t copies = std::min(c_.serving[c_.type_of_class(c)], c_.view.redundancy());
    const uint64_t all = c_.miners_of[c] * copies, elsewhere = c_.settled[c] + c_.held_anywhere[c];
    excess[c] = all - std::min(all, elsewhere);
  }
  network net = network_of_classes(excess);
  if (net.groups() == 0) return;
  std::vector<uint64_t> got(bundles_.size(), 0);
  for (uint32_t g = 0; g < bundles_.size(); ++g) {
    uint64_t free = 0;
    for (const uint32_t v : bundles_[g].validators) free += room(v);
    if (free > 0) got[g] = net.pull(g, free, budget - std::min(budget, net.rerouted));
  }
  budget -= std::min(budget, net.rerouted);
  plan_.moves += net.rerouted;
  for (uint32_t g = 0; g < bundles_.size(); ++g) {
    const bundle& b = bundles_[g];
    std::vector<uint32_t> kept, units;
    std::vector<curve> curves;
    for (const uint32_t v : b.validators) {
      curves.push_back(curve_of(v, UINT32_MAX));
      curves.back().kept = curves.back().most;
    }
    std::vector<uint32_t> more(curves.size(), 0);
    fill(curves, got[g], 0, more);
    for (size_t i = 0; i < b.validators.size(); ++i) {
      const uint32_t v = b.validators[i];
      uint64_t sum = more[i];
      for (size_t at = 0; at < b.types.size() * R; ++at) {
        uint32_t& have = plan_.x[size_t{c_.cell_at[v]} * R + at];
        kept.push_back(have);
        sum += have;
        load_[v] -= have;
        have = 0;
      }
      units.push_back(static_cast<uint32_t>(sum));
    }
    spread(net, g, units, kept, b.types.size() * R);
    for (size_t i = 0; i < b.validators.size(); ++i)
      for (size_t at = 0, n = b.types.size() * R; at < n; ++at) {
        plan_.x[size_t{c_.cell_at[b.validators[i]]} * R + at] += kept[i * n + at];
        load_[b.validators[i]] += kept[i * n + at];
      }
  }
}
// Who has how many of each class now; of no groups where no class has any without.
inline network planner::network_of_classes(std::vector<uint64_t>& excess) const {
  const uint32_t R = regions();
  for (const bundle& b : bundles_)
    for (const uint32_t v : b.validators)
      for (size_t at = 0; at < b.types.size() * R; ++at) {
        uint64_t& left = excess[class_at(b.types[at / R], static_cast<uint32_t>(at % R))];
        left -= std::min<uint64_t>(left, plan_.x[size_t{c_.cell_at[v]} * R + at]);
      }
  const bool some = std::any_of(excess.begin(), excess.end(), [](uint64_t n) { return n > 0; });
  network net(std::move(excess));
  if (!some) return net;
  std::vector<uint32_t> classes;
  for (const bundle& b : bundles_) {
    classes.clear();
    for (const uint32_t type : b.types)
      for (uint32_t r = 0; r < R; ++r) classes.push_back(class_at(type, r));
    net.add_group(classes);
  }
  net.connect();
  for (uint32_t g = 0; g < bundles_.size(); ++g)
    for (const uint32_t v : bundles_[g].validators)
      for (size_t at = 0; at < bundles_[g].types.size() * R; ++at)
        net.settle(g, at, plan_.x[size_t{c_.cell_at[v]} * R + at]);
  return net;
}

// Whoever no validator of the type has goes to those of `*`, by the same costs.
inline void planner::fill_anywhere(bool hold) {
  const uint32_t R = regions(), all = c_.types();
  if (c_.serving[all] == 0) return;
  std::vector<uint64_t> left(c_.classes(), 0);
  for (uint32_t c = 0; c < c_.classes(); ++c)
    left[c] = c_.miners_of[c] * c_.view.redundancy() - c_.settled[c];
  std::vector<uint32_t> at;
  std::vector<curve> curves;
  std::vector<uint32_t> units;
  for (const uint32_t v : c_.by_order) {
    for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i)
      for (uint32_t r = 0; r < R; ++r) {
        const uint32_t type = c_.cell_type[i];
        if (type < all) left[class_at(type, r)] -= plan_.x[size_t{i} * R + r];
      }
    if (!c_.serves_all(v)) continue;
    at.push_back(v);
    curve one_curve = curve_of(v, c_.copies);
    const uint64_t had = in_cell(c_.x, c_.cell_at[v + 1] - 1);
    one_curve.kept = hold ? one_curve.most
                          : static_cast<uint32_t>(std::min<uint64_t>(had, one_curve.most));
    curves.push_back(one_curve);
  }
  uint64_t need = 0, stay = 0, had = 0;
  for (uint32_t c = 0; c < c_.classes(); ++c) {
    const uint64_t held = std::min(left[c], c_.held_anywhere[c]);
    plan_.held_anywhere[c] = held;
    plan_.moves += hold ? 0 : c_.held_anywhere[c] - held;
    need += left[c] - (hold ? held : 0);
  }
  units.resize(curves.size());
  fill(curves, need, move_, units);
  for (size_t i = 0; i < at.size(); ++i) {
    const size_t cell = c_.cell_at[at[i] + 1] - 1;
    stay += std::min<uint64_t>(units[i], in_cell(c_.x, cell));
    had += in_cell(c_.x, cell);
    plan_.x[cell * R] += units[i];
    load_[at[i]] += units[i];
  }
  if (!hold) plan_.moves += had - std::min(had, stay);
}

// One move after the other by trees over the margins, while it gains more than its price.
class margins {
 public:
  margins(const census& counted, const pricing& priced, const std::vector<cost>& bases,
          cost move, std::vector<uint32_t>& x, std::vector<uint32_t>& load)
      : c_(counted), p_(priced), bases_(bases), move_(move), x_(x), load_(load) {
    const uint32_t R = c_.regions();
    cells_of_.resize(c_.types() + 1);
    owner_.resize(c_.cells());
    leaf_.resize(c_.cells());
    for (const uint32_t v : c_.by_order)
      for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i) {
        owner_[i] = v;
        leaf_[i] = static_cast<uint32_t>(cells_of_[c_.cell_type[i]].size());
        cells_of_[c_.cell_type[i]].push_back(i);
      }
    next_.resize(c_.classes());
    last_.resize(c_.classes());
    std::vector<cost> gains;
    for (uint32_t c = 0; c < c_.classes(); ++c) {
      const auto& cells = cells_of_[c / R];
      std::vector<cost> next, last;
      for (const uint32_t cell : cells) {
        next.push_back(next_cost(cell, c));
        last.push_back(last_cost(cell, c));
      }
      next_[c].assign(next);
      last_[c].assign(last);
      gains.push_back(gain(c));
    }
    gains_.assign(gains);
  }

  // The cheapest place for one more of a class: its cell, or nowhere.
  uint32_t cheapest(uint32_t c) const {
    return next_[c].least() == never ? nowhere : cells_of_[c / c_.regions()][next_[c].leaf()];
  }
  void place(uint32_t cell, uint32_t c, int change) {
    x_[size_t{cell} * c_.regions() + c % c_.regions()] += static_cast<uint32_t>(change);
    load_[owner_[cell]] += static_cast<uint32_t>(change);
    renew(owner_[cell]);
  }
  // The best move of all: from, to and class. False when none gains more than its price.
  bool best(uint32_t& from, uint32_t& to, uint32_t& of_class) const {
    if (gains_.least() == never || -gains_.least() <= move_) return false;
    of_class = static_cast<uint32_t>(gains_.leaf());
    from = cells_of_[of_class / c_.regions()][last_[of_class].leaf()];
    to = cheapest(of_class);
    return true;
  }

 private:
  cost price(uint32_t cell, uint32_t c) const {
    const uint32_t t = c_.type_of_class(c);
    if (t >= c_.types() || !p_.prices()) return 0;
    return p_.checked_price(c_.view, c_.type_number(t), c_.region_number(c_.region_of_class(c)),
                            owner_[cell]);
  }
  uint32_t have(uint32_t cell, uint32_t c) const {
    return x_[size_t{cell} * c_.regions() + c % c_.regions()];
  }
  cost next_cost(uint32_t cell, uint32_t c) const {
    const uint32_t v = owner_[cell], capacity = c_.view.capacity()[v];
    if (load_[v] >= capacity) return never;
    if (c_.type_of_class(c) < c_.types() && have(cell, c) >= c_.miners_of[c]) return never;
    return bases_[v] + marginal(capacity, load_[v] + 1) + price(cell, c);
  }
  // Negative, so that the dearest is the least.
  cost last_cost(uint32_t cell, uint32_t c) const {
    const uint32_t v = owner_[cell];
    if (have(cell, c) == 0 || load_[v] == 0) return never;
    return -(bases_[v] + marginal(c_.view.capacity()[v], load_[v]) + price(cell, c));
  }
  // Of the best move within a class; negative.
  cost gain(uint32_t c) const {
    const cost next = next_[c].least(), last = last_[c].least();
    return next == never || last == never ? never : next + last;
  }
  void renew(uint32_t v) {
    for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i)
      for (uint32_t r = 0; r < c_.regions(); ++r) {
        const uint32_t c = c_.cell_type[i] * c_.regions() + r;
        next_[c].set(leaf_[i], next_cost(i, c));
        last_[c].set(leaf_[i], last_cost(i, c));
        gains_.set(c, gain(c));
      }
  }

  const census& c_;
  const pricing& p_;
  const std::vector<cost>& bases_;
  const cost move_;
  std::vector<uint32_t>&x_, &load_;
  std::vector<std::vector<uint32_t>> cells_of_;
  std::vector<uint32_t> owner_, leaf_;
  std::vector<min_tree> next_, last_;
  min_tree gains_;
};

inline void planner::improve(uint64_t budget) {
  margins at(c_, p_, bases_, move_, plan_.x, load_);
  const uint32_t R = regions(), all = c_.types();
  // Away from draining validators, then from `*` alone.
  for (uint32_t c = 0; c < all * R && budget > 0; ++c) {
    for (const bool draining : {true, false}) {
      uint64_t& stay = (draining ? plan_.settled : plan_.held_anywhere)[c];
      while (stay > 0 && budget > 0) {
        const uint32_t to = at.cheapest(c);
        if (to == nowhere) break;
        at.place(to, c, 1);
        --stay;
        plan_.freed += draining ? 0 : 1;
        --budget;
        ++plan_.moves;
      }
    }
  }
  uint32_t from = 0, to = 0, c = 0;
  while (budget > 0 && at.best(from, to, c)) {
    at.place(from, c, -1);
    at.place(to, c, 1);
    --budget;
    ++plan_.moves;
  }
}

}  // namespace subnet::matching
