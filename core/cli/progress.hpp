// SPDX-License-Identifier: 0BSD
// How far a long command is, on stderr: one line that renews itself on a terminal, a line every
// tenth otherwise; nothing before a second has passed. Main thread.
#pragma once

#include <cstdint>
#include <string>

namespace subnetd::cli {

class Progress {
 public:
  Progress(std::string what, std::uint64_t total);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance() {
    if ((++count_ & 1023) == 0) show();
  }

 private:
  void show();

  std::string what_;
  std::uint64_t total_;
  std::uint64_t count_ = 0;
  std::int64_t began_ms_;
  std::int64_t shown_ms_ = 0;
  std::uint64_t tenth_ = 0;
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace subnetd::cli
