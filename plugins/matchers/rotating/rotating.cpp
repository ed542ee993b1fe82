// SPDX-License-Identifier: 0BSD
// The matcher `rotating`: the quotas of `balanced`, and the epoch's seed draws who has whom.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include <subnet/matching/rotation.hpp>
#include <subnet/matching/strategy.hpp>
#include <subnet/plugin.hpp>

namespace {

namespace matching = subnet::matching;

// Who has whom of one type by the epoch's seed, given how many copies each validator has of those
// that take part.
struct Drawing {
  uint32_t type;                 // its number in the view
  std::vector<uint32_t> miners;  // that take part, by rank
  uint64_t all;                  // of the type
  std::vector<matching::rotation::quota> table;
  matching::rotation drawn;

  Drawing(const matching::census& counted, uint32_t dense, const std::vector<uint32_t>& ranked,
          uint32_t ppm, const std::vector<uint32_t>& held)
      : type(counted.type_number(dense)),
        miners(partakers(counted, ranked, type, ppm)),
        all(ranked.size()),
        table(quotas(counted, dense, miners, held)),
        drawn(counted.view.seed(), type, miners.size(), counted.view.redundancy(), table) {}

 private:
  static std::vector<uint32_t> partakers(const matching::census& counted,
                                         const std::vector<uint32_t>& ranked, uint32_t type,
                                         uint32_t ppm) {
    const matching::partaking in(counted.view.seed(), type, ranked.size(), ppm);
    std::vector<uint32_t> some(in.size());
    for (uint64_t rank = 0; rank < ranked.size(); ++rank)
      if (const uint64_t at = in.rank_of(rank); at < in.size()) some[at] = ranked[rank];
    return some;
  }
  static std::vector<matching::rotation::quota> quotas(const matching::census& counted,
                                                       uint32_t dense,
                                                       const std::vector<uint32_t>& miners,
                                                       const std::vector<uint32_t>& held) {
    const uint32_t k = counted.view.redundancy();
    std::map<uint32_t, uint64_t> had;
    for (const uint32_t m : miners)
      for (uint32_t copy = 0; copy < k; ++copy) {
        const uint32_t v = held[size_t{m} * k + copy];
        if (v != SBN_NONE && counted.open(v) && counted.cell_of(v, dense) != matching::nowhere)
          ++had[v];
      }
    std::vector<matching::rotation::quota> out;
    for (const uint32_t v : counted.by_order)
      if (const auto found = had.find(v); found != had.end()) out.push_back({v, found->second});
    return out;
  }
};

// Brings copies to where they are drawn, cycle by cycle: loads stay as they are after every cycle.
class Turn {
 public:
  Turn(const subnet::match_view& view, uint32_t ppm, std::vector<uint32_t>& result)
      : view_(view), k_(view.redundancy()), result_(result), wanted_(result.size(), SBN_NONE) {
    const matching::census counted(view, false);
    std::map<uint32_t, std::vector<uint32_t>> ranked;
    counted.each_miner([&](uint32_t m) {
      const uint32_t type = counted.class_of(m);
      if (type < counted.types()) ranked[type].push_back(m);
    });
    for (const auto& [type, miners] : ranked)
      follow(type, Drawing(counted, type, miners, ppm, result_));
  }

  // The first of those of a type that take part move first.
  void run(uint64_t budget) {
    for (const uint32_t start : misplaced_) {
      if (budget == 0) return;
      if (result_[start] == wanted_[start]) continue;
      budget -= std::min(budget, cycle(start, budget));
    }
  }

 private:
  void follow(uint32_t type, const Drawing& drawing) {
    std::set<uint32_t> sharing;
    for (const auto& each : drawing.table) sharing.insert(each.validator);
    for (uint64_t rank = 0; rank < drawing.miners.size(); ++rank)
      for (uint32_t copy = 0; copy < k_; ++copy) {
        const size_t at = size_t{drawing.miners[rank]} * k_ + copy;
        const uint32_t now = result_[at];
        if (!sharing.contains(now)) continue;
        wanted_[at] = drawing.drawn.at(rank, copy);
        if (wanted_[at] == SBN_NONE || wanted_[at] == now) {
          wanted_[at] = now;
          continue;
        }
        misplaced_.push_back(static_cast<uint32_t>(at));
        leaving_[{type, now}].push_back(static_cast<uint32_t>(at));
      }
    for (const uint32_t m : drawing.miners) type_of_.emplace(m, type);
  }

  bool of_its_key(size_t at, uint32_t v) const {
    const uint32_t owner = view_.validator_owner()[v];
    return owner != 0 && owner == view_.miner_owner()[at / k_];
  }
  // The other copy of the miner that is there; SBN_NONE when none is.
  uint32_t sibling(size_t at, uint32_t v) const {
    const size_t first = at / k_ * k_;
    for (size_t other = first; other < first + k_; ++other)
      if (other != at && result_[other] == v) return static_cast<uint32_t>(other);
    return SBN_NONE;
  }

  // Follows copies from validator to validator until the place that the first one left is taken;
  // says how many moved. Short of budget the last one takes that place, drawn or not.
  uint64_t cycle(uint32_t start, uint64_t budget) {
    const uint32_t type = type_of_.at(start / k_), home = result_[start];
    std::vector<std::pair<uint32_t, uint32_t>> path;  // copy, to
    std::vector<uint32_t> before;
    uint32_t copy = start;
    bool closed = false;
    while (!closed) {
      const uint32_t to = wanted_[copy], other = sibling(copy, to);
      // Where a sibling is it has to leave next.
      const bool stays = other != SBN_NONE && (wanted_[other] == to || wanted_[other] == SBN_NONE);
      if (path.size() + 1 == budget || of_its_key(copy, to) || stays) break;
      path.emplace_back(copy, to);
      before.push_back(result_[copy]);
      result_[copy] = to;
      closed = to == home && other == SBN_NONE;
      if (closed) break;
      const uint32_t next = other != SBN_NONE ? other : leaver(type, to, copy);
      if (next == SBN_NONE) break;
      copy = next;
    }
    const bool may_end = !of_its_key(copy, home) && sibling(copy, home) == SBN_NONE;
    if (!closed && !path.empty() && path.back().first != copy && may_end) {
      result_[copy] = home;
      return path.size() + 1;
    }
    if (closed) return path.size();
    for (size_t i = path.size(); i-- > 0;) result_[path[i].first] = before[i];
    return 0;
  }

  // A copy at that validator that is drawn to another.
  uint32_t leaver(uint32_t type, uint32_t v, uint32_t arrived) {
    const auto found = leaving_.find({type, v});
    if (found == leaving_.end()) return SBN_NONE;
    std::vector<uint32_t>& copies = found->second;
    while (!copies.empty()) {
      const uint32_t at = copies.back();
      if (result_[at] == v && wanted_[at] != v && at != arrived) return at;
      copies.pop_back();
    }
    return SBN_NONE;
  }

  const subnet::match_view& view_;
  const uint32_t k_;
  std::vector<uint32_t>& result_;
  std::vector<uint32_t> wanted_, misplaced_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<uint32_t>> leaving_;
  std::unordered_map<uint32_t, uint32_t> type_of_;
};

struct Weights : matching::pricing {
  explicit Weights(const subnet::settings& given) {
    by.unreliability =
        matching::of_ppm(static_cast<uint64_t>(given.i64("unreliability_ppm", 500'000)));
    by.move = matching::of_ppm(static_cast<uint64_t>(given.i64("move_ppm", 10'000)));
  }
};

class Rotating : Weights, public matching::strategy {
 public:
  static constexpr std::string_view id = "rotating";
  static constexpr std::string_view summary =
      "The loads of balanced; the epoch's seed draws who is checked by whom";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{
      "unreliability_ppm":{"type":"integer","minimum":0,"maximum":10000000,"default":500000},
      "move_ppm":{"type":"integer","minimum":0,"maximum":10000000,"default":10000},
      "fraction_ppm":{"type":"integer","minimum":0,"maximum":1000000,"default":1000000}}})";
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC;

  explicit Rotating(const subnet::context& host)
      : Weights(host.config),
        strategy(static_cast<const Weights&>(*this)),
        fraction_ppm_(static_cast<uint32_t>(host.config.i64("fraction_ppm", 1'000'000))) {}

  void solve(const subnet::call&, const subnet::match_view& view, subnet::moves& out) const {
    matching::solution balanced(view, p_);
    const uint64_t moved = balanced.moved();
    std::vector<uint32_t> result = balanced.result();
    if (view.move_budget() > moved)
      Turn(view, fraction_ppm_, result).run(view.move_budget() - moved);
    balanced.replace(std::move(result));
    balanced.tell(out);
  }

  // All that it takes to verify where the miner is drawn to.
  std::string explain(const subnet::match_view& view, uint32_t miner) const {
    const std::string text = strategy::explain(view, miner);
    const matching::census counted(view, false);
    const uint32_t dense = counted.class_of(miner);
    if (view.miner_state()[miner] != SBN_SLOT_OPEN || dense >= counted.types()) return text;
    std::vector<uint32_t> ranked;
    counted.each_miner([&](uint32_t m) {
      if (counted.class_of(m) == dense) ranked.push_back(m);
    });
    if (ranked.size() > explained_max) {
      return text + "\ndrawn by the epoch's seed among " + std::to_string(ranked.size()) +
             " of its type: too many to draw here, subnet/matching/rotation.hpp says how";
    }
    const std::vector<uint32_t> held(view.raw()->current,
                                     view.raw()->current + view.miners() * view.redundancy());
    const Drawing drawing(counted, dense, ranked, fraction_ppm_, held);
    return text + "\n" + drawn_text(view, miner, drawing);
  }

 private:
  static constexpr size_t explained_max = 20'000;  // a host may ask between two turns

  static std::string drawn_text(const subnet::match_view& view, uint32_t miner,
                                const Drawing& drawing) {
    std::string out = "drawn by the epoch's seed ";
    for (const uint8_t byte : view.seed()) {
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
    out += ", type number " + std::to_string(drawing.type) + ": ";
    const auto at = std::find(drawing.miners.begin(), drawing.miners.end(), miner);
    if (at == drawing.miners.end())
      return out + "one of " + std::to_string(drawing.all) + ", does not take part this epoch";
    const auto rank = static_cast<uint64_t>(at - drawing.miners.begin());
    out += "rank " + std::to_string(rank) + " of " + std::to_string(drawing.miners.size()) +
           " that take part, of " + std::to_string(drawing.all);
    for (uint32_t copy = 0; copy < view.redundancy(); ++copy) {
      const uint32_t to = drawing.drawn.at(rank, copy);
      if (to == SBN_NONE) continue;
      out += "\ncopy " + std::to_string(copy) + " is drawn to validator slot " + std::to_string(to);
      if (view.current(miner)[copy] != to) out += ", and not there: not moved yet, or of its key";
    }
    out += "\nquota table, by registration:";
    for (const auto& each : drawing.table)
      out += (&each == drawing.table.data() ? " " : ", ") + std::string("validator slot ") +
             std::to_string(each.validator) + " " + std::to_string(each.copies);
    return out;
  }

  uint32_t fraction_ppm_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.rotating", "1.0.0", Rotating);
