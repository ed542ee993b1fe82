// SPDX-License-Identifier: 0BSD
// Where a node says that it listens: a URL, or what stands in the chain's Address map, `ip:port`
// with an IPv6 address bare. There it is also `None:50099`, `1.2.3.4:None`, an address without a
// port, or junk: those are refused, with the reason. The one parser of registrations.
#pragma once

#include <string_view>

#include "net/address_guard.hpp"

namespace subnetd::net {

// Without a scheme it is http, and the port must be there: of `2a01::2:8099` the last group is the
// port. Errc::malformed with what is wrong.
Result<Endpoint> parse_node_address(std::string_view text);

}  // namespace subnetd::net
