// SPDX-License-Identifier: 0BSD
// A child process for one check. What it is doing stands in memory that outlives it, so that its
// parent can say where it crashed or hung.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace subnetd::plugin::conformance {

// In the child: a call into the plugin lasts as long as this object.
class InSlot {
 public:
  explicit InSlot(const char* slot);
  ~InSlot();
  InSlot(const InSlot&) = delete;
  InSlot& operator=(const InSlot&) = delete;
};

// In the child: what the calls that follow are about, for as long as this object lives.
class About {
 public:
  explicit About(const std::string& what);
  ~About();
  About(const About&) = delete;
  About& operator=(const About&) = delete;
};

// For the child's fault handler: what the memory that was touched is. Async-signal-safe.
using NameOfAddress = void (*)(const void* address, bool write, char* out, std::size_t size);

struct ChildEnd {
  bool reported = false;
  bool hung = false;
  std::string text;  // the report, or how it died
};

// Forks, runs `body` there and gives back its report. A call into the plugin that lasts longer than
// the deadline ends the child.
ChildEnd run_in_child(const std::function<std::string()>& body, std::chrono::milliseconds deadline,
                      NameOfAddress name_of_address);

}  // namespace subnetd::plugin::conformance
