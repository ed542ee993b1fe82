// SPDX-License-Identifier: 0BSD
// The reasons in an answer of GET /api/v1/explain/{id}, one a line.
#pragma once

#include <string>
#include <vector>

#include "json/json.hpp"

namespace subnetd::cli {

struct Reason {
  std::string about, because;
};

std::vector<Reason> reasons_of(const json::Value& explanation);

}  // namespace subnetd::cli
