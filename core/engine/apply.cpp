// SPDX-License-Identifier: 0BSD
// apply(): the one switch over facts, and resume().
#include <cstdlib>
#include <type_traits>

#include "engine/rooms.hpp"

namespace subnetd::engine {

namespace {

void (*told)(const char*) = nullptr;

}  // namespace

void on_broken(void (*tell)(const char*)) { told = tell; }

void broken(const char* what) {
  if (told != nullptr) told(what);
  __builtin_trap();
}

void apply(State& s, const Fact& fact, Effects& effects) {
  SUBNETD_INVARIANT(fact.now_ms >= s.now_ms);
  if (s.facts == 0) s.genesis_ms = fact.now_ms;
  s.now_ms = fact.now_ms;
  ++s.facts;
  s.digest.add(static_cast<std::uint64_t>(fact.now_ms));
  s.digest.add(fact.body.index());
  std::visit(
      [&](const auto& f) {
        using T = std::decay_t<decltype(f)>;
        if constexpr (std::is_same_v<T, Started>) apply_started(s, f, effects);
        if constexpr (std::is_same_v<T, NodePut>) apply_node_put(s, f, effects);
        if constexpr (std::is_same_v<T, NodeRemoved>) apply_node_removed(s, f, effects);
        if constexpr (std::is_same_v<T, StatusSet>) apply_status(s, f, effects);
        if constexpr (std::is_same_v<T, MappingPut>) apply_mapping(s, f);
        if constexpr (std::is_same_v<T, MappingRemoved>) apply_unmapping(s, f);
        if constexpr (std::is_same_v<T, Retyped>) apply_retyped(s, f, effects);
        if constexpr (std::is_same_v<T, Matched>) apply_matched(s, f, effects);
        if constexpr (std::is_same_v<T, Rebalancing>) {
          s.rebalanced_ms = s.now_ms;
          effects.rebalance = true;
        }
        if constexpr (std::is_same_v<T, Due>) apply_due(s, f, effects);
        if constexpr (std::is_same_v<T, Owed>) apply_owed(s, f, effects);
        if constexpr (std::is_same_v<T, Verdict>) apply_verdict(s, f, effects);
        if constexpr (std::is_same_v<T, EpochClosed>) apply_closed(s, f, effects);
        if constexpr (std::is_same_v<T, EpochEmitted>) apply_emitted(s, f);
        if constexpr (std::is_same_v<T, EpochHeld>) apply_held(s, f);
        if constexpr (std::is_same_v<T, SignedWrite>) apply_signed(s, f);
        if constexpr (std::is_same_v<T, EpochStepped>) apply_stepped(s, f);
      },
      fact.body);
}

Effects resume(const State& s) {
  Effects effects;
  effects.match_reload = true;
  for (const auto& [request, open] : s.open) effects.validate.push_back(request);
  effects.emit = s.epoch.closed;
  return effects;
}

}  // namespace subnetd::engine
