// SPDX-License-Identifier: 0BSD
// OpenAPI 3.1 from the table of routes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace subnetd::api {

std::string openapi_text(std::string_view version);

}  // namespace subnetd::api
