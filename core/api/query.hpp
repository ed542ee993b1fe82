// SPDX-License-Identifier: 0BSD
// The query of a request, checked against what its route knows, and the opaque cursors of lists. A
// cursor names its list and carries a check, so that another list's or a mangled one is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "net/http_types.hpp"

namespace subnetd::api {

struct Param {
  std::string_view name;
  std::string_view schema;  // JSON Schema of the value
  std::string_view about;
};

class Query {
 public:
  Query() = default;
  // Errc::malformed for unknown or doubled parameters.
  static Result<Query> read(std::string_view raw, std::span<const Param> known);

  std::string_view text(std::string_view name) const;  // empty when absent
  Result<std::size_t> limit(std::size_t otherwise) const;
  // The place that the cursor of `list` names; empty without one.
  Result<std::string> cursor(std::string_view list) const;
  Result<std::optional<std::uint64_t>> cursor_number(std::string_view list) const;
  // 0 when absent.
  Result<std::int64_t> time_ms(std::string_view name) const;

 private:
  net::HttpHeaders pairs_;
};

// UTC milliseconds, or RFC 3339 in UTC; 0 when empty. `name` stands in the error.
Result<std::int64_t> read_time_ms(std::string_view name, std::string_view given);

std::string make_cursor(std::string_view list, std::string_view place);
Result<std::string> read_cursor(std::string_view list, std::string_view cursor);

}  // namespace subnetd::api
