// SPDX-License-Identifier: 0BSD
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <limits>

#include "domain/limits.hpp"
#include "domain/text.hpp"
#include "journal/columns.hpp"
#include "journal/fact_codec.hpp"
#include "journal/fact_reader.hpp"
#include "journal/fact_words.hpp"
#include "json/json.hpp"

namespace subnetd::journal {
namespace {

using namespace engine;
using json::Fields;

constexpr std::size_t packed_bytes_max = 256 * 1024 * 1024;

template <class... Word>
void only(Reader& in, Word... words) {
  const std::array<std::string_view, sizeof...(Word) + 3> known{"v", "k", "t", words...};
  in.only(known);
}

Settings read_settings(Reader& outer, const Fields& fields) {
  Reader in(fields);
  Settings out;
  out.redundancy = in.u32("redundancy");
  out.moves_per_minute = in.u32("moves_per_minute");
  out.interval_ms = in.i64("interval_ms");
  out.deadline_ms = in.u32("deadline_ms");
  out.misses_max = in.u32("misses_max");
  out.min_score_ppm = in.u32("min_score_ppm");
  out.median = in.flag("median");
  out.budget_nano = in.whole("budget_nano");
  out.epoch_ms = in.i64("epoch_ms");
  out.default_stake_nano = in.whole("default_stake_nano");
  out.agent_types = in.texts("agent_types");
  out.tempo = in.u32_or_0("tempo");    // since version 2
  out.netuid = in.u32_or_0("netuid");  // since version 2
  in.only(std::array<std::string_view, 13>{
      "redundancy", "moves_per_minute", "interval_ms", "deadline_ms", "misses_max",
      "min_score_ppm", "median", "budget_nano", "epoch_ms", "default_stake_nano", "agent_types",
      "tempo", "netuid"});
  if (in.error()) outer.fault(fail(Errc::corrupt, "settings: " + in.error()->message));
  return out;
}

void body(Reader& in, Started& out) {
  out.boot = in.whole("boot");
  if (const auto settings = in.object("settings")) out.settings = read_settings(in, *settings);
  out.types = in.texts("types");
  only(in, "boot", "settings", "types");
}

void body(Reader& in, NodePut& out) {
  out.role = in.word<Role>("role", role_words);
  out.slot = in.u32("slot");
  out.fresh = in.flag("fresh");
  out.uid = in.u32("uid");
  NodeRecord& record = out.record;
  record.id = in.text("id");
  record.key = in.text_or_empty("key");
  record.name_space = in.text_or_empty("namespace");
  record.endpoint = in.text_or_empty("endpoint");
  record.protocol = in.text("protocol");
  record.method = in.text("method");
  record.task = in.text_or_empty("task");
  record.region = in.text_or_empty("region");
  record.specializations = in.texts_or_none("specializations");
  record.capacity = in.u32_or_0("capacity");
  out.model_type = in.text_or_empty("model_type");
  out.confidence_ppm = in.u32_or_0("confidence_ppm");
  out.detector = in.text_or_empty("detector");
  out.stake_nano = in.whole_or_0("stake_nano");
  out.has_stake = in.has("has_stake") && in.flag("has_stake");
  out.parent = in.has("parent") ? in.u32("parent") : none;  // since version 4
  out.fee_bp = static_cast<std::uint16_t>(  // since version 4; what is too much stays too much
      std::min<std::uint32_t>(in.u32_or_0("fee_bp"), UINT16_MAX));
  out.idempotency_key = in.whole_or_0("idempotency_key");
  out.idempotency_body = in.whole_or_0("idempotency_body");
  only(in, "role", "slot", "fresh", "uid", "id", "key", "namespace", "endpoint", "protocol",
       "method", "task", "region", "specializations", "capacity", "model_type", "confidence_ppm",
       "detector", "stake_nano", "has_stake", "parent", "fee_bp", "idempotency_key",
       "idempotency_body");
}

void body(Reader& in, NodeRemoved& out) {
  out.role = in.word<Role>("role", role_words);
  out.slot = in.u32("slot");
  only(in, "role", "slot");
}

void body(Reader& in, StatusSet& out) {
  out.role = in.word<Role>("role", role_words);
  out.slot = in.u32("slot");
  out.status = in.word<Status>("status", status_words);
  out.reason = in.word<StatusReason>("reason", reason_words);
  only(in, "role", "slot", "status", "reason");
}

void body(Reader& in, MappingPut& out) {
  out.pattern = in.text("pattern");
  out.model_type = in.text("model_type");
  only(in, "pattern", "model_type");
}

void body(Reader& in, MappingRemoved& out) {
  out.pattern = in.text("pattern");
  only(in, "pattern");
}

void body(Reader& in, Retyped& out) {
  out.miner = in.u32("miner");
  out.model_type = in.text("model_type");
  out.confidence_ppm = in.u32("confidence_ppm");
  out.detector = in.text("detector");
  only(in, "miner", "model_type", "confidence_ppm", "detector");
}

void body(Reader& in, Matched& out) {
  only(in, "moves");
  const json::Array* moves = in.array("moves");
  if (moves == nullptr) return;
  out.moves.reserve(moves->size());
  for (const json::Value& item : *moves) {
    const json::Array* move = item.if_array();
    if (move == nullptr || move->size() != 4) return in.fault(wrong("moves", "expected [4]"));
    const json::Value& validator = (*move)[2];
    out.moves.push_back(
        {.miner = in.number<std::uint32_t>((*move)[0], "moves"),
         .copy = in.number<std::uint32_t>((*move)[1], "moves"),
         .validator = validator.is_null() ? none : in.number<std::uint32_t>(validator, "moves"),
         .reason =
             static_cast<UnmatchedReason>(in.number<std::uint32_t>((*move)[3], "moves"))});
  }
}

void body(Reader& in, Rebalancing&) { only(in); }

void body(Reader& in, Due& out) {
  out.to_ms = in.i64("to_ms");
  out.seed = in.seed("seed");
  only(in, "to_ms", "seed");
}

void body(Reader& in, Owed& out) {
  out.miner = in.u32("miner");
  out.seed = in.seed("seed");
  only(in, "miner", "seed");
}

void body(Reader& in, EpochClosed& out) {
  out.epoch = in.whole("epoch");
  out.block = in.whole("block");
  out.seed = in.seed("seed");
  out.idempotency_key = in.whole_or_0("idempotency_key");
  out.idempotency_body = in.whole_or_0("idempotency_body");
  only(in, "epoch", "block", "seed", "idempotency_key", "idempotency_body");
}

void totals(Reader& in, EpochEmitted& out) {
  out.epoch = in.whole("epoch");
  out.policy = in.text("policy");
  out.budget_nano = in.whole("budget_nano");
  out.founder_nano = in.whole("founder_nano");
  out.dust_nano = in.whole("dust_nano");
  out.unallocated_nano = in.whole("unallocated_nano");
}

void body(Reader& in, EpochEmitted& out) {
  totals(in, out);
  out.uid = in.numbers<std::uint32_t>("uid");
  out.role = in.numbers<std::uint8_t>("role");
  out.slot = in.numbers<std::uint32_t>("slot");
  out.amount_nano = in.numbers<std::uint64_t>("amount_nano");
  out.incentive = in.numbers<std::uint16_t>("incentive");
  out.score_sum_ppm = in.numbers<std::uint64_t>("score_sum_ppm");
  out.score_count = in.numbers<std::uint32_t>("score_count");
  only(in, "epoch", "policy", "budget_nano", "founder_nano", "dust_nano", "unallocated_nano", "uid",
       "role", "slot", "amount_nano", "incentive", "score_sum_ppm", "score_count");
}

void body(Reader& in, EpochHeld& out) {
  out.epoch = in.whole("epoch");
  out.reason = in.text("reason");
  only(in, "epoch", "reason");
}

void body(Reader& in, SignedWrite& out) {
  out.hash = in.whole("hash");
  out.until_ms = in.i64("until_ms");
  only(in, "hash", "until_ms");
}

// Columns that a State could not take are refused here.
void check(Reader& in, const EpochStepped& fact) {
  const bool nothing = fact.order.empty() && fact.permit.empty() && fact.bonds == Csr16{};
  if (nothing) return;
  if (fact.permit.size() != fact.order.size() || !is_square(fact.bonds, fact.order.size())) {
    in.fault(wrong("bonds_row_at", "no rows of the nodes in \"order\""));
  }
}

template <std::size_t size>
std::vector<std::array<std::uint32_t, size>> lists_of_numbers(Reader& in, const char* name) {
  std::vector<std::array<std::uint32_t, size>> out;
  const json::Array* lists = in.array(name);
  if (lists == nullptr) return out;
  for (const json::Value& item : *lists) {
    const json::Array* list = item.if_array();
    if (list == nullptr || list->size() != size) {
      in.fault(wrong(name, "a list in it has another length"));
      return out;
    }
    auto& numbers = out.emplace_back();
    for (std::size_t i = 0; i < size; ++i) {
      numbers[i] = in.number<std::uint32_t>((*list)[i], name);
    }
  }
  return out;
}

void body(Reader& in, EpochStepped& out) {
  out.epoch = in.whole("epoch");
  out.dividends = in.numbers<std::uint16_t>("dividends");
  out.consensus = in.numbers<std::uint16_t>("consensus");
  out.trust = in.numbers<std::uint16_t>("trust");
  out.validator_trust = in.numbers<std::uint16_t>("validator_trust");
  out.order = in.numbers<std::uint32_t>("order");
  out.permit = in.numbers<std::uint8_t>("permit");
  out.bonds.row_at = in.numbers<std::uint64_t>("bonds_row_at");
  out.bonds.col = in.numbers<std::uint32_t>("bonds_col");
  out.bonds.val = in.numbers<std::uint16_t>("bonds_val");
  for (const auto& [row, deviation, own, mutual] : lists_of_numbers<4>(in, "reports")) {
    out.reports.push_back({row, deviation, own, mutual});
  }
  if (in.has("delegations")) {  // since version 5
    for (const auto& [row, parent, fee] : lists_of_numbers<3>(in, "delegations")) {
      out.delegations.push_back({row, parent, fee});
    }
  }
  only(in, "epoch", "dividends", "consensus", "trust", "validator_trust", "reports", "delegations",
       "order", "permit", "bonds_row_at", "bonds_col", "bonds_val");
  check(in, out);
}

Result<std::string> unpack(std::string_view blob, std::uint64_t bytes) {
  std::string raw;
  SUBNETD_CHECK(decompress(blob, bytes, raw));
  return raw;
}

Result<void> columns(Reader& in, std::string_view blob, Matched& out) {
  const std::uint64_t rows = in.whole("rows", u64_max / 64);
  only(in, "form", "rows");
  SUBNETD_TRY(const std::string raw, unpack(blob, rows * 16));
  std::string_view left = raw;
  std::vector<std::uint32_t> miner, copy, validator, reason;
  const bool whole = take_column(left, rows, miner) && take_column(left, rows, copy) &&
                     take_column(left, rows, validator) && take_column(left, rows, reason);
  if (!whole) return fail(Errc::corrupt, "columns end early");
  out.moves.resize(rows);
  for (std::uint64_t i = 0; i < rows; ++i) {
    out.moves[i] = {miner[i], copy[i], validator[i], static_cast<UnmatchedReason>(reason[i])};
  }
  return {};
}

// The blob of columns with that many rows each.
Result<std::string> unpack_columns(std::string_view blob, const std::vector<std::uint64_t>& rows,
                                   std::span<const std::uint64_t> widths) {
  if (rows.size() != widths.size()) {
    return fail(Errc::corrupt, "\"rows\": expected " + std::to_string(widths.size()) + " numbers");
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (rows[i] > u64_max / 256) return fail(Errc::corrupt, "\"rows\": too many");
    bytes += rows[i] * widths[i];
  }
  return unpack(blob, bytes);
}

Result<void> columns(Reader& in, std::string_view blob, EpochEmitted& out) {
  totals(in, out);
  const auto rows = in.numbers<std::uint64_t>("rows");
  only(in, "epoch", "policy", "budget_nano", "founder_nano", "dust_nano", "unallocated_nano",
       "form", "rows");
  constexpr std::array<std::uint64_t, 7> widths{4, 1, 4, 8, 2, 8, 4};
  SUBNETD_TRY(const std::string raw, unpack_columns(blob, rows, widths));
  std::string_view left = raw;
  const bool whole =
      take_column(left, rows[0], out.uid) && take_column(left, rows[1], out.role) &&
      take_column(left, rows[2], out.slot) && take_column(left, rows[3], out.amount_nano) &&
      take_column(left, rows[4], out.incentive) && take_column(left, rows[5], out.score_sum_ppm) &&
      take_column(left, rows[6], out.score_count);
  if (!whole) return fail(Errc::corrupt, "columns end early");
  return {};
}

Result<void> columns(Reader& in, std::string_view blob, EpochStepped& out) {
  out.epoch = in.whole("epoch");
  auto rows = in.numbers<std::uint64_t>("rows");
  if (rows.size() == 10) rows.push_back(0);  // no delegations
  only(in, "epoch", "form", "rows");
  constexpr std::array<std::uint64_t, 11> widths{2, 2, 2, 2, 16, 4, 1, 8, 4, 2, 12};
  SUBNETD_TRY(const std::string raw, unpack_columns(blob, rows, widths));
  std::string_view left = raw;
  std::vector<std::uint32_t> row, deviation, own, mutual, child, parent, fee;
  const bool whole =
      take_column(left, rows[0], out.dividends) && take_column(left, rows[1], out.consensus) &&
      take_column(left, rows[2], out.trust) && take_column(left, rows[3], out.validator_trust) &&
      take_column(left, rows[4], row) && take_column(left, rows[4], deviation) &&
      take_column(left, rows[4], own) && take_column(left, rows[4], mutual) &&
      take_column(left, rows[5], out.order) && take_column(left, rows[6], out.permit) &&
      take_column(left, rows[7], out.bonds.row_at) && take_column(left, rows[8], out.bonds.col) &&
      take_column(left, rows[9], out.bonds.val) && take_column(left, rows[10], child) &&
      take_column(left, rows[10], parent) && take_column(left, rows[10], fee);
  if (!whole) return fail(Errc::corrupt, "columns end early");
  for (std::size_t i = 0; i < row.size(); ++i) {
    out.reports.push_back({row[i], deviation[i], own[i], mutual[i]});
  }
  for (std::size_t i = 0; i < child.size(); ++i) {
    out.delegations.push_back({child[i], parent[i], fee[i]});
  }
  check(in, out);
  return {};
}

template <class Body>
Result<void> columns(Reader& in, std::string_view, Body&) {
  in.fault(wrong("form", "this kind has no columns"));
  return {};
}

template <class Body>
Result<Body> read_body(const Fields& fields, std::string_view blob) {
  Reader in(fields);
  Body out;
  const std::string form = in.text_or_empty("form");
  if (form.empty()) {
    if (!blob.empty()) in.fault(wrong("form", "is missing, but there is a blob"));
    body(in, out);
  } else if (form == "columns") {
    SUBNETD_CHECK(columns(in, blob, out));
  } else if (form == "packed") {
    const std::uint64_t bytes = in.whole("bytes", packed_bytes_max);
    only(in, "form", "bytes");
    SUBNETD_TRY(const std::string text, unpack(blob, bytes));
    SUBNETD_TRY(const json::Value value, json::parse(text, packed_bytes_max));
    SUBNETD_TRY(const Fields inner, Fields::of(value, "packed"));
    Reader packed(inner);
    body(packed, out);
    if (packed.error()) in.fault(std::unexpected<Error>(*packed.error()));
  } else {
    in.fault(wrong("form", "unknown word"));
  }
  if (in.error()) return std::unexpected<Error>(*in.error());
  return out;
}

template <class Body>
Result<Fact> read_as(const Fields& fields, std::int64_t now_ms, std::string_view blob) {
  SUBNETD_TRY(Body found, read_body<Body>(fields, blob));
  return Fact{now_ms, std::move(found)};
}

using ReadAs = Result<Fact> (*)(const Fields&, std::int64_t, std::string_view);
struct Kind {
  std::string_view name;
  ReadAs read;
};
constexpr std::array<Kind, 16> kinds{{
    {"node_put", read_as<NodePut>},
    {"node_removed", read_as<NodeRemoved>},
    {"status_set", read_as<StatusSet>},
    {"matched", read_as<Matched>},
    {"due", read_as<Due>},
    {"owed", read_as<Owed>},
    {"retyped", read_as<Retyped>},
    {"mapping_put", read_as<MappingPut>},
    {"started", read_as<Started>},
    {"rebalancing", read_as<Rebalancing>},
    {"epoch_closed", read_as<EpochClosed>},
    {"epoch_emitted", read_as<EpochEmitted>},
    {"epoch_held", read_as<EpochHeld>},
    {"signed_write", read_as<SignedWrite>},
    {"epoch_stepped", read_as<EpochStepped>},
    {"mapping_removed", read_as<MappingRemoved>},
}};
static_assert(kinds.size() + 1 == std::variant_size_v<decltype(Fact::body)>);

Result<Fact> read_fact(const json::Value& value, std::string_view blob) {
  SUBNETD_TRY(const Fields fields, Fields::of(value, "fact"));
  SUBNETD_TRY(const std::uint64_t version, fields.whole("v", 0, u64_max));
  SUBNETD_TRY(const std::string name, fields.text("k", 1, 64));
  const auto later = [&](const std::string& what) {
    return fail(Errc::config,
                what + " of version " + std::to_string(version) +
                    " was written by a newer subnetd; this one reads facts of version " +
                    std::to_string(fact_version),
                "run the newer subnetd on this journal, or restore a backup made before it");
  };
  if (version < 1 || version > fact_version) return later("a fact \"" + name + "\"");
  SUBNETD_TRY(const std::int64_t now_ms,
              fields.integer("t", std::numeric_limits<std::int64_t>::min(),
                             std::numeric_limits<std::int64_t>::max()));
  for (const Kind& kind : kinds) {
    if (kind.name == name) return kind.read(fields, now_ms, blob);
  }
  return later("a fact of unknown kind \"" + name + "\"");
}

}  // namespace

Result<Fact> decode(std::string_view text, std::string_view blob) {
  Result<json::Value> value = json::parse(text, limits::fact_json_bytes_max);
  Result<Fact> fact = value ? read_fact(*value, blob) : std::unexpected<Error>(value.error());
  if (fact || fact.error().code == Errc::config) return fact;
  return fail(Errc::corrupt, "stored fact: " + fact.error().message);
}

Result<Fact> from_row(const VerdictRow& row, std::uint64_t seq, std::int64_t turn_ms) {
  const auto corrupt = [&](const char* what) {
    return fail(Errc::corrupt, "verdict row " + std::to_string(seq) + ": " + what);
  };
  const auto fits = [](std::int64_t value) { return value >= 0 && value <= std::int64_t{u32_max}; };
  if (!fits(row.miner)) return corrupt("miner out of range");
  if (row.validator && !fits(*row.validator)) return corrupt("validator out of range");
  if (!fits(row.score)) return corrupt("score out of range");
  if (row.fate < 0 || row.fate % 8 >= outcomes || row.fate / 8 > std::int64_t{u32_max}) {
    return corrupt("outcome out of range");
  }
  engine::Verdict verdict;
  verdict.request = static_cast<std::uint64_t>(row.lead) + seq;
  verdict.miner = static_cast<std::uint32_t>(row.miner);
  if (row.validator) verdict.validator = static_cast<std::uint32_t>(*row.validator);
  verdict.outcome = static_cast<VerdictOutcome>(row.fate % 8);
  verdict.score_ppm = static_cast<Ppm>(row.score);
  if (row.fate >= 8) verdict.retry = static_cast<std::uint32_t>(row.fate / 8 - 1);
  const auto now_ms = static_cast<std::int64_t>(static_cast<std::uint64_t>(turn_ms) +
                                                static_cast<std::uint64_t>(row.after_ms));
  return Fact{now_ms, verdict};
}

}  // namespace subnetd::journal
