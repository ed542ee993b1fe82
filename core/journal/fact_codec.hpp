// SPDX-License-Identifier: 0BSD
// Facts as they are stored, in version 1 to 5, the lowest that can say it: one line of JSON; over
// limits::fact_json_bytes_max a JSON header and a zstd blob; a verdict is a typed row. What was
// ever written stays readable (tests/vectors/facts); a kind or version from later is refused with
// both versions named. Decoding is total. Pure: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "engine/fact.hpp"

namespace subnetd::journal {

inline constexpr std::uint64_t fact_version = 5;  // the newest

struct StoredFact {
  std::string json;
  std::string blob;  // empty for most
};

// Any fact but a verdict, into `out`, whose memory is used again.
void encode(const engine::Fact& fact, StoredFact& out);
Result<engine::Fact> decode(std::string_view json, std::string_view blob);

// A verdict in few bytes: SQLite stores small numbers short, and 0, 1 and NULL in none.
struct VerdictRow {
  std::int64_t lead = 0;                  // request - seq
  std::int64_t miner = 0;
  std::optional<std::int64_t> validator;  // absent: @agent
  std::int64_t score = 0;
  std::int64_t fate = 0;                  // outcome + 8 * (retry + 1), retry none: outcome
  std::int64_t after_ms = 0;              // since the turn's now_ms

  bool operator==(const VerdictRow&) const = default;
};

VerdictRow to_row(const engine::Verdict& verdict, std::int64_t now_ms, std::uint64_t seq,
                  std::int64_t turn_ms);
Result<engine::Fact> from_row(const VerdictRow& row, std::uint64_t seq, std::int64_t turn_ms);

}  // namespace subnetd::journal
