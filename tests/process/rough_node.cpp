// SPDX-License-Identifier: 0BSD
#include "process/rough_node.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>

namespace subnetd::process {
namespace asio = boost::asio;

RoughNode::RoughNode() : thread_([this] { serve(); }) {}

RoughNode::~RoughNode() {
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes the accept
  thread_.join();
}

void RoughNode::behave(Manner manner) {
  const std::lock_guard lock(mutex_);
  manner_ = std::move(manner);
}

void RoughNode::serve() {
  for (;;) {
    boost::system::error_code ec;
    net::tcp::socket socket(io_);
    acceptor_.accept(socket, ec);
    if (ec) return;
    ++connections_;
    std::string request;
    char bytes[4096];
    // A probe ends with its body's last brace.
    while (!ec && !request.ends_with('}')) {
      request.append(bytes, socket.read_some(asio::buffer(bytes), ec));
    }
    Manner manner;
    {
      const std::lock_guard lock(mutex_);
      manner = manner_;
    }
    if (manner) manner(socket);
  }
}

RoughNode::Manner saying(std::string bytes) {
  return [bytes = std::move(bytes)](net::tcp::socket& socket) {
    boost::system::error_code ec;
    asio::write(socket, asio::buffer(bytes), ec);
  };
}

RoughNode::Manner answering(const std::string& body, const std::string& status,
                            const std::string& fields) {
  return saying("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
}

RoughNode::Manner dripping() {
  return [](net::tcp::socket& socket) {
    boost::system::error_code ec;
    asio::write(socket,
                asio::buffer(std::string_view("HTTP/1.1 200 OK\r\n"
                                              "Content-Length: 60000\r\n\r\n{")),
                ec);
    while (!ec) {
      asio::write(socket, asio::buffer(" ", 1), ec);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  };
}

}  // namespace subnetd::process
