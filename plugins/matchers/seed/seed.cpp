// SPDX-License-Identifier: 0BSD
// The matcher `seed`: least load, then highest reliability, then earliest registration; validators
// that serve every type come last. A match is kept as long as it is valid; only solve moves others.
#include <algorithm>
#include <queue>

#include <subnet/plugin.hpp>

#include "index.hpp"
#include "rebalance.hpp"

namespace {

using seed::Index;
using seed::Waiter;

// Matches waiting copies in registration order, of all given types at once, while there is a place.
class Filler {
 public:
  Filler(const subnet::match_view& view, Index& index, subnet::moves& out)
      : view_(view), index_(index), out_(out) {}

  void place(const Waiter& waiter, bool tell) {
    uint32_t reason = SBN_REASON_NONE;
    const uint32_t v = index_.choose(view_, waiter.miner, reason);
    if (v != SBN_NONE) {
      index_.hold(waiter.miner, waiter.copy, v);
      out_.match(waiter.miner, waiter.copy, v);
    } else if (tell) {
      out_.unmatched(waiter.miner, waiter.copy, reason);
    }
  }

  // asked: sorted copies that are always answered. types: whose waiting copies may have a place
  // now.
  void fill(const std::vector<Waiter>& asked, const std::vector<uint32_t>& types) {
    using Head = std::pair<Waiter, uint32_t>;
    std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
    for (const uint32_t type : types)
      if (!index_.waiting(type).empty()) heads.push({*index_.waiting(type).begin(), type});
    auto next = asked.begin();
    while (next != asked.end() || !heads.empty()) {
      if (heads.empty() || (next != asked.end() && !(heads.top().first < *next))) {
        if (!heads.empty() && heads.top().first == *next) step(heads);
        place(*next++, true);
        continue;
      }
      const auto [waiter, type] = heads.top();
      if (!index_.has_place(type)) {
        heads.pop();
        continue;
      }
      step(heads);
      place(waiter, false);
    }
  }

 private:
  template <class Heads>
  void step(Heads& heads) {
    const auto [waiter, type] = heads.top();
    heads.pop();
    const auto& waiting = index_.waiting(type);
    const auto after = waiting.upper_bound(waiter);
    if (after != waiting.end()) heads.push({*after, type});
  }

  const subnet::match_view& view_;
  Index& index_;
  subnet::moves& out_;
};

class Seed {
 public:
  static constexpr std::string_view id = "seed";
  static constexpr std::string_view summary =
      "Least load, highest reliability, earliest registration; sticky";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{}})";

  void load(const subnet::call&, const subnet::match_view& view) { index_.load(view); }

  void propose(const subnet::call&, const subnet::match_view& view, subnet::match_events events,
               subnet::moves& out) {
    if (view.redundancy() != index_.redundancy())
      throw subnet::failure(SBN_E_INVALID, "the redundancy changed: load the view again");
    const Trial trial(index_);
    std::vector<uint32_t> freed;
    bool all = false;
    follow(view, events, freed, all);
    std::vector<Waiter> asked;
    for (const sbn_match_event& event : events) {
      if (event.kind != SBN_MINER_CHANGED || !index_.knows(event.slot)) continue;
      for (uint32_t copy = 0; copy < index_.redundancy(); ++copy)
        if (index_.held(event.slot, copy) == SBN_NONE)
          asked.push_back({index_.miner(event.slot).order, event.slot, copy});
    }
    unique(asked);
    unique(freed);
    if (all) freed = index_.waiting_types();
    Filler(view, index_, out).fill(asked, freed);
  }

  void observe(const subnet::call&, const subnet::match_view& view, subnet::match_events events,
               subnet::match_moves moves) {
    if (view.redundancy() != index_.redundancy()) return index_.load(view);
    std::vector<uint32_t> freed;
    bool all = false;
    follow(view, events, freed, all);
    for (const sbn_match_move& move : moves)
      if (move.miner < view.miners()) index_.sync_miner(view, move.miner);
  }

  void solve(const subnet::call&, const subnet::match_view& view, subnet::moves& out) const {
    Index index;
    index.load(view);
    const std::vector<uint32_t> types = index.waiting_types();
    std::vector<Waiter> asked;
    for (const uint32_t type : types)
      asked.insert(asked.end(), index.waiting(type).begin(), index.waiting(type).end());
    std::sort(asked.begin(), asked.end());
    Filler(view, index, out).fill(asked, {});
    seed::rebalance(view, index, out);
  }

  std::string explain(const subnet::match_view& view, uint32_t miner) const {
    std::string text;
    for (const uint32_t v : view.current(miner)) {
      if (!text.empty()) text += '\n';
      if (v >= view.validators()) {
        text +=
            "unmatched: no validator that serves the type, has a place, has another key and "
            "does not check this miner yet";
        continue;
      }
      text += "validator slot " + std::to_string(v) + ", reliability " +
              std::to_string(view.reliability_ppm()[v]) +
              " ppm: it was the least loaded at the time (then the most reliable, then the first "
              "registered), and a valid match is kept";
    }
    return text + next_text(view, miner);
  }

 private:
  // Whom else it could have, in the order in which they are chosen: the first five.
  static std::string next_text(const subnet::match_view& view, uint32_t miner) {
    std::vector<uint32_t> loads(view.validators(), 0);
    for (size_t i = 0; i < view.miners() * view.redundancy(); ++i)
      if (const uint32_t v = view.raw()->current[i]; v < loads.size()) ++loads[v];
    std::vector<std::pair<bool, seed::Rank>> possible;
    const uint32_t type = view.miner_type()[miner], key = view.miner_owner()[miner];
    const auto mine = view.current(miner);
    for (uint32_t v = 0; v < view.validators(); ++v) {
      const auto types = view.types_of(v);
      const auto lists = [&](uint32_t t) {
        return std::find(types.begin(), types.end(), t) != types.end();
      };
      const bool listed = type != SBN_TYPE_UNKNOWN && lists(type);
      if (view.validator_state()[v] != SBN_SLOT_OPEN || (!listed && !lists(SBN_TYPE_ANY))) continue;
      if (key != 0 && key == view.validator_owner()[v]) continue;
      if (loads[v] >= view.capacity()[v]) continue;
      if (std::find(mine.begin(), mine.end(), v) != mine.end()) continue;
      const uint32_t reliability = std::min(view.reliability_ppm()[v], subnet::ppm_one);
      possible.push_back(
          {!listed, {loads[v], subnet::ppm_one - reliability, view.validator_order()[v], v}});
    }
    std::sort(possible.begin(), possible.end());
    std::string text;
    for (size_t i = 0; i < std::min<size_t>(5, possible.size()); ++i) {
      const uint32_t v = possible[i].second.slot;
      text += "\npossible: validator slot " + std::to_string(v) + ", " + std::to_string(loads[v]) +
              " of " + std::to_string(view.capacity()[v]) + " places taken, reliability " +
              std::to_string(view.reliability_ppm()[v]) + " ppm" +
              (possible[i].first ? ", serves every type, last" : "");
    }
    return text + "\n" + std::to_string(possible.size()) + " others possible";
  }

  // Whatever happens in a proposal is taken back at its end.
  class Trial {
   public:
    explicit Trial(Index& index) : index_(index) { index_.begin_trial(); }
    ~Trial() { index_.undo_trial(); }
    Trial(const Trial&) = delete;

   private:
    Index& index_;
  };

  template <class T>
  static void unique(std::vector<T>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }

  // Applies events to the index. freed: types for which a place may be new; all: cannot be told.
  void follow(const subnet::match_view& view, subnet::match_events events,
              std::vector<uint32_t>& freed, bool& all) {
    auto frees = [&](uint32_t v) {
      if (v >= index_.validators()) return;
      for (const uint32_t type : index_.validator(v).types) {
        if (type == SBN_TYPE_ANY) all = true;
        freed.push_back(type);
      }
    };
    for (const sbn_match_event& event : events) {
      const bool about_miner = event.kind == SBN_MINER_CHANGED || event.kind == SBN_MINER_LEFT;
      const size_t slots = about_miner ? view.miners() : view.validators();
      if (event.slot >= slots) throw subnet::failure(SBN_E_INVALID, "an event of no slot");
      if (!about_miner) {
        index_.sync_validator(view, event.slot);
        frees(event.slot);
        continue;
      }
      if (event.kind == SBN_MINER_LEFT && !index_.knows(event.slot)) all = true;
      if (event.slot < index_.miners())
        for (uint32_t copy = 0; copy < index_.redundancy(); ++copy)
          frees(index_.held(event.slot, copy));
      index_.sync_miner(view, event.slot);
    }
  }

  Index index_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.seed", "1.0.0", Seed);
