// SPDX-License-Identifier: 0BSD
// From a plan to copies: who keeps what, and who goes where. Of two that cannot both stay the one
// registered later goes. Never a validator of the miner's own key, never one validator twice.
#pragma once

#include <map>
#include <set>

#include "subnet/matching/chains.hpp"
#include "subnet/matching/plan.hpp"

namespace subnet::matching {

// Counter-based, so that the same seed gives the same draw everywhere.
class lots {
 public:
  explicit lots(std::span<const uint8_t, 32> seed, uint64_t stream) {
    for (int i = 0; i < 8; ++i) state_ = state_ << 8 | seed[static_cast<size_t>(i)];
    state_ ^= (stream + 1) * 0x9e3779b97f4a7c15ull;
  }
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t n) { return next() % n; }

 private:
  uint64_t state_ = 0;
};

class dealer {
 public:
  // `result`: [miner * redundancy + copy], as `current`; SBN_NONE where nobody is found.
  dealer(const census& counted, const plan& target, std::vector<uint32_t>& result)
      : c_(counted), plan_(target), k_(counted.view.redundancy()), result_(result) {
    result_.assign(c_.view.miners() * k_, SBN_NONE);
    keep_ = c_.x;
    for (size_t i = 0; i < keep_.size(); ++i) keep_[i] = std::min(keep_[i], plan_.x[i]);
    settled_ = plan_.settled;
    anywhere_left_ = plan_.held_anywhere;
    anywhere_left_.resize(c_.classes(), 0);
    make_decks();
    if (c_.any_current) find_whole();
  }

  void run() {
    if (k_ > 1 || c_.owners) {
      c_.each_miner([&](uint32_t m) { serve(m); });
    } else if (!c_.sorted().empty()) {
      serve_singles<true, true>();
    } else if (c_.any_current) {
      serve_singles<true, false>();
    } else {
      serve_singles<false, false>();
    }
    for (const late& each : anywhere_) stay_anywhere(each);
    open_anywhere();
    std::erase_if(left_over_, [&](const late& each) { return exchange(each); });
    fill_holes();
    std::erase_if(left_over_, [&](const late& each) {
      return take(decks_[c_.types() * c_.regions()], each.miner, each.copy);
    });
    for (const late& each : left_over_) take_any(each);
    for (const late& each : left_over_) give_back(each.miner, each.copy);
    for (const late& each : put_out_) take_any(each);
  }
  bool may_have(uint32_t miner, uint32_t v) const {
    const uint32_t owner = c_.view.validator_owner()[v];
    if (owner != 0 && owner == c_.view.miner_owner()[miner]) return false;
    for (uint32_t copy = 0; copy < k_; ++copy)
      if (result_[size_t{miner} * k_ + copy] == v) return false;
    return true;
  }

 private:
  struct run_of {
    uint32_t validator, count;
  };
  // The new places of a class: by registration; one by one in a drawn order when a miner has
  // several, so that nobody shares many miners with one other. What a miner may not have is put
  // aside, by key and registration, for those who come after it: each place is passed once.
  struct deck {
    std::vector<run_of> runs;
    size_t head = 0;
    using piles = std::map<uint64_t, run_of>;
    std::map<uint32_t, piles> aside;

    void use(std::map<uint32_t, piles>::iterator of_key, piles::iterator pile) {
      if (--pile->second.count == 0) of_key->second.erase(pile);
      if (of_key->second.empty()) aside.erase(of_key);
    }
    bool empty() const { return head == runs.size() && aside.empty(); }
  };
  struct late {
    uint32_t miner, copy, of_class;
  };

  void make_decks() {
    const uint32_t R = c_.regions();
    decks_.resize(c_.classes());
    for (const uint32_t v : c_.by_order)
      for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i)
        for (uint32_t r = 0; r < R; ++r) {
          const size_t at = size_t{i} * R + r;
          uint32_t kept = keep_[at];
          if (c_.cell_type[i] == c_.types() && r > 0) continue;
          if (c_.cell_type[i] == c_.types()) {
            kept = 0;
            for (uint32_t q = 0; q < R; ++q) kept += c_.x[size_t{i} * R + q];
            kept = keep_[at] = std::min(kept, plan_.x[at]);
          }
          if (plan_.x[at] > kept)
            decks_[c_.cell_type[i] * R + r].runs.push_back({v, plan_.x[at] - kept});
        }
    if (k_ == 1) return;
    for (uint32_t c = 0; c < decks_.size(); ++c) shuffle(decks_[c], c);
  }

  // Validators that keep whomever they have: nobody there needs a look.
  void find_whole() {
    whole_.assign(c_.view.validators(), 0);
    const size_t R = c_.regions();
    for (const uint32_t v : c_.by_order) {
      uint64_t kept = 0;
      for (size_t i = c_.cell_at[v] * R; i < c_.cell_at[v + 1] * R; ++i) kept += keep_[i];
      whole_[v] = kept == c_.loads[v] && !c_.serves_all(v);
    }
    if (plan_.settled != c_.settled) return;
    for (uint32_t v = 0; v < whole_.size(); ++v)
      if (c_.draining(v)) whole_[v] = 1;
  }

  void shuffle(deck& d, uint32_t stream) {
    std::vector<run_of> single;
    for (const run_of& run : d.runs)
      for (uint32_t i = 0; i < run.count; ++i) single.push_back({run.validator, 1});
    lots draw(c_.view.seed(), stream);
    for (size_t i = single.size(); i > 1; --i) std::swap(single[i - 1], single[draw.below(i)]);
    d.runs = std::move(single);
  }

  void serve(uint32_t m) {
    uint32_t waiting = 0;
    for (uint32_t copy = 0; copy < k_; ++copy) {
      const uint32_t v = c_.any_current ? c_.holder(m, copy) : SBN_NONE;
      if (v == SBN_NONE || !stays(m, copy, v)) waiting |= 1u << copy;
    }
    if (waiting == 0) return;
    const uint32_t c = c_.class_of(m);
    for (uint32_t copy = 0; copy < k_; ++copy) {
      if ((waiting >> copy & 1) == 0) continue;
      if (take(decks_[c], m, copy)) continue;
      left_over_.push_back({m, copy, c});
    }
  }

  // serve() for the usual case: whoever has nobody takes the next place of its class.
  template <bool held, bool sorted>
  void serve_singles() {
    const uint8_t* state = c_.view.raw()->miner_state;
    const uint32_t* current = c_.view.raw()->current;
    const size_t n = sorted ? c_.sorted().size() : result_.size(), validators = whole_.size();
    uint32_t* out = result_.data();
    const auto class_of = c_.class_reader();
    std::vector<run_of> next(decks_.size(), run_of{SBN_NONE, 0});
    for (size_t i = 0; i < n; ++i) {
      const size_t m = sorted ? c_.sorted()[i] : i;
      if (!sorted && state[m] != SBN_SLOT_OPEN) continue;
      if constexpr (held) {
        const uint32_t v = current[m];
        if (v < validators && whole_[v] != 0) {
          out[m] = v;
          continue;
        }
        if (c_.keeps(v) && stays(static_cast<uint32_t>(m), 0, v)) continue;
      }
      const uint32_t c = class_of(m);
      run_of& now = next[c];
      if (now.count == 0) {
        deck& d = decks_[c];
        if (d.head == d.runs.size()) {
          left_over_.push_back({static_cast<uint32_t>(m), 0, c});
          continue;
        }
        now = d.runs[d.head++];
      }
      --now.count;
      out[m] = now.validator;
    }
    for (size_t c = 0; c < next.size(); ++c)
      if (next[c].count > 0) decks_[c].runs[--decks_[c].head].count = next[c].count;
  }

  // True as well for a copy that is looked at again later.
  bool stays(uint32_t m, uint32_t copy, uint32_t v) {
    uint32_t& out = result_[size_t{m} * k_ + copy];
    if (whole_[v] != 0) {
      out = v;
      return true;
    }
    const uint32_t c = c_.class_of(m), type = c_.type_of_class(c);
    if (c_.draining(v)) {
      if (settled_[c] == 0) return false;
      --settled_[c];
      out = v;
      return true;
    }
    const uint32_t cell = c_.cell_of(v, type);
    if (cell != nowhere && type < c_.types()) {
      uint32_t& left = keep_[size_t{cell} * c_.regions() + c_.region_of_class(c)];
      if (left == 0) return false;
      --left;
      out = v;
      return true;
    }
    if (!c_.serves_all(v)) return false;
    anywhere_.push_back({m, copy, c});
    out = v;  // until it is looked at: no sibling may take it
    return true;
  }

  void stay_anywhere(const late& each) {
    result_[size_t{each.miner} * k_ + each.copy] = SBN_NONE;
    const uint32_t v = c_.holder(each.miner, each.copy);
    uint32_t& left = keep_[(size_t{c_.cell_at[v + 1]} - 1) * c_.regions()];
    uint64_t& stay = anywhere_left_[each.of_class];
    const bool goes = stay == 0;
    if (goes && take(decks_[each.of_class], each.miner, each.copy)) return;
    if (left > 0 && may_have(each.miner, v)) {
      --left;
      stay -= goes ? 0 : 1;
      result_[size_t{each.miner} * k_ + each.copy] = v;
      if (goes) stuck_.push_back(each);
    } else {
      left_over_.push_back(each);
    }
  }

  // What validators of `*` keep counts whoever is there. Where some have left, others come.
  void open_anywhere() {
    const uint32_t R = c_.regions();
    deck& d = decks_[c_.types() * R];
    hopeless_.clear();  // there are more places now
    for (const uint32_t v : c_.by_order) {
      if (!c_.serves_all(v)) continue;
      const uint32_t left = keep_[(size_t{c_.cell_at[v + 1]} - 1) * R];
      if (left > 0) d.runs.push_back({v, left});
    }
  }

  // Where a miner that has nobody yet finds no place, it is for its key, and no later one of that
  // key finds one: places only get fewer.
  struct Hopeless {
    uint32_t where, of_class, owner;  // any_free, or a validator to exchange for
    auto operator<=>(const Hopeless&) const = default;
  };
  bool gave_up(uint32_t where, uint32_t of_class, uint32_t m) const {
    return !hopeless_.empty() &&
           hopeless_.contains({where, of_class, c_.view.miner_owner()[m]});
  }
  void give_up(uint32_t where, uint32_t of_class, uint32_t m) {
    for (uint32_t copy = 0; copy < k_; ++copy)
      if (result_[size_t{m} * k_ + copy] != SBN_NONE) return;
    if (c_.owners) hopeless_.insert({where, of_class, c_.view.miner_owner()[m]});
  }

  // What was put aside first. A key's own validators are passed together, so that at most the
  // siblings' are looked at in vain.
  bool take(deck& d, uint32_t m, uint32_t copy) {
    uint32_t& out = result_[size_t{m} * k_ + copy];
    const uint32_t key = c_.view.miner_owner()[m];
    for (auto of_key = d.aside.begin(); of_key != d.aside.end(); ++of_key) {
      if (key != 0 && of_key->first == key) continue;
      for (auto pile = of_key->second.begin(); pile != of_key->second.end(); ++pile) {
        if (!may_have(m, pile->second.validator)) continue;
        out = pile->second.validator;
        d.use(of_key, pile);
        return true;
      }
    }
    for (; d.head < d.runs.size(); ++d.head) {
      run_of& run = d.runs[d.head];
      if (may_have(m, run.validator)) {
        out = run.validator;
        if (--run.count == 0) ++d.head;
        return true;
      }
      const uint32_t owner = c_.view.validator_owner()[run.validator];
      run_of& pile = d.aside[owner][c_.view.validator_order()[run.validator]];
      pile = {run.validator, pile.count + run.count};
    }
    return false;
  }

  // What exchanging leaves: matched ones may move for it, as far as the budget goes.
  void fill_holes() {
    const size_t typed = size_t{c_.types()} * c_.regions();
    std::vector<uint32_t> waiting, holes(c_.view.validators(), 0);
    bool some = false;
    for (size_t c = 0; c < typed; ++c) {
      for (size_t i = decks_[c].head; i < decks_[c].runs.size(); ++i)
        holes[decks_[c].runs[i].validator] += decks_[c].runs[i].count;
      for (const auto& [key, piles] : decks_[c].aside)
        for (const auto& [order, run] : piles) holes[run.validator] += run.count;
      some = some || !decks_[c].empty();
    }
    if (!some || result_.size() >= nowhere) return;
    for (const auto* list : {&left_over_, &stuck_})
      for (const late& each : *list)
        if (each.of_class < typed) waiting.push_back(each.miner * k_ + each.copy);
    if (waiting.empty()) return;
    uint64_t moved = 0;
    for (size_t i = 0; i < result_.size() && c_.any_current; ++i) {
      const uint32_t had = c_.view.raw()->current[i];
      moved += had != SBN_NONE && had != result_[i];
    }
    const uint64_t budget = c_.view.move_budget();
    chains(c_, result_).fill(waiting, std::move(holes), false, budget - std::min(budget, moved),
                             1'000'000 + result_.size());
    std::erase_if(left_over_, [&](const late& each) {
      return result_[size_t{each.miner} * k_ + each.copy] != SBN_NONE;
    });
  }
  // No planned place is taken any more: whichever is free.
  void take_any(const late& each) {
    if (gave_up(any_free, each.of_class, each.miner)) return;
    if (free_looks_ > looks_max * result_.size()) return;
    count_loads();
    if (free_of_.empty()) find_free();
    uint32_t best = nowhere;
    const uint32_t key = c_.view.miner_owner()[each.miner];
    for (const uint32_t type : {c_.type_of_class(each.of_class), c_.types()}) {
      for (auto& [owner, validators] : free_of_[type]) {
        ++free_looks_;
        if (key != 0 && owner == key) continue;
        free_looks_ += validators.size();
        std::erase_if(validators, [&](uint32_t v) { return loads_[v] >= c_.view.capacity()[v]; });
        for (const uint32_t v : validators)
          if (may_have(each.miner, v) && (best == nowhere || comes_before(v, best))) best = v;
      }
      if (best != nowhere) break;
    }
    if (best == nowhere) return give_up(any_free, each.of_class, each.miner);
    ++loads_[best];
    result_[size_t{each.miner} * k_ + each.copy] = best;
  }
  void find_free() {
    free_of_.resize(c_.types() + 1);
    for (const uint32_t v : c_.by_order)
      for (uint32_t i = c_.cell_at[v]; i < c_.cell_at[v + 1]; ++i)
        free_of_[c_.cell_type[i]][c_.view.validator_owner()[v]].push_back(v);
  }
  void count_loads() {
    if (!loads_.empty()) return;
    loads_.assign(c_.view.validators(), 0);
    for (const uint32_t v : result_)
      if (v != SBN_NONE) ++loads_[v];
  }

  // A matched copy for which no other place was found: it stays, and whoever was to come instead
  // does not. Nobody who is matched loses that.
  void give_back(uint32_t miner, uint32_t copy) {
    std::vector<std::pair<uint32_t, uint32_t>> lost{{miner, copy}};
    while (!lost.empty()) {
      const auto [m, k] = lost.back();
      lost.pop_back();
      uint32_t& now = result_[size_t{m} * k_ + k];
      const uint32_t v = c_.holder(m, k), of_class = c_.class_of(m);
      if (now != SBN_NONE) continue;
      if (v == SBN_NONE || !could_hold(m, v, of_class)) {
        put_out_.push_back({m, k, of_class});
        continue;
      }
      count_loads();
      now = v;
      ++loads_[v];
      for (uint32_t other = 0; other < k_; ++other)
        if (other != k && result_[size_t{m} * k_ + other] == v) lost.push_back(withdraw(m, other));
      if (loads_[v] > c_.view.capacity()[v]) lost.push_back(last_comer(v));
    }
  }
  bool could_hold(uint32_t m, uint32_t v, uint32_t of_class) const {
    const uint32_t owner = c_.view.validator_owner()[v];
    if (owner != 0 && owner == c_.view.miner_owner()[m]) return false;
    if (c_.loads[v] > c_.view.capacity()[v]) return false;
    return c_.draining(v) || c_.serves_all(v) ||
           c_.cell_of(v, c_.type_of_class(of_class)) != nowhere;
  }
  std::pair<uint32_t, uint32_t> withdraw(uint32_t m, uint32_t copy) {
    uint32_t& now = result_[size_t{m} * k_ + copy];
    --loads_[now];
    now = SBN_NONE;
    free_of_.clear();
    hopeless_.clear();
    return {m, copy};
  }
  // By registration. There is one: what was there before did not exceed the capacity. Nobody comes
  // to where it was not while copies are given back.
  std::pair<uint32_t, uint32_t> last_comer(uint32_t v) {
    if (comers_.empty()) {
      comers_.resize(c_.view.validators());
      c_.each_miner([&](uint32_t m) {
        for (size_t at = size_t{m} * k_; at < (size_t{m} + 1) * k_; ++at)
          if (result_[at] != SBN_NONE && c_.view.raw()->current[at] != result_[at])
            comers_[result_[at]].push_back(at);
      });
    }
    std::vector<size_t>& all = comers_[v];
    while (result_[all.back()] != v) all.pop_back();
    const size_t last = all.back();
    all.pop_back();
    return withdraw(static_cast<uint32_t>(last / k_), static_cast<uint32_t>(last % k_));
  }

  bool comes_before(uint32_t a, uint32_t b) const {
    const auto order = c_.view.validator_order();
    return share(a) != share(b) ? share(a) < share(b) : order[a] < order[b];
  }
  uint64_t share(uint32_t v) const {
    return static_cast<uint64_t>(marginal(c_.view.capacity()[v], loads_[v] + 1));
  }

  // A place is left that this miner may not have: another new one takes it and gives up its own.
  bool exchange(const late& each) {
    deck& d = decks_[each.of_class];
    if (each.of_class / c_.regions() >= c_.types() || d.empty()) return false;
    const uint32_t v = d.aside.empty() ? d.runs[d.head].validator
                                       : d.aside.begin()->second.begin()->second.validator;
    if (gave_up(v, each.of_class, each.miner)) return false;
    if (open_.empty()) c_.each_miner([&](uint32_t m) { open_.push_back(m); });
    lots draw(c_.view.seed(), exchanges_++);
    const size_t n = open_.size(), from = draw.below(n);
    for (size_t step = 0; step < n && exchange_looks_ < looks_max * n; ++step) {
      ++exchange_looks_;
      const uint32_t other = open_[(from + step) % n];
      if (other == each.miner) continue;
      if (c_.class_of(other) != each.of_class || !may_have(other, v)) continue;
      for (uint32_t copy = 0; copy < k_; ++copy) {
        uint32_t& theirs = result_[size_t{other} * k_ + copy];
        const bool fresh = theirs != SBN_NONE && theirs != c_.view.current(other)[copy];
        if (!fresh || c_.cell_of(theirs, c_.type_of_class(each.of_class)) == nowhere) continue;
        if (!may_have(each.miner, theirs)) continue;
        result_[size_t{each.miner} * k_ + each.copy] = theirs;
        theirs = v;
        drop_first(d);
        return true;
      }
    }
    give_up(v, each.of_class, each.miner);
    return false;
  }

  void drop_first(deck& d) {
    if (d.aside.empty()) {
      if (--d.runs[d.head].count == 0) ++d.head;
      return;
    }
    d.use(d.aside.begin(), d.aside.begin()->second.begin());
  }

  static constexpr uint32_t any_free = nowhere;
  // All exchanges together look at each miner so often at most: some keys own a lot.
  static constexpr size_t looks_max = 64;

  const census& c_;
  const plan& plan_;
  const uint32_t k_;
  std::vector<uint32_t>& result_;
  std::vector<uint32_t> keep_, loads_;
  std::vector<uint8_t> whole_;
  std::vector<std::vector<size_t>> comers_;     // [validator]: who came new, by registration
  // [type]: with a place, by key and registration.
  std::vector<std::map<uint32_t, std::vector<uint32_t>>> free_of_;
  std::vector<uint64_t> settled_, anywhere_left_;
  std::vector<deck> decks_;
  std::vector<late> anywhere_, stuck_, left_over_, put_out_;  // stuck_: at `*`, was to go
  std::set<Hopeless> hopeless_;
  std::vector<uint32_t> open_;  // by registration, once asked for
  size_t exchanges_ = 0, exchange_looks_ = 0, free_looks_ = 0;
};

}  // namespace subnet::matching
