// SPDX-License-Identifier: 0BSD
// Validation contract 1 from the validator's side: what it is asked, what it says. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::demo {

struct Order {
  std::string request_id, model_type, endpoint;
  std::string challenge;  // hex
  std::int64_t deadline_ms = 0;
};

Result<Order> read_order(const json::Object& params);
// The same challenge, the same question: an order that comes twice is judged the same.
std::uint64_t seed_of(std::string_view challenge);
// Right answers count in full up to 200 ms, and lose half their worth within the next two seconds.
json::Value verdict(double right, std::int64_t elapsed_ms, bool is_json);

}  // namespace subnetd::demo
