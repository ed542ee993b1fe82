// SPDX-License-Identifier: 0BSD
// The JSON Schemas that /openapi.json names: what views append and bodies read.
#pragma once

#include <span>
#include <string_view>

namespace subnetd::api {

struct Schema {
  std::string_view name;
  std::string_view json;
};
std::span<const Schema> schemas();

}  // namespace subnetd::api
