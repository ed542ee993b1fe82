// SPDX-License-Identifier: 0BSD
#include "cli/subnet_case.hpp"

#include <algorithm>
#include <array>

#include "cli/case_rows.hpp"
#include "cli/emission_case.hpp"
#include "subnet/emission.h"

namespace subnetd::cli {
namespace {

constexpr std::size_t case_rows_max = 16'000'000;
constexpr std::uint32_t nobody = 0xffffffffu;

std::unexpected<Error> bad(std::string_view name, const std::string& why) {
  return fail(Errc::malformed, "input." + std::string(name) + ": " + why);
}

template <class T>
Result<void> column(const json::Fields& fields, std::string_view name, std::size_t n, T otherwise,
                    std::vector<T>& out) {
  SUBNETD_TRY(const json::Array* values, fields.maybe_array(name, case_rows_max));
  out.assign(n, otherwise);
  if (values == nullptr) return {};
  if (values->size() != n) {
    return bad(name, std::to_string(values->size()) + " rows of " + std::to_string(n));
  }
  return whole_numbers(*values, "input." + std::string(name), out);
}

template <class T, class Known>
Result<void> check_each(std::string_view name, const std::vector<T>& values, const char* why,
                        Known&& known) {
  const auto at = std::find_if_not(values.begin(), values.end(), known);
  if (at == values.end()) return {};
  const std::string place = std::string(name) + "[" + std::to_string(at - values.begin()) + "]";
  return bad(place, std::to_string(*at) + " is " + why);
}

Result<void> read_params(const json::Fields& fields, EmissionInput& in) {
  SUBNETD_TRY(const json::Fields params, fields.fields("params"));
  SUBNETD_CHECK(params.only(std::array<std::string_view, 2>{"token_emission", "tempo"}));
  SUBNETD_TRY(in.budget_nano, params.whole("token_emission", 0, UINT64_MAX));
  SUBNETD_TRY(const auto tempo, params.maybe_whole("tempo", 1, 65'535));
  if (tempo) in.params[SBN_PARAM_TEMPO] = static_cast<std::int64_t>(*tempo);
  return {};
}

}  // namespace

Result<EmissionInput> read_subnet_case(const json::Fields& fields) {
  SUBNETD_CHECK(fields.only(std::array<std::string_view, 4>{"id", "params", "input", "note"}));
  EmissionInput in;
  SUBNETD_CHECK(read_params(fields, in));
  SUBNETD_TRY(const json::Fields input, fields.fields("input"));
  SUBNETD_CHECK(input.only(std::array<std::string_view, 18>{
      "epoch", "block", "last_step_block", "uid", "role", "stake", "last_update", "registered_at",
      "registered_block", "permits", "owner", "parent", "fee_bp", "payable", "score_sum_ppm",
      "score_count", "weights", "bonds"}));
  const auto number = [&input](std::string_view name, std::uint64_t& out) -> Result<void> {
    SUBNETD_TRY(const auto found, input.maybe_whole(name, 0, UINT64_MAX));
    out = found.value_or(0);
    return {};
  };
  SUBNETD_CHECK(number("epoch", in.epoch));
  SUBNETD_CHECK(number("block", in.block));
  SUBNETD_CHECK(number("last_step_block", in.last_step_block));
  SUBNETD_TRY(const json::Array* uids, input.array("uid", case_rows_max));
  const std::size_t n = uids->size();
  SUBNETD_CHECK(column(input, "uid", n, 0u, in.uid));
  SUBNETD_CHECK(check_uids(in.uid, "input.uid"));
  SUBNETD_CHECK(column(input, "role", n, std::uint8_t{1}, in.role));
  SUBNETD_CHECK(column(input, "stake", n, std::uint64_t{0}, in.stake_nano));
  SUBNETD_CHECK(column(input, "last_update", n, std::uint64_t{0}, in.last_update));
  SUBNETD_CHECK(column(input, "registered_at", n, std::uint64_t{0}, in.registered_at));
  SUBNETD_CHECK(column(input, "registered_block", n, std::uint64_t{0}, in.registered_block));
  SUBNETD_CHECK(column(input, "permits", n, std::uint8_t{0}, in.permit));
  SUBNETD_CHECK(column(input, "owner", n, 0u, in.owner));
  SUBNETD_CHECK(column(input, "payable", n, std::uint8_t{1}, in.payable));
  SUBNETD_CHECK(column(input, "score_sum_ppm", n, std::uint64_t{0}, in.score_sum_ppm));
  SUBNETD_CHECK(column(input, "score_count", n, 0u, in.score_count));
  SUBNETD_CHECK(column(input, "parent", n, nobody, in.parent));
  SUBNETD_CHECK(column(input, "fee_bp", n, std::uint16_t{0}, in.fee));
  SUBNETD_CHECK(check_each("role", in.role, "neither 1, a miner, nor 2, a validator",
                           [](std::uint8_t role) { return role == 1 || role == 2; }));
  SUBNETD_CHECK(check_flags(in.permit, "input.permits"));
  SUBNETD_CHECK(check_flags(in.payable, "input.payable"));
  SUBNETD_CHECK(check_each("parent", in.parent, "the row of no node",
                           [n](std::uint32_t row) { return row < n || row == nobody; }));
  SUBNETD_CHECK(read_rows(input, "weights", Stranger::refused, in, in.weights));
  SUBNETD_CHECK(read_rows(input, "bonds", Stranger::refused, in, in.bonds));
  return in;
}

}  // namespace subnetd::cli
