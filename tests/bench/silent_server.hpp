// SPDX-License-Identifier: 0BSD
// An HTTP server in a process of its own, so that its memory and descriptors are its own: it takes
// requests and says nothing until told to, then answers every one.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace subnetd::bench {

class SilentServer {
 public:
  SilentServer();   // forks: before any thread is started
  ~SilentServer();  // ends the process
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  std::uint16_t port() const { return port_; }
  // Will report once `n` requests are held; wait for it on reports().
  void expect(std::uint32_t n) const;
  int reports() const { return from_child_; }  // one byte a report
  void answer_all() const;
  std::uint64_t resident_bytes() const;

 private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  int to_child_ = -1;
  int from_child_ = -1;
};

std::uint64_t resident_bytes(pid_t process);

}  // namespace subnetd::bench
