// SPDX-License-Identifier: 0BSD
// HTTP/1.1 server: one coroutine a connection, Beast's parser behind the strict gate, a deadline on
// every phase, caps on everything. Requests of a connection are served one after the other.
// Everything here runs on the one thread that runs `executor`; a handler may hop elsewhere and come
// back. An exception from a handler becomes a 500. A 4xx of the gate ends the connection.
//
//   net::HttpServer server(io.get_executor(), [](net::HttpRequest request)
//       -> boost::asio::awaitable<net::HttpResponse> {
//     net::HttpResponse response;
//     response.body = "{\"path\":\"" + request.path + "\"}";
//     co_return response;
//   });
//   SUBNETD_TRY(const std::uint16_t port, server.listen("127.0.0.1", 0));
//   io.run();                        // elsewhere: co_await server.drain(25'000);
//
// Server-sent events: return a response with `stream` set and push() into it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/limits.hpp"
#include "net/http_gate.hpp"
#include "net/http_types.hpp"
#include "net/tls.hpp"

namespace subnetd::net {

struct ServerLimits {
  GateLimits gate;
  std::size_t body_bytes_max = limits::http_body_bytes_max;  // where body_limit says nothing
  std::size_t connections_max = limits::http_connections_max;
  std::size_t connections_per_ip_max = limits::http_connections_per_ip_max;  // /64 for IPv6
  std::size_t requests_per_connection_max = limits::http_requests_per_connection_max;
  std::size_t fds_reserved = limits::http_fds_reserved;
  std::size_t streams_max = limits::sse_clients_max;
  std::size_t bytes_per_second_min = limits::http_body_rate_min;  // both ways, after the grace
  std::int64_t header_deadline_ms = limits::http_header_deadline_ms;
  std::int64_t body_grace_ms = limits::http_header_deadline_ms;
  std::int64_t write_grace_ms = limits::http_write_deadline_ms;
  std::int64_t idle_ms = limits::http_idle_ms;
  std::int64_t handshake_ms = limits::tls_handshake_ms;
  std::int64_t linger_ms = 1'000;  // how long a refused client may take to read why
};

using HttpHandler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest)>;

struct ServerOptions {
  ServerLimits limits;
  std::function<std::size_t(std::string_view path)> body_limit;  // bytes; asked before the body
  TlsContext tls;                                                // null: plain HTTP
};

struct ServerStats {
  std::size_t connections = 0;
  std::size_t streams = 0;
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused_connections = 0;  // over a cap
  std::uint64_t refused_requests = 0;     // by the gate or a size limit
  std::uint64_t timeouts = 0;
  std::uint64_t handler_faults = 0;
  std::uint64_t accept_pauses = 0;  // out of descriptors
};

struct ServerCore;

class HttpServer {
 public:
  HttpServer(boost::asio::any_io_executor executor, HttpHandler handler,
             ServerOptions options = {});
  ~HttpServer();  // stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port bound (port 0: any). `address` is a literal. May be called more than once.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
  std::vector<boost::asio::ip::tcp::endpoint> listeners() const;

  // Stops accepting, ends idle connections and streams, lets requests in flight finish, and returns
  // when all are gone or the deadline has cut them off.
  boost::asio::awaitable<void> drain(std::int64_t deadline_ms);
  void stop();  // cuts everything off

  void use_tls(TlsContext tls);  // for connections accepted from now on
  ServerStats stats() const;

 private:
  std::shared_ptr<ServerCore> core_;
};

}  // namespace subnetd::net
