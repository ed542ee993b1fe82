// SPDX-License-Identifier: 0BSD
#include "net/node_address.hpp"

#include <algorithm>

namespace subnetd::net {
namespace {

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Errc::malformed, "endpoint: " + std::string(why),
              "an endpoint is like http://203.0.113.7:8000 or 203.0.113.7:8000");
}

bool is_v6(std::string_view text) {
  boost::system::error_code ec;
  (void)boost::asio::ip::make_address_v6(std::string(text), ec);
  return !ec && text.find('%') == std::string_view::npos;
}

bool is_none(std::string_view text) {
  return text == "None" || text == "none" || text == "null";
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<Endpoint> parse_node_address(std::string_view text) {
  if (text.empty()) return refuse("it is empty");
  if (text.find("://") != std::string_view::npos) return parse_endpoint(text);
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  const std::size_t colon = authority.rfind(':');
  const std::string_view host = authority.substr(0, std::min(colon, authority.size()));
  if (is_none(host) || is_none(authority)) return refuse("no host was given (None)");
  const bool bracketed = authority.starts_with('[');
  if (colon == std::string_view::npos || (bracketed && authority.ends_with(']'))) {
    return refuse("the port is missing");
  }
  const std::string_view port = authority.substr(colon + 1);
  if (is_none(port)) return refuse("no port was given (None)");
  std::string url = "http://";
  if (!bracketed && host.find(':') != std::string_view::npos) {
    if (!is_v6(host) || !is_port(port)) {
      return refuse(is_v6(authority) ? "the port is missing" : "not an address with a port");
    }
    url.append("[").append(host).append("]:").append(port).append(text.substr(authority.size()));
  } else {
    url.append(text);
  }
  return parse_endpoint(url);
}

}  // namespace subnetd::net
