// SPDX-License-Identifier: 0BSD
#include "sim/disk.hpp"

#include "journal/fact_codec.hpp"
#include "journal/snapshot_codec.hpp"
#include "sim/oracle.hpp"

namespace subnetd::sim {
namespace {

engine::Fact through_fact(const engine::Fact& fact, std::uint64_t seq) {
  if (const auto* verdict = std::get_if<engine::Verdict>(&fact.body)) {
    const std::int64_t turn_ms = fact.now_ms - static_cast<std::int64_t>(seq % 3);
    const auto back =
        journal::from_row(journal::to_row(*verdict, fact.now_ms, seq, turn_ms), seq, turn_ms);
    require(back.has_value(), "a stored verdict cannot be read");
    return *back;
  }
  static journal::StoredFact stored;
  journal::encode(fact, stored);
  const auto back = journal::decode(stored.json, stored.blob);
  require(back.has_value(), "a stored fact cannot be read");
  return *back;
}

engine::State through_snapshot(const engine::State& state) {
  journal::Snapshot snapshot = journal::encode_snapshot(state);
  auto back = journal::decode_snapshot(snapshot.parts.size(), [&snapshot](std::uint64_t part) {
    return Result<std::string>(snapshot.parts[part]);
  });
  require(back.has_value(), "a snapshot cannot be read");
  return *std::move(back);
}

}  // namespace

Disk journal_disk() {
  return {through_fact, through_snapshot};
}

}  // namespace subnetd::sim
