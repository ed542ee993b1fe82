// SPDX-License-Identifier: 0BSD
// Mode `seed`, answer for answer the prototype's rule: 1. the name as it is equals a key; 2. else
// the first key, in the order they came, that occurs in the lower-cased name; 3. else nothing. Keys
// are not lower-cased, so one with a capital letter can only be equal. A key that comes again keeps
// its place and changes its type.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "answer.hpp"
#include "automaton.hpp"
#include "rules.hpp"

namespace patterns {

class Seed {
 public:
  explicit Seed(const Rules& rules);
  void answer(std::span<const std::string_view> names, std::span<Answer> out) const;
  Answer answer(std::string_view name) const;
  std::string explain(std::string_view name, const Rules& rules) const;
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t substring_ppm = 600'000;

  uint32_t equal_key(std::string_view name) const;
  std::string_view key(uint32_t i) const {
    return std::string_view(text_).substr(at_[i], at_[i + 1] - at_[i]);
  }
  Answer finish(std::string_view name, uint32_t found) const;

  std::string text_;           // the keys, one after the other
  std::vector<uint32_t> at_;   // where each begins
  std::vector<uint32_t> type_;
  std::vector<uint32_t> slots_;  // hash table of keys, counted from 1
  size_t longest_ = 0;
  std::array<uint64_t, 256> lengths_{};  // by first byte: lengths of keys, modulo 64
  bool plain_ = true;  // every key occurs in the lower-cased name if it equals the name
  bool ascii_ = true;  // so are all keys
  Automaton automaton_;
};

}  // namespace patterns
