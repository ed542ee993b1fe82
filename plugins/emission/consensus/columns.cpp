// SPDX-License-Identifier: 0BSD
#include "columns.hpp"

namespace consensus {
namespace {

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
  // Whether no entry of row i is dropped for its column's age.
  bool fresh_row(size_t i) const { return in_.last_update[i] > newest_; }
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

  Columns build() {
    c_.n = in_.n;
    weights_in_.assign(in_.n, 0);
    bonds_in_.assign(in_.n, 0);
    heavy_.assign(in_.n, 0);
    for (size_t i = 0; i < in_.n; ++i) count_row(i);
    choose();
    place();
    return std::move(c_);
  }

 private:
  template <class Each>
  void each_weight(size_t i, Each&& each) const {
    if (!mask_.row_counts(i)) return;
    for (uint64_t e = in_.weights.row_at[i]; e < in_.weights.row_at[i + 1]; ++e) {
      if (mask_.weight(i, in_.weights.col[e])) each(in_.weights.col[e], in_.weights.val[e]);
    }
  }
  template <class Each>
  void each_bond(size_t i, Each&& each) const {
    if (rules_.linear()) return;
    for (uint64_t e = in_.bonds.row_at[i]; e < in_.bonds.row_at[i + 1]; ++e) {
      if (mask_.bond(i, in_.bonds.col[e])) each(in_.bonds.col[e], in_.bonds.val[e]);
    }
  }

  void count_row(size_t i) {
    uint64_t total = 0, entries = 0;
    uint32_t heaviest = 0;
    uint16_t most = 0;
    each_weight(i, [&](uint32_t j, uint16_t x) {
      ++weights_in_[j];
      ++entries;
      total += x;
      if (x > most) heaviest = j;
      most = std::max(most, x);
    });
    each_bond(i, [&](uint32_t j, uint16_t) {
      ++bonds_in_[j];
      ++entries;
    });
    if (uint64_t{most} * 2 > total) heavy_[heaviest] = 1;
    if (entries == 0 && standing_.voice[i] == 0) return;
    c_.uid_row.push_back(static_cast<uint32_t>(i));
    c_.row_total.push_back(total);
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
    const size_t words = t.count * rows;
    t.weight = Cells<uint16_t>(words * tile_width);
    t.bond = Cells<uint16_t>(words * tile_width);
    t.out = Cells<uint16_t>(words * tile_width);
    t.has_weight = Cells<uint16_t>(words);
    t.has_out = Cells<uint16_t>(words);
  }

  // Offsets of the columns that are in no tile; returns where each begins.
  std::vector<uint64_t> make_room(Lists& lists, const std::vector<uint32_t>& counts) const {
    lists.at.assign(in_.n + 1, 0);
    for (size_t j = 0; j < in_.n; ++j) {
      lists.at[j + 1] = lists.at[j] + (lane_[j] == no_column ? counts[j] : 0);
    }
    lists.row.resize(lists.at.back());
    lists.val.resize(lists.at.back());
    return {lists.at.begin(), lists.at.end() - 1};
  }

  void place() {
    std::vector<uint64_t> weight_at = make_room(c_.weights, weights_in_);
    std::vector<uint64_t> bond_at = make_room(c_.bonds, bonds_in_);
    const uint64_t merged = c_.weights.row.size() + c_.bonds.row.size();
    c_.out.resize(merged);
    c_.out_row.resize(merged);
    Tiles& t = c_.tiles;
    const auto list = [](Lists& lists, uint64_t& at, size_t row, uint16_t x) {
      lists.row[at] = static_cast<uint32_t>(row);
      lists.val[at++] = x;
    };
    for (size_t row = 0; row < c_.uid_row.size(); ++row) {
      each_weight(c_.uid_row[row], [&](uint32_t j, uint16_t x) {
        const uint32_t lane = lane_[j];
        if (lane == no_column) return list(c_.weights, weight_at[j], row, x);
        *t.weight.at(t.line(lane / tile_width, row) + lane % tile_width) = x;
        *t.has_weight.at(t.word(lane / tile_width, row)) |=
            static_cast<uint16_t>(1u << lane % tile_width);
      });
      each_bond(c_.uid_row[row], [&](uint32_t j, uint16_t x) {
        const uint32_t lane = lane_[j];
        if (lane == no_column) return list(c_.bonds, bond_at[j], row, x);
        *t.bond.at(t.line(lane / tile_width, row) + lane % tile_width) = x;
      });
    }
  }

  const sbn_emission_in& in_;
  const Rules& rules_;
  const Standing& standing_;
  Mask mask_;
  std::vector<uint32_t> weights_in_, bonds_in_, lane_;
  std::vector<uint8_t> heavy_;  // holds more than half of some row
  Columns c_;
};

}  // namespace

Columns columns_of(const sbn_emission_in& in, const Rules& rules, const Standing& standing) {
  return Builder(in, rules, standing).build();
}

}  // namespace consensus
