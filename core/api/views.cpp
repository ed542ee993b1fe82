// SPDX-License-Identifier: 0BSD
#include "api/views.hpp"

#include <algorithm>
#include <array>

#include "api/object_text.hpp"
#include "api/query.hpp"
#include "commune/bytes.hpp"
#include "domain/text.hpp"
#include "json/json.hpp"

namespace subnetd::api {

const char* outcome_name(VerdictOutcome outcome) {
  constexpr std::array<const char*, 5> names{"scored", "miner_failed", "validator_failed",
                                             "plugin_failed", "carried"};
  return names[static_cast<std::size_t>(outcome)];
}

bool has_score(VerdictOutcome outcome) {
  return outcome == VerdictOutcome::scored || outcome == VerdictOutcome::carried;
}

namespace {

std::uint32_t matched_copies(const engine::State& s, std::uint32_t miner) {
  std::uint32_t matched = 0;
  for (std::uint32_t c = 0; c < s.redundancy(); ++c) {
    matched += s.current(miner, c) != engine::none ? 1 : 0;
  }
  return matched;
}

void append_match_fields(ObjectText& object, const engine::State& s, std::uint32_t miner,
                         std::uint32_t copy) {
  const std::size_t at = std::size_t{miner} * s.redundancy() + copy;
  const std::uint32_t validator = s.columns.current[at];
  object.number("slot", copy);
  if (validator != engine::none) {
    object.text("validator", s.validators[validator].record.id);
    // Kept in whole seconds; never before the two had met.
    const std::int64_t since_ms = s.genesis_ms + std::int64_t{s.columns.since_s[at]} * 1000;
    object.time("since", std::max({since_ms, s.miners[miner].registered_at_ms,
                                   s.validators[validator].registered_at_ms}));
    return;
  }
  object.null("validator").null("since");
  object.text("reason", unmatched_reason_name(static_cast<UnmatchedReason>(s.columns.why[at])));
}

void append_identity(ObjectText& object, std::string_view id, std::uint32_t uid,
                     const std::string& key) {
  object.text("id", id).number("uid", uid).text_or_null("key", key);
}

Error unknown_type(const engine::State& s, std::string_view type) {
  const std::vector<std::string_view> known(s.types.begin(), s.types.end());
  Error error{Errc::malformed, "no model type \"" + std::string(type.substr(0, 64)) + "\"", ""};
  if (const auto meant = did_you_mean(type, known)) {
    error.hint = "did you mean \"" + std::string(*meant) + "\"?";
  }
  return error;
}

// The type a list is narrowed to; none: all of them.
Result<engine::TypeId> wanted_type(const engine::State& s, const std::string& type) {
  if (type.empty()) return engine::none;
  const engine::TypeId found = s.find_type(type);
  if (found == engine::none) return std::unexpected(unknown_type(s, type));
  return found;
}

// Walks rows from..end; `append` says whether it appended one.
template <class Append>
std::string page(std::string_view list, std::uint64_t from, std::uint64_t end, std::size_t limit,
                 Append&& append) {
  std::string out = "{\"items\":[";
  std::size_t items = 0;
  std::uint64_t row = std::min(from, end);
  const std::uint64_t scan_end = row + std::min<std::uint64_t>(end - row, rows_scanned_max);
  for (; row < scan_end && items < limit; ++row) {
    const std::size_t before = out.size();
    if (items > 0) out += ',';
    if (append(out, row)) {
      ++items;
    } else {
      out.resize(before);
    }
  }
  out += "],\"next_cursor\":";
  if (row < end) {
    json::append_string(out, make_cursor(list, std::to_string(row)));
  } else {
    out += "null";
  }
  out += '}';
  return out;
}

}  // namespace

void append_match(std::string& out, const engine::State& s, std::uint32_t miner,
                  std::uint32_t copy) {
  ObjectText object(out);
  object.text("miner", s.miner_id(miner));
  append_match_fields(object, s, miner, copy);
}

void append_miner(std::string& out, const engine::State& s, std::uint32_t slot,
                  const Viewer& viewer) {
  const engine::MinerRow& row = s.miners[slot];
  const engine::NodeText text = s.miner_text(slot);
  ObjectText object(out);
  const std::string& owner = s.owners.at(s.columns.owner[slot]);
  append_identity(object, text.id, row.uid, owner);
  object.text("namespace", text.name_space);
  if (viewer.sees_endpoint(owner)) object.text("endpoint", text.endpoint);
  object.text("protocol", protocol_name(row.protocol));
  object.text("method", text.method.empty() ? std::string_view(default_method) : text.method);
  object.text_or_null("task", text.task);
  object.text_or_null("region", s.regions.at(s.columns.region[slot]));
  object.text("model_type", s.type_name(s.columns.type[slot]));
  object.number("confidence_ppm", row.confidence_ppm);
  object.text_or_null("detector", s.detectors.at(row.detector));
  object.number("load", matched_copies(s, slot)).number("reliability_ppm", row.reliability_ppm);
  if (row.window.size() > 0) {
    object.number("score_ppm", row.window.mean());
  } else {
    object.null("score_ppm");
  }
  object.text("status", status_name(row.status));
  object.text_or_null("reason", status_reason_text(row.reason));
  object.time("registered_at", row.registered_at_ms);
  object.time("last_update", row.registered_at_ms + std::int64_t{row.updated_after_s} * 1000);
  std::string& list = object.open("matches");
  list += '[';
  for (std::uint32_t copy = 0; copy < s.redundancy(); ++copy) {
    if (copy > 0) list += ',';
    ObjectText match(list);
    append_match_fields(match, s, slot, copy);
  }
  list += ']';
}

void append_validator(std::string& out, const engine::State& s, std::uint32_t slot,
                      const Viewer& viewer) {
  const engine::ValidatorRow& row = s.validators[slot];
  ObjectText object(out);
  append_identity(object, row.record.id, row.uid, row.record.key);
  object.text_or_null("namespace", row.record.name_space);
  if (viewer.sees_endpoint(row.record.key)) object.text("endpoint", row.record.endpoint);
  object.text("protocol", row.record.protocol).text("method", row.record.method);
  object.text_or_null("task", row.record.task).text_or_null("region", row.record.region);
  append_array(object.open("specializations"), row.record.specializations,
               [](std::string& to, const std::string& type) { json::append_string(to, type); });
  object.number("capacity", row.record.capacity).number("load", row.load);
  object.number("reliability_ppm", row.reliability_ppm);
  object.number("stake_nano", row.has_stake ? row.stake_nano : s.settings.default_stake_nano);
  const std::uint32_t parent = s.parent_of(slot);
  object.text_or_null("parent", parent == engine::none ? "" : s.validators[parent].record.id);
  object.number("fee_bp", row.fee_bp);
  object.text("status", status_name(row.status));
  object.text_or_null("reason", status_reason_text(row.reason));
  object.time("registered_at", row.registered_at_ms).time("last_update", row.last_update_ms);
}

Result<std::string> node_view(const engine::State& s, Role role, std::string_view id,
                              const Viewer& viewer) {
  const std::uint32_t slot = role == Role::miner ? s.find_miner(id) : s.find_validator(id);
  if (slot == engine::none) {
    return fail(Errc::not_found, std::string("no ") + role_name(role) + " \"" +
                                     std::string(id.substr(0, limits::id_bytes_max)) + "\"");
  }
  std::string out;
  if (role == Role::miner) {
    append_miner(out, s, slot, viewer);
  } else {
    append_validator(out, s, slot, viewer);
  }
  return out;
}

namespace {

// As `subnetd replay` prints it: equal facts, equal digest.
std::string hex(std::uint64_t value) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += digits[value >> shift & 15];
  return out;
}

}  // namespace

std::string subnet_view(const engine::State& s, const SubnetNames& names) {
  std::string out;
  {
    ObjectText object(out);
    object.text("name", names.name).number("netuid", names.netuid);
    object.text_or_null("key", names.key);
    object.text("version", names.version).time("genesis", s.genesis_ms).time("as_of", s.now_ms);
    object.number("facts", s.facts).text("digest", hex(s.digest.value()));
    object.number("miners", s.miner_count);
    object.number("validators", s.validator_index.size());
    object.number("validators_lost", s.lost_validators.size());
    object.number("namespaces", s.mappings.size());
    object.number("verdicts", s.verdicts_total).number("validations_open", s.open.size());
    std::vector<std::string> declared;
    for (std::size_t i = 1; i < s.types.size(); ++i) {
      if (s.declared[i] != 0) declared.push_back(s.types[i]);
    }
    append_array(object.open("model_types"), declared,
                 [](std::string& to, const std::string& type) { json::append_string(to, type); });
    {
      ObjectText epoch(object.open("epoch"));
      epoch.number("open", s.epoch.open).time("opened_at", s.epoch.opened_at_ms);
      epoch.time("ends_at", s.epoch_end_ms());
      epoch.number("verdicts", s.ledger.verdicts).number("last_emitted", s.epoch.last_emitted);
      epoch.flag("held", s.epoch.held).text_or_null("held_reason", s.epoch.held_reason);
      // Of the last close: what rotation draws by now.
      epoch.text("seed", commune::hex_encode(s.epoch.seed));
    }
    ObjectText settings(object.open("settings"));
    settings.number("redundancy", s.settings.redundancy);
    settings.number("moves_per_minute", s.settings.moves_per_minute);
    settings.number("interval_ms", static_cast<std::uint64_t>(s.settings.interval_ms));
    settings.number("deadline_ms", s.settings.deadline_ms);
    settings.number("misses_max", s.settings.misses_max);
    settings.number("min_score_ppm", s.settings.min_score_ppm);
    settings.text("aggregate", s.settings.median ? "median" : "mean");
    settings.number("budget_nano", s.settings.budget_nano);
    settings.number("epoch_ms", static_cast<std::uint64_t>(s.settings.epoch_ms));
    settings.number("default_stake_nano", s.settings.default_stake_nano);
  }
  return out;
}

Result<std::string> miners_view(const engine::State& s, const PageAsk& ask) {
  SUBNETD_TRY(const engine::TypeId type, wanted_type(s, ask.type));
  return page(miners_list, ask.from, s.miners.size(), ask.limit,
              [&](std::string& out, std::uint64_t row) {
                const auto slot = static_cast<std::uint32_t>(row);
                if (!s.miner_alive(slot)) return false;
                if (type != engine::none && s.columns.type[slot] != type) return false;
                if (ask.status && s.miners[slot].status != *ask.status) return false;
                append_miner(out, s, slot, ask.viewer);
                return true;
              });
}

Result<std::string> modules_view(const engine::State& s, const PageAsk& ask) {
  SUBNETD_TRY(const engine::TypeId type, wanted_type(s, ask.type));
  return page(modules_list, ask.from, s.miners.size(), ask.limit,
              [&](std::string& out, std::uint64_t row) {
                const auto slot = static_cast<std::uint32_t>(row);
                if (!s.miner_alive(slot)) return false;
                if (type != engine::none && s.columns.type[slot] != type) return false;
                const engine::MinerRow& miner = s.miners[slot];
                if (miner.status != Status::active || miner.window.size() == 0) return false;
                append_miner(out, s, slot, ask.viewer);
                return true;
              });
}

Result<std::string> validators_view(const engine::State& s, const PageAsk& ask) {
  SUBNETD_TRY(const engine::TypeId type, wanted_type(s, ask.type));
  return page(validators_list, ask.from, s.validators.size(), ask.limit,
              [&](std::string& out, std::uint64_t row) {
                const auto slot = static_cast<std::uint32_t>(row);
                if (!s.validator_alive(slot)) return false;
                const engine::ValidatorRow& validator = s.validators[slot];
                if (type != engine::none && !engine::serves(validator, type)) return false;
                if (ask.status && validator.status != *ask.status) return false;
                append_validator(out, s, slot, ask.viewer);
                return true;
              });
}

Result<std::string> matches_view(const engine::State& s, const PageAsk& ask) {
  SUBNETD_TRY(const engine::TypeId type, wanted_type(s, ask.type));
  std::uint32_t validator = engine::none;
  if (!ask.validator.empty()) {
    validator = s.find_validator(ask.validator);
    if (validator == engine::none) return fail(Errc::not_found, "no such validator");
  }
  std::uint64_t from = ask.from;
  std::uint64_t end = std::uint64_t{s.redundancy()} * s.miners.size();
  if (!ask.miner.empty()) {
    const std::uint32_t miner = s.find_miner(ask.miner);
    if (miner == engine::none) return fail(Errc::not_found, "no such miner");
    from = std::max(from, std::uint64_t{s.redundancy()} * miner);
    end = std::uint64_t{s.redundancy()} * (miner + 1);
  }
  return page(matches_list, from, end, ask.limit, [&](std::string& out, std::uint64_t row) {
    const auto miner = static_cast<std::uint32_t>(row / s.redundancy());
    const auto copy = static_cast<std::uint32_t>(row % s.redundancy());
    if (!s.miner_alive(miner)) return false;
    if (type != engine::none && s.columns.type[miner] != type) return false;
    if (ask.status && s.miners[miner].status != *ask.status) return false;
    if (validator != engine::none && s.current(miner, copy) != validator) return false;
    append_match(out, s, miner, copy);
    return true;
  });
}

std::string namespaces_view(const engine::State& s, std::string_view from, std::size_t limit) {
  std::string out = "{\"items\":[";
  auto it = from.empty() ? s.mappings.begin() : s.mappings.upper_bound(std::string(from));
  std::string_view last;
  for (std::size_t items = 0; it != s.mappings.end() && items < limit; ++it, ++items) {
    if (items > 0) out += ',';
    ObjectText object(out);
    object.text("pattern", it->first).text("model_type", s.type_name(it->second.type));
    last = it->first;
  }
  out += "],\"next_cursor\":";
  if (it != s.mappings.end()) {
    json::append_string(out, make_cursor(namespaces_list, last));
  } else {
    out += "null";
  }
  out += '}';
  return out;
}

}  // namespace subnetd::api
