// SPDX-License-Identifier: 0BSD
// The subnet as a pure state machine: no clock, socket, file, thread, logger or random device, and
// no plugin. One thread calls it.
//
//   decide(state, input)  -> facts and an answer; changes nothing
//   apply(state, fact)    -> the only thing that changes State; says which effects follow
//   apply_stored(…)       -> the same for facts from a journal, which may be damaged
//   resume(state)         -> every effect that is still open
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "engine/answer.hpp"
#include "engine/effect.hpp"
#include "engine/fact.hpp"
#include "engine/input.hpp"
#include "engine/state.hpp"

namespace subnetd::engine {

struct Decision {
  std::vector<Fact> facts;
  Result<Answer> answer = Answer{};
};

Decision decide(const State& state, const Input& input);
void apply(State& state, const Fact& fact, Effects& effects);
// The same for a fact that was stored, whatever has become of it since: Errc::corrupt and an
// unchanged State where apply() would break. Effects are dropped: resume() lists what is open.
Result<void> apply_stored(State& state, const Fact& fact);
Effects resume(const State& state);

// Of whom a Redetect wants to hear, ascending.
std::vector<std::uint32_t> miners_asked_again(const State& state, const Redetect& input);

// The input of the emission policy for the closed epoch.
EmissionInput emission_input(const State& state);

// Stops the process: an invariant of the engine is broken, and memory must not be served.
[[noreturn]] void broken(const char* what);
// Who says so: the engine itself cannot write. Set once, before the first turn.
void on_broken(void (*tell)(const char* what));
#define SUBNETD_INVARIANT(condition) \
  ((condition) ? void() : ::subnetd::engine::broken(#condition))

}  // namespace subnetd::engine
