// SPDX-License-Identifier: 0BSD
// Mode `seed`, answer for answer the prototype's rule: 1. the name as it is equals a key; 2. else
// the first key, in the order they came, that occurs in the lower-cased name; 3. else nothing. Keys
// are not lower-cased, so one with a capital letter can only be equal. A key that comes again keeps
// its place and changes its type.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "answer.hpp"
#include "automaton.hpp"
#include "rules.hpp"

namespace patterns {

class Seed {
 public:
  // Takes the rules over: what is left of them are the types.
  explicit Seed(Rules& rules);
  void answer(std::span<const std::string_view> names, std::span<Answer> out) const;
  Answer answer(std::string_view name) const;
  std::string explain(std::string_view name, const Rules& rules) const;
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t substring_ppm = 600'000;

  // A bit of may_equal_: the same for keys of one length, one beginning and one end.
  size_t mark_of(std::string_view text) const {
    uint64_t ends = 0;
    if (text.size() >= 4) {
      uint32_t first = 0, last = 0;
      std::memcpy(&first, text.data(), 4);
      std::memcpy(&last, text.data() + text.size() - 4, 4);
      ends = uint64_t{last} << 32 | first;
    } else {
      std::copy_n(text.data(), text.size(), reinterpret_cast<char*>(&ends));
    }
    return ((ends + text.size()) * 0x9e3779b97f4a7c15u) >> mark_shift_;
  }
  // Of the key, or the free one where it would stand.
  size_t slot_of(std::string_view text) const;
  bool may_equal(std::string_view name) const {
    const size_t mark = mark_of(name);
    return (may_equal_[mark / 64] >> mark % 64 & 1) != 0;
  }
  uint32_t equal_key(std::string_view name) const;
  std::string_view key(uint32_t i) const {
    return std::string_view(text_).substr(at_[i], at_[i + 1] - at_[i]);
  }
  Answer answer_of(uint32_t key, uint32_t confidence_ppm) const {
    const uint32_t type = type_[key + 1];
    return {type, (type != 0) * confidence_ppm};  // no branch: it would be anybody's guess
  }
  Answer finish(std::string_view name, uint32_t found) const;

  std::string text_;           // the keys, one after the other
  std::vector<uint32_t> at_;   // where each begins
  std::vector<uint32_t> type_;   // [key + 1]; [0] of no key, as no_value + 1 is 0
  std::vector<uint32_t> slots_;  // hash table of keys, counted from 1
  std::vector<uint64_t> may_equal_;  // bits: the marks that keys have
  uint32_t mark_shift_ = 0;
  bool plain_ = true;  // every key occurs in the lower-cased name if it equals the name
  Automaton automaton_;
};

}  // namespace patterns
