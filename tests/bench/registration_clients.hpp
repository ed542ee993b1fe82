// SPDX-License-Identifier: 0BSD
// Keep-alive clients on one epoll: each sends a registration that was made beforehand, waits for
// its answer, sends the next. Cheap on purpose: what is measured is the daemon. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::bench {

class RegistrationClients {
 public:
  struct Outcome {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;   // any other answer
    double seconds = 0;
    std::string first_refusal;
  };

  // Connects `connections` sockets to 127.0.0.1:port.
  static Result<RegistrationClients> connect(std::uint16_t port, std::size_t connections);
  RegistrationClients(RegistrationClients&&) = default;
  ~RegistrationClients();

  // Sends every request once, at most one at a time over each connection; `success` is the status
  // that counts as accepted.
  Result<Outcome> run(const std::vector<std::string>& requests, const char* success = "201");

 private:
  struct Line {
    int fd = -1;
    std::string reply;
  };
  RegistrationClients() = default;
  void send_next(std::size_t line, const std::vector<std::string>& requests);
  bool read_reply(std::size_t line, Outcome& outcome);

  std::vector<Line> lines_;
  std::size_t next_ = 0;
  std::size_t waiting_ = 0;
  const char* success_ = "201";
  std::string failure_;
};

// A POST /api/v1/miners with a 20-byte id, a 30-byte namespace and a 40-byte endpoint.
std::string registration_request(std::uint16_t port, std::uint32_t number);

}  // namespace subnetd::bench
