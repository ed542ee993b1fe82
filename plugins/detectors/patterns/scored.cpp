// SPDX-License-Identifier: 0BSD
#include "scored.hpp"

#include <algorithm>

#include "ranked.hpp"
#include "text.hpp"

namespace patterns {
namespace {

// 1200 hundredths of hundredths: "0.12". Exact: every weight is whole, every part in hundredths.
std::string as_score(uint64_t score) {
  const uint64_t hundredths = score / 100;
  std::string tail = std::to_string(hundredths % 100);
  if (tail.size() < 2) tail.insert(0, "0");
  return std::to_string(hundredths / 100) + "." + tail;
}

}  // namespace

Scored::Scored(const Rules& rules)
    : rules_(rules), text_(rules.all(), true), words_(token_automaton(rules.all(), true)) {}

void Scored::Hits::add(uint32_t rule, uint32_t part, Place place) {
  const Hit hit{rule, static_cast<uint16_t>(part), place};
  for (size_t i = 0; i < n; ++i) {
    if (all[i].rule != rule) continue;
    if (all[i].part < part) all[i] = hit;
    return;
  }
  if (n < all.size()) all[n++] = hit;
}

void Scored::look_at_words(std::string_view part, bool first, uint32_t share, Place place,
                           Hits& hits) const {
  const auto add = [&](uint32_t rule) { hits.add(rule, share, place); };
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
  look_at_words(path.substr(own), own == 0, whole, Place::name, hits);
  if (own != 0) look_at_words(path.substr(0, own - 1), true, owner_part, Place::owner, hits);
  if (!text_.empty()) {
    const std::string folded = fold(name);
    text_.each(folded, [&](uint32_t rule) {
      if (rules_.all()[rule].kind != Kind::substring) hits.add(rule, whole, Place::name);
    });
    text_.each(std::string_view(folded).substr(0, colons), [&](uint32_t rule) {
      if (rules_.all()[rule].kind == Kind::substring) hits.add(rule, whole, Place::name);
    });
  }
  if (colons < name.size()) {
    look_at_words(name.substr(colons + 2), false, hits.n == 0 ? lone_tag_part : tag_part,
                  Place::tag, hits);
  }
  return hits;
}

bool Scored::outdoes(const Hit& other, const Hit& hit) const {
  const Rule& rule = rules_.all()[hit.rule];
  const Rule& same = rules_.all()[other.rule];
  if (same.type != rule.type || same.weight != rule.weight) return false;
  return other.part != hit.part ? other.part > hit.part : other.rule < hit.rule;
}

size_t Scored::tally(const Hits& hits, std::array<Tally, 65>& out, uint32_t task_type) const {
  size_t n = 0;
  const auto add = [&](uint32_t type, uint64_t score, uint32_t rule) {
    size_t i = 0;
    while (i < n && out[i].type != type) ++i;
    if (i == n) out[n++] = {type, 0, no_value};
    out[i].score += score;
    out[i].rule = std::min(out[i].rule, rule);
  };
  const auto list = hits.list();
  for (const Hit& hit : list) {
    const auto louder = [&](const Hit& other) { return outdoes(other, hit); };
    if (std::any_of(list.begin(), list.end(), louder)) continue;
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
  for (const Hit& hit : hits.list()) best = std::min(best, hit.rule);
  return best != no_value && rules_.all()[best].kind == Kind::exact ? best : no_value;
}

// What a declared task or the subnet's hint means: a type by its id, else the words' own best.
uint32_t Scored::type_of_words(std::string_view words) const {
  if (words.empty()) return 0;
  const auto& types = rules_.types();
  const auto named = std::find(types.begin(), types.end(), words);
  if (named != types.end()) return static_cast<uint32_t>(named - types.begin()) + 1;
  Hits hits;
  look_at_words(words.substr(0, name_bytes_max), true, whole, Place::name, hits);
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

std::string Scored::explain_hit(const Hit& hit, const Hits& hits) const {
  const auto named = [&](const Hit& one) {
    const Rule& rule = rules_.all()[one.rule];
    return std::string(kind_words[static_cast<size_t>(rule.kind)]) + " \"" +
           std::string(rule.pattern) + "\"";
  };
  const Rule& rule = rules_.all()[hit.rule];
  // Of equal ones the shortest is named, which is the word itself.
  const auto named_before = [&](const Hit& a, const Hit& b) {
    const size_t mine = rules_.all()[a.rule].pattern.size();
    const size_t others = rules_.all()[b.rule].pattern.size();
    return a.part == b.part && mine != others ? mine < others : outdoes(a, b);
  };
  const Hit* counts = &hit;
  for (const Hit& other : hits.list()) {
    const bool synonym = outdoes(other, hit) || outdoes(hit, other);
    if (synonym && named_before(other, *counts)) counts = &other;
  }
  if (counts != &hit) return "not counted: " + named(hit) + ", a synonym of " + named(*counts);
  std::string text = named(hit) + " adds " + as_score(uint64_t{rule.weight} * hit.part) + " to " +
                     std::string(rules_.type_name(rule.type));
  if (hit.place == Place::name) return text;
  text += ": " + as_score(uint64_t{hit.part} * 100) + " of its " +
          as_score(uint64_t{rule.weight} * whole);
  if (hit.place == Place::owner) return text + ", in the owner's part";
  return text + ", in free text" +
         (hit.part == lone_tag_part ? " behind a path that says nothing" : "");
}

// Only where the name itself gave no type.
std::string Scored::explain_hint(const Row& row, const Answer& answer) const {
  if (row.subnet_hint.empty()) return {};
  const std::string hint = "the subnet's hint \"" + std::string(row.subnet_hint) + "\" ";
  if (answer.type != 0) {
    return hint + "means " + std::string(rules_.type_name(answer.type)) +
           " and decides, as the name says nothing: " + std::to_string(hinted_ppm) + " ppm";
  }
  return hint + (type_of_words(row.subnet_hint) == 0 ? "means no type"
                                                     : "does not count: the name speaks against");
}

// "chat 9.00, diffusion 3.00; (9.00 - 3.00) / 9.00 = 666666 ppm, runner-up diffusion"
std::string Scored::explain_sums(std::span<const Tally> sums, const Answer& answer) const {
  std::string text;
  for (const Tally& sum : sums) {
    text += (text.empty() ? "" : ", ") + std::string(rules_.type_name(sum.type)) + " " +
            as_score(sum.score);
  }
  if (sums[0].score < enough) return text + "; under " + as_score(enough) + " is no opinion";
  if (sums[0].type == 0) return text + "; unknown leads, so there is no opinion";
  const std::string ppm = std::to_string(answer.confidence_ppm) + " ppm";
  if (sums.size() == 1) return text + "; nothing stands against it, " + ppm;
  const std::string best = as_score(sums[0].score);
  text += "; (" + best + " - " + as_score(sums[1].score) + ") / " + best + " = " + ppm +
          ", runner-up " + std::string(rules_.type_name(sums[1].type));
  if (answer.ambiguous == 0) return text;
  const bool near = answer.confidence_ppm < ambiguous_ppm;
  return text + ", ambiguous" + (near ? "" : ": the declared task goes against a clear name");
}

std::string Scored::explain(const Row& row) const {
  const Hits hits = look(row.name);
  if (const uint32_t rule = exact_rule(hits); rule != no_value) {
    return "exact \"" + std::string(rules_.all()[rule].pattern) + "\" decides alone: " +
           std::string(rules_.type_name(rules_.all()[rule].type));
  }
  std::array<Tally, 65> sums;
  const uint32_t task_type = type_of_words(row.task);
  const size_t n = tally(hits, sums, task_type);
  const bool opinion = n != 0 && sums[0].type != 0 && sums[0].score >= enough;
  const Answer answer = this->answer(row);
  std::string text = n == 0 ? "no rule matches" : explain_sums({sums.data(), n}, answer);
  for (const Hit& hit : hits.list()) text += "\n" + explain_hit(hit, hits);
  if (!row.task.empty()) {
    text += "\nthe declared task \"" + std::string(row.task) + "\" ";
    text += task_type == 0 ? "means no type and adds nothing"
                           : "adds " + as_score(task_weight) + " to " +
                                 std::string(rules_.type_name(task_type));
  }
  const std::string hint = opinion ? std::string() : explain_hint(row, answer);
  return text + (hint.empty() ? "" : "\n" + hint);
}

}  // namespace patterns
