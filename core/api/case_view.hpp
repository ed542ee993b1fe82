// SPDX-License-Identifier: 0BSD
// An emission input as a case that `subnetd emission` reads. Pure.
#pragma once

#include <string>

#include "domain/emission.hpp"

namespace subnetd::api {

inline constexpr std::size_t case_rows_max = 4'096;  // nodes, read between two turns

std::string case_view(const std::string& id, const EmissionInput& input);

}  // namespace subnetd::api
