// SPDX-License-Identifier: 0BSD
// What an operator or the vocabulary says: a pattern, its kind, the model type it speaks for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace patterns {

// In the order of their rank.
enum class Kind : uint8_t { exact, token, prefix, glob, regex, substring };
inline constexpr std::string_view kind_words[] = {"exact", "token", "prefix",
                                                  "glob",  "regex", "substring"};

inline constexpr size_t pattern_bytes_max = 512;
inline constexpr size_t rules_max = 4'000'000;
inline constexpr size_t loose_max = 256;  // globs and regexes without a literal to look for

struct Rule {
  std::string_view pattern;  // in the Rules' text; folded, except in mode `seed`
  uint32_t type = 0;    // counted from 1; 0 is `unknown`: speaks against all types
  Kind kind = Kind::token;
  int32_t priority = 0;
  uint32_t weight = 0;  // hundredths
};

// One group as it stands in vocabulary.toml or in the settings.
struct Group {
  std::string_view type;
  Kind kind = Kind::token;
  int32_t priority = 0;
  uint32_t weight = 0;  // whole
};

// The message names the pattern.
class bad_rule : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Rules {
 public:
  // Starts with the seven types.
  Rules();
  // Throws bad_rule. `fold_case` false keeps patterns as they are written.
  void add(const Group& group, std::string_view pattern, bool fold_case);
  // There will be so many more of one group.
  void reserve(size_t more) { rules_.reserve(rules_.size() + more); }
  std::span<const Rule> all() const { return rules_; }
  // All but the types: who keeps what it needs of a million rules gives the rest back.
  void forget();
  const std::vector<std::string>& types() const { return types_; }
  std::string_view type_name(uint32_t type) const;
  // 0 for `unknown`, else its number, new ones at the end.
  uint32_t type_number(std::string_view type);
  // Best first: exact, priority, kind, length, order. The rank of a rule is its place.
  void sort_by_rank();

 private:
  std::string_view keep(std::string_view text);

  std::vector<std::string> types_;
  std::vector<Rule> rules_;
  std::vector<std::unique_ptr<char[]>> texts_;  // blocks, the last of them half full
  size_t free_ = 0;  // bytes of that one
};

// A glob: `*` any run, `?` one byte. Time is at most the product of the two lengths.
bool glob_matches(std::string_view pattern, std::string_view text);
// The longest run without `*` and `?`.
std::string_view longest_literal(std::string_view glob);
// The bars form of a token pattern (see Words): "llama-3" is "|llama|3|", "transcrib*" is
// "|transcrib", "*tts" is "tts|", "^vali*" is "^|vali". Empty when it is none.
std::string token_text(std::string_view pattern);

}  // namespace patterns
