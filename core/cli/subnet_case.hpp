// SPDX-License-Identifier: 0BSD
// A case that names no algorithm: an epoch of a subnet, as GET /api/v1/emission/input gives it, for
// any policy to answer.
#pragma once

#include "domain/emission.hpp"
#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::cli {

Result<EmissionInput> read_subnet_case(const json::Fields& fields);

}  // namespace subnetd::cli
