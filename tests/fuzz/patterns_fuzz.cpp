// SPDX-License-Identifier: 0BSD
// Rules and names of any bytes: lines of "kind pattern", an empty line, then names. Whatever the
// parser takes, the automata must answer as looking for each pattern by itself does.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ranked.hpp"
#include "regex.hpp"
#include "scored.hpp"
#include "seed.hpp"
#include "text.hpp"

namespace {

using namespace patterns;

std::string_view next_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

void require(bool holds) {
  if (!holds) std::abort();
}

bool matches(const Rule& rule, const std::string& folded) {
  switch (rule.kind) {
    case Kind::exact: return folded == rule.pattern;
    case Kind::prefix: return folded.starts_with(rule.pattern);
    case Kind::substring: return folded.find(rule.pattern) != std::string::npos;
    case Kind::glob: return glob_matches(rule.pattern, folded);
    case Kind::regex: return Regex(rule.pattern).matches(folded);
    default: return false;
  }
}

void check_text(const Rules& rules, const std::string& folded) {
  const TextRules text(rules.all(), true);
  uint32_t best = no_value;
  std::vector<bool> expected(rules.all().size()), found(rules.all().size());
  for (uint32_t i = 0; i < rules.all().size(); ++i) {
    expected[i] = matches(rules.all()[i], folded);
    if (expected[i]) best = std::min(best, i);
  }
  text.each(folded, [&](uint32_t rule) { found[rule] = true; });
  require(found == expected);
  require(text.best(folded) == best);
}

void check_seed(const Rules& rules, std::string_view name) {
  const std::string lowered = lower(name);
  std::string_view wanted = "unknown";
  bool exact = false;
  for (const Rule& rule : rules.all()) {
    if (rule.pattern != name) continue;
    wanted = rules.type_name(rule.type);  // the last one counts
    exact = true;
  }
  for (size_t i = 0; i < rules.all().size() && !exact; ++i) {
    if (lowered.find(rules.all()[i].pattern) == std::string::npos) continue;
    for (const Rule& again : rules.all()) {
      if (again.pattern == rules.all()[i].pattern) wanted = rules.type_name(again.type);
    }
    break;
  }
  Rules keys;  // which the seed takes over
  for (const Rule& rule : rules.all()) {
    keys.add({rules.type_name(rule.type), rule.kind, 0, 1}, rule.pattern, false);
  }
  const Seed seed(keys);
  require(keys.type_name(seed.answer(name).type) == wanted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size > 2048) return 0;
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  Rules rules, keys;
  while (!rest.empty() && rules.all().size() < 64) {
    const std::string_view line = next_line(rest);
    if (line.empty()) break;
    const auto kind = static_cast<Kind>(static_cast<uint8_t>(line[0]) % 6);
    const char* const type = line.size() % 2 == 0 ? "chat" : "embedding";
    try {
      keys.add({type, Kind::substring, 0, 1}, line.substr(1), false);
      rules.add({type, kind, line[0] / 6 % 3, 20}, line.substr(1), true);
    } catch (const bad_rule&) {
    }
  }
  rules.sort_by_rank();
  while (!rest.empty()) {
    const std::string name(next_line(rest).substr(0, name_bytes_max));
    const std::string lowered = lower_beyond_ascii(name);
    require(is_ascii(name) == (lowered == name && is_ascii(lowered)));
    check_text(rules, fold(lowered));
    check_seed(keys, name);
    const Scored scored(rules);
    const Answer answer = scored.answer({lowered.substr(0, name_bytes_max), name, {}});
    require(answer.confidence_ppm <= certain_ppm && answer.type <= rules.types().size());
    require(scored.answer({lowered.substr(0, name_bytes_max), name, {}}) == answer);
    Ranked(rules).answer(lowered);
    as_seen(name);
    scored.explain({lowered.substr(0, name_bytes_max), name, {}});
  }
  return 0;
}
