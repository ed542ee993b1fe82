// SPDX-License-Identifier: 0BSD
#include "net/http_types.hpp"

#include <algorithm>
#include <chrono>

#include "json/json.hpp"

namespace subnetd::net {
namespace {

template <class Clock>
std::int64_t now_ms() {
  const auto since = Clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::int64_t utc_ms() {
  return now_ms<std::chrono::system_clock>();
}
std::int64_t steady_ms() {
  return now_ms<std::chrono::steady_clock>();
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field == name) return value;
  }
  return {};
}

bool ResponseStream::push(std::string chunk) {
  if (closed()) return false;
  if (queued_.size() + chunk.size() > bytes_max_) {
    drop();
    return false;
  }
  if (queued_.empty()) {
    queued_ = std::move(chunk);
  } else {
    queued_ += chunk;
  }
  notify();
  return true;
}

void ResponseStream::close() {
  if (closed_) return;
  closed_ = true;
  notify();
}

void ResponseStream::drop() {
  if (dropped_) return;
  dropped_ = true;
  queued_.clear();
  notify();
}

std::optional<std::string> ResponseStream::take() {
  if (queued_.empty()) return std::nullopt;
  return std::exchange(queued_, {});
}

void ResponseStream::notify() {
  if (wake_) wake_();
}

int http_status_of(Errc code) {
  switch (code) {
    case Errc::malformed: return 400;
    case Errc::unauthorized: return 401;
    case Errc::forbidden: return 403;
    case Errc::not_found: return 404;
    case Errc::conflict: return 409;
    case Errc::too_large: return 413;
    case Errc::refused: return 422;
    case Errc::rate_limited: return 429;
    case Errc::unavailable: return 503;
    case Errc::timeout: return 504;
    case Errc::peer: return 502;
    case Errc::config:
    case Errc::plugin:
    case Errc::corrupt:
    case Errc::io:
    case Errc::internal: return 500;
  }
  return 500;
}

HttpResponse error_response(const Error& error) {
  HttpResponse response;
  response.status = http_status_of(error.code);
  response.body = "{\"error\":{\"code\":\"";
  response.body += errc_name(error.code);
  response.body += "\",\"message\":";
  json::append_string(response.body, error.message);
  response.body += ",\"hint\":";
  json::append_string(response.body, error.hint);
  response.body += "}}";
  if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

namespace {

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
      continue;
    }
    out += '%';
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Result<HttpHeaders> parse_query(std::string_view query) {
  constexpr std::size_t pairs_max = 64;
  const auto decoded = [](std::string_view raw) {
    std::string text(raw);
    for (char& c : text) c = c == '+' ? ' ' : c;
    return percent_decode(text);
  };
  HttpHeaders pairs;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    auto name = decoded(one.substr(0, equals));
    auto value = decoded(equals == std::string_view::npos ? "" : one.substr(equals + 1));
    if (!name || !value) return fail(Errc::malformed, "query: '%' without two hex digits");
    if (pairs.size() == pairs_max) return fail(Errc::malformed, "query: over 64 parameters");
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

}  // namespace subnetd::net
