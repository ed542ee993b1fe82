// SPDX-License-Identifier: 0BSD
#include "net/address_guard.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "domain/limits.hpp"

namespace subnetd::net {
namespace {

namespace ip = boost::asio::ip;

struct Range4 {
  std::uint32_t network;
  int bits;
  AddressClass kind;
};

constexpr std::uint32_t quad(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr Range4 denied4[] = {
    {quad(0, 0, 0, 0), 8, AddressClass::forbidden},
    {quad(10, 0, 0, 0), 8, AddressClass::local},
    {quad(100, 64, 0, 0), 10, AddressClass::local},
    {quad(127, 0, 0, 0), 8, AddressClass::local},
    {quad(169, 254, 0, 0), 16, AddressClass::forbidden},
    {quad(172, 16, 0, 0), 12, AddressClass::local},
    {quad(192, 0, 0, 0), 24, AddressClass::forbidden},
    {quad(192, 0, 2, 0), 24, AddressClass::forbidden},
    {quad(192, 168, 0, 0), 16, AddressClass::local},
    {quad(198, 18, 0, 0), 15, AddressClass::forbidden},
    {quad(198, 51, 100, 0), 24, AddressClass::forbidden},
    {quad(203, 0, 113, 0), 24, AddressClass::forbidden},
    {quad(224, 0, 0, 0), 4, AddressClass::forbidden},
    {quad(240, 0, 0, 0), 4, AddressClass::forbidden},
};

AddressClass classify4(std::uint32_t address) {
  for (const Range4& range : denied4) {
    if ((address ^ range.network) >> (32 - range.bits) == 0) return range.kind;
  }
  return AddressClass::open;
}

using Bytes6 = ip::address_v6::bytes_type;

std::uint32_t word(const Bytes6& bytes, std::size_t at) {
  return quad(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

bool zeros(const Bytes6& bytes, std::size_t first, std::size_t last) {
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(first),
                     bytes.begin() + static_cast<std::ptrdiff_t>(last),
                     [](unsigned char b) { return b == 0; });
}

// The IPv4 address an IPv6 address carries.
std::optional<std::uint32_t> embedded4(const Bytes6& b) {
  if (zeros(b, 0, 10) && b[10] == 0xFF && b[11] == 0xFF) return word(b, 12);  // v4-mapped
  if (zeros(b, 0, 12)) return word(b, 12);                                    // v4-compatible
  if (b[0] == 0x20 && b[1] == 0x02) return word(b, 2);                        // 6to4
  if (word(b, 0) == 0x0064FF9B && zeros(b, 4, 12)) return word(b, 12);        // NAT64
  if (word(b, 0) == 0x20010000) return ~word(b, 12);                          // Teredo
  return std::nullopt;
}

AddressClass classify6(const Bytes6& b) {
  if (zeros(b, 0, 15) && b[15] <= 1) {
    return b[15] == 1 ? AddressClass::local : AddressClass::forbidden;  // ::1, ::
  }
  if (const auto inner = embedded4(b)) return classify4(*inner);
  if ((b[0] & 0xFE) == 0xFC) return AddressClass::local;                      // fc00::/7
  if (b[0] == 0xFE && (b[1] & 0x80) == 0x80) return AddressClass::forbidden;  // fe80, fec0
  if (b[0] == 0xFF) return AddressClass::forbidden;                           // multicast
  if (word(b, 0) == 0x20010DB8) return AddressClass::forbidden;               // documentation
  if (word(b, 0) == 0x0064FF9B) return AddressClass::forbidden;               // local NAT64
  return AddressClass::open;
}

// The same host however it is written, so that v4-mapped and plain forms compare equal.
ip::address unwrapped(const ip::address& address) {
  if (!address.is_v6()) return address;
  const Bytes6 bytes = address.to_v6().to_bytes();
  if (zeros(bytes, 0, 15) && bytes[15] <= 1) return address;
  if (const auto inner = embedded4(bytes)) return ip::address_v4(*inner);
  return ip::address_v6(bytes);  // without scope
}

bool is_loopback(const ip::address& plain) {
  return plain.is_loopback();
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// A host whose last label is a number must be a plain dotted quad: everything else that the
// resolver would read as an address (127.1, 0x7f000001, 0177.0.0.1) is refused here already.
bool is_odd_number(std::string_view host) {
  const std::string_view name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  const std::string_view last = name.substr(name.rfind('.') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool digits = std::all_of(last.begin(), last.end(), is_digit);
  if (last.empty() || (!digits && !last.starts_with("0x"))) return false;
  boost::system::error_code ec;
  (void)ip::make_address_v4(std::string(host), ec);
  return static_cast<bool>(ec);
}

std::unexpected<Error> bad_endpoint(std::string_view why) {
  return fail(Errc::malformed, "endpoint: " + std::string(why),
              "write http://host:port or https://host:port, with a path prefix if need be");
}

Result<void> take_port(std::string_view text, Endpoint& endpoint) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), endpoint.port);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() ||
      endpoint.port == 0) {
    return bad_endpoint("the port is not 1..65535");
  }
  return {};
}

Result<void> take_authority(std::string_view authority, Endpoint& endpoint) {
  std::string_view host = authority;
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_endpoint("'[' without ']'");
    host = authority.substr(1, close - 1);
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return bad_endpoint("bytes after ']'");
    has_port = !rest.empty();
    port = has_port ? rest.substr(1) : rest;
    boost::system::error_code ec;
    (void)ip::make_address_v6(std::string(host), ec);
    if (ec || host.find('%') != std::string_view::npos) return bad_endpoint("not an IPv6 address");
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    has_port = true;
  }
  if (has_port) SUBNETD_CHECK(take_port(port, endpoint));
  endpoint.host.assign(host);
  for (char& c : endpoint.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (host.empty()) return bad_endpoint("the host is missing");
  if (authority.starts_with('[')) return {};
  if (!std::all_of(endpoint.host.begin(), endpoint.host.end(), is_name_char) ||
      host.starts_with('.') || host.find("..") != std::string_view::npos) {
    return bad_endpoint("the host is not a name or an address");
  }
  if (is_odd_number(endpoint.host)) return bad_endpoint("write the address as four numbers");
  return {};
}

}  // namespace

std::string Endpoint::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

std::string Endpoint::url() const {
  return (tls ? "https://" : "http://") + authority() + path_prefix;
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  if (url.size() > limits::endpoint_bytes_max) {
    return bad_endpoint("longer than " + std::to_string(limits::endpoint_bytes_max) + " bytes");
  }
  if (!std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; })) {
    return bad_endpoint("only printable ASCII without spaces");
  }
  Endpoint endpoint;
  const std::size_t scheme_end = std::min(url.find("://"), url.size());
  std::string scheme(url.substr(0, scheme_end));
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (scheme_end == url.size() || (scheme != "http" && scheme != "https")) {
    return bad_endpoint("must begin with http:// or https://");
  }
  endpoint.tls = scheme == "https";
  endpoint.port = endpoint.tls ? 443 : 80;
  const std::string_view rest = url.substr(scheme_end + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  if (rest.find('#') != std::string_view::npos || rest.find('?') != std::string_view::npos) {
    return bad_endpoint("no query and no fragment");
  }
  if (authority.find('@') != std::string_view::npos) return bad_endpoint("no user name");
  if (rest.find_first_of("\\\"<>^`{|}") != std::string_view::npos) {
    return bad_endpoint("bytes that must be percent-encoded");
  }
  SUBNETD_CHECK(take_authority(authority, endpoint));
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  endpoint.path_prefix.assign(path);
  return endpoint;
}

bool Cidr::contains(const ip::address& address) const {
  if (network.is_v4() != address.is_v4()) return false;
  if (network.is_v4()) {
    if (bits == 0) return true;
    return (network.to_v4().to_uint() ^ address.to_v4().to_uint()) >> (32 - bits) == 0;
  }
  const Bytes6 left = network.to_v6().to_bytes();
  const Bytes6 right = address.to_v6().to_bytes();
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(left.data(), right.data(), whole) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || (left[whole] ^ right[whole]) >> (8 - rest) == 0;
}

Result<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  boost::system::error_code ec;
  Cidr cidr;
  cidr.network = ip::make_address(std::string(text.substr(0, slash)), ec);
  const int bits_max = cidr.network.is_v4() ? 32 : 128;
  cidr.bits = bits_max;
  if (!ec && slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.bits);
    if (digits.empty() || read.ec != std::errc{} || read.ptr != digits.data() + digits.size() ||
        cidr.bits < 0 || cidr.bits > bits_max) {
      ec = boost::asio::error::invalid_argument;
    }
  }
  if (ec) {
    return fail(Errc::malformed, "\"" + std::string(text) + "\" is no address range",
                "write 10.0.0.0/8 or fd00::/8");
  }
  return cidr;
}

AddressClass classify(const ip::address& address) {
  if (address.is_v4()) return classify4(address.to_v4().to_uint());
  return classify6(address.to_v6().to_bytes());
}

bool AddressPolicy::permits(const ip::tcp::endpoint& target) const {
  const ip::address plain = unwrapped(target.address());
  for (const auto& own : own_listeners) {
    if (own.port() != target.port()) continue;
    if (plain == unwrapped(own.address()) || plain.is_unspecified()) return false;
    if (own.address().is_unspecified() && is_loopback(plain)) return false;
  }
  const auto inside = [&](const Cidr& cidr) { return cidr.contains(plain); };
  if (std::any_of(allow_cidrs.begin(), allow_cidrs.end(), inside)) return true;
  const AddressClass kind = classify(target.address());
  return kind == AddressClass::open || (kind == AddressClass::local && allow_private);
}

bool AddressPolicy::permits_connection(const ip::tcp::endpoint& judged,
                                       const ip::tcp::endpoint& local,
                                       const ip::tcp::endpoint& remote) const {
  if (remote != judged || !permits(remote)) return false;
  const bool to_this_host = unwrapped(remote.address()) == unwrapped(local.address());
  if (!to_this_host) return true;
  return std::none_of(own_listeners.begin(), own_listeners.end(), [&](const auto& own) {
    return own.port() == remote.port() && own.address().is_unspecified();
  });
}

Result<void> check_answers(std::span<const ip::tcp::endpoint> answers,
                           const AddressPolicy& policy) {
  const bool good =
      !answers.empty() && std::all_of(answers.begin(), answers.end(),
                                      [&](const auto& answer) { return policy.permits(answer); });
  if (!good) return fail(Errc::refused, endpoint_unreachable);
  return {};
}

}  // namespace subnetd::net
