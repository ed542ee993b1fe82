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
  uint32_t ambiguous = 0;  // 0 or 1, in a whole word: an answer is copied in whole words
  bool operator==(const Answer&) const = default;
};

}  // namespace patterns
