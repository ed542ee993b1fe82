// SPDX-License-Identifier: 0BSD
// Mode `ranked`: the best-ranked rule that matches decides. A rank depends on no name, so the rules
// are sorted once and what is left is a minimum. Token rules look at the path before "::", and at
// the free text behind it only when the path says nothing.
#pragma once

#include <span>
#include <string>

#include "answer.hpp"
#include "automaton.hpp"
#include "rules.hpp"
#include "text_rules.hpp"

namespace patterns {

class Ranked {
 public:
  // The rules, sorted by rank, must outlive this.
  explicit Ranked(const Rules& rules);
  void answer(std::span<const std::string_view> names, std::span<Answer> out) const;
  Answer answer(std::string_view name) const;
  std::string explain(std::string_view name) const;
  size_t memory_bytes() const { return text_.memory_bytes() + words_.memory_bytes(); }

 private:
  uint32_t best(std::string_view name) const;
  uint32_t best_words(std::string_view part, bool first) const;
  Answer answer_of(uint32_t rule) const;

  const Rules& rules_;
  TextRules text_;
  Automaton words_;
};

// An automaton over the bars form of all token rules.
Automaton token_automaton(std::span<const Rule> rules, bool listing);

}  // namespace patterns
