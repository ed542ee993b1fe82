// SPDX-License-Identifier: 0BSD
// The strict gate in front of Beast. It works on the raw bytes of a request's header, before any
// parser sees them, and lets through only what every HTTP implementation reads the same way: one
// Host; at most one of {one all-digits Content-Length, Transfer-Encoding exactly "chunked" on
// HTTP/1.1}; origin-form ASCII target; no folding; no upgrade to HTTP/2; no body on GET and HEAD. A
// refusal ends the connection: nothing after it is read as a request. Pure: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/limits.hpp"

namespace subnetd::net {

struct GateLimits {
  std::size_t header_bytes_max = limits::http_header_bytes_max;
  std::size_t fields_max = limits::http_header_fields_max;
  std::size_t target_bytes_max = limits::http_target_bytes_max;
};

// status 0: let through. Otherwise 400, 414, 417 or 431 and why, in words fit for the client.
struct GateVerdict {
  int status = 0;
  const char* reason = "";
};

// What the gate learned; the views point into the header it was given.
struct GateHeader {
  std::string_view method;
  std::string_view target;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool http11 = true;
  bool expects_continue = false;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

// Looks for the end of the header in bytes that arrive in pieces, and refuses early what can never
// become a good header (bare CR or LF, control bytes, too long).
class HeaderScan {
 public:
  enum class State { more, complete, refused };

  State scan(std::string_view bytes, const GateLimits& limits);
  std::size_t header_bytes() const { return scanned_; }    // when complete, blank line included
  const GateVerdict& verdict() const { return verdict_; }  // when refused
  void restart() { *this = HeaderScan{}; }

 private:
  State refuse(int status, const char* reason);

  std::size_t scanned_ = 0;
  std::size_t line_bytes_ = 0;  // of the line being read
  GateVerdict verdict_;
};

// `header`: request line to blank line, as HeaderScan found it.
GateVerdict check_header(std::string_view header, const GateLimits& limits, GateHeader& out);

}  // namespace subnetd::net
