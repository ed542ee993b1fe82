// SPDX-License-Identifier: 0BSD
#include "columns.hpp"

#include <sys/mman.h>

#include <cstring>

namespace consensus {
namespace {

// Entries of neighbouring columns in a row of a matrix, from entry `at` and `column` on.
struct Span {
  uint64_t at, size;
  uint32_t column;
  bool holds(size_t j) const { return j >= column && j - column < size; }
};

// The longest from `at` on. Columns of a row ascend, so the last one of some says it of all.
Span span_from(const uint32_t* column, uint64_t at, uint64_t end) {
  const auto neighbours = [&](uint64_t size) {
    return column[at + size - 1] - column[at] == size - 1;
  };
  uint64_t size = 1, too_many = end - at + 1;
  if (neighbours(too_many - 1)) size = too_many - 1;
  while (2 * size < too_many && neighbours(2 * size)) size *= 2;
  too_many = std::min(too_many, 2 * size);
  while (size + 1 < too_many) {
    const uint64_t middle = (size + too_many) / 2;
    (neighbours(middle) ? size : too_many) = middle;
  }
  return {at, size, column[at]};
}

// How many spans cover each column.
class Counts {
 public:
  explicit Counts(size_t columns) : steps_(columns + 1, 0) {}
  void add(const Span& s) {
    ++steps_[s.column];
    --steps_[s.column + s.size];
  }
  std::vector<uint32_t> take() {
    for (size_t j = 1; j < steps_.size(); ++j) steps_[j] += steps_[j - 1];
    steps_.pop_back();
    return std::move(steps_);
  }

 private:
  std::vector<uint32_t> steps_;  // from the column before, modulo 2^32
};

uint64_t total_of(const uint16_t* values, uint64_t size) {
  constexpr uint64_t fit = 65536;  // that many have a sum of 32 bits
  uint64_t total = 0;
  for (uint64_t from = 0; from < size; from += fit) {
    const uint64_t to = std::min(size, from + fit);
    uint32_t part = 0;
    for (uint64_t k = from; k < to; ++k) part += values[k];
    total += part;
  }
  return total;
}
uint16_t most_of(const uint16_t* values, uint64_t size) {
  uint16_t most = 0;
  for (uint64_t k = 0; k < size; ++k) most = std::max(most, values[k]);
  return most;
}

// Rows of all tiles, gathered some at a time: what they put into a tile lies together.
struct Lines {
  static constexpr size_t most = 32;
  size_t words, lanes;               // from line to line, a cache line more than there are
  std::vector<uint16_t> cells, has;  // of most * lanes cells; a bit each
  explicit Lines(size_t tiles)
      : words(tiles + 2), lanes(words * tile_width), cells(most * lanes), has(most * words) {}

  void clear() {
    std::fill(cells.begin(), cells.end(), uint16_t{0});
    std::fill(has.begin(), has.end(), uint16_t{0});
  }
  void put(size_t line, uint32_t first, const uint16_t* values, size_t size) {
    std::memcpy(cells.data() + line * lanes + first, values, size * sizeof(uint16_t));
    uint16_t* bits_at = has.data() + line * words;
    for (size_t lane = first, end = first + size; lane < end;) {
      const size_t here = std::min(end - lane, tile_width - lane % tile_width);
      bits_at[lane / tile_width] |= static_cast<uint16_t>(((1u << here) - 1) << lane % tile_width);
      lane += here;
    }
  }
};

// What decides which entries count.
class Mask {
 public:
  Mask(const sbn_emission_in& in, const Rules& rules, const Standing& standing)
      : in_(in), rules_(rules), standing_(standing) {
    const uint64_t ago = in.block > rules.tempo ? in.block - rules.tempo : 0;
    last_tempo_ = in.last_step_block == 0 ? ago : in.last_step_block + 1;
    needs_permit_ = !rules.commune() || rules.validators_max >= 0;
    for (size_t j = 0; j < in.n; ++j) newest_ = std::max(newest_, registered(in, j));
    if (rules.validators_min > 0) drop_unseen();
  }

  bool row_counts(size_t i) const { return !needs_permit_ || standing_.permit[i] != 0; }
  // Whether of row i all counts but what it says of itself, without a look at each entry.
  bool all_weights(size_t i) const { return unseen_.empty() && fresh_row(i); }
  bool all_bonds(size_t i) const {
    return rules_.commune() ? fresh_row(i) : last_tempo_ > newest_;
  }
  bool weight(size_t i, size_t j) const {
    if (i == j && j != standing_.owner) return false;
    if (!unseen_.empty() && unseen_[j] != 0) return false;
    return fresh_row(i) || !outdated(in_, i, j);
  }
  bool bond(size_t i, size_t j) const {
    if (rules_.commune()) return fresh_row(i) || !outdated(in_, i, j);
    return last_tempo_ > registered(in_, j);
  }

 private:
  // Whether no entry of row i is dropped for its column's age.
  bool fresh_row(size_t i) const { return in_.last_update[i] > newest_; }

  // Columns that too few validators with a voice weigh.
  void drop_unseen() {
    std::vector<uint32_t> seen(in_.n, 0);
    for (size_t i = 0; i < in_.n; ++i) {
      if (!row_counts(i) || standing_.voice[i] == 0) continue;
      for (uint64_t e = in_.weights.row_at[i]; e < in_.weights.row_at[i + 1]; ++e) {
        if (in_.weights.val[e] != 0 && weight(i, in_.weights.col[e])) ++seen[in_.weights.col[e]];
      }
    }
    std::vector<uint8_t> unseen(in_.n);
    for (size_t j = 0; j < in_.n; ++j) unseen[j] = seen[j] < rules_.validators_min ? 1 : 0;
    unseen_ = std::move(unseen);
  }

  const sbn_emission_in& in_;
  const Rules& rules_;
  const Standing& standing_;
  uint64_t last_tempo_ = 0;
  uint64_t newest_ = 0;
  bool needs_permit_ = false;
  std::vector<uint8_t> unseen_;
};

class Builder {
 public:
  Builder(const sbn_emission_in& in, const Rules& rules, const Standing& standing)
      : in_(in), rules_(rules), standing_(standing), mask_(in, rules, standing) {}

  Columns build(const Crew& crew) {
    c_.n = in_.n;
    heavy_.assign(in_.n, 0);
    Counts weights(in_.n), bonds(in_.n);
    for (size_t i = 0; i < in_.n; ++i) count_row(i, weights, bonds);
    weights_in_ = weights.take();
    bonds_in_ = bonds.take();
    choose();
    c_.out.resize(make_room(c_.weights, weights_in_) + make_room(c_.bonds, bonds_in_));
    c_.out_row.resize(c_.out.size());
    Tiles& t = c_.tiles;
    const auto place_one = [&](size_t matrix) {
      if (matrix == 0) {
        place(in_.weights, c_.weights, t.weight, &t.has_weight,
              [&](size_t i, auto&& each) { each_weight(i, each); });
      } else {
        place(in_.bonds, c_.bonds, t.bond, nullptr,
              [&](size_t i, auto&& each) { each_bond(i, each); });
      }
    };
    constexpr uint64_t small = 1 << 16;  // entries that are not worth a second thread
    (in_.weights.row_at[in_.n] < small ? Crew() : crew).run(2, place_one);
    return std::move(c_);
  }

 private:
  template <class Each>
  void each_weight(size_t i, Each&& each) const {
    if (!mask_.row_counts(i)) return;
    const auto counts = [this, i](size_t j) { return mask_.weight(i, j); };
    const bool all = mask_.all_weights(i);
    each_span(in_.weights, i, [&](const Span& s) {
      if (!all) return each_part(s, counts, each);
      if (i == standing_.owner || !s.holds(i)) return each(s);
      const uint64_t left = i - s.column, right = s.size - left - 1;
      if (left > 0) each(Span{s.at, left, s.column});
      if (right > 0) each(Span{s.at + left + 1, right, static_cast<uint32_t>(i + 1)});
    });
  }
  template <class Each>
  void each_bond(size_t i, Each&& each) const {
    if (rules_.linear()) return;
    const auto counts = [this, i](size_t j) { return mask_.bond(i, j); };
    const bool all = mask_.all_bonds(i);
    each_span(in_.bonds, i, [&](const Span& s) { all ? each(s) : each_part(s, counts, each); });
  }
  template <class Each>
  static void each_span(const sbn_csr16& rows, size_t i, Each&& each) {
    const uint64_t end = rows.row_at[i + 1];
    for (uint64_t at = rows.row_at[i]; at < end;) {
      const Span s = span_from(rows.col, at, end);
      each(s);
      at += s.size;
    }
  }
  // What of a span counts, as spans.
  template <class Counting, class Each>
  static void each_part(const Span& s, Counting&& counts, Each&& each) {
    uint64_t from = 0;
    for (uint64_t k = 0; k <= s.size; ++k) {
      if (k < s.size && counts(s.column + k)) continue;
      if (k > from) each(Span{s.at + from, k - from, static_cast<uint32_t>(s.column + from)});
      from = k + 1;
    }
  }

  void count_row(size_t i, Counts& weights, Counts& bonds) {
    uint64_t total = 0;
    uint16_t most = 0;
    bool empty = true;
    each_weight(i, [&](const Span& s) {
      weights.add(s);
      total += total_of(in_.weights.val + s.at, s.size);
      most = std::max(most, most_of(in_.weights.val + s.at, s.size));
      empty = false;
    });
    each_bond(i, [&](const Span& s) {
      bonds.add(s);
      empty = false;
    });
    if (most != 0 && uint64_t{most} * 2 >= total) mark_heavy(i, total);
    if (empty && standing_.voice[i] == 0) return;
    c_.uid_row.push_back(static_cast<uint32_t>(i));
    c_.row_total.push_back(total);
  }
  void mark_heavy(size_t i, uint64_t total) {
    each_weight(i, [&](const Span& s) {
      for (uint64_t k = 0; k < s.size; ++k) {
        if (uint64_t{in_.weights.val[s.at + k]} * 2 >= total) heavy_[s.column + k] = 1;
      }
    });
  }

  // Tiles hold 32-bit shares, weights below one half. A share of exactly 1 has 33 bits: the only
  // stake, or a weight that outweighs its row. Such columns stay lists, as does everything where
  // the consensus is the lowest score there is.
  bool fits_tiles() const {
    const size_t rows = c_.uid_row.size();
    if (!rules_.tiles || rows == 0 || rows >= 65536 || standing_.minority < 0) return false;
    const auto whole = [](bits v) { return v >= one; };
    return std::none_of(standing_.active_stake.begin(), standing_.active_stake.end(), whole) &&
           std::none_of(standing_.voice.begin(), standing_.voice.end(), whole);
  }

  void choose() {
    lane_.assign(in_.n, no_column);
    if (!fits_tiles()) return;
    const size_t rows = c_.uid_row.size();
    std::vector<uint32_t>& chosen = c_.tiles.column;
    for (size_t j = 0; j < in_.n; ++j) {
      const uint64_t filled = std::max(weights_in_[j], bonds_in_[j]);
      if (filled * 8 >= rows && filled > 2 && heavy_[j] == 0) {
        chosen.push_back(static_cast<uint32_t>(j));
      }
    }
    if (chosen.size() < tile_width / 2) {
      chosen.clear();
      return;
    }
    for (size_t k = 0; k < chosen.size(); ++k) lane_[chosen[k]] = static_cast<uint32_t>(k);
    Tiles& t = c_.tiles;
    t.rows = rows;
    t.count = (chosen.size() + tile_width - 1) / tile_width;
    chosen.resize(t.count * tile_width, no_column);
    t.pitch = 2 * ((rows + 1) / 2 | 1);
    const size_t words = t.count * t.pitch;
    t.weight = Cells<uint16_t>(words * tile_width);
    t.bond = Cells<uint16_t>(words * tile_width);
    t.has_weight = Cells<uint16_t>(words);
    t.has_out = Cells<uint16_t>(words);
  }

  // Offsets of the columns that are in no tile; how many entries they have.
  uint64_t make_room(Lists& lists, const std::vector<uint32_t>& counts) const {
    lists.at.assign(in_.n + 1, 0);
    for (size_t j = 0; j < in_.n; ++j) {
      lists.at[j + 1] = lists.at[j] + (lane_[j] == no_column ? counts[j] : 0);
    }
    lists.row.resize(lists.at.back());
    lists.val.resize(lists.at.back());
    return lists.at.back();
  }

  // One matrix into lists and tiles: every cell of a tile is written.
  template <class Spans>
  void place(const sbn_csr16& rows, Lists& lists, Cells<uint16_t>& cells, Cells<uint16_t>* has,
             Spans&& each_of_row) {
    std::vector<uint64_t> at(lists.at.begin(), lists.at.end() - 1);
    Lines lines(c_.tiles.count);
    for (size_t first = 0; first < c_.uid_row.size(); first += Lines::most) {
      const size_t count = std::min(Lines::most, c_.uid_row.size() - first);
      lines.clear();
      for (size_t k = 0; k < count; ++k) {
        each_of_row(c_.uid_row[first + k], [&](const Span& s) {
          if (put(s, rows.val + s.at, k, lines)) return;
          for (uint64_t e = 0; e < s.size; ++e) {
            const Span one_entry{s.at + e, 1, static_cast<uint32_t>(s.column + e)};
            if (put(one_entry, rows.val + s.at + e, k, lines)) continue;
            uint64_t& to = at[one_entry.column];
            lists.row[to] = static_cast<uint32_t>(first + k);
            lists.val[to++] = rows.val[s.at + e];
          }
        });
      }
      spread(lines, first, count, cells, has);
    }
  }
  // Whether all of a span is in tiles: lanes ascend, so the last one says it of all.
  bool put(const Span& s, const uint16_t* values, size_t line, Lines& lines) const {
    const uint32_t first = lane_[s.column], last = lane_[s.column + s.size - 1];
    if (first == no_column || last == no_column || last - first != s.size - 1) return false;
    lines.put(line, first, values, s.size);
    return true;
  }
  void spread(const Lines& lines, size_t first, size_t count, Cells<uint16_t>& cells,
              Cells<uint16_t>* has) const {
    const Tiles& t = c_.tiles;
    for (size_t tile = 0; tile < t.count; ++tile) {
      const uint16_t* from = lines.cells.data() + tile * tile_width;
      uint16_t* to = cells.at(t.line(tile, first));
      for (size_t k = 0; k < count; ++k) {
        std::memcpy(to + k * tile_width, from + k * lines.lanes, tile_width * sizeof(uint16_t));
      }
      if (has == nullptr) continue;
      uint16_t* words = has->at(t.word(tile, first));
      for (size_t k = 0; k < count; ++k) words[k] = lines.has[k * lines.words + tile];
    }
  }

  const sbn_emission_in& in_;
  const Rules& rules_;
  const Standing& standing_;
  Mask mask_;
  std::vector<uint32_t> weights_in_, bonds_in_, lane_;
  std::vector<uint8_t> heavy_;  // holds half of some row, or more
  Columns c_;
};

}  // namespace

void* cells_memory(size_t bytes) {
  constexpr size_t line = 64, large_page = size_t{1} << 21;
  if (bytes == 0) return nullptr;
  const size_t page = bytes < 4 * large_page ? line : large_page;
  const size_t whole = (bytes + page - 1) / page * page;
  void* memory = std::aligned_alloc(page, whole);
  if (memory == nullptr) throw std::bad_alloc();
  if (page == large_page) madvise(memory, whole, MADV_HUGEPAGE);
  return memory;
}

Columns columns_of(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
                   const Crew& crew) {
  return Builder(in, rules, standing).build(crew);
}

}  // namespace consensus
