// SPDX-License-Identifier: 0BSD
// What a verdict does to its parties: reliability, misses in a row, flags.
#include <algorithm>

#include "engine/rooms.hpp"

namespace subnetd::engine {

Ppm next_reliability(Ppm now, bool delivered) {
  const auto r = static_cast<std::int64_t>(now);
  const std::int64_t target = delivered ? static_cast<std::int64_t>(ppm_one) : 0;
  return static_cast<Ppm>(r + (target - r) / 16);
}

namespace {

constexpr int backoff_max = 7;

bool validator_delivered(VerdictOutcome outcome) {
  return outcome == VerdictOutcome::scored || outcome == VerdictOutcome::miner_failed;
}

// The status of a miner after this score, judged on the window it completes. A good score never
// raises a flag, so the three that clear one are enough.
void miner_scored(const State& s, const Verdict& v, std::int64_t now_ms, Decision& out) {
  const MinerRow& row = s.miners[v.miner];
  ScoreWindow window = row.window;
  window.push(v.score_ppm);
  const Ppm score_min = s.settings.min_score_ppm;
  bool flagged = row.flagged();
  if (flagged) {
    flagged = window.streak(score_min) < 3;
  } else {
    flagged = v.score_ppm < score_min && window.full() && window.mean() < score_min;
  }
  const Status status = flagged ? Status::flagged : Status::active;
  if (status == row.status) return;
  add_fact(out, now_ms,
           StatusSet{Role::miner, v.miner, status,
                     flagged ? StatusReason::low_score : StatusReason::none});
}

void miner_missed(const State& s, const Verdict& v, std::int64_t now_ms, Decision& out) {
  const MinerRow& row = s.miners[v.miner];
  const bool here = row.status == Status::active || row.status == Status::flagged;
  if (!here || row.misses + 1u < s.settings.misses_max) return;
  add_fact(out, now_ms, StatusSet{Role::miner, v.miner, Status::inactive, StatusReason::missed});
}

}  // namespace

// The status changes that follow from a verdict; the verdict itself is a fact before them.
void score_facts(const State& s, const Verdict& v, bool reprobe, std::int64_t now_ms,
                 Decision& out) {
  if (v.outcome == VerdictOutcome::scored && !reprobe) miner_scored(s, v, now_ms, out);
  if (v.outcome == VerdictOutcome::miner_failed && !reprobe) miner_missed(s, v, now_ms, out);
  if (v.validator == none) return;
  const ValidatorRow& validator = s.validators[v.validator];
  if (validator_delivered(v.outcome)) {
    if (s.lost_validators.contains(v.validator)) {
      add_fact(out, now_ms,
               StatusSet{Role::validator, v.validator, Status::active, StatusReason::none});
    }
  } else if (v.outcome == VerdictOutcome::validator_failed &&
             validator.status != Status::inactive &&
             validator.misses + 1u >= s.settings.misses_max) {
    add_fact(out, now_ms,
             StatusSet{Role::validator, v.validator, Status::inactive, StatusReason::missed});
  }
}

void apply_scoring(State& s, const Verdict& f, const OpenRequest& request) {
  MinerRow& miner = s.miners[f.miner];
  const bool scored = f.outcome == VerdictOutcome::scored;
  if (!request.reprobe && (scored || f.outcome == VerdictOutcome::miner_failed)) {
    miner.reliability_ppm = next_reliability(miner.reliability_ppm, scored);
    if (scored) {
      miner.misses = miner.skip = 0;
    } else if (miner.status != Status::inactive) {
      miner.misses = static_cast<std::uint8_t>(std::min(255, miner.misses + 1));
    } else if (miner.open == 0) {  // the last of its round
      miner.misses = static_cast<std::uint8_t>(std::min(backoff_max, miner.misses + 1));
      miner.skip = static_cast<std::uint8_t>((1u << miner.misses) - 1);
    }
  }
  if (f.outcome == VerdictOutcome::scored && !request.reprobe) {
    ledger_add(s, f.miner, f.validator, f.score_ppm);
    miner.window.push(f.score_ppm);
    ++s.verdicts_total;
  } else if (f.outcome == VerdictOutcome::carried) {
    ledger_add(s, f.miner, none, f.score_ppm);
    miner.marks |= MinerRow::carried_mark;
  }
  if (f.validator == none || f.outcome == VerdictOutcome::carried) return;
  ValidatorRow& validator = s.validators[f.validator];
  if (validator_delivered(f.outcome)) {
    const Ppm before = validator.reliability_ppm;
    validator.reliability_ppm = next_reliability(before, true);
    validator.misses = 0;
    validator.last_verdict_block = s.block_at(s.now_ms);
  } else if (f.outcome == VerdictOutcome::validator_failed) {
    validator.reliability_ppm = next_reliability(validator.reliability_ppm, false);
    ++validator.misses;
    if (request.reprobe) {
      validator.backoff = std::min<std::uint32_t>(backoff_max, validator.backoff + 1);
      validator.probe_at_ms = s.now_ms + (s.settings.interval_ms << validator.backoff);
    }
  }
  s.digest.add(std::uint64_t{validator.reliability_ppm} << 32 | miner.reliability_ppm);
}

}  // namespace subnetd::engine
