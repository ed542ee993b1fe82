// SPDX-License-Identifier: 0BSD
#include "net/http_server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "net/http_connection.hpp"
#include "net/spawn.hpp"

namespace subnetd::net {
namespace {

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause(50);

// Connections of one IPv4 address, or of one IPv6 /64, count together.
std::string ip_key_of(const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size() / 2};
}

void turn_away(tcp::socket socket) {
  static constexpr std::string_view busy =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
      "Content-Length: 76\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
      "{\"error\":{\"code\":\"unavailable\",\"message\":\"too many connections\",\"hint\":\"\"}}\n";
  boost::system::error_code ec;
  socket.non_blocking(true, ec);
  socket.write_some(asio::buffer(busy), ec);
  socket.shutdown(tcp::socket::shutdown_send, ec);
}

bool has_room(const ServerCore& core, const std::string& ip_key) {
  if (core.connections.size() >= core.options.limits.connections_max) return false;
  const auto ip = core.per_ip.find(ip_key);
  return ip == core.per_ip.end() || ip->second < core.options.limits.connections_per_ip_max;
}

void admit(const std::shared_ptr<ServerCore>& core, tcp::socket socket) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return;
  ++core->stats.accepted;
  std::string ip_key = ip_key_of(remote.address());
  if (!has_room(*core, ip_key)) {
    ++core->stats.refused_connections;
    turn_away(std::move(socket));
    return;
  }
  auto connection = std::make_shared<Connection>(core, std::move(socket), std::move(ip_key));
  spawn(core->executor, "http connection", Connection::serve(std::move(connection)));
}

asio::awaitable<void> accept_loop(std::shared_ptr<ServerCore> core,
                                  std::shared_ptr<tcp::acceptor> acceptor) {
  while (acceptor->is_open()) {
    auto [ec, socket] = co_await acceptor->async_accept(with_error);
    if (!ec) {
      admit(core, std::move(socket));
      continue;
    }
    if (ec == asio::error::operation_aborted || !acceptor->is_open()) co_return;
    if (ec == asio::error::connection_aborted) continue;
    // Out of descriptors or memory: the listening queue holds the client while others finish.
    ++core->stats.accept_pauses;
    asio::steady_timer pause(core->executor, accept_pause);
    co_await pause.async_wait(with_error);
  }
}

std::chrono::milliseconds sweep_every(const ServerLimits& limits) {
  const std::int64_t shortest =
      std::min({limits.header_deadline_ms, limits.body_grace_ms, limits.write_grace_ms,
                limits.idle_ms, limits.handshake_ms, limits.linger_ms});
  return std::chrono::milliseconds(std::clamp<std::int64_t>(shortest / 4, 5, 250));
}

asio::awaitable<void> sweep_loop(std::shared_ptr<ServerCore> core) {
  const auto every = sweep_every(core->options.limits);
  while (!core->stopped) {
    core->sweep.expires_after(every);
    co_await core->sweep.async_wait(with_error);
    const std::int64_t now_ms = steady_ms();
    for (std::size_t i = 0; i < core->connections.size(); ++i) {
      if (core->connections[i]->expired(now_ms)) core->connections[i]->expire();
    }
  }
}

void close_acceptors(ServerCore& core) {
  boost::system::error_code ec;
  for (const auto& acceptor : core.acceptors) acceptor->close(ec);
}

// Leaves descriptors for the journal, the log and outgoing calls.
void keep_descriptors(ServerLimits& limits) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return;
  const auto all = static_cast<std::size_t>(files.rlim_cur);
  const std::size_t usable = all > limits.fds_reserved ? all - limits.fds_reserved : 1;
  limits.connections_max = std::min(limits.connections_max, usable);
}

Result<std::shared_ptr<tcp::acceptor>> bound(const asio::any_io_executor& executor,
                                             const std::string& address, std::uint16_t port) {
  boost::system::error_code ec;
  const auto ip = asio::ip::make_address(address, ec);
  if (ec) {
    return fail(Errc::config, "listen: \"" + address + "\" is no IP address",
                "write 127.0.0.1, 0.0.0.0 or ::1");
  }
  const tcp::endpoint endpoint(ip, port);
  auto acceptor = std::make_shared<tcp::acceptor>(executor);
  acceptor->open(endpoint.protocol(), ec);
  if (!ec) acceptor->set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor->bind(endpoint, ec);
  if (!ec) acceptor->listen(4096, ec);
  if (ec) {
    return fail(ec == asio::error::address_in_use ? Errc::conflict : Errc::io,
                "listen on " + address + ":" + std::to_string(port) + ": " + ec.message(),
                "another program may hold the port: choose another or stop it");
  }
  return acceptor;
}

}  // namespace

HttpServer::HttpServer(asio::any_io_executor executor, HttpHandler handler, ServerOptions options)
    : core_(std::make_shared<ServerCore>(std::move(executor), std::move(handler),
                                         std::move(options))) {
  keep_descriptors(core_->options.limits);
}

HttpServer::~HttpServer() {
  stop();
}

Result<std::uint16_t> HttpServer::listen(const std::string& address, std::uint16_t port) {
  SUBNETD_TRY(auto acceptor, bound(core_->executor, address, port));
  core_->acceptors.push_back(acceptor);
  spawn(core_->executor, "http accept", accept_loop(core_, acceptor));
  if (!std::exchange(core_->sweeping, true)) {
    spawn(core_->executor, "http sweep", sweep_loop(core_));
  }
  boost::system::error_code ec;
  return acceptor->local_endpoint(ec).port();
}

std::vector<tcp::endpoint> HttpServer::listeners() const {
  std::vector<tcp::endpoint> all;
  for (const auto& acceptor : core_->acceptors) {
    boost::system::error_code ec;
    const auto endpoint = acceptor->local_endpoint(ec);
    if (!ec) all.push_back(endpoint);
  }
  return all;
}

asio::awaitable<void> HttpServer::drain(std::int64_t deadline_ms) {
  const auto core = core_;
  core->draining = true;
  close_acceptors(*core);
  for (std::size_t i = 0; i < core->connections.size(); ++i) core->connections[i]->begin_drain();
  if (!core->connections.empty()) {
    core->drained.expires_after(std::chrono::milliseconds(deadline_ms));
    co_await core->drained.async_wait(with_error);
  }
  stop();
}

void HttpServer::stop() {
  core_->stopped = true;
  core_->sweep.cancel();
  close_acceptors(*core_);
  for (std::size_t i = 0; i < core_->connections.size(); ++i) core_->connections[i]->cut_off();
}

void HttpServer::use_tls(TlsContext tls) {
  core_->options.tls = std::move(tls);
}

ServerStats HttpServer::stats() const {
  ServerStats stats = core_->stats;
  stats.connections = core_->connections.size();
  return stats;
}

}  // namespace subnetd::net
