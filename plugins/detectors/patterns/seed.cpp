// SPDX-License-Identifier: 0BSD
#include "seed.hpp"

#include <bit>
#include <functional>

#include "text.hpp"

namespace patterns {

Seed::Seed(Rules& rules) {
  const size_t n = rules.all().size();
  size_t bytes = 0;
  for (const Rule& rule : rules.all()) bytes += rule.pattern.size();
  text_.reserve(bytes);
  at_.reserve(n + 1);
  type_.reserve(n + 1);
  type_.push_back(0);
  for (const Rule& rule : rules.all()) {
    at_.push_back(static_cast<uint32_t>(text_.size()));
    type_.push_back(rule.type);
    text_ += rule.pattern;
  }
  at_.push_back(static_cast<uint32_t>(text_.size()));
  rules.forget();
  std::vector<Literal> literals;
  literals.reserve(n);
  for (uint32_t i = 0; i < n; ++i) {
    // One with a capital letter occurs in no lower-cased name.
    if (lower(key(i)) == key(i)) literals.push_back({key(i), i});
  }
  plain_ = literals.size() == n;
  automaton_ = Automaton(std::move(literals), false);  // of equal ones the first counts
  slots_.resize(std::bit_ceil(n * 2 + 1));
  may_equal_.resize(std::bit_ceil(n / 4 + 1));
  mark_shift_ = 64 - static_cast<uint32_t>(std::countr_zero(may_equal_.size() * 64));
  for (uint32_t i = 0; i < n; ++i) {
    uint32_t& slot = slots_[slot_of(key(i))];
    if (slot != 0) {
      type_[slot] = type_[i + 1];
      continue;
    }
    slot = i + 1;
    const size_t mark = mark_of(key(i));
    may_equal_[mark / 64] |= uint64_t{1} << mark % 64;
  }
}

size_t Seed::slot_of(std::string_view text) const {
  size_t slot = std::hash<std::string_view>()(text) & (slots_.size() - 1);
  while (slots_[slot] != 0 && key(slots_[slot] - 1) != text) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

uint32_t Seed::equal_key(std::string_view name) const {
  return may_equal(name) ? slots_[slot_of(name)] - 1 : no_value;
}

Answer Seed::finish(std::string_view name, uint32_t found) const {
  // Both are asked: whether a key occurs, no branch would guess.
  if (may_equal(name) & ((found != no_value) | !plain_)) {
    const uint32_t equal = equal_key(name);
    if (equal != no_value) return answer_of(equal, certain_ppm);
  }
  return answer_of(found, substring_ppm);
}

Answer Seed::answer(std::string_view name) const {
  // Folding is enough for ASCII; what lower-cases into it from beyond needs the long way.
  const uint32_t found =
      is_ascii(name) ? automaton_.best(name) : automaton_.best(lower(name));
  return finish(name, found);
}

void Seed::answer(std::span<const std::string_view> names, std::span<Answer> out) const {
  constexpr size_t piece = 256;
  uint32_t found[piece];
  for (size_t begin = 0; begin < names.size(); begin += piece) {
    const auto some = names.subspan(begin, std::min(piece, names.size() - begin));
    automaton_.best(some, found);
    for (size_t i = 0; i < some.size(); ++i) {
      const bool plain = found[i] != beyond_ascii;
      out[begin + i] = plain ? finish(some[i], found[i]) : answer(some[i]);
    }
  }
}

std::string Seed::explain(std::string_view name, const Rules& rules) const {
  const uint32_t equal = equal_key(name);
  const uint32_t found = equal != no_value ? equal : automaton_.best(lower(name));
  if (found == no_value) return "no key of the table occurs in the lower-cased name";
  const std::string_view type = rules.type_name(type_[found + 1]);
  return (equal != no_value ? "the name is the key \""
                            : "first key in table order that occurs: \"") +
         std::string(key(found)) + "\", which means " + std::string(type);
}

size_t Seed::memory_bytes() const {
  return text_.capacity() + 4 * (at_.capacity() + type_.capacity() + slots_.capacity()) +
         8 * may_equal_.capacity() +
         automaton_.memory_bytes();
}

}  // namespace patterns
