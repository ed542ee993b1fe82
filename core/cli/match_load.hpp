// SPDX-License-Identifier: 0BSD
// A picture of who carries how much: bars of load and capacity, one row a validator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace subnetd::cli {

struct ValidatorLoad {
  std::string id;
  std::uint64_t load = 0;
  std::uint64_t capacity = 0;
};

// SVG text. Beyond `rows_max` validators the fullest and the emptiest are shown, and it says so.
std::string load_picture(std::vector<ValidatorLoad> loads, std::uint64_t unmatched);

}  // namespace subnetd::cli
