// SPDX-License-Identifier: 0BSD
// One server connection and the state all of them share. Private to the net room. io thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/byte_buffer.hpp"
#include "net/http_parse.hpp"
#include "net/http_server.hpp"

namespace subnetd::net {

namespace asio = boost::asio;
using asio::ip::tcp;

class Connection;

struct ServerCore {
  ServerCore(asio::any_io_executor on, HttpHandler call, ServerOptions with)
      : executor(std::move(on)),
        handler(std::move(call)),
        options(std::move(with)),
        sweep(executor),
        drained(executor) {}

  asio::any_io_executor executor;
  HttpHandler handler;
  ServerOptions options;
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors;
  std::vector<Connection*> connections;
  std::unordered_map<std::string, std::size_t> per_ip;
  asio::steady_timer sweep;    // one coarse timer for the deadlines of all connections
  asio::steady_timer drained;  // cancelled when the last connection goes
  ServerStats stats;
  bool sweeping = false;
  bool draining = false;
  bool stopped = false;

  std::size_t body_limit(std::string_view path) const {
    return options.body_limit ? options.body_limit(path) : options.limits.body_bytes_max;
  }
};

// What a connection is busy with; each phase but `handler` and `stream` has a deadline.
enum class Phase { handshake, idle, header, body, handler, write, stream, linger };

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, tcp::socket socket, std::string ip_key);
  ~Connection();

  static asio::awaitable<void> serve(std::shared_ptr<Connection> self);

  bool expired(std::int64_t now_ms) const;
  void expire();  // the sweep found it late
  void begin_drain();
  void cut_off();

  std::size_t place = 0;  // index in ServerCore::connections

 private:
  enum class Read { request, refused, gone };

  void enter(Phase phase);
  asio::awaitable<Read> read_request();
  asio::awaitable<Read> read_header();
  asio::awaitable<Read> read_body();
  asio::awaitable<bool> more(std::size_t bytes);  // false: gone or late
  asio::awaitable<std::size_t> read_some(asio::mutable_buffer into);
  asio::awaitable<bool> write_all(std::string_view head, std::string_view body);
  asio::awaitable<bool> answer();
  asio::awaitable<bool> respond(HttpResponse response);
  asio::awaitable<void> run_stream(std::shared_ptr<ResponseStream> stream);
  asio::awaitable<void> refuse();
  asio::awaitable<void> linger();
  static asio::awaitable<void> watch_peer(std::shared_ptr<Connection> self);

  Read refused(int status, const char* reason);
  Read late_or_gone();
  void compose_head(const HttpResponse& response);
  bool begin_message();

  std::shared_ptr<ServerCore> core_;
  tcp::socket socket_;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls_;
  TlsContext tls_context_;
  std::string ip_key_;
  std::string peer_;
  ByteBuffer buffer_;
  HeaderScan scan_;
  GateHeader gate_;
  HttpRequest request_;
  std::optional<RequestParser> parser_;
  std::string out_;
  std::shared_ptr<ResponseStream> stream_;
  std::unique_ptr<asio::steady_timer> stream_wake_;
  GateVerdict refusal_;
  Phase phase_ = Phase::idle;
  std::int64_t since_ms_ = 0;
  std::uint64_t moved_bytes_ = 0;  // in this phase
  std::size_t served_ = 0;
  bool keep_alive_ = true;
  bool is_head_ = false;
  bool late_ = false;
};

}  // namespace subnetd::net
