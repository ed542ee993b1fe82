// SPDX-License-Identifier: 0BSD
// A node that answers as it is told: well, badly, slowly or not at all. A plain socket server on a
// loopback port, one connection at a time.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "net/loopback.hpp"

namespace subnetd::process {

class RoughNode {
 public:
  // What it does with a connection whose request it has read; the connection ends after it.
  using Manner = std::function<void(net::tcp::socket&)>;

  RoughNode();
  ~RoughNode();
  RoughNode(const RoughNode&) = delete;
  RoughNode& operator=(const RoughNode&) = delete;

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port()); }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void behave(Manner manner);
  int connections() const { return connections_; }

 private:
  void serve();

  net::asio::io_context io_;
  net::tcp::acceptor acceptor_{io_, {net::asio::ip::address_v4::loopback(), 0}};
  std::mutex mutex_;
  Manner manner_;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

// Says just these bytes.
RoughNode::Manner saying(std::string bytes);
// Says a JSON text as HTTP 200, or with another status line or more fields.
RoughNode::Manner answering(const std::string& body, const std::string& status = "200 OK",
                            const std::string& fields = "");
// One byte every 50 ms of an answer that never ends, until the caller leaves.
RoughNode::Manner dripping();

}  // namespace subnetd::process
