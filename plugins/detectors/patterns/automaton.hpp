// SPDX-License-Identifier: 0BSD
// Many literals at once, in one pass over a text: Aho and Corasick's automaton. Each state knows
// the smallest value of the literals that end there, so the best of all matches costs one minimum
// a byte. Small ones are a dense table of 16-bit states; large ones a double array of 16 bytes a
// state. Immutable once built. Time is linear in the text whatever the literals are. ASCII case is
// folded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace patterns {

inline constexpr uint32_t no_value = 0xffffffffu;
inline constexpr uint32_t beyond_ascii = 0xfffffffeu;

struct Literal {
  std::string_view text;  // borrowed while building
  uint32_t value = 0;     // the smaller wins
  bool begins = false;    // only at the start of the text
  bool ends = false;      // only at its end
};

class Automaton {
 public:
  Automaton() = default;
  // With `listing`, each() works as well. No two literals share a value.
  Automaton(std::vector<Literal> literals, bool listing);

  bool empty() const { return cells_.empty() && dense_.empty(); }
  // The smallest value that occurs in the text; no_value when none does.
  uint32_t best(std::string_view text) const;
  // The same for many texts, several walked at a time: one's wait for memory is another's step.
  // Those that are not ASCII get `beyond_ascii`: their caller has more to do before they can be
  // looked at.
  void best(std::span<const std::string_view> texts, uint32_t* out) const;
  // on(value) for every literal that occurs, as often as it ends somewhere.
  template <class On>
  void each(std::string_view text, On&& on) const;

  // Texts that were given more than once: (the value that counts, the one that does not).
  const std::vector<std::pair<uint32_t, uint32_t>>& repeats() const { return repeats_; }
  size_t memory_bytes() const;
  size_t states() const { return states_; }
  bool is_dense() const { return !dense_.empty(); }

 private:
  struct Cell {
    uint32_t to = 0;      // a step with class c leads to cell to + c, if that one's `from` agrees
    uint32_t from = no_value;
    uint32_t back = 0;    // the longest proper suffix that is a prefix of a literal
    uint32_t best = no_value;
  };
  class Builder;
  friend class Builder;
  struct Lanes;

  static constexpr uint8_t class_other = 0, class_begin = 1, class_end = 2;
  // Bytes of no ASCII text, which stand behind each text in a lane.
  static constexpr uint8_t end_mark = 0xfe, begin_mark = 0xff;
  static constexpr size_t dense_bytes_max = 8u << 20, dense_states_max = 0x7fff;

  uint32_t step(uint32_t cell, uint8_t c) const {
    for (;;) {
      const uint32_t next = cells_[cell].to + c;
      if (cells_[next].from == cell) return next;
      if (cell == 0) return 0;
      cell = cells_[cell].back;
    }
  }
  void make_dense(std::vector<uint32_t> order, uint32_t classes);
  uint32_t dense_best(std::string_view text) const;
  void dense_best(std::span<const std::string_view> texts, uint32_t* out) const;
  uint32_t sparse_best(std::string_view text) const;
  void sparse_best(std::span<const std::string_view> texts, uint32_t* out) const;
  template <class On>
  void tell(uint32_t state, On&& on) const;

  uint8_t class_[256]{};
  size_t states_ = 0;
  std::vector<Cell> cells_;      // double array; empty when dense
  std::vector<uint16_t> dense_;  // [column + state]: the next state
  std::vector<uint32_t> dense_best_;
  uint32_t column_[256]{};       // by byte
  uint32_t lane_column_[256]{};  // the same, but for the marks
  uint32_t column_end_ = 0;
  uint32_t root_ = 0;
  uint16_t start_ = 0;  // dense: the state that texts begin in; class_begin leads to it from all
  bool ends_ = false;   // whether a literal holds only at the end of a text
  // Listing: by state, the literals that end there and the next shorter state that has some.
  std::vector<uint32_t> own_, shorter_;
  std::vector<uint32_t> values_, next_;  // chains of literals; own_ and next_ count from 1
  std::vector<std::pair<uint32_t, uint32_t>> repeats_;
};

template <class On>
void Automaton::tell(uint32_t state, On&& on) const {
  for (; state != root_; state = shorter_[state]) {
    for (uint32_t i = own_[state]; i != 0; i = next_[i - 1]) on(values_[i - 1]);
  }
}

template <class On>
void Automaton::each(std::string_view text, On&& on) const {
  if (empty()) return;
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  const auto* const end = at + text.size();
  if (is_dense()) {
    uint32_t state = start_;
    const auto look = [&] {
      if (dense_best_[state] != no_value) tell(state, on);
    };
    look();
    for (; at != end; ++at) {
      state = dense_[column_[*at] + state];
      look();
    }
    state = dense_[column_end_ + state];
    return look();
  }
  uint32_t cell = step(0, class_begin);
  const auto look = [&] {
    if (cells_[cell].best != no_value) tell(cell, on);
  };
  look();
  for (; at != end; ++at) {
    const uint8_t c = class_[*at];
    cell = c == class_other ? 0 : step(cell, c);
    look();
  }
  cell = step(cell, class_end);
  look();
}

}  // namespace patterns
