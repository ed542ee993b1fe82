// SPDX-License-Identifier: 0BSD
// Mode `scored`: every rule that matches adds its weight to its type; the type with the most wins,
// and how far it is ahead is the confidence. A word in the name counts in full, in the owner part
// before the last "/" 0.34, in the free text behind "::" 0.34, or 0.6 where the path says nothing.
#pragma once

#include <array>
#include <span>
#include <string>

#include "answer.hpp"
#include "automaton.hpp"
#include "rules.hpp"
#include "text_rules.hpp"

namespace patterns {

class Scored {
 public:
  // The rules, sorted by rank, must outlive this.
  explicit Scored(const Rules& rules);
  Answer answer(const Row& row) const;
  // What counted, up to the answer: the first line sums up, then one line for each part of it.
  std::string explain(const Row& row) const;

 private:
  static constexpr uint32_t whole = 100, owner_part = 34, tag_part = 34, lone_tag_part = 60;
  static constexpr uint64_t enough = 3 * 100 * whole;      // below: no opinion
  static constexpr uint64_t plain_word = 10 * 100 * whole; // a name that says this much is clear
  static constexpr uint64_t task_weight = 12 * 100 * whole;
  static constexpr uint32_t ambiguous_ppm = 340'000, hinted_ppm = 500'000;

  enum class Place : uint16_t { name, owner, tag };
  struct Hit {
    uint32_t rule;
    uint16_t part;  // hundredths
    Place place;
  };
  // The first 64 different rules count: no name can make scoring take long.
  struct Hits {
    std::array<Hit, 64> all;
    size_t n = 0;
    void add(uint32_t rule, uint32_t part, Place place);
    std::span<const Hit> list() const { return std::span(all).first(n); }
  };
  struct Tally {
    uint32_t type = 0;
    uint64_t score = 0;
    uint32_t rule = no_value;  // its best
  };

  Hits look(std::string_view name) const;
  void look_at_words(std::string_view part, bool first, uint32_t share, Place place,
                     Hits& hits) const;
  // Rules of one type and weight are synonyms: together they say no more than the loudest.
  bool outdoes(const Hit& other, const Hit& hit) const;
  // By type, best first; returns how many.
  size_t tally(const Hits& hits, std::array<Tally, 65>& out, uint32_t task_type) const;
  uint32_t exact_rule(const Hits& hits) const;
  uint32_t type_of_words(std::string_view words) const;
  Answer without_opinion(const Row& row, std::span<const Tally> sums) const;
  std::string explain_hit(const Hit& hit, const Hits& hits) const;
  std::string explain_hint(const Row& row, const Answer& answer) const;
  std::string explain_sums(std::span<const Tally> sums, const Answer& answer) const;

  const Rules& rules_;
  TextRules text_;
  Automaton words_;
};

}  // namespace patterns
