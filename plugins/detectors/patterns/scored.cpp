// SPDX-License-Identifier: 0BSD
#include "scored.hpp"

#include <algorithm>

#include "ranked.hpp"
#include "text.hpp"

namespace patterns {
namespace {

// 1234 hundredths of hundredths: "0.12".
std::string as_score(uint64_t score) {
  const uint64_t hundredths = (score + 50) / 100;
  std::string tail = std::to_string(hundredths % 100);
  if (tail.size() < 2) tail.insert(0, "0");
  return std::to_string(hundredths / 100) + "." + tail;
}

}  // namespace

Scored::Scored(const Rules& rules)
    : rules_(rules), text_(rules.all(), true), words_(token_automaton(rules.all(), true)) {}

void Scored::Hits::add(uint32_t rule, uint32_t part) {
  for (size_t i = 0; i < n; ++i) {
    if (all[i].rule != rule) continue;
    all[i].part = std::max(all[i].part, part);
    return;
  }
  if (n < all.size()) all[n++] = {rule, part};
}

void Scored::look_at_words(std::string_view part, bool first, uint32_t share, Hits& hits) const {
  const auto add = [&](uint32_t rule) { hits.add(rule, share); };
  const Words cut(part, true, first);
  words_.each(cut.text(), add);
  if (cut.has_humps()) words_.each(Words(part, false, first).text(), add);
}

Scored::Hits Scored::look(std::string_view name) const {
  Hits hits;
  const size_t colons = std::min(name.find("::"), name.size());
  const std::string_view path = name.substr(0, colons);
  const size_t slash = path.rfind('/');
  const size_t own = slash == std::string_view::npos ? 0 : slash + 1;
  look_at_words(path.substr(own), own == 0, whole, hits);
  if (own != 0) look_at_words(path.substr(0, own - 1), true, owner_part, hits);
  if (!text_.empty()) {
    const std::string folded = fold(name);
    text_.each(folded, [&](uint32_t rule) {
      if (rules_.all()[rule].kind != Kind::substring) hits.add(rule, whole);
    });
    text_.each(std::string_view(folded).substr(0, colons), [&](uint32_t rule) {
      if (rules_.all()[rule].kind == Kind::substring) hits.add(rule, whole);
    });
  }
  if (colons < name.size()) {
    look_at_words(name.substr(colons + 2), false, hits.n == 0 ? lone_tag_part : tag_part, hits);
  }
  return hits;
}

size_t Scored::tally(const Hits& hits, std::array<Tally, 65>& out, uint32_t task_type) const {
  size_t n = 0;
  // Rules of one type and weight are synonyms: together they say no more than the loudest.
  const auto outdone = [&](const Hit& hit) {
    const Rule& rule = rules_.all()[hit.rule];
    return std::any_of(hits.all.begin(), hits.all.begin() + static_cast<ptrdiff_t>(hits.n),
                       [&](const Hit& other) {
                         const Rule& same = rules_.all()[other.rule];
                         if (same.type != rule.type || same.weight != rule.weight) return false;
                         return other.part != hit.part ? other.part > hit.part
                                                       : other.rule < hit.rule;
                       });
  };
  const auto add = [&](uint32_t type, uint64_t score, uint32_t rule) {
    size_t i = 0;
    while (i < n && out[i].type != type) ++i;
    if (i == n) out[n++] = {type, 0, no_value};
    out[i].score += score;
    out[i].rule = std::min(out[i].rule, rule);
  };
  for (const Hit& hit : std::span(hits.all).first(hits.n)) {
    if (outdone(hit)) continue;
    const Rule& rule = rules_.all()[hit.rule];
    add(rule.type, uint64_t{rule.weight} * hit.part, hit.rule);
  }
  if (task_type != 0) add(task_type, task_weight, no_value);
  std::sort(out.begin(), out.begin() + static_cast<ptrdiff_t>(n),
            [](const Tally& a, const Tally& b) {
              return a.score != b.score ? a.score > b.score : a.rule < b.rule;
            });
  return n;
}

// An exact rule decides alone. The rank puts them first, so the best one is the smallest.
uint32_t Scored::exact_rule(const Hits& hits) const {
  uint32_t best = no_value;
  for (const Hit& hit : std::span(hits.all).first(hits.n)) best = std::min(best, hit.rule);
  return best != no_value && rules_.all()[best].kind == Kind::exact ? best : no_value;
}

// What a declared task or the subnet's hint means: a type by its id, else the words' own best.
uint32_t Scored::type_of_words(std::string_view words) const {
  if (words.empty()) return 0;
  const auto& types = rules_.types();
  const auto named = std::find(types.begin(), types.end(), words);
  if (named != types.end()) return static_cast<uint32_t>(named - types.begin()) + 1;
  Hits hits;
  look_at_words(words.substr(0, name_bytes_max), true, whole, hits);
  std::array<Tally, 65> sums;
  return tally(hits, sums, 0) == 0 ? 0 : sums[0].type;
}

Answer Scored::without_opinion(const Row& row, std::span<const Tally> sums) const {
  // A name that says nothing belongs to what the subnet is about; one that says "no" does not.
  const bool says_no = !sums.empty() && sums[0].type == 0 && sums[0].score >= enough;
  const uint32_t hinted = says_no ? 0 : type_of_words(row.subnet_hint);
  if (hinted == 0) return {};
  return {hinted, hinted_ppm};
}

Answer Scored::answer(const Row& row) const {
  const Hits hits = look(row.name);
  if (const uint32_t rule = exact_rule(hits); rule != no_value) {
    const uint32_t type = rules_.all()[rule].type;
    return {type, type == 0 ? 0 : certain_ppm};
  }
  std::array<Tally, 65> sums;
  const uint32_t task_type = type_of_words(row.task);
  const size_t n = tally(hits, sums, task_type);
  if (n == 0 || sums[0].type == 0 || sums[0].score < enough) {
    return without_opinion(row, std::span(sums).first(n));
  }
  Answer answer{sums[0].type, certain_ppm};
  if (n == 1) return answer;
  answer.runner_up = sums[1].type;
  answer.confidence_ppm =
      static_cast<uint32_t>((sums[0].score - sums[1].score) * certain_ppm / sums[0].score);
  // A declared task against a name that is clear without it: taken, and said to be doubtful.
  const bool against = task_type != 0 && sums[1].score >= plain_word;
  answer.ambiguous = answer.confidence_ppm < ambiguous_ppm || against;
  return answer;
}

std::string Scored::explain(std::string_view name) const {
  const Hits hits = look(name);
  std::array<Tally, 65> sums;
  const size_t n = tally(hits, sums, 0);
  std::string text;
  if (n == 0) return "no rule matches";
  for (size_t i = 0; i < n && i < 3; ++i) {
    text += (i == 0 ? "" : ", ") + std::string(rules_.type_name(sums[i].type)) + " " +
            as_score(sums[i].score);
  }
  if (sums[0].score < enough) text += "; under " + as_score(enough) + " is no opinion";
  for (const Hit& hit : std::span(hits.all).first(hits.n)) {
    const Rule& rule = rules_.all()[hit.rule];
    text += "\n" + std::string(kind_words[static_cast<size_t>(rule.kind)]) + " \"" + rule.pattern +
            "\" adds " + as_score(uint64_t{rule.weight} * hit.part) + " to " +
            std::string(rules_.type_name(rule.type));
    if (hit.part == owner_part || hit.part == lone_tag_part) {
      text += hit.part == owner_part ? ", as it is no part of the name itself"
                                     : ", as free text behind a path that says nothing";
    }
  }
  return text;
}

}  // namespace patterns
