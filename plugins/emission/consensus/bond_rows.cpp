// SPDX-License-Identifier: 0BSD
#include "bond_rows.hpp"

#include <bit>
#include <cstring>

namespace consensus {
namespace {

class Rows {
 public:
  Rows(const sbn_emission_in& in, const Standing& standing, const Columns& columns)
      : in_(in), c_(columns) {
    const size_t rows = c_.uid_row.size();
    wanted_.resize(rows);
    listed_.assign(rows, 0);
    tiled_.assign(rows, 0);
    for (size_t r = 0; r < rows; ++r) wanted_[r] = standing.next_permit[c_.uid_row[r]];
    for (const uint32_t r : c_.out_row) {
      if (r != no_column && wanted_[r] != 0) ++listed_[r];
    }
    const Tiles& t = c_.tiles;
    for (size_t tile = 0; tile < t.count; ++tile) {
      for (size_t r = 0; r < rows; ++r) {
        const unsigned has = *t.has_out.at(t.word(tile, r));
        if (wanted_[r] == 0) continue;
        tiled_[r] += has == all_lanes ? tile_width : static_cast<size_t>(std::popcount(has));
      }
    }
  }

  uint64_t count() const {
    uint64_t all = 0;
    for (size_t r = 0; r < wanted_.size(); ++r) all += listed_[r] + tiled_[r];
    return all;
  }

  void write(sbn_emission_out& out, const Crew& crew) {
    offsets(out);
    write_lists(out);
    const size_t rows = wanted_.size(), parts = out.bonds_n < (1 << 16) ? 1 : 8;
    crew.run(parts, [&](size_t part) {
      for (size_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r) {
        if (wanted_[r] != 0 && tiled_[r] != 0) merge(r, out);
      }
    });
  }

 private:
  void offsets(sbn_emission_out& out) {
    begin_.resize(wanted_.size());
    uint64_t at = 0;
    size_t r = 0;
    for (size_t i = 0; i < in_.n; ++i) {
      out.bonds_row_at[i] = at;
      if (r == wanted_.size() || c_.uid_row[r] != i) continue;
      begin_[r] = at;
      at += listed_[r] + tiled_[r];
      ++r;
    }
    out.bonds_row_at[in_.n] = at;
  }

  // Lists' entries at the end of their rows, columns ascending.
  void write_lists(sbn_emission_out& out) {
    std::vector<uint64_t> at(wanted_.size());
    for (size_t r = 0; r < at.size(); ++r) at[r] = begin_[r] + tiled_[r];
    for (size_t j = 0; j < c_.n; ++j) {
      for (uint64_t k = c_.weights.at[j] + c_.bonds.at[j];
           k < c_.weights.at[j + 1] + c_.bonds.at[j + 1]; ++k) {
        const uint32_t r = c_.out_row[k];
        if (r == no_column || wanted_[r] == 0) continue;
        out.bonds_col[at[r]] = static_cast<uint32_t>(j);
        out.bonds_val[at[r]++] = c_.out[k];
      }
    }
  }

  // A row's cells of the tiles, taken in between from the left.
  void merge(size_t r, const sbn_emission_out& out) const {
    const Tiles& t = c_.tiles;
    uint64_t to = begin_[r], from = begin_[r] + tiled_[r];
    const uint64_t end = from + listed_[r];
    for (size_t tile = 0; tile < t.count; ++tile) {
      const uint16_t* cells = t.bond.at(t.line(tile, r));
      const uint32_t* columns = t.column.data() + tile * tile_width;
      const uint16_t has = *t.has_out.at(t.word(tile, r));
      if (has == all_lanes && (from == end || out.bonds_col[from] > columns[tile_width - 1])) {
        std::memcpy(out.bonds_col + to, columns, tile_width * sizeof(uint32_t));
        std::memcpy(out.bonds_val + to, cells, tile_width * sizeof(uint16_t));
        to += tile_width;
        continue;
      }
      for (unsigned left = has; left != 0; left &= left - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(left));
        for (; from < end && out.bonds_col[from] < columns[lane]; ++from, ++to) {
          out.bonds_col[to] = out.bonds_col[from];
          out.bonds_val[to] = out.bonds_val[from];
        }
        out.bonds_col[to] = columns[lane];
        out.bonds_val[to++] = cells[lane];
      }
    }
  }

  static constexpr uint16_t all_lanes = 0xffff;
  const sbn_emission_in& in_;
  const Columns& c_;
  std::vector<uint8_t> wanted_;
  std::vector<uint64_t> listed_, tiled_, begin_;
};

}  // namespace

void write_bonds(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
                 const Columns& columns, sbn_emission_out& out, const Crew& crew) {
  if (out.bonds_row == nullptr || out.bonds_row_at == nullptr) return;
  Rows rows(in, standing, columns);
  out.bonds_n = rows.count();
  if (out.bonds_n > out.bonds_capacity) {
    throw subnet::failure(SBN_E_LIMIT, "there are " + std::to_string(out.bonds_n) + " bonds");
  }
  // Commune with a cap leaves alone what a node without a permit has stored.
  const bool all_count = !rules.commune() || rules.validators_max < 0;
  for (size_t i = 0; i < in.n; ++i) {
    const bool emptied = all_count || standing.permit[i] != 0;
    out.bonds_row[i] = standing.next_permit[i] != 0 ? SBN_BONDS_SET
                       : emptied                    ? SBN_BONDS_EMPTY
                                                    : SBN_BONDS_KEEP;
  }
  rows.write(out, crew);
}

}  // namespace consensus
