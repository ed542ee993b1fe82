// SPDX-License-Identifier: 0BSD
#include "registration_clients.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "population.hpp"
#include "race.hpp"

namespace subnetd::bench {
namespace {

constexpr int stuck_ms = 20'000;

std::string why(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

// Bytes of the whole reply once its headers are there; 0 before.
std::size_t reply_bytes(std::string_view reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  constexpr std::string_view field = "\r\nContent-Length: ";
  const std::size_t at = reply.find(field);
  std::size_t body = 0;
  if (at < end) {
    std::from_chars(reply.data() + at + field.size(), reply.data() + end, body);
  }
  return end + 4 + body;
}

}  // namespace

std::string registration_request(std::uint16_t port, std::uint32_t number) {
  const NodeRecord record = miner_record(number);
  const std::string body = "{\"id\":\"" + record.id + "\",\"namespace\":\"" + record.name_space +
                           "\",\"endpoint\":\"" + record.endpoint + "\"}";
  return "POST /api/v1/miners HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

Result<RegistrationClients> RegistrationClients::connect(std::uint16_t port,
                                                         std::size_t connections) {
  RegistrationClients out;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (std::size_t i = 0; i < connections; ++i) {
    Line& line = out.lines_.emplace_back();
    line.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line.fd < 0) return fail(Errc::io, why("socket"));
    if (::connect(line.fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) {
      return fail(Errc::io, why("connect"));
    }
    const int on = 1;
    setsockopt(line.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  return out;
}

RegistrationClients::~RegistrationClients() {
  for (const Line& line : lines_) close(line.fd);
}

void RegistrationClients::send_next(std::size_t line, const std::vector<std::string>& requests) {
  if (next_ == requests.size()) return;
  const std::string& request = requests[next_++];
  ++waiting_;
  const ssize_t sent = send(lines_[line].fd, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) failure_ = why("send");
}

// True once a whole reply is there.
bool RegistrationClients::read_reply(std::size_t line, Outcome& outcome) {
  std::string& reply = lines_[line].reply;
  std::array<char, 4096> bytes;
  const ssize_t got = recv(lines_[line].fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    failure_ = got == 0 ? "the daemon closed a connection" : why("recv");
    return false;
  }
  reply.append(bytes.data(), static_cast<std::size_t>(got));
  const std::size_t whole = reply_bytes(reply);
  if (whole == 0 || reply.size() < whole) return false;
  if (reply.compare(9, 3, success_) == 0) {
    ++outcome.accepted;
  } else if (outcome.refused++ == 0) {
    outcome.first_refusal = reply;
  }
  reply.clear();
  --waiting_;
  return true;
}

Result<RegistrationClients::Outcome> RegistrationClients::run(
    const std::vector<std::string>& requests, const char* success) {
  success_ = success;
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, lines_[i].fd, &event);
  }
  next_ = waiting_ = 0;
  failure_.clear();
  Outcome outcome;
  outcome.seconds = seconds([&] {
    for (std::size_t i = 0; i < lines_.size(); ++i) send_next(i, requests);
    std::array<epoll_event, 256> events;
    while (waiting_ != 0 && failure_.empty()) {
      const int n = epoll_wait(poll, events.data(), events.size(), stuck_ms);
      if (n == 0) failure_ = "no answer for 20 s";
      for (int e = 0; e < n && failure_.empty(); ++e) {
        const auto line = static_cast<std::size_t>(events[static_cast<std::size_t>(e)].data.u64);
        if (read_reply(line, outcome)) send_next(line, requests);
      }
    }
  });
  close(poll);
  if (!failure_.empty()) return fail(Errc::io, failure_);
  return outcome;
}

}  // namespace subnetd::bench
