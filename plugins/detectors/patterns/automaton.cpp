// SPDX-License-Identifier: 0BSD
#include "automaton.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <string>

namespace patterns {

// Lays the literals out level by level: when a state is laid, all shallower ones are complete, so
// its way back is found at once and nothing but the current level is kept.
class Automaton::Builder {
 public:
  Builder(Automaton& to, std::vector<Literal> literals, bool listing)
      : to_(to), literals_(std::move(literals)), listing_(listing) {}

  void build() {
    classify();
    sort();
    const size_t states = count_states();
    to_.states_ = states;
    reserve(states + states / 64 + 1024);
    const bool small = states <= dense_states_max && states * classes_ * 2 <= dense_bytes_max;
    if (small) laid_.push_back(0);
    // What is laid goes as the level below it comes: both are never whole at once.
    std::deque<Range> open{{0, static_cast<uint32_t>(value_.size()), 0}};
    for (uint32_t depth = 0; !open.empty(); ++depth) {
      for (size_t level = open.size(); level != 0; --level) {
        const Range range = open.front();
        open.pop_front();
        lay(range, depth, open, small);
      }
    }
    trim();
    if (small) to_.make_dense(std::move(laid_), classes_);
  }

 private:
  // Literals first..last in sorted order share the path to `cell`.
  struct Range {
    uint32_t first, last, cell;
  };

  static uint8_t folded(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + 32) : byte;
  }

  void classify() {
    for (const Literal& literal : literals_) {
      for (const char c : literal.text) to_.class_[folded(static_cast<uint8_t>(c))] = 1;
    }
    for (int byte = 0; byte < 256; ++byte) {
      if (to_.class_[byte] != 0) to_.class_[byte] = static_cast<uint8_t>(classes_++);
    }
    for (int byte = 'A'; byte <= 'Z'; ++byte) to_.class_[byte] = to_.class_[byte + 32];
  }

  size_t length(const Literal& literal) const {
    return literal.text.size() + (literal.begins ? 1 : 0) + (literal.ends ? 1 : 0);
  }
  // Byte k of its path.
  uint8_t class_at(const Literal& literal, size_t k) const {
    if (literal.begins && k == 0) return class_begin;
    k -= literal.begins ? 1 : 0;
    return k < literal.text.size() ? to_.class_[static_cast<uint8_t>(literal.text[k])] : class_end;
  }

  // The first eight bytes of a path ride along, so most comparisons touch no literal.
  struct Keyed {
    uint64_t head;
    uint32_t literal;
  };
  bool less(const Keyed& a, const Keyed& b) const {
    if (a.head != b.head) return a.head < b.head;
    const Literal &one = literals_[a.literal], &two = literals_[b.literal];
    const size_t n = length(one), m = length(two);
    for (size_t k = 8; k < std::min(n, m); ++k) {
      const uint8_t c = class_at(one, k), d = class_at(two, k);
      if (c != d) return c < d;
    }
    return n != m ? n < m : one.value < two.value;
  }

  // By path, then by value; encoded in that order, in which they are walked.
  void sort() {
    // What stays is taken first: what goes then lies behind it, and can be given back.
    size_t bytes = 0;
    for (const Literal& literal : literals_) bytes += length(literal);
    pool_.reserve(bytes);
    at_.reserve(literals_.size() + 1);
    value_.reserve(literals_.size());
    std::vector<Keyed> keyed(literals_.size());
    for (uint32_t i = 0; i < keyed.size(); ++i) {
      const Literal& literal = literals_[i];
      const size_t n = length(literal);
      uint64_t head = 0;
      for (size_t k = 0; k < 8; ++k) head = head << 8 | (k < n ? class_at(literal, k) : 0);
      keyed[i] = {head, i};
      to_.ends_ = to_.ends_ || literal.ends;
    }
    std::sort(keyed.begin(), keyed.end(),
              [this](const Keyed& a, const Keyed& b) { return less(a, b); });
    for (const Keyed& each : keyed) {
      const Literal& literal = literals_[each.literal];
      at_.push_back(static_cast<uint32_t>(pool_.size()));
      value_.push_back(literal.value);
      for (size_t k = 0, n = length(literal); k < n; ++k) {
        pool_.push_back(static_cast<char>(class_at(literal, k)));
      }
    }
    at_.push_back(static_cast<uint32_t>(pool_.size()));
    // A million of them weigh more than what they were read into. An assignment would keep that.
    std::vector<Literal>().swap(literals_);
  }

  std::string_view path(uint32_t literal) const {
    return std::string_view(pool_).substr(at_[literal], at_[literal + 1] - at_[literal]);
  }

  size_t count_states() const {
    size_t states = 1;
    std::string_view before;
    for (uint32_t literal = 0; literal < value_.size(); ++literal) {
      const std::string_view now = path(literal);
      const size_t shared = static_cast<size_t>(
          std::mismatch(before.begin(), before.end(), now.begin(), now.end()).first -
          before.begin());
      states += now.size() - shared;
      before = now;
    }
    return states;
  }

  // Free cells are a ring through `to` and `back`; cell 0 is its anchor until it is the root's.
  void reserve(size_t cells) {
    auto& all = to_.cells_;
    all.resize(cells + classes_);
    // The last `classes_` cells stay free for ever, so that a step never leaves the array.
    for (uint32_t i = 1; i < cells; ++i) {
      all[i].to = i + 1 < cells ? i + 1 : 0;
      all[i].back = i - 1;
    }
    free_first_ = cells > 1 ? 1 : 0;
    free_last_ = static_cast<uint32_t>(cells - 1);
    usable_ = cells;
    if (listing_) {
      to_.own_.resize(all.size());
      to_.shorter_.resize(all.size());
    }
  }

  void take(uint32_t cell) {
    auto& all = to_.cells_;
    const uint32_t next = all[cell].to, before = all[cell].back;
    if (before != 0) all[before].to = next; else free_first_ = next;
    if (next != 0) all[next].back = before; else free_last_ = before;
    all[cell] = Cell{};
  }

  void grow() {
    auto& all = to_.cells_;
    const auto from = static_cast<uint32_t>(usable_);
    usable_ += usable_ / 16 + 1024;
    all.resize(usable_ + classes_);
    for (auto i = from; i < usable_; ++i) {
      const uint32_t before = i == from ? free_last_ : i - 1;
      all[i] = Cell{i + 1 < usable_ ? i + 1 : 0, no_value, before, no_value};
    }
    if (free_last_ != 0) all[free_last_].to = from; else free_first_ = from;
    free_last_ = static_cast<uint32_t>(usable_ - 1);
    if (listing_) {
      to_.own_.resize(all.size());
      to_.shorter_.resize(all.size());
    }
  }

  bool fits(uint32_t to, std::span<const uint8_t> classes) const {
    for (const uint8_t c : classes) {
      const uint32_t cell = to + c;
      if (cell >= usable_ || to_.cells_[cell].from != no_value || cell == 0) return false;
    }
    return true;
  }

  // Where the children of a state with these classes, ascending, find free cells. After some tries
  // behind all that is laid: the holes go to states with one child.
  uint32_t place(std::span<const uint8_t> classes) {
    int tries = 0;
    for (uint32_t cell = free_first_; cell != 0 && tries < 48; cell = to_.cells_[cell].to) {
      if (cell < classes[0]) continue;
      if (fits(cell - classes[0], classes)) return cell - classes[0];
      ++tries;
    }
    for (;;) {
      const auto to = std::max(tail_, uint32_t{1});
      if (to + classes.back() >= usable_) {
        grow();
        continue;
      }
      if (fits(to, classes)) return to;
      ++tail_;
    }
  }

  void lay(const Range& range, uint32_t depth, std::deque<Range>& below, bool keep) {
    auto& all = to_.cells_;
    uint32_t first = range.first;
    end_here(range, depth, first);
    all[range.cell].best = std::min(all[range.cell].best, all[all[range.cell].back].best);
    if (listing_ && range.cell != 0) {
      const uint32_t back = all[range.cell].back;
      to_.shorter_[range.cell] = to_.own_[back] != 0 ? back : to_.shorter_[back];
    }
    if (first == range.last) return;
    uint8_t classes[256];
    uint32_t begins[257];
    size_t n = 0;
    for (uint32_t i = first; i < range.last; ++i) {
      const auto c = static_cast<uint8_t>(pool_[at_[i] + depth]);
      if (n != 0 && classes[n - 1] == c) continue;
      classes[n] = c;
      begins[n++] = i;
    }
    begins[n] = range.last;
    const uint32_t to = place({classes, n});
    all[range.cell].to = to;
    for (size_t k = 0; k < n; ++k) {
      const uint32_t child = to + classes[k];
      take(child);
      all[child].from = range.cell;
      all[child].back = range.cell == 0 ? 0 : to_.step(all[range.cell].back, classes[k]);
      tail_ = std::max(tail_, child + 1);
      below.push_back({begins[k], begins[k + 1], child});
      if (keep) laid_.push_back(child);
    }
  }

  // The literals whose whole path leads here; the first, of the smallest value, counts.
  void end_here(const Range& range, uint32_t depth, uint32_t& first) {
    uint32_t counts = no_value;
    for (; first < range.last; ++first) {
      if (at_[first + 1] - at_[first] != depth) break;
      const uint32_t value = value_[first];
      if (counts == no_value) {
        counts = value;
        to_.cells_[range.cell].best = value;
      } else {
        to_.repeats_.emplace_back(counts, value);
      }
      if (!listing_) continue;
      to_.values_.push_back(value);
      to_.next_.push_back(to_.own_[range.cell]);
      to_.own_[range.cell] = static_cast<uint32_t>(to_.values_.size());
    }
  }

  void trim() {
    auto& all = to_.cells_;
    size_t used = all.size() - classes_;
    while (used > 1 && all[used - 1].from == no_value) --used;
    all.resize(used + classes_);
    for (size_t i = 1; i < all.size(); ++i) {
      if (all[i].from == no_value) all[i] = Cell{};
    }
  }

  Automaton& to_;
  std::vector<Literal> literals_;  // until they are sorted
  bool listing_;
  uint32_t classes_ = 3;
  std::string pool_;  // the paths, sorted, one after the other; at_ and value_ in the same order
  std::vector<uint32_t> at_, value_;
  std::vector<uint32_t> laid_;  // cells in the order of levels
  uint32_t free_first_ = 0, free_last_ = 0, tail_ = 1;
  size_t usable_ = 0;
};

Automaton::Automaton(std::vector<Literal> literals, bool listing) {
  if (!literals.empty()) Builder(*this, std::move(literals), listing).build();
}

// A step is one look into a column, and states are numbered by the value they know: so the least
// value that a walk meets is that of the least state it meets.
void Automaton::make_dense(std::vector<uint32_t> order, uint32_t classes) {
  const std::vector<uint32_t> laid = order;  // shallow ones first
  std::stable_sort(order.begin(), order.end(),
                   [this](uint32_t a, uint32_t b) { return cells_[a].best < cells_[b].best; });
  const size_t n = order.size();
  std::vector<uint16_t> number(cells_.size());
  for (size_t i = 0; i < n; ++i) number[order[i]] = static_cast<uint16_t>(i);
  dense_.assign(n * classes, number[0]);
  for (const uint32_t cell : laid) {
    const size_t state = number[cell], back = number[cells_[cell].back];
    for (uint32_t c = 1; c < classes; ++c) {
      const uint32_t next = cells_[cell].to + c;
      const bool steps = next < cells_.size() && cells_[next].from == cell;
      // What a state has no step for, its way back has: that row is complete already.
      dense_[c * n + state] = steps ? number[next] : cell == 0 ? number[0] : dense_[c * n + back];
    }
  }
  root_ = number[0];
  start_ = dense_[class_begin * n + root_];
  std::fill_n(&dense_[class_begin * n], n, start_);
  for (size_t byte = 0; byte < 256; ++byte) {
    column_[byte] = static_cast<uint32_t>(class_[byte] * n);
  }
  column_end_ = static_cast<uint32_t>(class_end * n);
  std::copy_n(column_, 256, lane_column_);
  lane_column_[end_mark] = column_end_;
  lane_column_[begin_mark] = static_cast<uint32_t>(class_begin * n);
  dense_best_.resize(n);
  std::vector<uint32_t> own(own_.empty() ? 0 : n), shorter(own.size());
  for (size_t i = 0; i < n; ++i) {
    dense_best_[i] = cells_[order[i]].best;
    if (own_.empty()) continue;
    own[i] = own_[order[i]];
    shorter[i] = number[shorter_[order[i]]];
  }
  own_.swap(own);
  shorter_.swap(shorter);
  std::vector<Cell>().swap(cells_);
}

uint32_t Automaton::dense_best(std::string_view text) const {
  const uint16_t* const table = dense_.data();
  uint32_t state = start_, least = start_;
  for (const char byte : text) {
    state = table[column_[static_cast<uint8_t>(byte)] + state];
    least = std::min(least, state);
  }
  return dense_best_[std::min<uint32_t>(least, table[column_end_ + state])];
}

uint32_t Automaton::sparse_best(std::string_view text) const {
  uint32_t cell = step(0, class_begin);
  uint32_t found = cells_[cell].best;
  for (const char byte : text) {
    const uint8_t c = class_[static_cast<uint8_t>(byte)];
    cell = c == class_other ? 0 : step(cell, c);
    found = std::min(found, cells_[cell].best);
  }
  return std::min(found, cells_[step(cell, class_end)].best);
}

uint32_t Automaton::best(std::string_view text) const {
  if (empty()) return no_value;
  return is_dense() ? dense_best(text) : sparse_best(text);
}

size_t Automaton::memory_bytes() const {
  return cells_.capacity() * sizeof(Cell) + 2 * dense_.capacity() +
         4 * (dense_best_.capacity() + own_.capacity() + shorter_.capacity() +
              values_.capacity() + next_.capacity());
}

}  // namespace patterns
