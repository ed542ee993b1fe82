// SPDX-License-Identifier: 0BSD
// From a census to how many copies of each class every validator shall have.
#pragma once

#include <unordered_map>
#include <utility>

#include "subnet/matching/census.hpp"
#include "subnet/matching/quotas.hpp"
#include "subnet/matching/tree.hpp"

namespace subnet::matching {

// Targets, in the places of the census.
struct plan {
  std::vector<uint32_t> x;             // [cell * regions + region]
  std::vector<uint64_t> settled;       // [class]: copies that stay at draining validators
  std::vector<uint64_t> held_anywhere; // [class]: copies that stay with `*` alone
  uint64_t freed = 0;                  // of x: copies that leave `*`, from whichever cell
  uint64_t moves = 0;                  // matched copies that change validator for it, about
};

class planner {
 public:
  planner(const census& counted, const pricing& priced)
      : c_(counted), p_(priced), move_(priced.by.move) {
    bases_.reserve(c_.view.validators());
    for (const uint32_t r : c_.view.reliability_ppm())
      bases_.push_back(unreliability_cost(p_.by, r));
  }

  // The optimum, whatever moves it takes. Where few places are taken a move costs more than it
  // gains: then it is priced lower, until that keeps from the least cost no more than 1 in 2,000.
  plan exact() {
    plan out = exact_now();
    if (!c_.any_current || price_is_small(worth_of(out))) return out;
    const cost full = std::exchange(move_, 0);
    const __int128 least = worth_of(exact_now()).sum;
    for (move_ = full; move_ > 0 && (worth_of(out).sum - least) * 2'000 > least;) {
      move_ = move_ > one / 100'000 ? move_ / 2 : 0;
      out = exact_now();
    }
    return out;
  }

  // What a plan is worth: fewest unmatched first, then fewest at validators of `*`, then the cost.
  struct worth {
    uint64_t unmatched = 0, anywhere = 0;
    __int128 sum = 0;    // without moves
    __int128 moves = 0;  // what they cost

    // The price of moves may keep from the optimum no more than 1 in 2,000.
    bool beats(const worth& other) const {
      if (unmatched != other.unmatched) return unmatched < other.unmatched;
      if (anywhere != other.anywhere) return anywhere < other.anywhere;
      return sum + moves < other.sum + other.moves || (other.sum - sum) * 2'000 > sum;
    }
  };
  worth worth_of(const plan& of) const {
    worth out;
    uint64_t placed = 0;
    for (uint32_t c = 0; c < c_.classes(); ++c) placed += of.settled[c];
    for (const uint32_t v : c_.by_order) {
      uint64_t load = 0;
      for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i)
        for (uint32_t r = 0; r < regions(); ++r) {
          const uint64_t here = of.x[size_t{i} * regions() + r];
          load += here;
          if (c_.cell_type[i] == c_.types()) {
            out.anywhere += here;
          } else if (p_.prices() && here > 0) {
            out.sum += static_cast<__int128>(here) *
                       p_.checked_price(c_.view, c_.type_number(c_.cell_type[i]),
                                        c_.region_number(r), v);
          }
        }
      placed += load;
      out.sum += ((static_cast<__int128>(load) * load) << 31) / c_.view.capacity()[v];
      out.sum += static_cast<__int128>(bases_[v]) * load;
    }
    out.anywhere -= of.freed;
    placed -= of.freed;
    out.moves = static_cast<__int128>(move_) * of.moves;
    out.unmatched = c_.copies - placed;
    return out;
  }

  // Everything stays; what is unmatched is placed; then at most `budget` moves, those that match
  // the unmatched first, then those away from where no place should be taken, then the dearest;
  // without `better`, the first alone.
  plan within(uint64_t budget, bool better = true) {
    begin();
    plan_.x = c_.x;
    plan_.held_anywhere = c_.held_anywhere;
    load_ = c_.loads;
    std::vector<uint64_t> need(c_.types(), 0);
    for (uint32_t t = 0; t < c_.types(); ++t) {
      const uint64_t have = over_regions(c_.settled, t) + over_regions(c_.held_anywhere, t) + of(t);
      need[t] = wanted(t) - std::min(wanted(t), have);
    }
    quota(need, true);
    if (budget > 0) chain(budget);
    fill_anywhere(true);
    if (budget > 0 && better) improve(budget);
    return std::move(plan_);
  }

 private:
  plan exact_now() {
    begin();
    std::vector<uint64_t> need(c_.types(), 0);
    for (uint32_t t = 0; t < c_.types(); ++t)
      need[t] = wanted(t) - std::min(wanted(t), over_regions(c_.settled, t));
    quota(need, false);
    if (p_.prices()) descend();
    fill_anywhere(false);
    for (size_t i = 0; i < c_.x.size(); ++i) plan_.moves += c_.x[i] - std::min(c_.x[i], plan_.x[i]);
    return std::move(plan_);
  }
  // With loads alone to pay for, a validator of capacity C costs at most price^2 C / 2 more at the
  // optimum with a price than at the one without.
  bool price_is_small(const worth& at) const {
    __int128 places = 0;
    for (const uint32_t v : c_.by_order) places += c_.view.capacity()[v];
    return !p_.prices() && places * move_ / one * move_ * 1'000 <= at.sum;
  }

  void begin() {
    bundle_up();
    unplaced_.clear();
    plan_ = {};
    plan_.x.assign(c_.x.size(), 0);
    plan_.settled = c_.settled;
    plan_.held_anywhere.assign(c_.classes(), 0);
    load_.assign(c_.view.validators(), 0);
  }
  uint32_t regions() const { return c_.regions(); }
  uint32_t class_at(uint32_t type, uint32_t region) const { return type * regions() + region; }
  uint64_t over_regions(const std::vector<uint64_t>& by_class, uint32_t type) const {
    uint64_t sum = 0;
    for (uint32_t r = 0; r < regions(); ++r) sum += by_class[class_at(type, r)];
    return sum;
  }
  uint64_t in_cell(const std::vector<uint32_t>& x, size_t cell) const {
    uint64_t sum = 0;
    for (uint32_t r = 0; r < regions(); ++r) sum += x[cell * regions() + r];
    return sum;
  }
  // Copies of a type that could be matched to validators that list it.
  uint64_t wanted(uint32_t type) const {
    return over_regions(c_.miners_of, type) * std::min(c_.serving[type], c_.view.redundancy());
  }
  uint64_t of(uint32_t type) const {
    return type < of_type_.size() ? of_type_[type] : 0;
  }
  uint32_t room(uint32_t v) const {
    return c_.view.capacity()[v] - std::min(c_.view.capacity()[v], load_[v]);
  }

  struct bundle {
    std::vector<uint32_t> types, validators;
  };
  struct list_hash {
    size_t operator()(const std::vector<uint32_t>& list) const {
      uint64_t hash = 0;
      for (const uint32_t each : list) hash = (hash ^ each) * 0x9e3779b97f4a7c15ull;
      return hash ^ hash >> 32;
    }
  };
  // Validators by what they list, in registration order.
  void bundle_up() {
    if (!bundles_.empty()) return;
    std::vector<uint32_t> single(c_.types(), nowhere);
    std::unordered_map<std::vector<uint32_t>, uint32_t, list_hash> several;
    of_type_.assign(c_.types(), 0);
    for (const uint32_t v : c_.by_order) {
      const uint32_t from = c_.cell_at[v];
      const uint32_t to = c_.cell_at[v + 1] - (c_.serves_all(v) ? 1 : 0);
      for (uint32_t i = from; i < to; ++i) of_type_[c_.cell_type[i]] += in_cell(c_.x, i);
      if (from == to) continue;
      std::vector<uint32_t> types;
      uint32_t* at = &single[c_.cell_type[from]];
      if (to - from > 1) {
        types.assign(c_.cell_type.begin() + from, c_.cell_type.begin() + to);
        at = &several.try_emplace(types, nowhere).first->second;
      }
      if (*at == nowhere) {
        *at = static_cast<uint32_t>(bundles_.size());
        if (types.empty()) types.push_back(c_.cell_type[from]);
        bundles_.push_back({std::move(types), {}});
      }
      bundles_[*at].validators.push_back(v);
    }
  }

  curve curve_of(uint32_t v, uint64_t most) const {
    curve out;
    out.capacity = c_.view.capacity()[v];
    out.first = std::min(out.capacity, load_[v]);
    out.most = static_cast<uint32_t>(std::min<uint64_t>(most, room(v)));
    out.base = bases_[v];
    return out;
  }

  // Places `need` copies of each type on top of load_. Without `hold`, nothing is placed yet and
  // what validators have is what moves are counted from.
  void quota(std::vector<uint64_t> need, bool hold) {
    bundle_up();
    const auto order = c_.view.validator_order();
    quotas problem(need, move_);
    for (const bundle& b : bundles_) {
      uint64_t miners = 0;
      for (const uint32_t t : b.types) miners += over_regions(c_.miners_of, t);
      std::vector<curve> curves;
      std::vector<uint64_t> orders;
      for (const uint32_t v : b.validators) {
        uint64_t had = 0;
        for (size_t j = 0; j < b.types.size(); ++j) had += in_cell(c_.x, c_.cell_at[v] + j);
        // Nobody checks one miner twice: who is there needs no place there.
        curve c = curve_of(v, hold ? miners - std::min(miners, had) : miners);
        c.kept = hold ? c.most : static_cast<uint32_t>(std::min<uint64_t>(c.most, had));
        curves.push_back(c);
        orders.push_back(order[v]);
      }
      problem.add_group(b.types, std::move(curves), std::move(orders));
    }
    problem.solve();
    std::vector<std::vector<uint32_t>> kept(bundles_.size());
    if (!hold) {
      for (size_t g = 0; g < bundles_.size(); ++g)
        keep(bundles_[g], problem.units(g), kept[g], need);
    }
    network net(std::move(need));
    for (const bundle& b : bundles_) net.add_group(b.types);
    net.connect();
    for (uint32_t g = 0; g < bundles_.size(); ++g) {
      uint64_t want = 0;
      for (const uint32_t u : problem.units(g)) want += u;
      for (size_t j = 0; j < kept[g].size(); ++j) {
        const size_t n = bundles_[g].types.size();
        net.settle(g, j % n, kept[g][j]);
        want -= kept[g][j];
      }
      wants_.push_back(want);
    }
    net.satisfy(std::move(wants_));
    wants_.clear();
    for (uint32_t g = 0; g < bundles_.size(); ++g) {
      const bundle& b = bundles_[g];
      const size_t n = b.types.size();
      spread(net, g, problem.units(g), kept[g], n);
      for (size_t i = 0; i < b.validators.size(); ++i)
        for (size_t j = 0; j < n; ++j)
          add(b.validators[i], c_.cell_at[b.validators[i]] + j, kept[g][i * n + j]);
    }
  }

  // Of what each validator has, as much as its quota allows: kept[member * types + type].
  void keep(const bundle& b, const std::vector<uint32_t>& units, std::vector<uint32_t>& kept,
            std::vector<uint64_t>& need) {
    const size_t n = b.types.size();
    kept.assign(n * b.validators.size(), 0);
    if (!c_.any_current) return;
    for (size_t i = 0; i < b.validators.size(); ++i) {
      uint64_t sum = 0;
      uint32_t* mine = &kept[i * n];
      for (size_t j = 0; j < n; ++j) {
        mine[j] = static_cast<uint32_t>(in_cell(c_.x, c_.cell_at[b.validators[i]] + j));
        sum += mine[j];
      }
      while (sum > units[i]) {
        const auto most = static_cast<size_t>(std::max_element(mine, mine + n) - mine);
        const uint64_t cut = std::min<uint64_t>(mine[most], sum - units[i]);
        mine[most] -= static_cast<uint32_t>(cut);
        sum -= cut;
      }
      for (size_t j = 0; j < n; ++j) {
        const uint64_t taken = std::min<uint64_t>(mine[j], need[b.types[j]]);
        mine[j] = static_cast<uint32_t>(taken);
        need[b.types[j]] -= taken;
      }
    }
  }

  // Splits what a bundle has of each of the network's n types over its validators, what they keep
  // first: kept[member * n + type].
  void spread(const network& net, uint32_t g, const std::vector<uint32_t>& units,
              std::vector<uint32_t>& kept, size_t n) const {
    const bundle& b = bundles_[g];
    kept.resize(n * b.validators.size(), 0);
    std::vector<uint64_t> left(n);
    for (size_t j = 0; j < n; ++j) {
      uint64_t have = 0;
      for (size_t i = 0; i < b.validators.size(); ++i) have += kept[i * n + j];
      uint64_t over = have - std::min(have, net.flow(g, j));
      for (size_t i = b.validators.size(); over > 0 && i-- > 0;) {
        const uint64_t cut = std::min<uint64_t>(over, kept[i * n + j]);
        kept[i * n + j] -= static_cast<uint32_t>(cut);
        over -= cut;
        have -= cut;
      }
      left[j] = net.flow(g, j) - have;
    }
    size_t next = 0;
    for (size_t i = 0; i < b.validators.size(); ++i) {
      uint64_t places = units[i];
      for (size_t j = 0; j < n; ++j) places -= std::min<uint64_t>(places, kept[i * n + j]);
      while (places > 0 && next < n) {
        const uint64_t given = std::min(places, left[next]);
        kept[i * n + next] += static_cast<uint32_t>(given);
        left[next] -= given;
        places -= given;
        if (left[next] == 0) ++next;
      }
    }
  }

  // `amount` more copies of a cell's type, over the regions that are short of them.
  void add(uint32_t v, size_t cell, uint64_t amount) {
    load_[v] += static_cast<uint32_t>(amount);
    if (regions() == 1) {
      plan_.x[cell] += static_cast<uint32_t>(amount);
      return;
    }
    if (unplaced_.empty()) begin_regions();
    const uint32_t type = c_.cell_type[cell];
    for (const bool as_before : {true, false}) {
      for (uint32_t r = 0; r < regions() && amount > 0; ++r) {
        uint32_t& have = plan_.x[cell * regions() + r];
        const uint32_t had = c_.x[cell * regions() + r];
        uint64_t given = std::min(amount, unplaced_[class_at(type, r)]);
        if (as_before) given = std::min<uint64_t>(given, had > have ? had - have : 0);
        have += static_cast<uint32_t>(given);
        unplaced_[class_at(type, r)] -= given;
        amount -= given;
      }
    }
    load_[v] -= static_cast<uint32_t>(amount);
  }
  void begin_regions() {
    unplaced_.assign(c_.classes(), 0);
    for (uint32_t c = 0; c < c_.classes(); ++c)
      unplaced_[c] = c_.miners_of[c] * c_.view.redundancy() - c_.settled[c] -
                     plan_.held_anywhere[c];
    for (size_t cell = 0; cell < c_.cells(); ++cell)
      for (uint32_t r = 0; r < regions(); ++r)
        unplaced_[class_at(c_.cell_type[cell], r)] -=
            std::min<uint64_t>(unplaced_[class_at(c_.cell_type[cell], r)],
                               plan_.x[cell * regions() + r]);
  }

  void descend();
  void chain(uint64_t& budget);
  network network_of_classes(std::vector<uint64_t>& excess) const;
  void fill_anywhere(bool hold);
  void improve(uint64_t budget);

  const census& c_;
  const pricing& p_;
  cost move_;  // the price of one
  std::vector<cost> bases_;
  plan plan_;
  std::vector<uint32_t> load_;
  std::vector<bundle> bundles_;
  std::vector<uint64_t> of_type_, wants_, unplaced_;
};

}  // namespace subnet::matching
