// SPDX-License-Identifier: 0BSD
// HTTP client for calls to nodes: one connection a call, the address guard in front of each, a
// deadline over all of it, a cap on the reply, no redirects. Small: thousands run at once on the
// one thread that runs `executor`. Name resolution has four threads of its own, so that a slow name
// server delays nobody who calls an address.
//
//   net::HttpClient client(io.get_executor(), {.policy = {.allow_private = true}});
//   net::FetchRequest request;
//   request.url = "http://10.0.0.7:8000/method/validate";
//   request.method = "POST";
//   request.body = "{}";
//   auto reply = co_await client.fetch(std::move(request));   // lvalue: gcc 12
//   if (!reply) log(net::fetch_fault_name(reply.error().fault), reply.error().detail);
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "domain/error.hpp"
#include "domain/limits.hpp"
#include "net/address_guard.hpp"
#include "net/http_types.hpp"
#include "net/tls.hpp"

namespace subnetd::net {

struct FetchRequest {
  std::string method = "GET";
  std::string url;      // http or https; may carry a query
  HttpHeaders headers;  // Host, Content-Length and Connection are set by the client
  std::string body;
  std::int64_t deadline_ms = 10'000;
  std::size_t reply_bytes_max = limits::reply_bytes_max;
};

struct HttpReply {
  int status = 0;
  HttpHeaders headers;  // names in lower case
  std::string body;
  std::int64_t arrived_ms = 0;         // UTC, when the last byte was read on the io thread
  std::int64_t arrived_steady_ms = 0;  // the same moment, monotonic
  std::int64_t elapsed_ms = 0;         // since fetch() began
};

enum class FetchFault {
  refused,      // the URL or the address guard
  resolve,      // no such name
  connect,      // nobody listens, no route
  tls,          // handshake or certificate
  timeout,      // the deadline passed
  early_close,  // the peer ended before the reply did
  too_large,    // the reply is over reply_bytes_max
  malformed,    // the reply is no HTTP
  unavailable,  // on our side: descriptors, ports or memory are used up; try later
};
const char* fetch_fault_name(FetchFault fault);

// `message` is fit for whoever registered the endpoint: refused, resolve and connect read the same.
// `detail` is for the operator's log.
struct FetchError : Error {
  FetchFault fault = FetchFault::connect;
  std::string detail;
};
using FetchResult = std::expected<HttpReply, FetchError>;

struct ClientOptions {
  AddressPolicy policy;
  TlsContext tls;  // null: client_tls() with the system's roots, at the first https call
  std::size_t lookups_max = 1'024;  // names being resolved at once; more are `unavailable`
};

struct ClientCore;

class HttpClient {
 public:
  HttpClient(boost::asio::any_io_executor executor, ClientOptions options);
  // Before the executor's context ends. Calls in flight end on their own, at the latest at their
  // deadline; waits for a name server that is being asked right now.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  boost::asio::awaitable<FetchResult> fetch(FetchRequest request);
  std::size_t in_flight() const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace subnetd::net
