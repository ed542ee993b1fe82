// SPDX-License-Identifier: 0BSD
#include "seed.hpp"

#include <bit>
#include <functional>

#include "text.hpp"

namespace patterns {

Seed::Seed(const Rules& rules) {
  const auto all = rules.all();
  at_.reserve(all.size() + 1);
  type_.reserve(all.size());
  for (const Rule& rule : all) {
    at_.push_back(static_cast<uint32_t>(text_.size()));
    type_.push_back(rule.type);
    text_ += rule.pattern;
    longest_ = std::max(longest_, rule.pattern.size());
    plain_ = plain_ && lower(rule.pattern) == rule.pattern;
    ascii_ = ascii_ && is_ascii(rule.pattern);
  }
  at_.push_back(static_cast<uint32_t>(text_.size()));
  slots_.resize(std::bit_ceil(all.size() * 2 + 1));
  std::vector<Literal> literals;
  literals.reserve(all.size());
  for (uint32_t i = 0; i < all.size(); ++i) {
    size_t slot = std::hash<std::string_view>()(key(i)) & (slots_.size() - 1);
    while (slots_[slot] != 0 && key(slots_[slot] - 1) != key(i)) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    if (slots_[slot] != 0) {
      type_[slots_[slot] - 1] = type_[i];
      continue;
    }
    slots_[slot] = i + 1;
    if (!key(i).empty()) {
      lengths_[static_cast<uint8_t>(key(i)[0])] |= uint64_t{1} << (key(i).size() & 63);
    }
    // One with a capital letter occurs in no lower-cased name.
    if (lower(key(i)) == key(i)) literals.push_back({key(i), i});
  }
  automaton_ = Automaton(literals, false);
}

uint32_t Seed::equal_key(std::string_view name) const {
  // Most names that are no key have another length or another first letter than any.
  if (name.empty() || name.size() > longest_) return no_value;
  const uint64_t length = uint64_t{1} << (name.size() & 63);
  if ((lengths_[static_cast<uint8_t>(name[0])] & length) == 0) return no_value;
  size_t slot = std::hash<std::string_view>()(name) & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    if (key(slots_[slot] - 1) == name) return slots_[slot] - 1;
  }
  return no_value;
}

Answer Seed::finish(std::string_view name, uint32_t found) const {
  if (found != no_value || !plain_) {
    const uint32_t equal = equal_key(name);
    if (equal != no_value) return {type_[equal], type_[equal] == 0 ? 0 : certain_ppm};
  }
  if (found == no_value) return {};
  return {type_[found], type_[found] == 0 ? 0 : substring_ppm};
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
      out[begin + i] = is_ascii(some[i]) ? finish(some[i], found[i]) : answer(some[i]);
    }
  }
}

std::string Seed::explain(std::string_view name, const Rules& rules) const {
  const uint32_t equal = equal_key(name);
  const uint32_t found = equal != no_value ? equal : automaton_.best(lower(name));
  if (found == no_value) return "no key of the table occurs in the lower-cased name";
  return (equal != no_value ? "the name is the key \""
                            : "first key in table order that occurs: \"") +
         std::string(key(found)) + "\", which means " + std::string(rules.type_name(type_[found]));
}

size_t Seed::memory_bytes() const {
  return text_.capacity() + 4 * (at_.capacity() + type_.capacity() + slots_.capacity()) +
         automaton_.memory_bytes();
}

}  // namespace patterns
