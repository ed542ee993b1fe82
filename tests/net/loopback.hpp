// SPDX-License-Identifier: 0BSD
// A real server on a loopback port and plain blocking sockets to talk to it, for the net tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "net/http_client.hpp"
#include "net/http_server.hpp"

namespace subnetd::net {

namespace asio = boost::asio;
using asio::ip::tcp;

// One io thread; everything of the net room lives on it.
class IoThread {
 public:
  IoThread() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~IoThread() {
    work_.reset();
    io_.stop();
    thread_.join();
  }
  asio::any_io_executor executor() { return io_.get_executor(); }

  // Runs f on the io thread and gives back its result.
  template <class F>
  auto on(F f) {
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }
  template <class T>
  T await(asio::awaitable<T> body) {
    return asio::co_spawn(io_, std::move(body), asio::use_future).get();
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

// Answers every request with the method, the path and the body it got.
inline asio::awaitable<HttpResponse> echo(HttpRequest request) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + request.body;
  co_return response;
}

class LoopbackServer {
 public:
  explicit LoopbackServer(HttpHandler handler = echo, ServerOptions options = {}) {
    server_ = io_.on([&] {
      return std::make_unique<HttpServer>(io_.executor(), std::move(handler), std::move(options));
    });
    port_ = io_.on([&] { return *server_->listen("127.0.0.1", 0); });
  }
  ~LoopbackServer() {
    io_.on([&] { server_.reset(); });
  }
  std::uint16_t port() const { return port_; }
  IoThread& io() { return io_; }
  HttpServer& server() { return *server_; }
  ServerStats stats() {
    return io_.on([&] { return server_->stats(); });
  }

 private:
  IoThread io_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
};

// A client that sends raw bytes. Blocking; a read that hangs fails the test by its receive timeout.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    const timeval patience{20, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  bool send(std::string_view bytes) {
    boost::system::error_code ec;
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), ec);
    return !ec;
  }
  // Everything until the server closes (or resets).
  std::string read_all() {
    std::string out = std::move(rest_);
    rest_.clear();
    for (;;) {
      const std::string more = read_some();
      if (more.empty()) return out;
      out += more;
    }
  }
  // One response with a Content-Length.
  std::string read_response() {
    std::string out = std::move(rest_);
    rest_.clear();
    for (;;) {
      const std::size_t end = out.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t at = out.find("Content-Length: ");
        const std::size_t length = at < end ? std::stoul(out.substr(at + 16, 20)) : 0;
        if (out.size() >= end + 4 + length) {
          rest_ = out.substr(end + 4 + length);
          return out.substr(0, end + 4 + length);
        }
      }
      const std::string more = read_some();
      if (more.empty()) return out;
      out += more;
    }
  }
  bool closed_by_peer() { return rest_.empty() && read_some().empty(); }
  tcp::socket& socket() { return socket_; }

 private:
  // By recv: a blocking Asio read would wait past the receive timeout.
  std::string read_some() {
    char bytes[16384];
    const ssize_t got = ::recv(socket_.native_handle(), bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      ADD_FAILURE() << "the server neither answered nor closed";
    }
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
  }

  asio::io_context io_;
  tcp::socket socket_;
  std::string rest_;
};

// Takes every descriptor that is left, until it goes away.
class NoDescriptors {
 public:
  NoDescriptors() {
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) held_.push_back(fd);
  }
  ~NoDescriptors() {
    for (const int fd : held_) ::close(fd);
  }

 private:
  std::vector<int> held_;
};

inline int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

inline std::string body_of(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

}  // namespace subnetd::net
