// SPDX-License-Identifier: 0BSD
// Mode `ranked`: the best-ranked rule that matches decides. A rank depends on no name, so the rules
// are sorted once and what is left is a minimum. Token rules look at the path before "::", and at
// the free text behind it only when the path says nothing.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "answer.hpp"
#include "automaton.hpp"
#include "rules.hpp"
#include "text.hpp"
#include "text_rules.hpp"

namespace patterns {

class Ranked {
 public:
  // The rules, sorted by rank, must outlive this.
  explicit Ranked(const Rules& rules);
  // foreign(name) answers the names that are not ASCII.
  template <class Foreign>
  void answer(std::span<const std::string_view> names, std::span<Answer> out,
              Foreign&& foreign) const;
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

template <class Foreign>
void Ranked::answer(std::span<const std::string_view> names, std::span<Answer> out,
                    Foreign&& foreign) const {
  if (!words_.empty() || !text_.only_literals()) {
    for (size_t i = 0; i < names.size(); ++i) {
      out[i] = is_ascii(names[i]) ? answer(names[i]) : foreign(names[i]);
    }
    return;
  }
  constexpr size_t piece = 256;
  uint32_t found[piece];
  for (size_t begin = 0; begin < names.size(); begin += piece) {
    const auto some = names.subspan(begin, std::min(piece, names.size() - begin));
    text_.literals().best(some, found);
    for (size_t i = 0; i < some.size(); ++i) {
      out[begin + i] = found[i] != beyond_ascii ? answer_of(found[i]) : foreign(some[i]);
    }
  }
}

// An automaton over the bars form of all token rules.
Automaton token_automaton(std::span<const Rule> rules, bool listing);

}  // namespace patterns
