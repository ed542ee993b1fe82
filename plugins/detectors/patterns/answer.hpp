// SPDX-License-Identifier: 0BSD
// One row of a question and what is said to it, whatever the mode.
#pragma once

#include <cstdint>
#include <string_view>

namespace patterns {

inline constexpr uint32_t certain_ppm = 1'000'000;

struct Row {
  std::string_view name, task, subnet_hint;
};

struct Answer {
  uint32_t type = 0;  // counted from 1; 0: no opinion
  uint32_t confidence_ppm = 0;
  uint32_t runner_up = 0;
  bool ambiguous = false;
  bool operator==(const Answer&) const = default;
};

}  // namespace patterns
