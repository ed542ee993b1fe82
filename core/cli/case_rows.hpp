// SPDX-License-Identifier: 0BSD
// What the shapes of a case have in common: flags, uids in order, rows of [uid, value].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/emission.hpp"
#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::cli {

// Each 0 or 1.
Result<void> check_flags(const std::vector<std::uint8_t>& flags, const std::string& before,
                         std::string_view after = "");

// Sorted and unique. An error names the place: "input.uid[3]", or "rows[3].uid".
Result<void> check_uids(const std::vector<std::uint32_t>& uids, const std::string& before,
                        std::string_view after = "");

// The row of a uid; 0xffffffff when no node has it.
std::uint32_t row_of(const EmissionInput& in, std::uint32_t uid);

// input.NAME, a list of [uid, value] for each node, uids sorted and unique in each; none if it is
// not there. An entry for a uid that nobody holds is refused, or passed over.
enum class Stranger { refused, passed_over };
Result<void> read_rows(const json::Fields& input, std::string_view name, Stranger stranger,
                       const EmissionInput& in, Csr16& out);

}  // namespace subnetd::cli
