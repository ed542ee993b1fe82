// SPDX-License-Identifier: 0BSD
// Regular expressions that take linear time: Thompson's machine, all its states at once, no going
// back. Letters match in either case. Syntax: . [] [^] \d \w \s (and \D \W \S) ( ) (?: ) | * + ?
// {m} {m,} {m,n} ^ $ and \ before any sign. Bytes, not characters. Found anywhere in the text.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace patterns {

class Regex {
 public:
  static constexpr size_t steps_max = 2'000;  // what a pattern may grow to

  // Throws bad_rule.
  explicit Regex(std::string_view pattern);
  bool matches(std::string_view text) const;
  // A folded text that every match contains; may be empty.
  const std::string& literal() const { return literal_; }
  size_t steps() const { return steps_.size(); }

 private:
  friend class RegexParser;
  enum class Act : uint8_t { take, fork, jump, begin, end, found };
  struct Step {
    Act act;
    uint32_t to = 0, other = 0;  // take: to is a set
  };
  using Set = std::bitset<256>;

  std::vector<Step> steps_;
  std::vector<Set> sets_;
  std::string literal_;
};

}  // namespace patterns
