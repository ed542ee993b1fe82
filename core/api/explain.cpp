// SPDX-License-Identifier: 0BSD
// GET /explain: what State itself knows of a node, in words.
#include <string>

#include "api/object_text.hpp"
#include "api/views.hpp"
#include "json/json.hpp"

namespace subnetd::api {
std::string percent(Ppm ppm) {
  const std::string digits = std::to_string(ppm % 10'000 + 10'000);
  return std::to_string(ppm / 10'000) + "." + digits.substr(1, 2) + " %";
}

std::string counted(std::uint64_t n, const char* one, const char* more) {
  return std::to_string(n) + " " + (n == 1 ? one : more);
}

namespace {

std::string unmatched_words(UnmatchedReason reason) {
  switch (reason) {
    case UnmatchedReason::none: break;
    case UnmatchedReason::no_validator: return "no active validator serves its type";
    case UnmatchedReason::no_capacity: return "every validator of its type is full";
    case UnmatchedReason::own_validator: return "only validators of its own key would serve it";
    case UnmatchedReason::not_distinct: return "too few different validators serve its type";
    case UnmatchedReason::unknown_type: return "its type is unknown, and no validator serves all";
    case UnmatchedReason::pending: return "the matcher has not answered yet";
    case UnmatchedReason::closed: return "it is not active";
    case UnmatchedReason::refused: return "the matcher's answer broke a rule and was refused";
  }
  return unmatched_reason_name(reason);
}

std::string why_typed(const engine::State& s, std::uint32_t slot) {
  const engine::MinerRow& row = s.miners[slot];
  const std::string& type = s.type_name(s.columns.type[slot]);
  const engine::Mapping* mapping = engine::find_mapping(s, s.miner_text(slot).name_space);
  if (mapping != nullptr) return type + ": the operator mapped \"" + mapping->pattern + "\" to it";
  const std::string& detector = s.detectors.at(row.detector);
  if (detector.empty()) return type + ": no detector was sure of another";
  return type + ", " + percent(row.confidence_ppm) + " sure: said by " + detector;
}

std::string why_matched(const engine::State& s, std::uint32_t slot) {
  std::string out;
  for (std::uint32_t copy = 0; copy < s.redundancy(); ++copy) {
    const std::size_t at = std::size_t{slot} * s.redundancy() + copy;
    if (copy > 0) out += "; ";
    if (s.redundancy() > 1) out += "slot " + std::to_string(copy) + ": ";
    if (s.columns.current[at] != engine::none) {
      const engine::ValidatorRow& v = s.validators[s.columns.current[at]];
      out += v.record.id + " (" + std::to_string(v.load) + " of " +
             std::to_string(v.record.capacity) + " places taken, reliability " +
             percent(v.reliability_ppm) + ")";
    } else {
      out += "nobody: ";
      out += unmatched_words(static_cast<UnmatchedReason>(s.columns.why[at]));
    }
  }
  return out;
}

std::string why_scored(const engine::MinerRow& row, const engine::Settings& settings) {
  if (row.window.size() == 0) return "no verdict yet";
  std::string out = "mean " + percent(row.window.mean()) + " of the last " +
                    counted(row.window.size(), "verdict", "verdicts") + ", latest first:";
  for (std::uint32_t age = 0; age < row.window.size(); ++age) {
    out += (age == 0 ? " " : ", ") + percent(row.window.at(age));
  }
  return out + "; flagged below " + percent(settings.min_score_ppm) + " over five";
}

// The miner's cells of the running epoch.
std::string why_paid(const engine::State& s, std::uint32_t slot) {
  const engine::MinerRow& row = s.miners[slot];
  if (row.flagged()) return "unpaid while flagged";
  std::uint64_t sum = 0, count = 0;
  for (std::uint32_t cell = row.ledger_head; cell != engine::none;
       cell = s.ledger.cells[cell].next) {
    sum += s.ledger.cells[cell].sum_ppm;
    count += s.ledger.cells[cell].count;
  }
  std::string out = "epoch " + std::to_string(s.epoch.open) + ": ";
  if (count == 0) return out + "no verdict yet, so nothing so far";
  return out + counted(count, "verdict", "verdicts") + ", mean " + percent(ppm_mean(sum, count)) +
         ", of " + std::to_string(s.ledger.verdicts) + " in the subnet";
}

std::string why_status(Status status, StatusReason reason, std::uint32_t misses, Ppm reliability) {
  std::string out = status_name(status);
  if (reason != StatusReason::none) out += std::string(", ") + status_reason_text(reason);
  return out + "; " + counted(misses, "miss", "misses") + " in a row, reliability " +
         percent(reliability);
}

// What an epoch weighs it by, and when one that was lost is asked again.
std::string standing(const engine::State& s, std::uint32_t slot) {
  const engine::ValidatorRow& row = s.validators[slot];
  std::string out = why_status(row.status, row.reason, row.misses, row.reliability_ppm);
  if (s.lost_validators.contains(slot)) {
    std::string at;
    append_time(at, row.probe_at_ms);
    out += "; tried again from " + at.substr(1, at.size() - 2) + " on a miner it could serve";
  }
  return out;
}

std::string stake_words(const engine::State& s, const engine::ValidatorRow& row) {
  if (row.has_stake) return std::to_string(row.stake_nano) + " nano, set for it";
  return std::to_string(s.settings.default_stake_nano) +
         " nano: [emission] default_stake_nano, as nobody has named one";
}

std::string delegation_words(const engine::State& s, std::uint32_t slot) {
  const std::uint32_t parent = s.parent_of(slot);
  const auto fee = [](std::uint16_t fee_bp) { return percent(Ppm{fee_bp} * 100); };
  if (parent != engine::none) {
    return "weighs as \"" + s.validators[parent].record.id +
           "\" does, which under linear and yuma keeps " + fee(s.validators[slot].fee_bp) +
           " of its dividends";
  }
  std::string out;
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    if (!s.validator_alive(v) || s.parent_of(v) != slot) continue;
    out += (out.empty() ? "under linear and yuma keeps " : ", ") + fee(s.validators[v].fee_bp) +
           " of the dividends of \"" + s.validators[v].record.id + "\"";
  }
  return out;
}

}  // namespace

Result<std::string> explain_view(const engine::State& s, std::string_view id,
                                 const Viewer& viewer, const std::string& last_paid) {
  std::string out = "\"id\":";
  json::append_string(out, id);
  if (const std::uint32_t m = s.find_miner(id); m != engine::none) {
    const engine::MinerRow& row = s.miners[m];
    out += ",\"role\":\"miner\",\"node\":";
    append_miner(out, s, m, viewer);
    out += ",\"why\":";
    ObjectText why(out);
    why.text("typed", why_typed(s, m)).text("matched", why_matched(s, m));
    why.text("scored", why_scored(row, s.settings));
    why.text("paid", (last_paid.empty() ? "" : last_paid + "; ") + why_paid(s, m));
    why.text("status", why_status(row.status, row.reason, row.misses, row.reliability_ppm));
  } else if (const std::uint32_t v = s.find_validator(id); v != engine::none) {
    const engine::ValidatorRow& row = s.validators[v];
    out += ",\"role\":\"validator\",\"node\":";
    append_validator(out, s, v, viewer);
    out += ",\"why\":";
    ObjectText why(out);
    why.text("matched", std::to_string(row.load) + " of " + std::to_string(row.record.capacity) +
                            " places taken");
    if (!last_paid.empty()) why.text("paid", last_paid);
    why.text("status", standing(s, v)).text("stake", stake_words(s, row));
    if (const std::string text = delegation_words(s, v); !text.empty()) {
      why.text("delegation", text);
    }
  } else {
    return fail(Errc::not_found, "no miner or validator \"" +
                                     std::string(id.substr(0, limits::id_bytes_max)) + "\"");
  }
  return out;
}

}  // namespace subnetd::api
