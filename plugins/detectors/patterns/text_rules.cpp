// SPDX-License-Identifier: 0BSD
#include "text_rules.hpp"

#include <algorithm>

namespace patterns {

TextRules::TextRules(std::span<const Rule> rules, bool listing) : rules_(rules) {
  std::vector<Literal> literals, hints;
  literals.reserve(static_cast<size_t>(
      std::count_if(rules.begin(), rules.end(), [](const Rule& rule) {
        return rule.kind != Kind::token && rule.kind != Kind::glob && rule.kind != Kind::regex;
      })));
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    if (rule.kind == Kind::token) continue;
    if (rule.kind != Kind::glob && rule.kind != Kind::regex) {
      const bool begins = rule.kind != Kind::substring;
      literals.push_back({rule.pattern, i, begins, rule.kind == Kind::exact});
      continue;
    }
    if (rule.kind == Kind::regex) regexes_.emplace_back(i, Regex(rule.pattern));
  }
  size_t next = 0;  // of regexes_, which stays where it is from here on
  for (uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].kind != Kind::glob && rules[i].kind != Kind::regex) continue;
    const std::string_view literal = rules[i].kind == Kind::glob
                                         ? longest_literal(rules[i].pattern)
                                         : std::string_view(regexes_[next++].second.literal());
    if (literal.size() >= hint_bytes_min) {
      hints.push_back({literal, i});
    } else {
      loose_.push_back(i);
    }
  }
  if (loose_.size() > loose_max) {
    throw bad_rule("over " + std::to_string(loose_max) + " globs and regexes without " +
                   std::to_string(hint_bytes_min) + " plain letters in a row, the last \"" +
                   std::string(rules[loose_.back()].pattern) + "\"");
  }
  literals_ = Automaton(std::move(literals), listing);
  hints_ = Automaton(std::move(hints), true);
}

std::vector<uint32_t> TextRules::hinted(std::string_view folded) const {
  std::vector<uint32_t> rules;
  hints_.each(folded, [&](uint32_t rule) { rules.push_back(rule); });
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  return rules;
}

bool TextRules::confirmed(uint32_t rule, std::string_view folded) const {
  if (rules_[rule].kind == Kind::glob) return glob_matches(rules_[rule].pattern, folded);
  const auto found = std::lower_bound(regexes_.begin(), regexes_.end(), rule,
                                      [](const auto& each, uint32_t r) { return each.first < r; });
  return found->second.matches(folded);
}

uint32_t TextRules::best(std::string_view folded) const {
  uint32_t found = literals_.best(folded);
  for (const uint32_t rule : hinted(folded)) {
    if (rule >= found) break;
    if (confirmed(rule, folded)) found = rule;
  }
  for (const uint32_t rule : loose_) {
    if (rule >= found) break;
    if (confirmed(rule, folded)) found = rule;
  }
  return found;
}

}  // namespace patterns
