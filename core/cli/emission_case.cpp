// SPDX-License-Identifier: 0BSD
#include "cli/emission_case.hpp"

#include <array>

#include "cli/case_rows.hpp"
#include "cli/emission_chain.hpp"
#include "cli/subnet_case.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t rows_max = 16'000'000;
constexpr std::uint32_t no_parent = 0xffffffffu;
constexpr std::array<std::string_view, 7> case_fields{"id",     "algo", "params", "input",
                                                      "expect", "note", "sha256"};
constexpr std::array<std::string_view, 3> short_fields{"id", "budget_nano", "rows"};
constexpr std::array<std::string_view, 6> row_fields{
    "uid", "score_sum_ppm", "score_count", "registered_at", "payable", "validator"};
constexpr std::array<std::string_view, 9> input_fields{
    "block",   "uid",   "score_sum_ppm", "score_count", "registered_at",
    "payable", "stake", "last_update",   "validator"};
constexpr std::array<std::string_view, 1> param_fields{"token_emission"};

// The policies that algorithms of the chains' cases are called here.
std::string policy_of(const std::string& algo) {
  if (algo == "commune_linear") return "linear";
  if (algo == "commune_yuma") return "yuma";
  if (algo == "subtensor") return "yuma3";
  return algo;
}

// What every row has unless the case says otherwise.
void fill(EmissionInput& in, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    in.uid.push_back(static_cast<std::uint32_t>(i));
    in.registered_at.push_back(i + 1);
  }
  in.role.assign(n, static_cast<std::uint8_t>(Role::miner));
  in.stake_nano.assign(n, 0);
  in.last_update.assign(n, 0);
  in.permit.assign(n, 0);
  in.owner.assign(n, 0);
  in.parent.assign(n, no_parent);
  in.fee.assign(n, 0);
  in.payable.assign(n, 1);
  in.score_sum_ppm.assign(n, 0);
  in.score_count.assign(n, 0);
  in.weights.row_at.assign(n + 1, 0);
  in.bonds.row_at.assign(n + 1, 0);
}

template <class T>
Result<void> column(const json::Fields& fields, std::string_view name, std::vector<T>& out) {
  SUBNETD_TRY(const json::Array* values, fields.maybe_array(name, rows_max));
  if (values == nullptr) return {};
  if (values->size() != out.size()) {
    return fail(Errc::malformed, "input." + std::string(name) + " has " +
                                     std::to_string(values->size()) + " rows, score_count " +
                                     std::to_string(out.size()));
  }
  return whole_numbers(*values, "input." + std::string(name), out);
}

void mark_validators(EmissionInput& in, const std::vector<std::uint8_t>& validator) {
  for (std::size_t i = 0; i < validator.size(); ++i) {
    if (validator[i] != 0) in.role[i] = static_cast<std::uint8_t>(Role::validator);
  }
}

Result<void> read_columns(const json::Fields& fields, EmissionInput& in) {
  SUBNETD_CHECK(fields.only(input_fields));
  SUBNETD_TRY(const json::Array* counts, fields.array("score_count", rows_max));
  fill(in, counts->size());
  SUBNETD_TRY(const auto block, fields.maybe_whole("block", 0, UINT64_MAX));
  in.block = block.value_or(0);
  std::vector<std::uint8_t> validator(counts->size(), 0);
  SUBNETD_CHECK(column(fields, "uid", in.uid));
  SUBNETD_CHECK(check_uids(in.uid, "input.uid"));
  SUBNETD_CHECK(column(fields, "score_sum_ppm", in.score_sum_ppm));
  SUBNETD_CHECK(column(fields, "score_count", in.score_count));
  SUBNETD_CHECK(column(fields, "registered_at", in.registered_at));
  SUBNETD_CHECK(column(fields, "payable", in.payable));
  SUBNETD_CHECK(check_flags(in.payable, "input.payable"));
  SUBNETD_CHECK(column(fields, "stake", in.stake_nano));
  SUBNETD_CHECK(column(fields, "last_update", in.last_update));
  SUBNETD_CHECK(column(fields, "validator", validator));
  SUBNETD_CHECK(check_flags(validator, "input.validator"));
  mark_validators(in, validator);
  return {};
}

template <class T>
Result<void> cell(const json::Object& row, std::size_t at, const char* name, T& out) {
  const json::Value* value = row.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  SUBNETD_TRY(out, whole_number<T>(*value, "rows[" + std::to_string(at) + "]." + name));
  return {};
}

Result<void> read_rows(const json::Array& rows, EmissionInput& in) {
  fill(in, rows.size());
  std::vector<std::uint8_t> validator(rows.size(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string where = "rows[" + std::to_string(i) + "]";
    SUBNETD_TRY(const json::Fields fields, json::Fields::of(rows[i], where));
    SUBNETD_CHECK(fields.only(row_fields));
    const json::Object& row = fields.object();
    SUBNETD_CHECK(cell(row, i, "uid", in.uid[i]));
    SUBNETD_CHECK(cell(row, i, "score_sum_ppm", in.score_sum_ppm[i]));
    SUBNETD_CHECK(cell(row, i, "score_count", in.score_count[i]));
    SUBNETD_CHECK(cell(row, i, "registered_at", in.registered_at[i]));
    SUBNETD_CHECK(cell(row, i, "payable", in.payable[i]));
    SUBNETD_CHECK(cell(row, i, "validator", validator[i]));
  }
  SUBNETD_CHECK(check_flags(in.payable, "rows", ".payable"));
  SUBNETD_CHECK(check_flags(validator, "rows", ".validator"));
  mark_validators(in, validator);
  return check_uids(in.uid, "rows", ".uid");
}

}  // namespace

Result<std::span<const json::Value>> emission_cases(const json::Value& file) {
  const json::Object* object = file.if_object();
  const json::Value* named = object == nullptr ? nullptr : object->if_contains("cases");
  const json::Value& cases = named == nullptr ? file : *named;
  if (const json::Array* array = cases.if_array()) {
    if (array->empty()) return fail(Errc::malformed, "there is no case in it");
    return std::span(array->data(), array->size());
  }
  if (named != nullptr) return fail(Errc::malformed, "cases: not a list");
  return std::span(&file, 1);
}

std::string case_name(const json::Value& value, std::size_t at) {
  const json::Object* object = value.if_object();
  const json::Value* id = object == nullptr ? nullptr : object->if_contains("id");
  return id != nullptr && id->is_string() ? "case " + json::serialize(*id)
                                          : "case [" + std::to_string(at) + "]";
}

Result<EmissionCase> read_emission_case(const json::Value& value) {
  EmissionCase epoch;
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value, "the case"));
  SUBNETD_TRY(auto id, fields.maybe_text("id", 1, 4096));
  epoch.id = std::move(id).value_or("");
  if (fields.has("rows")) {
    SUBNETD_CHECK(fields.only(short_fields));
    SUBNETD_TRY(epoch.input.budget_nano, fields.whole("budget_nano", 0, UINT64_MAX));
    SUBNETD_TRY(const json::Array* rows, fields.array("rows", rows_max));
    SUBNETD_CHECK(read_rows(*rows, epoch.input));
    return epoch;
  }
  if (!fields.has("algo")) {
    SUBNETD_TRY(epoch.input, read_subnet_case(fields));
    return epoch;
  }
  SUBNETD_CHECK(fields.only(case_fields));
  SUBNETD_TRY(const std::string algo, fields.text("algo", 1, 64));
  epoch.policy = policy_of(algo);
  if (epoch.of_chain()) {
    SUBNETD_CHECK(read_chain_case(fields, epoch));
    return epoch;
  }
  if (epoch.policy != "proportional") {
    return fail(Errc::config, "no installed policy answers cases of \"" + algo + "\"",
                "subnetd plugin list --kind emission");
  }
  SUBNETD_TRY(const json::Fields params, fields.fields("params"));
  SUBNETD_CHECK(params.only(param_fields));
  SUBNETD_TRY(epoch.input.budget_nano, params.whole("token_emission", 0, UINT64_MAX));
  SUBNETD_TRY(const json::Fields input, fields.fields("input"));
  SUBNETD_CHECK(read_columns(input, epoch.input));
  return epoch;
}

json::Object emission_answer(const EmissionCase& epoch, const EmissionOutput& output) {
  if (epoch.of_chain()) return chain_answer(epoch, output);
  json::Object answer;
  if (!epoch.id.empty()) answer["id"] = epoch.id;
  std::uint64_t total = output.founder_nano;
  json::Array paid, incentive;
  for (const std::uint64_t amount : output.amount_nano) {
    paid.emplace_back(amount);
    total += amount;
  }
  for (const std::uint16_t weight : output.incentive) incentive.emplace_back(weight);
  answer["incentive"] = std::move(incentive);
  answer["emission"] = paid;
  answer["paid"] = std::move(paid);
  answer["total_emitted"] = total;
  answer["founder_emission"] = output.founder_nano;
  answer["dust"] = output.dust_nano;
  answer["unallocated"] = output.unallocated_nano;
  if (output.treasury_nano > 0) answer["treasury"] = output.treasury_nano;
  add_consensus(answer, epoch.input, output);
  return answer;
}

json::Object emission_raw(const EmissionCase& epoch, const EmissionOutput& output) {
  if (epoch.of_chain()) return chain_raw(output);
  const EmissionInput& in = epoch.input;
  json::Array means, shares;
  for (std::size_t i = 0; i < in.score_count.size(); ++i) {
    const auto count = static_cast<double>(in.score_count[i]);
    means.emplace_back(count == 0 ? 0.0 : static_cast<double>(in.score_sum_ppm[i]) / count);
    const auto budget = static_cast<double>(in.budget_nano);
    shares.emplace_back(budget == 0 ? 0.0 : static_cast<double>(output.amount_nano[i]) / budget);
  }
  json::Object raw;
  raw["mean_ppm"] = std::move(means);
  raw["share"] = std::move(shares);
  return raw;
}

}  // namespace subnetd::cli
