// SPDX-License-Identifier: 0BSD
// The detector `patterns`: settings in, one of three modes, names through it. The rules are built
// once and never change while the instance lives.
#include <algorithm>
#include <optional>
#include <subnet/plugin.hpp>

#include "ranked.hpp"
#include "scored.hpp"
#include "seed.hpp"
#include "text.hpp"
#include "vocabulary.hpp"

namespace {

using patterns::Answer;
using patterns::Kind;

enum class Mode { scored, ranked, seed };

Mode mode_of(const subnet::settings& config) {
  const std::string word = config.text("mode", "scored");
  return word == "seed" ? Mode::seed : word == "ranked" ? Mode::ranked : Mode::scored;
}

void add_built_in(patterns::Rules& rules, Mode mode) {
  if (mode == Mode::seed) {
    for (const auto& word : patterns::seed_table()) {
      rules.add({word.type, Kind::substring, 0, 1}, word.pattern, false);
    }
    return;
  }
  for (const auto& word : patterns::vocabulary()) {
    rules.add({word.type, Kind::token, word.priority, word.weight}, word.pattern, true);
  }
}

// One of the setting's tables: its patterns one by one, then the lines of its text.
void add_group(patterns::Rules& rules, const subnet::settings& config, const std::string& at,
               Mode mode) {
  const std::string type = config.text(at + ".type", "");
  const std::string word = config.text(at + ".kind", mode == Mode::seed ? "substring" : "token");
  const auto& words = patterns::kind_words;
  const auto kind = std::find(std::begin(words), std::end(words), word);
  const patterns::Group group{
      type, static_cast<Kind>(kind - std::begin(words)),
      static_cast<int32_t>(config.i64(at + ".priority", 100)),
      static_cast<uint32_t>(config.i64(at + ".weight", 20))};
  if (mode == Mode::seed && group.kind != Kind::substring) {
    throw patterns::bad_rule("mode seed knows rules of kind substring alone, not " + word);
  }
  const bool fold_case = mode != Mode::seed;
  for (uint64_t i = 0, n = config.count(at + ".patterns"); i < n; ++i) {
    rules.add(group, config.text(at + ".patterns." + std::to_string(i), ""), fold_case);
  }
  const std::string lines = config.text(at + ".lines", "");
  rules.reserve(static_cast<size_t>(std::count(lines.begin(), lines.end(), '\n')) + 1);
  for (std::string_view rest = lines; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (end != 0) rules.add(group, rest.substr(0, end), fold_case);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

patterns::Rules rules_from(const subnet::settings& config, Mode mode) {
  patterns::Rules rules;
  if (config.flag("vocabulary", true)) add_built_in(rules, mode);
  for (uint64_t i = 0, n = config.count("rules"); i < n; ++i) {
    const std::string at = "rules." + std::to_string(i);
    try {
      add_group(rules, config, at, mode);
    } catch (const patterns::bad_rule& bad) {
      throw subnet::failure(SBN_E_CONFIG, "setting " + at + ": " + bad.what());
    }
  }
  if (mode != Mode::seed) rules.sort_by_rank();
  return rules;
}

class Patterns {
 public:
  static constexpr std::string_view id = "patterns";
  static constexpr std::string_view summary =
      "Model type by the words of the namespace: a vocabulary and rules of your own";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
"properties":{
 "mode":{"type":"string","enum":["scored","ranked","seed"],"default":"scored",
  "description":"Weigh every match, take the best-ranked one, or do as the prototype did."},
 "vocabulary":{"type":"boolean","default":true,"description":"Whether the built-in rules count."},
 "rules":{"type":"array","default":[],"maxItems":4096,"items":{"type":"object",
  "additionalProperties":false,"required":["type"],"properties":{
  "type":{"type":"string","minLength":1,"maxLength":64,
   "description":"A model type, declared by being named; unknown speaks against all."},
  "kind":{"type":"string","enum":["exact","token","prefix","glob","regex","substring"]},
  "patterns":{"type":"array","items":{"type":"string","minLength":1,"maxLength":512}},
  "lines":{"type":"string","description":"More patterns, one a line."},
  "weight":{"type":"integer","minimum":1,"maximum":1000},
  "priority":{"type":"integer","minimum":-1000000,"maximum":1000000}}}}}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  explicit Patterns(const subnet::context& cx)
      : config_(cx.config), mode_(mode_of(cx.config)), rules_(rules_from(cx.config, mode_)) {
    try {
      if (mode_ == Mode::seed) seed_.emplace(rules_);
      if (mode_ == Mode::ranked) ranked_.emplace(rules_);
      if (mode_ == Mode::scored) scored_.emplace(rules_);
    } catch (const patterns::bad_rule& bad) {
      throw subnet::failure(SBN_E_CONFIG, std::string("setting rules: ") + bad.what());
    }
  }
  Patterns(const Patterns&) = delete;

  const std::vector<std::string>& types() const { return rules_.types(); }

  void detect(const subnet::call& call, const subnet::names& names,
              subnet::detect_sink& out) const {
    if (mode_ == Mode::scored) {
      for (size_t i = 0; i < names.size(); ++i) {
        put(out, i, one({names[i], names.task(i), names.subnet_hint(i)}));
      }
      return;
    }
    constexpr size_t piece = 128;  // small enough to stay near
    const auto texts = call.scratch<std::string_view>(std::min(names.size(), piece));
    const auto answers = call.scratch<Answer>(texts.size());
    for (size_t begin = 0; begin < names.size(); begin += piece) {
      const size_t n = std::min(piece, names.size() - begin);
      for (size_t i = 0; i < n; ++i) texts[i] = names[begin + i];
      if (mode_ == Mode::seed) {
        seed_->answer(texts.first(n), answers);
      } else {
        ranked_->answer(texts.first(n), answers,
                        [this](std::string_view name) { return one({name, {}, {}}); });
      }
      for (size_t i = 0; i < n; ++i) put(out, begin + i, answers[i]);
    }
  }

  std::string explain(std::string_view name) const {
    if (name.size() > patterns::name_bytes_max) return too_long;
    // What the row says besides its name; empty where the host does not tell.
    const std::string task = config_.text("@explain.task", "");
    const std::string hint = config_.text("@explain.subnet_hint", "");
    const std::string lowered = patterns::lower_beyond_ascii(name);
    patterns::Row row{lowered, task, hint};
    std::string text = mode_ == Mode::seed     ? seed_->explain(name, rules_)
                       : mode_ == Mode::ranked ? ranked_->explain(lowered)
                                               : scored_->explain(row);
    if (mode_ != Mode::scored && !(task.empty() && hint.empty())) {
      text += "\nthis mode looks at the name alone: no task and no hint counts";
    }
    const std::string seen = patterns::as_seen(name);
    if (mode_ == Mode::seed || seen == name) return text;
    const Answer answer = plain(row);
    row.name = seen;
    const Answer other = plain(row);
    text += "\nit looks like \"" + seen + "\"";
    if (other.type == answer.type) return text;
    return text + ", which is " + std::string(rules_.type_name(other.type)) + ": ambiguous";
  }

 private:
  static constexpr const char* too_long = "over 512 bytes: no opinion";

  Answer plain(const patterns::Row& row) const {
    return mode_ == Mode::ranked ? ranked_->answer(row.name) : scored_->answer(row);
  }

  // A name that looks like another is answered as it is, and flagged when it looks like more.
  Answer one(patterns::Row row) const {
    if (row.name.size() > patterns::name_bytes_max) return {};
    if (patterns::is_ascii(row.name)) return plain(row);
    const std::string_view name = row.name;
    const std::string lowered = patterns::lower_beyond_ascii(name);
    row.name = lowered;
    Answer answer = plain(row);
    const std::string seen = patterns::as_seen(name);
    if (seen == name) return answer;
    row.name = seen;
    const Answer other = plain(row);
    if (other.type == answer.type) return answer;
    answer.ambiguous = true;
    if (other.type != 0) answer.runner_up = other.type;
    return answer;
  }

  static void put(subnet::detect_sink& out, size_t row, const Answer& answer) {
    out.set(row, answer.type, answer.confidence_ppm, answer.runner_up,
            answer.ambiguous ? SBN_DETECT_AMBIGUOUS : 0);
  }

  const subnet::settings& config_;
  Mode mode_;
  patterns::Rules rules_;
  std::optional<patterns::Seed> seed_;
  std::optional<patterns::Ranked> ranked_;
  std::optional<patterns::Scored> scored_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.patterns", "1.1.0", Patterns);
