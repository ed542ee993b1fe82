// SPDX-License-Identifier: 0BSD
#include "plugin/matcher.hpp"

#include <set>

#include "plugin/conformance/child.hpp"
#include "plugin/conformance/grown.hpp"
#include "plugin/conformance/match_world.hpp"

namespace subnetd::plugin::conformance {
namespace {

constexpr std::uint64_t worlds = 80;
constexpr std::size_t turns = 12;
constexpr const char* small_world = "in a small subnet";

std::string text_of(std::span<const sbn_match_move> moves) {
  std::string out;
  for (const sbn_match_move& m : moves) {
    out += std::to_string(m.miner) + '.' + std::to_string(m.copy) + ">" +
           std::to_string(m.validator) + '(' + std::to_string(m.reason) + ")\n";
  }
  return out;
}

// The world's columns, framed or not.
class Columns {
 public:
  Columns(MatchWorld& world, const Work& work)
      : plain_(world.view()),
        miner_state_("miner_state", world.miner_state, work.framed),
        validator_state_("validator_state", world.validator_state, work.framed),
        miner_type_("miner_type", world.miner_type, work.framed),
        miner_owner_("miner_owner", world.miner_owner, work.framed),
        miner_region_("miner_region", world.miner_region, work.framed),
        current_("current", world.current, work.framed),
        capacity_("validator_capacity", world.capacity, work.framed),
        reliability_("validator_reliability_ppm", world.reliability_ppm, work.framed),
        validator_owner_("validator_owner", world.validator_owner, work.framed),
        validator_region_("validator_region", world.validator_region, work.framed),
        flat_("validator_types", world.types_flat, work.framed),
        miner_order_("miner_order", world.miner_order, work.framed),
        validator_order_("validator_order", world.validator_order, work.framed),
        types_at_("validator_types_at", world.types_at, work.framed),
        view_("sbn_match_view", filled(work), work) {
    view_.seal();
  }
  const sbn_match_view* view() { return view_.get(); }

 private:
  sbn_match_view filled(const Work& work) {
    sbn_match_view v = plain_;
    v.miner_state = miner_state_.data();
    v.validator_state = validator_state_.data();
    v.miner_type = miner_type_.data();
    v.miner_owner = miner_owner_.data();
    v.miner_region = miner_region_.data();
    v.current = current_.data();
    v.validator_capacity = capacity_.data();
    v.validator_reliability_ppm = reliability_.data();
    v.validator_owner = validator_owner_.data();
    v.validator_region = validator_region_.data();
    v.validator_types = flat_.data();
    v.miner_order = work.optional ? miner_order_.data() : nullptr;
    v.validator_order = validator_order_.data();
    v.validator_types_at = types_at_.data();
    return v;
  }

  sbn_match_view plain_;
  Column<std::uint8_t> miner_state_, validator_state_;
  Column<std::uint32_t> miner_type_, miner_owner_, miner_region_, current_, capacity_, reliability_,
      validator_owner_, validator_region_, flat_;
  Column<std::uint64_t> miner_order_, validator_order_, types_at_;
  Grown<sbn_match_view> view_;
};

struct Answered {
  sbn_status status = SBN_OK;
  std::uint64_t n = 0;
  Moves moves;
};

using Slot = std::function<sbn_status(const sbn_call*, sbn_match_out*, sbn_error*)>;

Result<Answered> ask(Subject& subject, const char* name, std::size_t room, const Work& work,
                     const Slot& slot) {
  constexpr sbn_match_move unwritten{SBN_NONE, SBN_NONE, SBN_NONE, SBN_NONE};
  Column<sbn_match_move> moves("moves", room, work.framed, unwritten);
  Grown<sbn_match_out> out("sbn_match_out", sbn_match_out{0, 0, room, 0, moves.data()}, work);
  const sbn_status status = subject.call(
      name, [&](const sbn_call* call, sbn_error* err) { return slot(call, out.get(), err); });
  if (!moves.intact() || !out.tails_are_whole()) {
    return complain(std::string(name) + " wrote outside the moves or the known fields of its out");
  }
  if (status < 0 && status != SBN_E_LIMIT) return complain(subject.complaint());
  if (status >= 0 && out->n > room) {
    return complain(std::string(name) + " returned " + std::to_string(out->n) +
                    " moves, room for " + std::to_string(room) + ", and not SBN_E_LIMIT");
  }
  Answered answer{status, out->n, moves.copy()};
  if (status >= 0) answer.moves.resize(out->n);
  return answer;
}

std::vector<sbn_match_event> all_changed(const MatchWorld& world) {
  std::vector<sbn_match_event> events;
  for (std::uint32_t m = 0; m < world.miner_state.size(); ++m) {
    events.push_back({SBN_MINER_CHANGED, m});
  }
  return events;
}

Result<void> load(Subject& subject, const sbn_match_view* view) {
  const auto& table = subject.table<sbn_matcher>();
  const sbn_status status = subject.call("load", [&](const sbn_call* call, sbn_error* err) {
    return table.load(subject.self(), call, view, err);
  });
  if (status < 0) return complain(subject.complaint());
  return {};
}

// load, propose for everybody, observe, solve: the moves of both.
Result<std::string> work(Subject& subject, const Work& wanted) {
  MatchWorld world = MatchWorld::draw(wanted.seed, wanted.n);
  const auto& table = subject.table<sbn_matcher>();
  const std::size_t room = world.current.size() + 16;
  std::string text;
  const auto events = all_changed(world);
  Moves accepted;
  {
    Columns columns(world, wanted);
    SUBNETD_CHECK(load(subject, columns.view()));
    Column<sbn_match_event> told("events", events, wanted.framed);
    SUBNETD_TRY(const Answered solved,
                ask(subject, "solve", room, wanted, [&](auto* call, auto* out, auto* err) {
                  return table.solve(subject.self(), call, columns.view(), out, err);
                }));
    text += "solve\n" + text_of(solved.moves);
    SUBNETD_TRY(const Answered proposed,
                ask(subject, "propose", room, wanted, [&](auto* call, auto* out, auto* err) {
                  return table.propose(subject.self(), call, columns.view(), told.data(),
                                       events.size(), out, err);
                }));
    accepted = proposed.moves;
    text += "propose\n" + text_of(accepted);
  }
  if (const auto what = find_violation(world.view(), accepted, true); !what.empty()) {
    return complain("propose: " + what);
  }
  world.apply(accepted);
  Columns columns(world, wanted);
  Column<sbn_match_event> told("events", events, wanted.framed);
  Column<sbn_match_move> made("moves", accepted, wanted.framed);
  const sbn_status status = subject.call("observe", [&](const sbn_call* call, sbn_error* err) {
    return table.observe(subject.self(), call, columns.view(), told.data(), events.size(),
                         made.data(), accepted.size(), err);
  });
  if (status < 0) return complain(subject.complaint());
  return text;
}

// Empty: a row for each open copy that stands unmatched, and no more moves than the budget allows.
std::string gaps(MatchWorld& world, const Moves& moves) {
  std::uint64_t moved = 0;
  for (const sbn_match_move& m : moves) {
    const auto held = world.current[std::size_t{m.miner} * world.redundancy + m.copy];
    if (held != SBN_NONE && held != m.validator) ++moved;
  }
  if (moved > world.move_budget) {
    return std::to_string(moved) + " matched copies moved, the budget is " +
           std::to_string(world.move_budget);
  }
  return find_unanswered(world.view(), std::nullopt, moves);
}

Finding broken(const std::string& slot, std::uint64_t seed, const std::string& what) {
  return failed(slot +
                    " to keep capacity, type, ownership, distinctness and budget, and to answer "
                    "every unmatched copy",
                what + " (" + small_world + ", number " + std::to_string(seed) + ")", see_header);
}

Finding check_hard_rules(const Trial& trial) {
  for (std::uint64_t seed = 0; seed < worlds; ++seed) {
    auto instance = trial.instance();
    if (!instance) return failed("an instance", instance.error().message, "see settings");
    MatchWorld world = MatchWorld::draw(seed, seed % 25);
    const sbn_match_view view = world.view();
    const InSlot in("solve");
    std::string last;
    Matcher matcher(std::move(*instance));
    const Moves moves = matcher.solve(view);
    if (matcher.fallbacks() != 0) {
      // The adapter passed over an answer: ask again for the words.
      const auto subject = Subject::create(trial);
      if (!subject) return failed("an instance", subject.error().message, "see settings");
      const auto& table = (*subject)->table<sbn_matcher>();
      const auto raw = ask(**subject, "solve", world.current.size() + 16, {.framed = false},
                           [&](auto* call, auto* out, auto* err) {
                             return table.solve((*subject)->self(), call, &view, out, err);
                           });
      last = !raw ? raw.error().message : find_violation(view, raw->moves, true);
      if (raw && last.empty()) last = gaps(world, raw->moves);
      return broken("solve", seed, last.empty() ? "an answer that the host refuses" : last);
    }
    if (last = find_violation(view, moves, true); !last.empty()) return broken("solve", seed, last);
    if (last = gaps(world, moves); !last.empty()) return broken("solve", seed, last);
  }
  return good(std::to_string(worlds) + " subnets");
}

Result<Moves> propose(Subject& subject, MatchWorld& world,
                      const std::vector<sbn_match_event>& events) {
  const sbn_match_view view = world.view();
  const auto& table = subject.table<sbn_matcher>();
  SUBNETD_TRY(Answered answer, ask(subject, "propose", world.current.size() + 16, {.framed = false},
                                   [&](auto* call, auto* out, auto* err) {
                                     return table.propose(subject.self(), call, &view,
                                                          events.data(), events.size(), out, err);
                                   }));
  if (answer.status == SBN_E_LIMIT)
    return complain("propose wanted more rows than there are copies");
  return std::move(answer.moves);
}

Result<std::unique_ptr<Subject>> loaded(const Trial& trial, MatchWorld& world) {
  SUBNETD_TRY(auto subject, Subject::create(trial));
  const sbn_match_view view = world.view();
  SUBNETD_CHECK(load(*subject, &view));
  return subject;
}

// An instance that lived through everything answers as one that was loaded just now, and twice the
// same.
Result<void> live_through(const Trial& trial, std::uint64_t seed) {
  MatchWorld world = MatchWorld::draw(seed, 1 + seed % 20);
  world.move_budget = 0;
  Draw draw(seed + 1'000);
  SUBNETD_TRY(const auto old, loaded(trial, world));
  const auto& table = old->table<sbn_matcher>();
  for (std::size_t turn = 0; turn < turns; ++turn) {
    SUBNETD_TRY(const auto young, loaded(trial, world));
    const auto events = world.happen(draw);
    SUBNETD_TRY(const Moves first, propose(*old, world, events));
    SUBNETD_TRY(const Moves again, propose(*old, world, events));
    SUBNETD_TRY(const Moves other, propose(*young, world, events));
    if (text_of(first) != text_of(again)) {
      return complain("other moves the second time: propose changed the index");
    }
    if (text_of(first) != text_of(other)) {
      return complain("other moves than an instance that was loaded just before the event");
    }
    if (auto what = find_violation(world.view(), first, true); !what.empty()) return complain(what);
    if (auto what = find_unanswered(world.view(), events, first); !what.empty()) {
      return complain(what);
    }
    world.apply(first);
    const sbn_match_view after = world.view();
    const sbn_status status = old->call("observe", [&](const sbn_call* call, sbn_error* err) {
      return table.observe(old->self(), call, &after, events.data(), events.size(), first.data(),
                           first.size(), err);
    });
    if (status < 0) return complain(old->complaint());
  }
  return {};
}

Finding check_events(const Trial& trial) {
  for (std::uint64_t seed = 0; seed < worlds; ++seed) {
    if (const auto done = live_through(trial, seed); !done) {
      return failed(
          "moves that are a function of the view, the events and the seed, and keep the "
          "hard rules",
          done.error().message + " (" + small_world + ", number " + std::to_string(seed) + ")",
          "keep nothing but an index that load, and observe, rebuild exactly");
    }
  }
  return good(std::to_string(worlds * turns) + " turns");
}

// solve needs no load and leaves no trace.
Finding check_solve_alone(const Trial& trial) {
  for (std::uint64_t seed = 0; seed < worlds / 4; ++seed) {
    MatchWorld world = MatchWorld::draw(seed, 1 + seed % 20);
    MatchWorld other = MatchWorld::draw(seed + 500, 15);
    const auto solve = [&](Subject& subject) -> Result<std::string> {
      const sbn_match_view view = world.view();
      const auto& table = subject.table<sbn_matcher>();
      SUBNETD_TRY(const Answered answer,
                  ask(subject, "solve", world.current.size() + 16, {.framed = false},
                      [&](auto* call, auto* out, auto* err) {
                        return table.solve(subject.self(), call, &view, out, err);
                      }));
      return text_of(answer.moves);
    };
    const auto fresh = Subject::create(trial);
    const auto used = loaded(trial, other);
    if (!fresh || !used) {
      return failed("an instance", (fresh ? used : fresh).error().message, "see settings");
    }
    const auto before = propose(**used, other, all_changed(other));
    const auto alone = solve(**fresh), beside = solve(**used);
    const auto after = propose(**used, other, all_changed(other));
    for (const auto* done : {&alone, &beside}) {
      if (!*done) return failed("an answer of solve", done->error().message, see_header);
    }
    const bool same = before && after && text_of(*before) == text_of(*after);
    if (*alone != *beside || !same) {
      return failed(
          "solve to answer from its view alone and to change nothing",
          same ? "other moves after the load of another view" : "other proposals after it",
          "make solve const");
    }
  }
  return good();
}

// Too little room is said with the count that is needed.
Finding check_room(const Trial& trial) {
  MatchWorld world;
  world.add_validator({1}, 100);
  for (int m = 0; m < 9; ++m) world.add_miner(1);
  const sbn_match_view view = world.view();
  const auto subject = Subject::create(trial);
  if (!subject) return failed("an instance", subject.error().message, "see settings");
  const auto& table = (*subject)->table<sbn_matcher>();
  const auto solve = [&](std::size_t room) {
    return ask(**subject, "solve", room, Work{}, [&](auto* call, auto* out, auto* err) {
      return table.solve((*subject)->self(), call, &view, out, err);
    });
  };
  for (const std::size_t room : {std::size_t{0}, std::size_t{1}, std::size_t{8}}) {
    const auto little = solve(room);
    if (!little) return failed("SBN_E_LIMIT", little.error().message, see_header);
    if (little->status != SBN_E_LIMIT || little->n != 9) {
      return failed(
          "SBN_E_LIMIT and n = 9 from solve with room for " + std::to_string(room),
          "status " + std::to_string(little->status) + " and n = " + std::to_string(little->n),
          "count the rows that do not fit");
    }
  }
  const auto enough = solve(9);
  if (enough && enough->status >= 0 && enough->n == 9) return good();
  return failed("nine moves in room for nine", enough ? "another count" : enough.error().message,
                see_header);
}

Finding check_explain(const Trial& trial) {
  MatchWorld world = MatchWorld::draw(1, 12);
  auto instance = trial.instance();
  if (!instance) return failed("an instance", instance.error().message, "see settings");
  const InSlot in("explain");
  Matcher matcher(std::move(*instance));
  const sbn_match_view view = world.view();
  if (const auto done = matcher.load(view); !done) {
    return failed("a loaded view", done.error().message, see_header);
  }
  for (std::uint32_t m = 0; m < world.miner_state.size(); ++m) {
    const auto line = matcher.explain(view, m);
    if (!line && line.error().code == Errc::not_found) return skipped("it explains nothing");
    if (!line) return failed("a line for any miner", line.error().message, see_header);
  }
  return good();
}

}  // namespace

const Kind& matcher_kind() {
  static const Kind kind{SBN_KIND_MATCHER,
                         work,
                         {
                             {"hard_rules",
                              "the hard rules, and a row for each unmatched copy",
                              check_hard_rules},
                             {"events",
                              "moves that a matcher loaded just now would make, too",
                              check_events},
                             {"solve_alone",
                              "solve to answer from its view alone and to change nothing",
                              check_solve_alone},
                             {"room",
                              "SBN_E_LIMIT and the count where there is too little room",
                              check_room},
                             {"explain", "a line for anything it is asked about", check_explain},
                         }};
  return kind;
}

}  // namespace subnetd::plugin::conformance
