// SPDX-License-Identifier: 0BSD
// Times as Python's datetime.fromisoformat reads them (3.11 and later): what X-Timestamp carries.
// A time without an offset names no moment and is refused. Pure: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/error.hpp"

namespace subnetd::commune {

// Microseconds since 1970 in UTC. Errc::malformed, with the reason.
Result<std::int64_t> parse_timestamp(std::string_view text);

// As Python's isoformat() writes a time in UTC: six digits of fraction or none, +00:00.
std::string format_timestamp(std::int64_t utc_us);

}  // namespace subnetd::commune
