// SPDX-License-Identifier: 0BSD
// decide(): the one switch over inputs.
#include <algorithm>
#include <type_traits>

#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

// How far the validation clock moves at once, at least: a fact a tick would cost more bytes than
// the verdicts do.
std::int64_t due_step_ms(const State& s) {
  return std::min<std::int64_t>(1000, s.settings.interval_ms / 10);
}

void decide_tick(const State& s, const Tick& in, std::int64_t now_ms, Decision& out) {
  // Nothing due, nothing stored: an idle subnet writes nothing.
  if (now_ms - s.due_ms >= due_step_ms(s) && anything_due(s, now_ms)) {
    add_fact(out, now_ms, Due{now_ms, in.challenge_seed});
  }
  // Also without moves to spend: it is what matches copies that a matcher left behind.
  if (s.miner_count > 0 && now_ms - s.rebalanced_ms >= 60'000) {
    add_fact(out, now_ms, Rebalancing{});
  }
  decide_epoch_tick(s, in, now_ms, out);
}

}  // namespace

Decision decide(const State& s, const Input& input) {
  Decision out;
  // The engine's clock never goes back.
  const std::int64_t now_ms = std::max(input.now_ms, s.now_ms);
  if (s.boot == 0 && !std::holds_alternative<Boot>(input.body)) {
    out.answer = fail(Errc::unavailable, "the subnet has not started");
    return out;
  }
  if (auto may = may_write(s, input, now_ms); !may) {
    out.answer = std::unexpected(std::move(may.error()));
    return out;
  }
  std::visit(
      [&](const auto& in) {
        using T = std::decay_t<decltype(in)>;
        if constexpr (std::is_same_v<T, Boot>) decide_boot(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, Register>) decide_register(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, Update>) decide_update(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, Remove>) decide_remove(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, MapNamespace>) decide_map(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, UnmapNamespace>) decide_unmap(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, Redetect>) decide_redetect(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, Validate>) decide_validate(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, MatchProposed>) decide_moves(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, ValidationDone>) decide_done(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, CloseEpoch>) decide_close(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, EmissionComputed>) decide_emission(s, in, now_ms, out);
        if constexpr (std::is_same_v<T, Tick>) decide_tick(s, in, now_ms, out);
      },
      input.body);
  if (input.signer && out.answer) {
    add_fact(out, now_ms, SignedWrite{input.signer->hash, input.signer->until_ms});
  }
  return out;
}

}  // namespace subnetd::engine
