// SPDX-License-Identifier: 0BSD
// The demo's tables, one after the other as they come about; as JSON one object at the end, as JSON
// Lines a `table` member in each row. What it says in between goes to stderr. Main thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.hpp"

namespace subnetd::cli {

class Story {
 public:
  explicit Story(Style style);

  void tell(std::string_view line);  // with the seconds since the start
  void table(const std::string& name, const std::vector<std::string>& columns,
             const std::vector<std::vector<Cell>>& rows);
  void finish();

 private:
  Style style_;
  std::chrono::steady_clock::time_point began_;
  json::Object told_;
};

}  // namespace subnetd::cli
