// SPDX-License-Identifier: 0BSD
// What daemon and worker share: two sealed memory files, one a direction, and two doorbells. The
// worker cannot write the requests, and neither end can shorten what the other has mapped.
#pragma once

#include <cstdint>
#include <string>

#include "domain/error.hpp"
#include "plugin/fd.hpp"
#include "plugin/services.hpp"
#include "subnet/abi.h"

namespace subnetd::plugin::worker {

// Where the worker finds things.
enum Descriptor : int {
  control_fd = 3,   // its end closes with the daemon; the worker writes log lines to it
  requests_fd = 4,  // memory files
  answers_fd = 5,
  call_bell_fd = 6,  // pipes: who rings is about to wait, and pipes tell the scheduler so
  done_bell_fd = 7,
  library_fd = 8,  // the checked copy of the plugin
  first_free_fd = 9,
};

// Of addresses; pages that were never touched cost nothing.
inline constexpr std::size_t shared_bytes = std::size_t{2} << 30;

struct RequestHeader {
  std::uint32_t slot = 0;
  std::uint32_t flags = 0;
  std::uint64_t call_id = 0;
  std::int64_t now_ms = 0;
  std::uint64_t seed = 0;
  std::uint64_t bytes = 0;
};

struct AnswerHeader {
  sbn_status status = SBN_OK;
  std::uint32_t flags = 0;
  std::uint64_t bytes = 0;
  std::uint64_t log_lines = 0;  // written to the control socket so far
  std::uint64_t log_lost = 0;   // found it full
  sbn_error err{};
  double metrics[plugin_metrics_max] = {};
};

inline constexpr std::size_t header_bytes = 4096;
static_assert(sizeof(RequestHeader) <= header_bytes && sizeof(AnswerHeader) <= header_bytes);

// A mapping of a whole memory file.
class Mapping {
 public:
  Mapping() = default;
  Mapping(int fd, bool writable);
  ~Mapping();
  Mapping(Mapping&& other) noexcept : at_(other.at_) { other.at_ = nullptr; }
  Mapping& operator=(Mapping&& other) noexcept;
  char* at() const { return at_; }
  char* body() const { return at_ + header_bytes; }
  static constexpr std::size_t body_bytes = shared_bytes - header_bytes;

 private:
  char* at_ = nullptr;  // nullptr: could not be had
};

// A memory file of shared_bytes. `one_writer`: only mappings made before the seal may write.
Result<Fd> make_memory(const char* name);
Result<void> seal_memory(const Fd& memory, bool one_writer);
// Gives the pages back.
void drop_pages(const Fd& memory);

}  // namespace subnetd::plugin::worker
