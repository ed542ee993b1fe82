// SPDX-License-Identifier: 0BSD
// vocabulary.toml, compiled in.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace patterns {

struct Word {
  std::string_view pattern, type;
  uint32_t weight = 0;
  int32_t priority = 0;
};

std::span<const Word> seed_table();
std::span<const Word> vocabulary();  // token patterns, as the file has them

}  // namespace patterns
