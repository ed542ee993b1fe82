// SPDX-License-Identifier: 0BSD
#include "cli/emission_chain.hpp"

#include <algorithm>
#include <array>

#include "cli/case_rows.hpp"
#include "subnet/emission.h"

namespace subnetd::cli {
namespace {

constexpr std::size_t rows_max = 16'000'000;
constexpr std::uint32_t nobody = 0xffffffffu;

// A chain's word for a parameter, and from where to where it goes; null is what it means where the
// chain has "none".
struct Word {
  std::string_view word;
  std::uint64_t id;
  std::int64_t low, high;
  std::int64_t null = INT64_MIN;  // refused
};
constexpr std::int64_t u16_max = UINT16_MAX;
constexpr std::int64_t steepness_max = std::int64_t{1} << 30;
constexpr std::array words{
    Word{"kappa", SBN_PARAM_KAPPA, 0, u16_max},
    Word{"activity_cutoff", SBN_PARAM_ACTIVITY_CUTOFF, 0, INT64_MAX},
    Word{"max_allowed_validators", SBN_PARAM_MAX_VALIDATORS, -1, INT64_MAX, -1},
    Word{"min_validator_stake", SBN_PARAM_MIN_STAKE, 0, INT64_MAX},
    Word{"stake_threshold", SBN_PARAM_MIN_STAKE, 0, INT64_MAX},
    Word{"founder_share", SBN_PARAM_FOUNDER_SHARE, 0, 100},
    Word{"bonds_ma", SBN_PARAM_BONDS_MA, 0, 1'000'000},
    Word{"bonds_penalty", SBN_PARAM_BONDS_PENALTY, 0, u16_max},
    Word{"use_weights_encryption", SBN_PARAM_LIQUID_ALPHA, 0, 1},
    Word{"liquid_alpha", SBN_PARAM_LIQUID_ALPHA, 0, 1},
    Word{"alpha_low", SBN_PARAM_ALPHA_LOW, 0, u16_max},
    Word{"alpha_high", SBN_PARAM_ALPHA_HIGH, 0, u16_max},
    Word{"alpha_steepness", SBN_PARAM_ALPHA_STEEPNESS, -steepness_max, steepness_max},
    Word{"yuma3", SBN_PARAM_YUMA3, 0, 1},
    Word{"owner_uid", SBN_PARAM_OWNER_UID, -1, UINT32_MAX, -1},
    Word{"tempo", SBN_PARAM_TEMPO, 0, INT64_MAX},
};
constexpr std::array<std::string_view, 4> other_params{"token_emission", "last_step_block",
                                                       "delegated_to", "delegation_fee_pct"};
constexpr std::array<std::string_view, 10> input_fields{
    "block", "stake", "last_update", "registered_at", "permits",
    "weights", "bonds", "payable", "owner", "uid"};

std::unexpected<Error> bad(const std::string& why) {
  return fail(Errc::malformed, why);
}

Result<std::int64_t> value_of(const Word& word, const json::Value& value) {
  const std::string where = "params." + std::string(word.word);
  const bool either = word.low == 0 && word.high == 1;
  if (value.is_bool() && either) return value.get_bool() ? 1 : 0;
  if (value.is_null() && word.null != INT64_MIN) return word.null;
  if (!value.is_int64()) return bad(where + ": not a whole number that fits 63 bits");
  const std::int64_t number = value.get_int64();
  if (number >= word.low && number <= word.high) return number;
  return bad(where + ": " + std::to_string(number) + " is not in " + std::to_string(word.low) +
             ".." + std::to_string(word.high));
}

Result<void> read_params(const json::Fields& params, EmissionInput& in) {
  std::vector<std::string_view> known(other_params.begin(), other_params.end());
  for (const Word& word : words) known.push_back(word.word);
  SUBNETD_CHECK(params.only(known));
  SUBNETD_TRY(in.budget_nano, params.whole("token_emission", 0, UINT64_MAX));
  SUBNETD_TRY(const auto last_step, params.maybe_whole("last_step_block", 0, UINT64_MAX));
  in.last_step_block = last_step.value_or(0);
  for (const Word& word : words) {
    const json::Value* value = params.object().if_contains(word.word);
    if (value == nullptr) continue;
    SUBNETD_TRY(in.params[word.id], value_of(word, *value));
  }
  return {};
}

template <class T>
Result<void> column(const json::Fields& fields, std::string_view name, std::vector<T>& out) {
  SUBNETD_TRY(const json::Array* values, fields.maybe_array(name, rows_max));
  if (values == nullptr) return {};
  if (values->size() != out.size()) {
    return bad("input." + std::string(name) + " has " + std::to_string(values->size()) +
               " rows, stake " + std::to_string(out.size()));
  }
  return whole_numbers(*values, "input." + std::string(name), out);
}

Result<void> read_delegation(const json::Fields& params, EmissionInput& in) {
  const std::size_t n = in.uid.size();
  SUBNETD_TRY(const json::Array* to, params.maybe_array("delegated_to", rows_max));
  SUBNETD_TRY(const json::Array* fee, params.maybe_array("delegation_fee_pct", rows_max));
  if ((to != nullptr && to->size() != n) || (fee != nullptr && fee->size() != n)) {
    return bad("params.delegated_to and delegation_fee_pct have one row for each node");
  }
  for (std::size_t i = 0; to != nullptr && i < n; ++i) {
    if ((*to)[i].is_null()) continue;
    const std::string where = "params.delegated_to[" + std::to_string(i) + "]";
    SUBNETD_TRY(const auto uid, whole_number<std::uint32_t>((*to)[i], where));
    in.parent[i] = row_of(in, uid);
  }
  for (std::size_t i = 0; fee != nullptr && i < n; ++i) {
    const std::string where = "params.delegation_fee_pct[" + std::to_string(i) + "]";
    SUBNETD_TRY(const auto percent, whole_number<std::uint8_t>((*fee)[i], where));
    if (percent > 100) return bad(where + ": " + std::to_string(percent) + " is over 100");
    in.fee[i] = static_cast<std::uint16_t>(percent * 100);
  }
  return {};
}

void fill(EmissionInput& in, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    in.uid.push_back(static_cast<std::uint32_t>(i));
    in.registered_at.push_back(i + 1);
  }
  in.stake_nano.assign(n, 0);
  in.last_update.assign(n, 0);
  in.registered_block.assign(n, 0);
  in.permit.assign(n, 0);
  in.owner.assign(n, 0);
  in.parent.assign(n, nobody);
  in.fee.assign(n, 0);
  in.payable.assign(n, 1);
  in.score_sum_ppm.assign(n, 0);
  in.score_count.assign(n, 0);
}

template <class T>
json::Array list(const std::vector<T>& values) {
  json::Array out;
  out.reserve(values.size());
  for (const T value : values) out.emplace_back(value);
  return out;
}

json::Array bond_rows(const EmissionInput& in, const EmissionOutput& output) {
  json::Array rows;
  for (std::size_t i = 0; i < output.bonds_row.size(); ++i) {
    if (output.bonds_row[i] == SBN_BONDS_KEEP) {
      rows.emplace_back(nullptr);
      continue;
    }
    json::Array row;
    for (std::uint64_t e = output.bonds.row_at[i]; e < output.bonds.row_at[i + 1]; ++e) {
      row.emplace_back(json::Array{in.uid[output.bonds.col[e]], output.bonds.val[e]});
    }
    rows.emplace_back(std::move(row));
  }
  return rows;
}

}  // namespace

Result<void> read_chain_case(const json::Fields& fields, EmissionCase& epoch) {
  EmissionInput& in = epoch.input;
  SUBNETD_TRY(const json::Fields params, fields.fields("params"));
  SUBNETD_CHECK(read_params(params, in));
  SUBNETD_TRY(const std::string algo, fields.text("algo", 1, 64));
  if (algo == "subtensor") in.params.emplace(SBN_PARAM_YUMA3, 0);
  SUBNETD_TRY(const json::Fields input, fields.fields("input"));
  SUBNETD_CHECK(input.only(input_fields));
  SUBNETD_TRY(const json::Array* stake, input.array("stake", rows_max));
  const std::size_t n = stake->size();
  fill(in, n);
  SUBNETD_TRY(const auto block, input.maybe_whole("block", 0, UINT64_MAX));
  in.block = block.value_or(0);
  SUBNETD_CHECK(column(input, "uid", in.uid));
  SUBNETD_CHECK(check_uids(in.uid, "input.uid"));
  SUBNETD_CHECK(column(input, "stake", in.stake_nano));
  SUBNETD_CHECK(column(input, "last_update", in.last_update));
  SUBNETD_CHECK(column(input, "registered_at", in.registered_block));
  SUBNETD_CHECK(column(input, "permits", in.permit));
  SUBNETD_CHECK(check_flags(in.permit, "input.permits"));
  SUBNETD_CHECK(column(input, "payable", in.payable));
  SUBNETD_CHECK(check_flags(in.payable, "input.payable"));
  SUBNETD_CHECK(column(input, "owner", in.owner));
  // As the chain has it, weights for uids that nobody holds are passed over.
  SUBNETD_CHECK(read_rows(input, "weights", Stranger::passed_over, in, in.weights));
  SUBNETD_CHECK(read_rows(input, "bonds", Stranger::refused, in, in.bonds));
  for (std::size_t i = 0; i < n; ++i) {
    const bool weighs = in.weights.row_at[i] != in.weights.row_at[i + 1];
    in.role.push_back(static_cast<std::uint8_t>(weighs ? Role::validator : Role::miner));
  }
  return read_delegation(params, in);
}

json::Object chain_answer(const EmissionCase& epoch, const EmissionOutput& output) {
  const bool commune = epoch.policy != "yuma3";
  json::Object a;
  if (!epoch.id.empty()) a["id"] = epoch.id;
  if (epoch.policy == "treasury" || output.treasury_nano > 0) a["treasury"] = output.treasury_nano;
  a["active"] = list(output.active);
  a["consensus"] = list(output.consensus);
  if (commune) a["ranks"] = list(output.rank);
  if (commune) a["trust"] = list(output.trust);
  a["incentive"] = list(output.incentive);
  a["dividends"] = list(output.dividends);
  a["validator_trust"] = list(output.validator_trust);
  if (!commune) a["stake_weight"] = list(output.stake_weight);
  if (commune) a["pruning"] = list(output.pruning);
  a["emission"] = list(output.combined_nano);
  a[commune ? "miner_emission" : "server_emission"] = list(output.miner_nano);
  a["validator_emission"] = list(output.validator_nano);
  std::uint64_t total = output.founder_nano;
  for (const std::uint64_t amount : output.amount_nano) total += amount;
  a["paid"] = list(output.amount_nano);
  a["total_emitted"] = total;
  a["founder_emission"] = output.founder_nano;
  a["dust"] = output.dust_nano;
  a["unallocated"] = output.unallocated_nano;
  a["new_permits"] = list(output.permit);
  a["bonds"] = bond_rows(epoch.input, output);
  return a;
}

void add_consensus(json::Object& answer, const EmissionInput& in, const EmissionOutput& output) {
  const auto none = [](const auto& column) {
    return std::ranges::all_of(column, [](unsigned value) { return value == 0; });
  };
  if (none(output.consensus) && none(output.bonds_row)) return;
  answer["consensus"] = list(output.consensus);
  answer["dividends"] = list(output.dividends);
  answer["new_permits"] = list(output.permit);
  answer["bonds"] = bond_rows(in, output);
}

json::Object chain_raw(const EmissionOutput& output) {
  const EmissionRaw& raw = output.raw;
  return {{"stake", list(raw.stake)},         {"active_stake", list(raw.active_stake)},
          {"consensus", list(raw.consensus)}, {"ranks", list(raw.rank)},
          {"incentive", list(raw.incentive)}, {"dividends", list(raw.dividends)},
          {"validator_trust", list(raw.validator_trust)}};
}

}  // namespace subnetd::cli
