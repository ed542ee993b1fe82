// SPDX-License-Identifier: 0BSD
// What the engine's files share: one decide_… and apply_… a fact or input, one file a question.
#pragma once

#include <optional>

#include "engine/engine.hpp"

namespace subnetd::engine {

// nodes.cpp: who is registered, as what
Result<void> check_settings(const Settings& settings);
void decide_boot(const State& s, const Boot& in, std::int64_t now_ms, Decision& out);
void decide_register(const State& s, const Register& in, std::int64_t now_ms, Decision& out);
void decide_update(const State& s, const Update& in, std::int64_t now_ms, Decision& out);
void decide_remove(const State& s, const Remove& in, std::int64_t now_ms, Decision& out);
// The answer to a write that came before under the same key; empty: it is new.
std::optional<Result<Answer>> answered_before(const State& s, const Idempotency& key,
                                              std::int64_t now_ms);
void apply_started(State& s, const Started& f, Effects& effects);
void apply_node_put(State& s, const NodePut& f, Effects& effects);
void apply_node_removed(State& s, const NodeRemoved& f, Effects& effects);
void apply_status(State& s, const StatusSet& f, Effects& effects);
void apply_retyped(State& s, const Retyped& f, Effects& effects);

// mappings.cpp: what operators say that a namespace is
void decide_map(const State& s, const MapNamespace& in, std::int64_t now_ms, Decision& out);
void decide_unmap(const State& s, const UnmapNamespace& in, std::int64_t now_ms, Decision& out);
void decide_redetect(const State& s, const Redetect& in, std::int64_t now_ms, Decision& out);
void apply_mapping(State& s, const MappingPut& f);
void apply_unmapping(State& s, const MappingRemoved& f);
// What the mappings say, but for one, else what the detectors said.
Detection settle(const State& s, std::string_view name_space, const Detection& detected,
                 const Mapping* without = nullptr);
bool declared(const State& s, std::string_view type);
Error undeclared(const State& s, std::string_view type);

// owners.cpp: who may change what
// Whether the input's signer, if it has one, may write this, and has not written it before.
Result<void> may_write(const State& s, const Input& input, std::int64_t now_ms);
void apply_signed(State& s, const SignedWrite& f);

// matching.cpp: who checks whom
void decide_moves(const State& s, const MatchProposed& in, std::int64_t now_ms, Decision& out);
void apply_matched(State& s, const Matched& f, Effects& effects);
// What the status of a miner means to a matcher: SBN_SLOT_….
std::uint8_t miner_slot_state(Status status, StatusReason reason);
// Takes every copy away from a validator, and tells the matcher.
void release_validator(State& s, std::uint32_t validator, UnmatchedReason why, Effects& effects);
void release_copy(State& s, std::uint32_t miner, std::uint32_t copy, UnmatchedReason why);
// What an unmatched copy of this miner waits for: pending while it is open, else closed.
UnmatchedReason waits_for(const State& s, std::uint32_t miner);

// validation.cpp: which validations are owed, and what came of them
void decide_validate(const State& s, const Validate& in, std::int64_t now_ms, Decision& out);
void decide_done(const State& s, const ValidationDone& in, std::int64_t now_ms, Decision& out);
void apply_due(State& s, const Due& f, Effects& effects);
void apply_owed(State& s, const Owed& f, Effects& effects);
void apply_verdict(State& s, const Verdict& f, Effects& effects);
OpenRequest close_request(State& s, std::map<std::uint64_t, OpenRequest>::iterator it);
// Voids the open requests of a miner.
void cancel_requests(State& s, std::uint32_t miner, Effects& effects);
// Voids what a validator was asked for.
void cancel_validator_requests(State& s, std::uint32_t validator, Effects& effects);
std::uint16_t due_bucket(std::string_view id);
void wheel_add(State& s, std::uint32_t miner);
void wheel_remove(State& s, std::uint32_t miner);
// Whether a Due at this time would open anything.
bool anything_due(const State& s, std::int64_t now_ms);

// scoring.cpp: reliability, misses, flags
Ppm next_reliability(Ppm now, bool delivered);
void score_facts(const State& s, const Verdict& v, bool reprobe, std::int64_t now_ms,
                 Decision& out);
void apply_scoring(State& s, const Verdict& f, const OpenRequest& request);

// ledger.cpp: the sums an epoch pays by
void ledger_add(State& s, std::uint32_t miner, std::uint32_t validator, Ppm score);
void ledger_drop_miner(Ledger& ledger, std::vector<MinerRow>& miners, std::uint32_t miner);
// A miner's score as a rational: the mean of all its verdicts, whoever gave them, or with
// settings.median the median of its validators' means.
struct MinerScore {
  std::uint64_t sum_ppm = 0;
  std::uint32_t count = 0;
};
std::vector<MinerScore> miner_scores(const State& s, const Ledger& ledger);

// emission.cpp: who is paid what
void decide_close(const State& s, const CloseEpoch& in, std::int64_t now_ms, Decision& out);
void decide_emission(const State& s, const EmissionComputed& in, std::int64_t now_ms,
                     Decision& out);
void decide_epoch_tick(const State& s, const Tick& in, std::int64_t now_ms, Decision& out);
void apply_closed(State& s, const EpochClosed& f, Effects& effects);
void apply_emitted(State& s, const EpochEmitted& f);
void apply_held(State& s, const EpochHeld& f);

// step.cpp: what one epoch leaves for the next
// Permits and bonds as the last epoch left them, for the rows of this one.
void recall_step(const State& s, EmissionInput& in);
// `asked` are the rows of the answer, `now` those that its EpochEmitted has.
EpochStepped step_of(const State& s, const EmissionInput& now, const EmissionRows& asked,
                     const EmissionOutput& out);
void apply_stepped(State& s, const EpochStepped& f);
inline constexpr std::int64_t held_retry_ms = 60'000;

// Appends a fact of this moment.
template <class Body>
void add_fact(Decision& out, std::int64_t now_ms, Body&& body) {
  out.facts.push_back(Fact{now_ms, std::forward<Body>(body)});
}

}  // namespace subnetd::engine
