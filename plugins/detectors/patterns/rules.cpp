// SPDX-License-Identifier: 0BSD
#include "rules.hpp"

#include <algorithm>

#include "regex.hpp"
#include "text.hpp"

namespace patterns {
namespace {

constexpr std::string_view seven[] = {"chat",      "diffusion",        "image_classification",
                                      "audio_processing", "embedding", "video_generation",
                                      "text_to_speech"};

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 64)) + "\"";
}

bool is_type_name(std::string_view type) {
  return !type.empty() && type.size() <= 64 && type[0] >= 'a' && type[0] <= 'z' &&
         std::all_of(type.begin(), type.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

void check(const Rule& rule) {
  if (rule.pattern.empty()) throw bad_rule("a pattern is empty");
  if (rule.pattern.size() > pattern_bytes_max) {
    throw bad_rule("pattern " + quoted(rule.pattern) + "… is over " +
                   std::to_string(pattern_bytes_max) + " bytes");
  }
  if (rule.kind == Kind::token && token_text(rule.pattern).empty()) {
    throw bad_rule("token pattern " + quoted(rule.pattern) +
                   " holds no word; '*' may stand at its ends, '^' in front");
  }
  if (rule.kind == Kind::regex) Regex(rule.pattern);
}

}  // namespace

Rules::Rules() : types_(std::begin(seven), std::end(seven)) {}

uint32_t Rules::type_number(std::string_view type) {
  if (type == "unknown") return 0;
  const auto found = std::find(types_.begin(), types_.end(), type);
  if (found != types_.end()) return static_cast<uint32_t>(found - types_.begin()) + 1;
  if (!is_type_name(type)) {
    throw bad_rule("model type " + quoted(type) + " must be of a-z, 0-9 and _-., a letter first");
  }
  types_.emplace_back(type);
  return static_cast<uint32_t>(types_.size());
}

std::string_view Rules::type_name(uint32_t type) const {
  return type == 0 ? "unknown" : std::string_view(types_[type - 1]);
}

void Rules::add(const Group& group, std::string_view pattern, bool fold_case) {
  if (rules_.size() >= rules_max) {
    throw bad_rule("there are over " + std::to_string(rules_max) + " patterns");
  }
  // Lower case has no \D, \W and \S: a regex folds its own letters.
  const bool as_written = !fold_case || group.kind == Kind::regex;
  const std::string folded = as_written ? std::string() : lower(pattern);
  Rule rule{as_written ? pattern : std::string_view(folded), type_number(group.type), group.kind,
            group.priority, group.weight * 100};
  check(rule);
  rule.pattern = keep(rule.pattern);
  rules_.push_back(rule);
}

std::string_view Rules::keep(std::string_view text) {
  constexpr size_t block_bytes = 64 * 1024;
  static_assert(block_bytes >= pattern_bytes_max);
  if (text.size() > free_) {
    texts_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes));
    free_ = block_bytes;
  }
  char* const at = texts_.back().get() + (block_bytes - free_);
  text.copy(at, text.size());
  free_ -= text.size();
  return {at, text.size()};
}

void Rules::forget() {
  std::vector<Rule>().swap(rules_);  // an assignment would keep the memory
  std::vector<std::unique_ptr<char[]>>().swap(texts_);
  free_ = 0;
}

void Rules::sort_by_rank() {
  std::stable_sort(rules_.begin(), rules_.end(), [](const Rule& a, const Rule& b) {
    const bool exact = a.kind == Kind::exact;
    if (exact != (b.kind == Kind::exact)) return exact;
    if (a.priority != b.priority) return a.priority > b.priority;
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.pattern.size() > b.pattern.size();
  });
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, again = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      again = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++again;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string_view longest_literal(std::string_view glob) {
  std::string_view longest;
  while (!glob.empty()) {
    const size_t end = std::min(glob.find_first_of("*?"), glob.size());
    if (end > longest.size()) longest = glob.substr(0, end);
    glob.remove_prefix(std::min(end + 1, glob.size()));
  }
  return longest;
}

std::string token_text(std::string_view pattern) {
  const bool first = pattern.starts_with('^');
  if (first) pattern.remove_prefix(1);
  const bool open_front = !first && pattern.starts_with('*');
  if (open_front) pattern.remove_prefix(1);
  const bool open_back = pattern.ends_with('*');
  if (open_back) pattern.remove_suffix(1);
  if (pattern.find('*') != std::string_view::npos) return {};
  const Words words(pattern, false, first);
  std::string_view text = words.text();
  if (text.size() < 3) return {};
  if (open_front) text.remove_prefix(1);
  if (open_back) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace patterns
