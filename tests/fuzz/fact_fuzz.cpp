// SPDX-License-Identifier: 0BSD
// Stored facts from hostile bytes: the text up to a zero byte, the blob after it. Decoding never
// crashes, and what it accepts encodes to something that decodes to the same fact. A subnet that is
// given the fact refuses it or lives on.
#include <algorithm>
#include <cstdlib>

#include "journal/fact_codec.hpp"
#include "journal/workload.hpp"

namespace {

using namespace subnetd;

// With nodes, matches, open requests and a closed epoch for facts to be about.
engine::State subnet() {
  journal::testing::Workload load(3);
  while (load.state.facts < 300 || load.state.open.empty() || load.state.epoch.closed == 0) {
    (void)load.turn();
  }
  return std::move(load.state);
}

void live_on(engine::Fact fact) {
  static const engine::State before = subnet();
  engine::State state = before;
  fact.now_ms = std::max(fact.now_ms, before.now_ms);  // else only that is looked at
  if (!engine::apply_stored(state, fact)) {
    if (engine::content_hash(state) != engine::content_hash(before)) std::abort();
    return;
  }
  const auto give = [&state](auto body) {
    return engine::apply_stored(state, {state.now_ms, std::move(body)}).has_value();
  };
  (void)give(engine::Due{state.now_ms, {}});
  while (!state.open.empty()) {
    const auto& [request, open] = *state.open.begin();
    const engine::Verdict verdict{request, open.miner, open.validator, VerdictOutcome::scored, 5};
    if (!give(verdict)) std::abort();
  }
  (void)engine::emission_input(state);
  for (std::uint32_t v = 0; v < state.validators.size(); ++v) {
    (void)give(engine::NodeRemoved{Role::validator, v});
  }
  for (std::uint32_t m = 0; m < state.miners.size(); ++m) {
    (void)give(engine::NodeRemoved{Role::miner, m});
  }
  if (state.miner_count != 0 || !state.validator_index.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd::journal;
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t end = all.find('\0');
  const std::string_view json = all.substr(0, end);
  const std::string_view blob = end == all.npos ? std::string_view() : all.substr(end + 1);
  const auto fact = decode(json, blob);
  if (fact) {
    StoredFact stored;
    encode(*fact, stored);
    const auto again = decode(stored.json, stored.blob);
    if (!again || !(*again == *fact)) std::abort();
    live_on(*fact);
  }
  if (size >= 48) {
    std::int64_t numbers[6];
    __builtin_memcpy(numbers, bytes, sizeof numbers);
    const VerdictRow row{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
    const auto verdict = from_row(row, 7, 1'000);
    if (verdict && to_row(std::get<subnetd::engine::Verdict>(verdict->body), verdict->now_ms, 7,
                          1'000) != row) {
      std::abort();
    }
    if (verdict) live_on(*verdict);
  }
  return 0;
}
