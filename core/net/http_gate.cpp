// SPDX-License-Identifier: 0BSD
#include "net/http_gate.hpp"

#include <algorithm>
#include <array>

namespace subnetd::net {
namespace {

constexpr std::string_view crlf = "\r\n";

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<std::size_t>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> is_token_char = token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_token_char[static_cast<unsigned char>(c)];
  });
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// `expected` in lower case.
bool same(std::string_view text, std::string_view expected) {
  return text.size() == expected.size() && std::equal(text.begin(), text.end(), expected.begin(),
                                                      [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool lists(std::string_view value, std::string_view word) {
  while (!value.empty()) {
    const std::string_view item = value.substr(0, value.find(','));
    if (same(trimmed(item), word)) return true;
    value.remove_prefix(std::min(item.size() + 1, value.size()));
  }
  return false;
}

bool is_host(std::string_view value) {
  return !value.empty() && value.size() <= 260 &&
         std::all_of(value.begin(), value.end(), [](char c) {
           const char l = lower(c);
           return (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || l == '.' || l == '-' ||
                  l == '_' || l == ':' || l == '[' || l == ']';
         });
}

std::optional<std::uint64_t> all_digits(std::string_view value) {
  std::uint64_t number = 0;
  if (value.empty() || value.size() > 19) return std::nullopt;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

constexpr GateVerdict bad(const char* reason) {
  return {400, reason};
}

struct FieldCount {
  std::size_t host = 0;
  std::size_t content_length = 0;
  std::size_t transfer_encoding = 0;
  bool close = false;
  bool keep_alive = false;
};

GateVerdict check_request_line(std::string_view line, const GateLimits& limits, GateHeader& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return bad("the request line is not METHOD TARGET VERSION");
  }
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return bad("only HTTP/1.1 is spoken here");
  out.http11 = version == "HTTP/1.1";
  if (!is_token(out.method) || out.method.size() > 32) return bad("the method is not a token");
  if (out.target.size() > limits.target_bytes_max) return {414, "the target is too long"};
  if (out.target.empty() || out.target.front() != '/') {
    return bad("the target must be a path (origin-form)");
  }
  const bool plain = std::all_of(out.target.begin(), out.target.end(),
                                 [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!plain) return bad("the target holds bytes that must be percent-encoded");
  return {};
}

GateVerdict check_field(std::string_view line, GateHeader& out, FieldCount& seen) {
  if (line.front() == ' ' || line.front() == '\t') return bad("folded header lines are refused");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a header line has no colon");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_token(name)) return bad("a header name is not a token");
  if (same(name, "host")) {
    if (++seen.host > 1) return bad("more than one Host");
    if (!is_host(value)) return bad("the Host is not a host");
  } else if (same(name, "content-length")) {
    if (++seen.content_length > 1) return bad("more than one Content-Length");
    out.content_length = all_digits(value);
    if (!out.content_length) return bad("the Content-Length is not a plain number");
  } else if (same(name, "transfer-encoding")) {
    if (++seen.transfer_encoding > 1) return bad("more than one Transfer-Encoding");
    if (!out.http11) return bad("Transfer-Encoding needs HTTP/1.1");
    if (!same(value, "chunked")) return bad("the only Transfer-Encoding is chunked");
    out.chunked = true;
  } else if (same(name, "upgrade")) {
    if (lists(value, "h2c")) return bad("no upgrade to HTTP/2 here");
  } else if (same(name, "http2-settings")) {
    return bad("no upgrade to HTTP/2 here");
  } else if (same(name, "connection")) {
    seen.close = seen.close || lists(value, "close");
    seen.keep_alive = seen.keep_alive || lists(value, "keep-alive");
  } else if (same(name, "expect")) {
    if (!same(value, "100-continue")) return {417, "the only expectation met is 100-continue"};
    out.expects_continue = out.http11;
  }
  return {};
}

}  // namespace

HeaderScan::State HeaderScan::refuse(int status, const char* reason) {
  verdict_ = {status, reason};
  return State::refused;
}

HeaderScan::State HeaderScan::scan(std::string_view bytes, const GateLimits& limits) {
  while (scanned_ < bytes.size()) {
    const auto c = static_cast<unsigned char>(bytes[scanned_]);
    if (c == '\r') {
      if (scanned_ + 1 == bytes.size()) break;
      if (bytes[scanned_ + 1] != '\n') return refuse(400, "CR without LF");
      if (scanned_ == 0) return refuse(400, "an empty line where a request should begin");
      scanned_ += 2;
      if (scanned_ > limits.header_bytes_max) break;
      if (line_bytes_ == 0) return State::complete;
      line_bytes_ = 0;
      continue;
    }
    if (c == '\n') return refuse(400, "LF without CR");
    if ((c < 0x20 && c != '\t') || c == 0x7F) return refuse(400, "a control byte in the header");
    ++line_bytes_;
    if (++scanned_ > limits.header_bytes_max) break;
  }
  if (scanned_ > limits.header_bytes_max) return refuse(431, "the header is too long");
  return State::more;
}

GateVerdict check_header(std::string_view header, const GateLimits& limits, GateHeader& out) {
  out = GateHeader{};
  if (header.size() > limits.header_bytes_max) return {431, "the header is too long"};
  std::size_t end = header.find(crlf);
  if (end == std::string_view::npos) return bad("the request line has no end");
  if (const auto verdict = check_request_line(header.substr(0, end), limits, out);
      verdict.status != 0) {
    return verdict;
  }
  header.remove_prefix(end + 2);
  FieldCount seen;
  for (std::size_t fields = 0;; ++fields) {
    end = header.find(crlf);
    if (end == std::string_view::npos) return bad("the header has no end");
    if (end == 0) break;
    if (fields == limits.fields_max) return {431, "too many header fields"};
    const auto verdict = check_field(header.substr(0, end), out, seen);
    if (verdict.status != 0) return verdict;
    header.remove_prefix(end + 2);
  }
  if (header.size() != 2) return bad("bytes after the header's end");
  if (seen.host == 0) return bad("a Host is required");
  if (out.chunked && out.content_length) {
    return bad("Content-Length and Transfer-Encoding exclude each other");
  }
  if (out.has_body() && (out.method == "GET" || out.method == "HEAD")) {
    return bad("GET and HEAD have no body here");
  }
  out.keep_alive = out.http11 ? !seen.close : seen.keep_alive && !seen.close;
  return {};
}

}  // namespace subnetd::net
