// SPDX-License-Identifier: 0BSD
// Many texts at a time. A walk of one waits at every byte for the state before, and the end of each
// is a guess of the processor's that goes wrong; so several walk in turns, and nothing in the way
// of a dense walk asks where a text ends.
#include <algorithm>
#include <cstring>

#include "automaton.hpp"
#include "text.hpp"

namespace patterns {
namespace {

constexpr size_t lanes = 6;
constexpr size_t lane_bytes = 1104;  // no multiple of a page, or the lanes push each other out
constexpr size_t piece = 128;        // texts
constexpr size_t text_bytes_max = 512;
constexpr size_t piece_bytes_max = lanes * (lane_bytes - text_bytes_max - 16);

using States8 = int16_t __attribute__((vector_size(16)));

template <class T>
T load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

using Bytes16 = uint64_t __attribute__((vector_size(16)));

template <class T>
T moved(const char* from, uint8_t* to) {
  const T block = load<T>(from);
  std::memcpy(to, &block, sizeof block);
  return block;
}

// Copies a text and says whether it is ASCII. The last block may overlap the one before.
bool copied(std::string_view text, uint8_t* to) {
  const char* const from = text.data();
  const size_t n = text.size();
  constexpr uint64_t high = 0x8080808080808080u;
  if (n >= 16) {
    Bytes16 all = moved<Bytes16>(from, to) | moved<Bytes16>(from + n - 16, to + n - 16);
    for (size_t i = 16; i + 16 < n; i += 16) all |= moved<Bytes16>(from + i, to + i);
    return ((all[0] | all[1]) & high) == 0;
  }
  if (n >= 8) {
    return ((moved<uint64_t>(from, to) | moved<uint64_t>(from + n - 8, to + n - 8)) & high) == 0;
  }
  std::copy_n(from, n, to);
  return is_ascii(text);
}

States8 lesser(States8 a, States8 b) { return a < b ? a : b; }

// The least of n states, which are below 0x8000.
uint32_t least_of(const uint16_t* states, size_t n, uint16_t least) {
  if (n < 8) {
    for (size_t i = 0; i < n; ++i) least = std::min(least, states[i]);
    return least;
  }
  const size_t last = n - 8;  // as in copied()
  States8 all = lesser(load<States8>(states), load<States8>(states + last));
  all = lesser(all, load<States8>(states + std::min<size_t>(8, last)));
  all = lesser(all, load<States8>(states + std::min<size_t>(16, last)));
  for (size_t i = 24; i < last; i += 8) all = lesser(all, load<States8>(states + i));
  all = lesser(all, __builtin_shufflevector(all, all, 4, 5, 6, 7, 0, 1, 2, 3));
  all = lesser(all, __builtin_shufflevector(all, all, 2, 3, 0, 1, 6, 7, 4, 5));
  const int16_t of_two = std::min(all[0], all[1]);
  return std::min(least, static_cast<uint16_t>(of_two));
}

}  // namespace

void Automaton::best(std::span<const std::string_view> texts, uint32_t* out) const {
  if (is_dense()) return dense_best(texts, out);
  if (!empty()) return sparse_best(texts, out);
  for (size_t i = 0; i < texts.size(); ++i) out[i] = is_ascii(texts[i]) ? no_value : beyond_ascii;
}

// Each lane is texts one behind the other; all lanes go on to the end of the fullest. Where a text
// ends is looked for afterwards, in the states that were met.
struct Automaton::Lanes {
  alignas(64) uint8_t bytes[lanes * lane_bytes];
  alignas(64) uint16_t states[lanes * lane_bytes];
  uint16_t begins[piece];  // where each text does
  bool ascii[piece];

  // Returns how many steps the fullest lane has.
  size_t fill(std::span<const std::string_view> texts, size_t bytes_in_all, bool ends) {
    const size_t enough = bytes_in_all / lanes + 1;
    size_t next = 0, steps = 0, used[lanes];
    for (size_t w = 0; w < lanes; ++w) {
      uint8_t* const lane = bytes + w * lane_bytes;
      size_t n = 0;
      while (n < enough && next < texts.size()) {
        begins[next] = static_cast<uint16_t>(w * lane_bytes + n);
        ascii[next] = copied(texts[next], lane + n);
        n += texts[next++].size();
        if (ends) lane[n++] = end_mark;
        lane[n++] = begin_mark;
      }
      used[w] = n;
      steps = std::max(steps, n);
    }
    for (size_t w = 0; w < lanes; ++w) {
      std::memset(bytes + w * lane_bytes + used[w], begin_mark, steps - used[w]);
    }
    return steps;
  }

  void walk(const uint16_t* table, const uint32_t* columns, uint16_t start, size_t steps) {
    uint32_t state[lanes];
    std::fill_n(state, lanes, start);
    uint16_t* to = states;
    for (const uint8_t *at = bytes, *const end = at + steps; at != end; ++at, ++to) {
#pragma GCC unroll 6
      for (size_t w = 0; w < lanes; ++w) {
        state[w] = table[columns[at[w * lane_bytes]] + state[w]];
        to[w * lane_bytes] = static_cast<uint16_t>(state[w]);
      }
    }
  }
};

void Automaton::dense_best(std::span<const std::string_view> texts, uint32_t* out) const {
  if (texts.size() < lanes) {
    for (size_t i = 0; i < texts.size(); ++i) {
      out[i] = is_ascii(texts[i]) ? dense_best(texts[i]) : beyond_ascii;
    }
    return;
  }
  Lanes in;
  const size_t marks = ends_ ? 2 : 1;
  while (!texts.empty()) {
    size_t n = 0, bytes = 0;
    for (; n < std::min(piece, texts.size()); ++n) {
      const size_t more = texts[n].size() + marks;
      if (texts[n].size() > text_bytes_max || bytes + more > piece_bytes_max) break;
      bytes += more;
    }
    const size_t steps = in.fill(texts.first(n), bytes, ends_);
    in.walk(dense_.data(), lane_column_, start_, steps);
    for (size_t i = 0; i < n; ++i) {
      const size_t length = texts[i].size() + marks - 1;
      const uint32_t least = least_of(in.states + in.begins[i], length, start_);
      out[i] = in.ascii[i] ? dense_best_[least] : beyond_ascii;
    }
    if (n == 0) {
      out[0] = is_ascii(texts[0]) ? dense_best(texts[0]) : beyond_ascii;
      n = 1;
    }
    out += n;
    texts = texts.subspan(n);
  }
}

// A step of a large automaton waits for memory, so sixteen texts walk in turns and each asks for
// what it will need before it is its turn again.
void Automaton::sparse_best(std::span<const std::string_view> texts, uint32_t* out) const {
  constexpr size_t lanes_max = 16;
  struct Lane {
    const uint8_t *at, *end;
    uint32_t cell, to, back, best;
    uint32_t text;
  };
  Lane lanes[lanes_max];
  const Cell* const cells = cells_.data();
  const uint32_t start = step(0, class_begin);
  uint32_t next_text = 0;
  const auto fill = [&](Lane& lane) {
    while (next_text != texts.size() && !is_ascii(texts[next_text])) {
      out[next_text++] = beyond_ascii;
    }
    if (next_text == texts.size()) return false;
    const auto* at = reinterpret_cast<const uint8_t*>(texts[next_text].data());
    const Cell& cell = cells[start];
    lane = {at, at + texts[next_text].size(), start, cell.to, cell.back, cell.best, next_text++};
    return true;
  };
  size_t lanes_used = 0;
  while (lanes_used < lanes_max && fill(lanes[lanes_used])) ++lanes_used;
  const auto enter = [&](Lane& lane, uint32_t cell) {
    lane.cell = cell;
    lane.to = cells[cell].to;
    lane.back = cells[cell].back;
    lane.best = std::min(lane.best, cells[cell].best);
  };
  while (lanes_used != 0) {
    for (size_t i = 0; i < lanes_used; ++i) {
      Lane& lane = lanes[i];
      if (lane.at == lane.end) {
        out[lane.text] = std::min(lane.best, cells[step(lane.cell, class_end)].best);
        if (!fill(lane)) lanes[i--] = lanes[--lanes_used];
        continue;
      }
      const uint8_t c = class_[*lane.at];
      const uint32_t next = lane.to + c;
      if (c == class_other) {
        enter(lane, 0);
        ++lane.at;
      } else if (cells[next].from == lane.cell) {
        enter(lane, next);
        ++lane.at;
      } else if (lane.cell == 0) {
        ++lane.at;
      } else {
        enter(lane, lane.back);
      }
      __builtin_prefetch(&cells[lane.to + (lane.at != lane.end ? class_[*lane.at] : class_end)]);
    }
  }
}

}  // namespace patterns
