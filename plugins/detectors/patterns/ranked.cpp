// SPDX-License-Identifier: 0BSD
#include "ranked.hpp"

#include <algorithm>

#include "text.hpp"

namespace patterns {

Automaton token_automaton(std::span<const Rule> rules, bool listing) {
  std::vector<std::string> texts;
  std::vector<uint32_t> values;
  for (uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].kind != Kind::token) continue;
    texts.push_back(token_text(rules[i].pattern));
    values.push_back(i);
  }
  std::vector<Literal> literals;
  literals.reserve(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) literals.push_back({texts[i], values[i]});
  return Automaton(std::move(literals), listing);
}

Ranked::Ranked(const Rules& rules)
    : rules_(rules), text_(rules.all(), false), words_(token_automaton(rules.all(), false)) {}

uint32_t Ranked::best_words(std::string_view part, bool first) const {
  const Words cut(part, true, first);
  uint32_t found = words_.best(cut.text());
  if (cut.has_humps()) found = std::min(found, words_.best(Words(part, false, first).text()));
  return found;
}

uint32_t Ranked::best(std::string_view name) const {
  uint32_t found =
      text_.only_literals() ? text_.literals().best(name) : text_.best(fold(name));
  if (words_.empty()) return found;
  const size_t colons = std::min(name.find("::"), name.size());
  uint32_t word = best_words(name.substr(0, colons), true);
  if (word == no_value && colons < name.size()) word = best_words(name.substr(colons + 2), false);
  return std::min(found, word);
}

Answer Ranked::answer_of(uint32_t rule) const {
  if (rule == no_value || rules_.all()[rule].type == 0) return {};
  return {rules_.all()[rule].type, certain_ppm};
}

Answer Ranked::answer(std::string_view name) const {
  return answer_of(best(name));
}

std::string Ranked::explain(std::string_view name) const {
  const uint32_t found = best(name);
  if (found == no_value) return "no rule matches";
  const Rule& rule = rules_.all()[found];
  return std::string(kind_words[static_cast<size_t>(rule.kind)]) + " \"" +
         std::string(rule.pattern) + "\" has the best rank, " + std::to_string(found + 1) + " of " +
         std::to_string(rules_.all().size()) + ", and means " +
         std::string(rules_.type_name(rule.type));
}

}  // namespace patterns
