// SPDX-License-Identifier: 0BSD
// A miner as a program of its own would be: an HTTP server on a loopback port, here on a thread. It
// is asked to repeat words and repeats as many of them as it cares to.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

class ToyMiner {
 public:
  explicit ToyMiner(std::size_t words) : words_(words) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, plain, &size) != 0) {
      throw std::runtime_error("no loopback port for a miner");
    }
    endpoint_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~ToyMiner() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  ToyMiner(const ToyMiner&) = delete;
  ToyMiner& operator=(const ToyMiner&) = delete;

  const std::string& endpoint() const { return endpoint_; }

 private:
  void serve() {
    while (!stopping_) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) continue;
      answer(client);
      ::close(client);
    }
  }

  // {"params":{"repeat":"…"}}, which ends the request.
  void answer(int client) const {
    std::string request;
    char part[4096];
    while (!request.ends_with("}}")) {
      const ssize_t n = ::recv(client, part, sizeof part, 0);
      if (n <= 0) return;
      request.append(part, static_cast<std::size_t>(n));
    }
    const std::string field = "\"repeat\":\"";
    std::size_t at = request.find(field);
    if (at == request.npos) return;
    at += field.size();
    const std::string text = request.substr(at, request.find('"', at) - at);
    std::size_t end = 0;
    for (std::size_t i = 0; i < words_ && end < text.size(); ++i) {
      end = std::min(text.find(' ', end + 1), text.size());
    }
    const std::string body = "{\"text\":\"" + text.substr(0, end) + "\"}";
    const std::string response = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                 "Connection: close\r\nContent-Length: " +
                                 std::to_string(body.size()) + "\r\n\r\n" + body;
    (void)::send(client, response.data(), response.size(), MSG_NOSIGNAL);
  }

  std::size_t words_;
  int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::string endpoint_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};
