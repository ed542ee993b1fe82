// SPDX-License-Identifier: 0BSD
// What both the gate and Beast let through they understand alike, however the bytes were cut. Beast
// refuses a few more, such as a Connection that is no list of tokens; the server answers 400 then.
#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/http_gate.hpp"
#include "net/http_parse.hpp"

namespace {

using subnetd::net::HeaderScan;

HeaderScan::State scan_bytewise(std::string_view bytes, const subnetd::net::GateLimits& limits,
                                std::size_t& header_bytes) {
  HeaderScan scan;
  auto state = HeaderScan::State::more;
  for (std::size_t n = 1; n <= bytes.size() && state == HeaderScan::State::more; ++n) {
    state = scan.scan(bytes.substr(0, n), limits);
  }
  header_bytes = scan.header_bytes();
  return state;
}

void parse_gated(std::string_view bytes, std::size_t header_bytes,
                 const subnetd::net::GateHeader& gate) {
  subnetd::net::HttpRequest request;
  subnetd::net::RequestParser parser(request);
  parser.header_limit(8192);
  parser.body_limit(65536);
  boost::system::error_code ec;
  const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), header_bytes), ec);
  if (ec && ec != boost::beast::http::error::need_more) return;
  if (used != header_bytes || parser.chunked() != gate.chunked) std::abort();
  if (request.method != gate.method || request.target != gate.target) std::abort();
  bytes.remove_prefix(header_bytes);
  while (!parser.is_done() && !bytes.empty()) {
    const std::size_t took = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    bytes.remove_prefix(took);
    if (ec || took == 0) break;
  }
  if (request.body.size() > 65536) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const subnetd::net::GateLimits limits;
  HeaderScan scan;
  const auto state = scan.scan(bytes, limits);
  std::size_t bytewise = 0;
  if (size <= 4096 && scan_bytewise(bytes, limits, bytewise) != state) std::abort();
  if (state != HeaderScan::State::complete) return 0;
  subnetd::net::GateHeader gate;
  const auto verdict = check_header(bytes.substr(0, scan.header_bytes()), limits, gate);
  if (verdict.status == 0) parse_gated(bytes, scan.header_bytes(), gate);
  return 0;
}
