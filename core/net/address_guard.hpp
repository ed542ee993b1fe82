// SPDX-License-Identifier: 0BSD
// The guard in front of every address that a node supplied. A name is resolved once, every answer
// is unwrapped (v4-mapped, v4-compatible, 6to4, NAT64, Teredo) and judged; if any is denied all
// are, and the connection goes to the very address that was judged. Errors read the same whatever
// the cause, so that registration is no port scanner. Pure but for the caller's resolver.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::net {

// Where a node listens: http or https, host, port, optional path prefix without trailing '/'.
struct Endpoint {
  bool tls = false;
  std::string host;  // lower case; an IPv6 literal without brackets
  std::uint16_t port = 0;
  std::string path_prefix;

  bool operator==(const Endpoint&) const = default;
  std::string authority() const;  // for the Host field: port only when it is not the scheme's own
  std::string url() const;
};

// Errc::malformed with what is wrong. No user info, query, fragment, odd IPv4 spelling (127.1).
Result<Endpoint> parse_endpoint(std::string_view url);

struct Cidr {
  boost::asio::ip::address network;
  int bits = 0;

  bool contains(const boost::asio::ip::address& address) const;
};
Result<Cidr> parse_cidr(std::string_view text);

// Public: may be called. Local: loopback, RFC 1918, shared (100.64/10) and unique local addresses,
// which allow_private opens. Forbidden: the rest of the list, opened only by allow_cidrs.
enum class AddressClass { open, local, forbidden };
// Of the address after unwrapping.
AddressClass classify(const boost::asio::ip::address& address);

struct AddressPolicy {
  bool allow_private = false;
  std::vector<Cidr> allow_cidrs;
  std::vector<boost::asio::ip::tcp::endpoint> own_listeners;  // never called, whatever is allowed

  bool permits(const boost::asio::ip::tcp::endpoint& target) const;
  // After connect: the peer is the one judged, and not one of our own listeners by another name.
  bool permits_connection(const boost::asio::ip::tcp::endpoint& judged,
                          const boost::asio::ip::tcp::endpoint& local,
                          const boost::asio::ip::tcp::endpoint& remote) const;
};

// Errc::refused with the uniform text when the list is empty or any answer is denied.
Result<void> check_answers(std::span<const boost::asio::ip::tcp::endpoint> answers,
                           const AddressPolicy& policy);

inline constexpr const char* endpoint_unreachable = "the endpoint cannot be reached";

}  // namespace subnetd::net
