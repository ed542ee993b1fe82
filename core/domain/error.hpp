// SPDX-License-Identifier: 0BSD
// Errors as values. An Errc per decision a caller can make; the message says what failed, on what,
// why and what to do next. Exceptions stop at four walls: main, spawn(), the plugin trampoline and
// the HTTP handler.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace subnetd {

enum class Errc {
  malformed,     // the bytes or words are wrong: correct them (HTTP 400, exit 2 on a command line)
  unauthorized,  // say who you are (401)
  forbidden,     // you may not (403)
  not_found,     // no such thing (404)
  conflict,      // something else holds that name or state (409)
  too_large,     // over a limit of domain/limits.hpp (413)
  refused,       // well formed, but a rule of the subnet says no (422)
  rate_limited,  // later (429)
  unavailable,   // not now: a queue is full or a peer is down; retry (503, exit 4)
  timeout,       // a deadline passed
  config,        // the configuration is wrong: do not restart (exit 3)
  plugin,        // a plugin was refused or broke its contract
  peer,          // the other side answered badly
  corrupt,       // stored bytes are not what was written
  io,            // the disk or the system failed
  internal,      // a defect of ours
};

struct Error {
  Errc code = Errc::internal;
  std::string message;
  std::string hint;  // what to do next; may be empty

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string message, std::string hint = {}) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}

// The stable word for an Errc, as `/api/v1` errors and logs show it.
constexpr const char* errc_name(Errc code) {
  switch (code) {
    case Errc::malformed: return "malformed";
    case Errc::unauthorized: return "unauthorized";
    case Errc::forbidden: return "forbidden";
    case Errc::not_found: return "not_found";
    case Errc::conflict: return "conflict";
    case Errc::too_large: return "too_large";
    case Errc::refused: return "refused";
    case Errc::rate_limited: return "rate_limited";
    case Errc::unavailable: return "unavailable";
    case Errc::timeout: return "timeout";
    case Errc::config: return "config";
    case Errc::plugin: return "plugin";
    case Errc::peer: return "peer";
    case Errc::corrupt: return "corrupt";
    case Errc::io: return "io";
    case Errc::internal: return "internal";
  }
  return "internal";
}

}  // namespace subnetd

#define SUBNETD_CAT_(a, b) a##b
#define SUBNETD_CAT(a, b) SUBNETD_CAT_(a, b)

// SUBNETD_TRY(auto x, f());  returns the error of f() from the current function, or binds x.
#define SUBNETD_TRY(decl, ...) \
  SUBNETD_TRY_(return, SUBNETD_CAT(try_result_, __LINE__), decl, __VA_ARGS__)
// The same inside a coroutine: SUBNETD_CO_TRY(auto x, co_await f());
#define SUBNETD_CO_TRY(decl, ...) \
  SUBNETD_TRY_(co_return, SUBNETD_CAT(try_result_, __LINE__), decl, __VA_ARGS__)
#define SUBNETD_TRY_(ret, tmp, decl, ...)                    \
  auto tmp = __VA_ARGS__;                                    \
  if (!tmp) ret ::std::unexpected(::std::move(tmp.error())); \
  decl = *::std::move(tmp)

// For Result<void>.
#define SUBNETD_CHECK(...)                                         \
  do {                                                             \
    if (auto check_result = __VA_ARGS__; !check_result)            \
      return ::std::unexpected(::std::move(check_result.error())); \
  } while (false)
#define SUBNETD_CO_CHECK(...)                                                          \
  do {                                                                                 \
    auto check_result = __VA_ARGS__;                                                   \
    if (!check_result) co_return ::std::unexpected(::std::move(check_result.error())); \
  } while (false)
