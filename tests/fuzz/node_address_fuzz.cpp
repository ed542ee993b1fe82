// SPDX-License-Identifier: 0BSD
// The URL of an address that parse_node_address() takes is an address of the same place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "domain/limits.hpp"
#include "net/node_address.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd::net;
  const auto at = parse_node_address({reinterpret_cast<const char*>(bytes), size});
  if (!at) return 0;
  const auto again = parse_node_address(at->url());
  // A URL is longer than the chain's form of it, and may so pass the cap.
  if (again ? *again != *at : at->url().size() <= subnetd::limits::endpoint_bytes_max) std::abort();
  return 0;
}
