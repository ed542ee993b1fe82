// SPDX-License-Identifier: 0BSD
// Exact, prefix, substring, glob and regex rules over a whole folded text. The first three are
// literals of one automaton; a glob or regex is looked at only where its longest literal occurs.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "automaton.hpp"
#include "regex.hpp"
#include "rules.hpp"

namespace patterns {

class TextRules {
 public:
  // Values are places in `rules`, which must outlive this. Throws bad_rule.
  explicit TextRules(std::span<const Rule> rules, bool listing);

  bool empty() const { return literals_.empty() && hints_.empty() && loose_.empty(); }
  bool only_literals() const { return hints_.empty() && loose_.empty(); }
  // The best rule that matches a text without capital letters; no_value when none does.
  uint32_t best(std::string_view folded) const;
  const Automaton& literals() const { return literals_; }

  template <class On>
  void each(std::string_view folded, On&& on) const {
    literals_.each(folded, on);
    for (const uint32_t rule : hinted(folded)) {
      if (confirmed(rule, folded)) on(rule);
    }
    for (const uint32_t rule : loose_) {
      if (confirmed(rule, folded)) on(rule);
    }
  }
  size_t memory_bytes() const { return literals_.memory_bytes() + hints_.memory_bytes(); }

 private:
  static constexpr size_t hint_bytes_min = 3;
  // Rules whose literal occurs, ascending, each once however often it does: a look costs the whole
  // text.
  std::vector<uint32_t> hinted(std::string_view folded) const;
  bool confirmed(uint32_t rule, std::string_view folded) const;

  std::span<const Rule> rules_;
  Automaton literals_, hints_;
  std::vector<uint32_t> loose_;  // ascending
  std::vector<std::pair<uint32_t, Regex>> regexes_;  // by rule
};

}  // namespace patterns
