// SPDX-License-Identifier: 0BSD
#include "cli/case_rows.hpp"

#include <algorithm>

#include "cli/emission_case.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t rows_max = 16'000'000;
constexpr std::uint32_t nobody = 0xffffffffu;

std::unexpected<Error> bad(const std::string& why) {
  return fail(Errc::malformed, why);
}

std::string place(std::string_view name, std::size_t row) {
  return std::string(name) + "[" + std::to_string(row) + "]";
}

std::string out_of_order(std::uint32_t uid, std::uint32_t last) {
  return std::to_string(uid) + " comes after " + std::to_string(last);
}

Result<void> read_row(const json::Value& value, const std::string& where, Stranger stranger,
                      const EmissionInput& in, Csr16& out) {
  const json::Array* row = value.if_array();
  if (row == nullptr) return bad(where + ": a row is a list of [uid, value]");
  for (const json::Value& entry : *row) {
    const json::Array* pair = entry.if_array();
    if (pair == nullptr || pair->size() != 2) return bad(where + ": an entry is [uid, value]");
    SUBNETD_TRY(const auto uid, whole_number<std::uint32_t>((*pair)[0], where));
    SUBNETD_TRY(const auto number, whole_number<std::uint16_t>((*pair)[1], where));
    const std::uint32_t column = row_of(in, uid);
    if (column == nobody && stranger == Stranger::passed_over) continue;
    if (column == nobody) return bad(where + ": there is no uid " + std::to_string(uid));
    if (out.col.size() > out.row_at.back() && column <= out.col.back()) {
      return bad(where + ": uid " + out_of_order(uid, in.uid[out.col.back()]) +
                 ": the uids of a row must be sorted and unique");
    }
    out.col.push_back(column);
    out.val.push_back(number);
  }
  out.row_at.push_back(out.col.size());
  return {};
}

}  // namespace

Result<void> check_flags(const std::vector<std::uint8_t>& flags, const std::string& before,
                         std::string_view after) {
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] <= 1) continue;
    return bad(place(before, i) + std::string(after) + ": " + std::to_string(flags[i]) +
               " is neither 0 nor 1");
  }
  return {};
}

Result<void> check_uids(const std::vector<std::uint32_t>& uids, const std::string& before,
                        std::string_view after) {
  for (std::size_t i = 1; i < uids.size(); ++i) {
    if (uids[i] > uids[i - 1]) continue;
    return bad(place(before, i) + std::string(after) + ": " + out_of_order(uids[i], uids[i - 1]) +
               ": uids must be sorted and unique");
  }
  return {};
}

std::uint32_t row_of(const EmissionInput& in, std::uint32_t uid) {
  const auto at = std::lower_bound(in.uid.begin(), in.uid.end(), uid);
  return at != in.uid.end() && *at == uid ? static_cast<std::uint32_t>(at - in.uid.begin())
                                          : nobody;
}

Result<void> read_rows(const json::Fields& input, std::string_view name, Stranger stranger,
                       const EmissionInput& in, Csr16& out) {
  const std::size_t n = in.uid.size();
  SUBNETD_TRY(const json::Array* rows, input.maybe_array(name, rows_max));
  if (rows == nullptr) {
    out.row_at.assign(n + 1, 0);
    return {};
  }
  const std::string where = "input." + std::string(name);
  if (rows->size() != n) {
    return bad(where + ": " + std::to_string(rows->size()) + " rows of " + std::to_string(n));
  }
  out.row_at.assign(1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    SUBNETD_CHECK(read_row((*rows)[i], place(where, i), stranger, in, out));
  }
  return {};
}

}  // namespace subnetd::cli
