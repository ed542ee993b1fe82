// SPDX-License-Identifier: 0BSD
#include "regex.hpp"

#include <algorithm>
#include <memory>

#include "rules.hpp"
#include "text.hpp"

namespace patterns {
namespace {

constexpr size_t depth_max = 32;
constexpr uint32_t repeats_max = 512;

}  // namespace

// Compiles while it reads: a fragment is a run of steps whose ways out lead to its end.
class RegexParser {
 public:
  RegexParser(Regex& to, std::string_view pattern) : to_(to), pattern_(pattern) {}

  void parse() {
    alternatives(0);
    if (at_ != pattern_.size()) wrong("an unmatched )");
    emit({Regex::Act::found});
    if (!branched_) to_.literal_ = std::max(longest_, run_, by_length);
  }

 private:
  using Act = Regex::Act;
  using Set = Regex::Set;

  static bool by_length(const std::string& a, const std::string& b) { return a.size() < b.size(); }

  [[noreturn]] void wrong(const char* what) const {
    throw bad_rule("regex \"" + std::string(pattern_.substr(0, 64)) + "\": " + what + " at byte " +
                   std::to_string(at_));
  }
  bool more() const { return at_ < pattern_.size(); }
  bool eat(char c) {
    if (!more() || pattern_[at_] != c) return false;
    ++at_;
    return true;
  }
  uint32_t here() const { return static_cast<uint32_t>(to_.steps_.size()); }
  void emit(Regex::Step step) {
    if (to_.steps_.size() >= Regex::steps_max) wrong("it grows too large");
    to_.steps_.push_back(step);
  }
  // Makes room in front of what was emitted since `from`.
  void insert(uint32_t from, Regex::Step step) {
    emit(step);
    auto& all = to_.steps_;
    std::rotate(all.begin() + from, all.end() - 1, all.end());
    for (auto i = from + 1; i < all.size(); ++i) shift(all[i], from, 1);
  }
  static void shift(Regex::Step& step, uint32_t from, uint32_t by) {
    if (step.act != Act::fork && step.act != Act::jump) return;
    if (step.to >= from) step.to += by;
    if (step.act == Act::fork && step.other >= from) step.other += by;
  }

  void alternatives(size_t depth) {
    if (depth > depth_max) wrong("groups are nested too deep");
    const uint32_t begin = here();
    sequence(depth);
    std::vector<uint32_t> leave;
    while (eat('|')) {
      branched_ |= depth == 0;
      insert(begin, {Act::fork, begin + 1, 0});
      for (uint32_t& jump : leave) ++jump;
      leave.push_back(here());
      emit({Act::jump, 0});
      to_.steps_[begin].other = here();
      sequence(depth);
    }
    for (const uint32_t jump : leave) to_.steps_[jump].to = here();
  }

  void sequence(size_t depth) {
    while (more() && pattern_[at_] != '|' && pattern_[at_] != ')') {
      const uint32_t begin = here();
      const char plain = atom(depth);
      const bool once = !repeat(begin);
      if (depth != 0) continue;
      if (plain != 0 && once) {
        run_ += fold(plain);
      } else {
        longest_ = std::max(longest_, run_, by_length);
        run_.clear();
      }
    }
  }

  // Returns the character where it is one and no more.
  char atom(size_t depth) {
    const char c = pattern_[at_++];
    if (c == '(') {
      if (eat('?') && !eat(':')) wrong("only (?: may follow a (");
      alternatives(depth + 1);
      if (!eat(')')) wrong("a missing )");
      return 0;
    }
    if (c == '^' || c == '$') return emit({c == '^' ? Act::begin : Act::end}), '\0';
    if (c == '*' || c == '+' || c == '?' || c == '{') wrong("nothing to repeat");
    Set set;
    char plain = 0;
    if (c == '.') {
      set.set();
    } else if (c == '[') {
      set = bracket();
    } else if (c == '\\') {
      set = escaped(plain);
    } else {
      set = one(plain = c);
    }
    to_.sets_.push_back(set);
    emit({Act::take, static_cast<uint32_t>(to_.sets_.size() - 1)});
    return plain;
  }

  static Set one(char c) {
    Set set;
    set.set(static_cast<uint8_t>(fold(c)));
    if (fold(c) >= 'a' && fold(c) <= 'z') set.set(static_cast<uint8_t>(fold(c) - 32));
    return set;
  }
  static Set range(uint8_t first, uint8_t last) {
    Set set;
    for (unsigned c = first; c <= last; ++c) set |= one(static_cast<char>(c));
    return set;
  }

  Set escaped(char& plain) {
    if (!more()) wrong("a \\ at the end");
    const char c = pattern_[at_++];
    const Set digits = range('0', '9');
    const Set word = digits | range('a', 'z') | one('_');
    const Set space = one(' ') | range('\t', '\r');
    switch (c) {
      case 'd': return digits;
      case 'D': return ~digits;
      case 'w': return word;
      case 'W': return ~word;
      case 's': return space;
      case 'S': return ~space;
      default: break;
    }
    if ((fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9')) wrong("an unknown escape");
    plain = c;
    return one(c);
  }

  Set bracket() {
    Set set;
    const bool negated = eat('^');
    bool first = true;
    while (first || !eat(']')) {
      if (!more()) wrong("a missing ]");
      first = false;
      char c = pattern_[at_++], plain = c;
      Set item = one(c);
      if (c == '\\') item = escaped(plain = 0);
      const bool ranges = at_ + 1 < pattern_.size() && pattern_[at_] == '-';
      if (plain != 0 && ranges && pattern_[at_ + 1] != ']') {
        ++at_;
        char last = pattern_[at_++];
        if (last == '\\') escaped(last);
        if (static_cast<uint8_t>(last) < static_cast<uint8_t>(plain)) wrong("a range backwards");
        item = range(static_cast<uint8_t>(plain), static_cast<uint8_t>(last));
      }
      set |= item;
    }
    return negated ? ~set : set;
  }

  uint32_t count() {
    uint32_t n = 0;
    if (!more() || pattern_[at_] < '0' || pattern_[at_] > '9') wrong("a number is missing");
    while (more() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
      n = n * 10 + static_cast<uint32_t>(pattern_[at_++] - '0');
      if (n > repeats_max) wrong("too many repeats");
    }
    return n;
  }

  // Whether something repeats what was emitted since `begin`.
  bool repeat(uint32_t begin) {
    bool any = false;
    while (more()) {
      if (eat('*')) {
        star(begin);
      } else if (eat('+')) {
        emit({Act::fork, begin, here() + 1});
      } else if (eat('?')) {
        insert(begin, {Act::fork, begin + 1, 0});
        to_.steps_[begin].other = here();
      } else if (eat('{')) {
        counted(begin);
      } else {
        break;
      }
      any = true;
      eat('?');  // lazy or not, it is found or it is not
    }
    return any;
  }

  void star(uint32_t begin) {
    insert(begin, {Act::fork, begin + 1, 0});
    emit({Act::jump, begin});
    to_.steps_[begin].other = here();
  }

  void counted(uint32_t begin) {
    const uint32_t least = count();
    bool endless = false;
    uint32_t most = least;
    if (eat(',')) {
      endless = more() && pattern_[at_] == '}';
      if (!endless) most = count();
    }
    if (!eat('}')) wrong("a missing }");
    if (most < least) wrong("a count backwards");
    const std::vector<Regex::Step> body(to_.steps_.begin() + begin, to_.steps_.end());
    to_.steps_.resize(begin);
    for (uint32_t i = 0; i < least; ++i) copy(body, begin);
    if (endless) {
      const uint32_t again = here();
      copy(body, begin);
      star(again);
      return;
    }
    for (uint32_t i = least; i < most; ++i) {
      const uint32_t again = here();
      copy(body, begin);
      insert(again, {Act::fork, again + 1, 0});
      to_.steps_[again].other = here();
    }
  }

  void copy(const std::vector<Regex::Step>& body, uint32_t from) {
    const uint32_t by = here() - from;
    for (Regex::Step step : body) {
      shift(step, 0, by);
      emit(step);
    }
  }

  Regex& to_;
  std::string_view pattern_;
  size_t at_ = 0;
  bool branched_ = false;
  std::string run_, longest_;
};

Regex::Regex(std::string_view pattern) {
  RegexParser(*this, pattern).parse();
}

bool Regex::matches(std::string_view text) const {
  const auto n = static_cast<uint32_t>(steps_.size());
  // Steps to look at, each once a byte.
  std::vector<uint32_t> now, next, todo, seen(n, 0);
  uint32_t round = 0;
  const auto follow = [&](uint32_t step, size_t at, std::vector<uint32_t>& to) {
    todo.push_back(step);
    while (!todo.empty()) {
      const uint32_t i = todo.back();
      todo.pop_back();
      if (seen[i] == round) continue;
      seen[i] = round;
      const Step& s = steps_[i];
      if (s.act == Act::found) return true;
      if (s.act == Act::take) to.push_back(i);
      if (s.act == Act::jump || s.act == Act::fork) todo.push_back(s.to);
      if (s.act == Act::fork) todo.push_back(s.other);
      if ((s.act == Act::begin && at == 0) || (s.act == Act::end && at == text.size())) {
        todo.push_back(i + 1);
      }
    }
    return false;
  };
  ++round;
  for (size_t at = 0;; ++at) {
    if (follow(0, at, now)) return true;
    if (at == text.size()) return false;
    ++round;
    next.clear();
    for (const uint32_t i : now) {
      if (!sets_[steps_[i].to][static_cast<uint8_t>(text[at])]) continue;
      if (follow(i + 1, at + 1, next)) return true;
    }
    now.swap(next);
  }
}

}  // namespace patterns
