// SPDX-License-Identifier: 0BSD
#include "api/guard.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace subnetd::api {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

struct Authority {
  std::string_view host;  // an IPv6 literal without brackets
  std::string_view port;  // empty: none given
};

std::optional<Authority> split_authority(std::string_view text) {
  Authority out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    out.host = text.substr(0, colon);
    rest = colon == text.npos ? std::string_view() : text.substr(colon);
  }
  if (!rest.empty()) {
    if (rest.front() != ':' || rest.size() < 2) return std::nullopt;
    out.port = rest.substr(1);
  }
  if (out.host.empty()) return std::nullopt;
  return out;
}

bool is_wildcard(std::string_view host) {
  return host == "0.0.0.0" || host == "::";
}

bool is_address(std::string_view host) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(host, ec);
  return !ec;
}

net::HttpResponse refusal(int status, Errc code, std::string message, std::string hint) {
  net::HttpResponse response = net::error_response({code, std::move(message), std::move(hint)});
  response.status = status;
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

// Pages of other sites send an Origin; programs do not.
std::optional<net::HttpResponse> check_origin(const Options& options,
                                              const net::HttpRequest& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return std::nullopt;
  const std::size_t scheme = origin.find("://");
  if (scheme != origin.npos && is_our_host(options, origin.substr(scheme + 3))) {
    return std::nullopt;
  }
  return refusal(403, Errc::forbidden, "writes from pages of other sites are refused",
                 "add the page's host to [http] public_hosts if it is ours");
}

std::optional<net::HttpResponse> check_content_type(const net::HttpRequest& request) {
  const bool has_body = request.method == "POST" || request.method == "PATCH";
  if (!has_body && request.body.empty()) return std::nullopt;
  std::string_view type = request.header("content-type");
  type = trimmed(type.substr(0, type.find(';')));
  if (lower(type) == "application/json") return std::nullopt;
  return refusal(415, Errc::malformed, "the body must be application/json",
                 "send the header Content-Type: application/json");
}

struct Credentials {
  bool given = false;
  bool good = false;
};

Credentials credentials(const Face& face, const net::HttpRequest& request) {
  const std::string_view header = request.header("authorization");
  const std::string& token = face.options.operator_token;
  if (token.empty()) return {false, face.loopback};
  constexpr std::string_view scheme = "bearer ";
  if (header.empty()) return {};
  if (lower(header.substr(0, scheme.size())) != scheme) return {true, false};
  return {true, same_secret(trimmed(header.substr(scheme.size())), token)};
}

// Where reading needs the token, a signature does not stand in for it.
bool is_signed(const Route& route, const net::HttpRequest& request, bool read_open) {
  if (route.auth == Auth::module) return true;
  const bool given = !request.header("x-signature").empty();
  const bool writes = route.auth == Auth::owner || route.auth == Auth::write;
  return given && (writes || (route.auth == Auth::read && read_open));
}

}  // namespace

bool same_secret(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char expected = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(expected);
  }
  return difference == 0;
}

bool is_loopback_literal(std::string_view host) {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  return !ec && address.is_loopback();
}

bool is_our_host(const Options& options, std::string_view authority) {
  const std::string whole = lower(authority);
  const auto parts = split_authority(whole);
  if (!parts) return false;
  for (const std::string& name : options.public_hosts) {
    const std::string ours = lower(name);
    const auto plain = split_authority(ours);
    if (!plain || plain->host != parts->host) continue;
    if (plain->port.empty() || plain->port == parts->port) return true;
  }
  const std::string_view scheme_port = options.tls ? "443" : "80";
  if ((parts->port.empty() ? scheme_port : parts->port) != std::to_string(options.port)) {
    return false;
  }
  if (parts->host == options.listen_host) return true;
  const bool wildcard = is_wildcard(options.listen_host);
  // A page of another site can make a name point here, but not an address.
  if (wildcard && is_address(parts->host)) return true;
  return parts->host == "localhost" && (wildcard || is_loopback_literal(options.listen_host));
}

Admission admit(const Face& face, const Route& route, const net::HttpRequest& request) {
  Admission out;
  const Options& options = face.options;
  const bool probe = route.path == "/healthz" || route.path == "/readyz";
  if (!probe && !is_our_host(options, request.header("host"))) {
    out.refusal =
        refusal(421, Errc::forbidden, "this Host is not ours", "add it to [http] public_hosts");
    return out;
  }
  const bool writes = route.auth == Auth::write || route.auth == Auth::owner;
  if (writes || route.auth == Auth::module) {
    out.refusal = check_origin(options, request);
    if (!out.refusal && writes) out.refusal = check_content_type(request);
    if (out.refusal) return out;
  }
  if (is_signed(route, request, options.read_open)) {
    out.signature = true;
    return out;
  }
  const Credentials who = credentials(face, request);
  out.by_operator = who.good;
  if (who.good || route.auth == Auth::none) return out;
  if (who.given) {
    out.refusal = refusal(401, Errc::unauthorized, "the operator token is wrong",
                          "it stands in [auth] operator_token or operator_token_file");
  } else if (route.auth == Auth::write && options.operator_token.empty()) {
    out.refusal =
        refusal(403, Errc::forbidden, "writing needs an operator token, and none is configured",
                "set [auth] operator_token_file and restart, or sign with the agent's own key");
  } else if (writes || !options.read_open) {
    out.refusal = refusal(401, Errc::unauthorized, "the operator token is missing",
                          writes
                              ? "send the header Authorization: Bearer TOKEN, or sign with a key"
                              : "send the header Authorization: Bearer TOKEN");
  }
  return out;
}

}  // namespace subnetd::api
