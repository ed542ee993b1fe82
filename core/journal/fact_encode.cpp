// SPDX-License-Identifier: 0BSD
#include <charconv>
#include <span>

#include "domain/limits.hpp"
#include "domain/text.hpp"
#include "journal/columns.hpp"
#include "journal/fact_codec.hpp"
#include "journal/fact_words.hpp"
#include "json/json.hpp"

namespace subnetd::journal {
namespace {

using namespace engine;

constexpr char hex_digits[] = "0123456789abcdef";

// Appends fields to an object that is already open. Written by hand: a turn encodes a thousand.
class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}

  template <class Number>
  Line& number(std::string_view name, Number value) {
    key(name);
    append(value);
    return *this;
  }
  Line& flag(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
    return *this;
  }
  Line& word(std::string_view name, std::string_view value) {  // needs no escape
    key(name);
    out_ += '"';
    out_ += value;
    out_ += '"';
    return *this;
  }
  Line& text(std::string_view name, std::string_view value) {
    key(name);
    append_text(value);
    return *this;
  }
  Line& text_if_any(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  Line& hex(std::string_view name, std::span<const std::uint8_t> bytes) {
    key(name);
    append_hex(bytes);
    return *this;
  }
  Line& texts(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    open('[');
    for (const std::string& value : values) {
      comma();
      append_text(value);
    }
    return close(']');
  }
  template <class Number>
  Line& numbers(std::string_view name, const std::vector<Number>& values) {
    key(name);
    open('[');
    for (const Number value : values) {
      comma();
      append(value);
    }
    return close(']');
  }
  Line& object(std::string_view name) {
    key(name);
    return open('{');
  }
  void key(std::string_view name) {
    comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  Line& open(char bracket) {
    out_ += bracket;
    first_ = true;
    return *this;
  }
  Line& close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  template <class Number>
  void append(Number value) {
    char digits[24];
    if constexpr (sizeof(Number) < sizeof(int)) {
      const auto written = std::to_chars(digits, digits + sizeof digits, int{value});
      out_.append(digits, written.ptr);
    } else {
      const auto written = std::to_chars(digits, digits + sizeof digits, value);
      out_.append(digits, written.ptr);
    }
  }
  void append_null() { out_ += "null"; }
  // Names of plain ASCII are copied; bytes that are no UTF-8 are kept as {"hex":"…"}.
  void append_text(std::string_view text) {
    bool plain = true;
    for (const char c : text) {
      plain = plain && c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    }
    if (plain) {
      out_ += '"';
      out_ += text;
      out_ += '"';
    } else if (is_valid_utf8(text)) {
      json::append_string(out_, text);
    } else {
      out_ += "{\"hex\":";
      append_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
      out_ += '}';
    }
  }

 private:
  void append_hex(std::span<const std::uint8_t> bytes) {
    out_ += '"';
    for (const std::uint8_t byte : bytes) {
      out_ += hex_digits[byte >> 4];
      out_ += hex_digits[byte & 15];
    }
    out_ += '"';
  }

  std::string& out_;
  bool first_ = true;
};

const char* kind(const Started&) { return "started"; }
const char* kind(const NodePut&) { return "node_put"; }
const char* kind(const NodeRemoved&) { return "node_removed"; }
const char* kind(const StatusSet&) { return "status_set"; }
const char* kind(const MappingPut&) { return "mapping_put"; }
const char* kind(const MappingRemoved&) { return "mapping_removed"; }
const char* kind(const Retyped&) { return "retyped"; }
const char* kind(const Matched&) { return "matched"; }
const char* kind(const Rebalancing&) { return "rebalancing"; }
const char* kind(const Due&) { return "due"; }
const char* kind(const Owed&) { return "owed"; }
const char* kind(const engine::Verdict&) { return "verdict"; }
const char* kind(const EpochClosed&) { return "epoch_closed"; }
const char* kind(const EpochEmitted&) { return "epoch_emitted"; }
const char* kind(const EpochHeld&) { return "epoch_held"; }
const char* kind(const SignedWrite&) { return "signed_write"; }

const char* kind(const EpochStepped&) { return "epoch_stepped"; }

// The lowest version that can say it, so that what old facts hold is written as it always was.
template <class Body>
std::uint64_t version_of(const Body&) {
  return 1;
}
std::uint64_t version_of(const Started& fact) {
  return fact.settings.tempo != 0 || fact.settings.netuid != 0 ? 2 : 1;
}
std::uint64_t version_of(const EpochStepped& fact) { return fact.delegations.empty() ? 2 : 5; }
std::uint64_t version_of(const MappingRemoved&) { return 3; }
std::uint64_t version_of(const NodePut& fact) {
  return fact.parent != none || fact.fee_bp != 0 ? 4 : 1;
}

std::string_view role_word(Role role) { return role_words[static_cast<std::size_t>(role) % 3]; }

void body(Line& line, const Started& fact) {
  const auto& [redundancy, moves_per_minute, interval_ms, deadline_ms, misses_max, min_score_ppm,
               median, budget_nano, epoch_ms, default_stake_nano, agent_types, tempo, netuid] =
      fact.settings;
  line.number("boot", fact.boot).object("settings");
  line.number("redundancy", redundancy)
      .number("moves_per_minute", moves_per_minute)
      .number("interval_ms", interval_ms)
      .number("deadline_ms", deadline_ms)
      .number("misses_max", misses_max)
      .number("min_score_ppm", min_score_ppm)
      .flag("median", median)
      .number("budget_nano", budget_nano)
      .number("epoch_ms", epoch_ms)
      .number("default_stake_nano", default_stake_nano)
      .texts("agent_types", agent_types);
  if (version_of(fact) >= 2) line.number("tempo", tempo).number("netuid", netuid);
  line.close('}');
  line.texts("types", fact.types);
}

void body(Line& line, const NodePut& fact) {
  const auto& [role, slot, fresh, uid, record, model_type, confidence_ppm, detector, stake_nano,
               has_stake, parent, fee_bp, idempotency_key, idempotency_body] = fact;
  line.word("role", role_word(role)).number("slot", slot).flag("fresh", fresh).number("uid", uid);
  line.text("id", record.id)
      .text_if_any("key", record.key)
      .text_if_any("namespace", record.name_space)
      .text_if_any("endpoint", record.endpoint)
      .text("protocol", record.protocol)
      .text("method", record.method)
      .text_if_any("task", record.task)
      .text_if_any("region", record.region);
  if (!record.specializations.empty()) line.texts("specializations", record.specializations);
  if (record.capacity != 0) line.number("capacity", record.capacity);
  line.text_if_any("model_type", model_type);
  if (confidence_ppm != 0) line.number("confidence_ppm", confidence_ppm);
  line.text_if_any("detector", detector);
  if (stake_nano != 0) line.number("stake_nano", stake_nano);
  if (has_stake) line.flag("has_stake", true);
  if (parent != none) line.number("parent", parent);
  if (fee_bp != 0) line.number("fee_bp", fee_bp);
  if (idempotency_key != 0) line.number("idempotency_key", idempotency_key);
  if (idempotency_body != 0) line.number("idempotency_body", idempotency_body);
}

void body(Line& line, const NodeRemoved& fact) {
  line.word("role", role_word(fact.role)).number("slot", fact.slot);
}

void body(Line& line, const StatusSet& fact) {
  line.word("role", role_word(fact.role))
      .number("slot", fact.slot)
      .word("status", status_words[static_cast<std::size_t>(fact.status) % 4])
      .word("reason", reason_words[static_cast<std::size_t>(fact.reason) % 4]);
}

void body(Line& line, const MappingPut& fact) {
  line.text("pattern", fact.pattern).text("model_type", fact.model_type);
}

void body(Line& line, const MappingRemoved& fact) { line.text("pattern", fact.pattern); }

void body(Line& line, const Retyped& fact) {
  line.number("miner", fact.miner)
      .text("model_type", fact.model_type)
      .number("confidence_ppm", fact.confidence_ppm)
      .text("detector", fact.detector);
}

// Each move is [miner, copy, validator or null, reason].
void body(Line& line, const Matched& fact) {
  line.key("moves");
  line.open('[');
  for (const Move& move : fact.moves) {
    line.comma();
    line.open('[');
    line.comma();
    line.append(move.miner);
    line.comma();
    line.append(move.copy);
    line.comma();
    if (move.validator == none) {
      line.append_null();
    } else {
      line.append(move.validator);
    }
    line.comma();
    line.append(static_cast<std::uint32_t>(move.reason));
    line.close(']');
  }
  line.close(']');
}

void body(Line&, const Rebalancing&) {}

void body(Line& line, const Due& fact) { line.number("to_ms", fact.to_ms).hex("seed", fact.seed); }

void body(Line& line, const Owed& fact) { line.number("miner", fact.miner).hex("seed", fact.seed); }

void body(Line& line, const EpochClosed& fact) {
  line.number("epoch", fact.epoch).number("block", fact.block).hex("seed", fact.seed);
  if (fact.idempotency_key == 0) return;
  line.number("idempotency_key", fact.idempotency_key);
  line.number("idempotency_body", fact.idempotency_body);
}

void totals(Line& line, const EpochEmitted& fact) {
  line.number("epoch", fact.epoch)
      .text("policy", fact.policy)
      .number("budget_nano", fact.budget_nano)
      .number("founder_nano", fact.founder_nano)
      .number("dust_nano", fact.dust_nano)
      .number("unallocated_nano", fact.unallocated_nano);
}

void body(Line& line, const EpochEmitted& fact) {
  totals(line, fact);
  line.numbers("uid", fact.uid)
      .numbers("role", fact.role)
      .numbers("slot", fact.slot)
      .numbers("amount_nano", fact.amount_nano)
      .numbers("incentive", fact.incentive)
      .numbers("score_sum_ppm", fact.score_sum_ppm)
      .numbers("score_count", fact.score_count);
}

void body(Line& line, const EpochHeld& fact) {
  line.number("epoch", fact.epoch).text("reason", fact.reason);
}

void body(Line& line, const SignedWrite& fact) {
  line.number("hash", fact.hash).number("until_ms", fact.until_ms);
}

template <class List, class Numbers>
void lists_of_numbers(Line& line, std::string_view name, const List& list, Numbers&& numbers_of) {
  line.key(name);
  line.open('[');
  for (const auto& item : list) {
    line.comma();
    line.open('[');
    for (const std::uint32_t number : numbers_of(item)) {
      line.comma();
      line.append(number);
    }
    line.close(']');
  }
  line.close(']');
}

// A report as [row, deviation, own, mutual], a delegation as [row, parent, fee].
void body(Line& line, const EpochStepped& fact) {
  line.number("epoch", fact.epoch)
      .numbers("dividends", fact.dividends)
      .numbers("consensus", fact.consensus)
      .numbers("trust", fact.trust)
      .numbers("validator_trust", fact.validator_trust);
  lists_of_numbers(line, "reports", fact.reports, [](const RowReport& r) {
    return std::array{r.row, r.deviation_ppm, r.own_ppm, r.mutual_ppm};
  });
  if (!fact.delegations.empty()) {
    lists_of_numbers(line, "delegations", fact.delegations, [](const Delegation& d) {
      return std::array{d.row, d.parent, d.fee_bp};
    });
  }
  line.numbers("order", fact.order)
      .numbers("permit", fact.permit)
      .numbers("bonds_row_at", fact.bonds.row_at)
      .numbers("bonds_col", fact.bonds.col)
      .numbers("bonds_val", fact.bonds.val);
}

void body(Line&, const engine::Verdict&) {}  // a row, never text

template <class Body>
void head(Line& line, std::int64_t now_ms, const Body& fact) {
  line.open('{');
  line.number("v", version_of(fact)).word("k", kind(fact)).number("t", now_ms);
}

void columns(Line& line, const Matched& fact, std::string& raw) {
  const std::size_t rows = fact.moves.size();
  std::vector<std::uint32_t> miner(rows), copy(rows), validator(rows), reason(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    miner[i] = fact.moves[i].miner;
    copy[i] = fact.moves[i].copy;
    validator[i] = fact.moves[i].validator;
    reason[i] = static_cast<std::uint32_t>(fact.moves[i].reason);
  }
  line.word("form", "columns").number("rows", rows);
  for (const auto* column : {&miner, &copy, &validator, &reason}) put_column(raw, *column);
}

void columns(Line& line, const EpochEmitted& fact, std::string& raw) {
  totals(line, fact);
  line.word("form", "columns");
  line.numbers("rows", std::vector<std::uint64_t>{
                           fact.uid.size(), fact.role.size(), fact.slot.size(),
                           fact.amount_nano.size(), fact.incentive.size(),
                           fact.score_sum_ppm.size(), fact.score_count.size()});
  put_column(raw, fact.uid);
  put_column(raw, fact.role);
  put_column(raw, fact.slot);
  put_column(raw, fact.amount_nano);
  put_column(raw, fact.incentive);
  put_column(raw, fact.score_sum_ppm);
  put_column(raw, fact.score_count);
}

void columns(Line& line, const EpochStepped& fact, std::string& raw) {
  std::vector<std::uint32_t> row, deviation, own, mutual;
  for (const RowReport& r : fact.reports) {
    row.push_back(r.row);
    deviation.push_back(r.deviation_ppm);
    own.push_back(r.own_ppm);
    mutual.push_back(r.mutual_ppm);
  }
  std::vector<std::uint32_t> child, parent, fee;
  for (const Delegation& d : fact.delegations) {
    child.push_back(d.row);
    parent.push_back(d.parent);
    fee.push_back(d.fee_bp);
  }
  const Csr16& bonds = fact.bonds;
  line.number("epoch", fact.epoch).word("form", "columns");
  std::vector<std::uint64_t> rows{
      fact.dividends.size(), fact.consensus.size(), fact.trust.size(),
      fact.validator_trust.size(), row.size(), fact.order.size(),
      fact.permit.size(), bonds.row_at.size(), bonds.col.size(), bonds.val.size()};
  if (!child.empty()) rows.push_back(child.size());
  line.numbers("rows", rows);
  for (const auto* column :
       {&fact.dividends, &fact.consensus, &fact.trust, &fact.validator_trust}) {
    put_column(raw, *column);
  }
  for (const auto* column : {&row, &deviation, &own, &mutual}) put_column(raw, *column);
  put_column(raw, fact.order);
  put_column(raw, fact.permit);
  put_column(raw, bonds.row_at);
  put_column(raw, bonds.col);
  put_column(raw, bonds.val);
  for (const auto* column : {&child, &parent, &fee}) put_column(raw, *column);
}

// No rows to split into columns: the blob is the whole text, packed.
template <class Body>
void columns(Line& line, const Body& fact, std::string& raw) {
  Line whole(raw);
  head(whole, 0, fact);
  body(whole, fact);
  whole.close('}');
  line.word("form", "packed").number("bytes", raw.size());
}

// Rows that alone would pass the cap are not written as text first.
template <class Body>
bool surely_large(const Body&) {
  return false;
}
bool surely_large(const Matched& fact) {
  return fact.moves.size() > limits::fact_json_bytes_max / 10;
}
bool surely_large(const EpochEmitted& fact) {
  return fact.uid.size() > limits::fact_json_bytes_max / 14;
}
bool surely_large(const EpochStepped& fact) {
  return fact.order.size() + fact.bonds.col.size() + fact.reports.size() +
             fact.delegations.size() >
         limits::fact_json_bytes_max / 4;
}

}  // namespace

void encode(const Fact& fact, StoredFact& out) {
  out.json.clear();
  out.blob.clear();
  std::visit(
      [&](const auto& what) {
        if (!surely_large(what)) {
          Line line(out.json);
          head(line, fact.now_ms, what);
          body(line, what);
          line.close('}');
          if (out.json.size() <= limits::fact_json_bytes_max) return;
          out.json.clear();
        }
        Line line(out.json);
        std::string raw;
        head(line, fact.now_ms, what);
        columns(line, what, raw);
        line.close('}');
        out.blob = compress(raw);
      },
      fact.body);
}

VerdictRow to_row(const engine::Verdict& verdict, std::int64_t now_ms, std::uint64_t seq,
                  std::int64_t turn_ms) {
  VerdictRow row;
  row.lead = static_cast<std::int64_t>(verdict.request - seq);
  row.miner = verdict.miner;
  if (verdict.validator != none) row.validator = verdict.validator;
  row.score = verdict.score_ppm;
  row.fate = static_cast<std::int64_t>(verdict.outcome);
  if (verdict.retry != none) row.fate += 8 * (std::int64_t{verdict.retry} + 1);
  row.after_ms = now_ms - turn_ms;
  return row;
}

}  // namespace subnetd::journal
