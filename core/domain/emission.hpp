// SPDX-License-Identifier: 0BSD
// One epoch's emission as values: what a policy is given and what it answers. All integers.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace subnetd {

enum class Role : std::uint8_t { none = 0, miner = 1, validator = 2 };

struct Csr16 {
  std::vector<std::uint64_t> row_at;  // rows + 1
  std::vector<std::uint32_t> col;     // sorted, unique within a row
  std::vector<std::uint16_t> val;

  bool operator==(const Csr16&) const = default;
};

// n rows whose columns are rows too, sorted and unique in each.
bool is_square(const Csr16& csr, std::size_t n);

// Columns of n rows, ordered by uid. See subnet/emission.h for units.
struct EmissionInput {
  std::uint64_t epoch = 0;
  std::uint64_t block = 0;
  std::uint64_t last_step_block = 0;
  std::uint64_t budget_nano = 0;
  std::vector<std::uint32_t> uid;
  std::vector<std::uint8_t> role;
  std::vector<std::uint64_t> stake_nano;
  std::vector<std::uint64_t> last_update;
  std::vector<std::uint64_t> registered_at;
  std::vector<std::uint8_t> permit;
  std::vector<std::uint32_t> owner;
  std::vector<std::uint32_t> parent;
  std::vector<std::uint16_t> fee;  // basis points
  std::vector<std::uint8_t> payable;
  std::vector<std::uint64_t> score_sum_ppm;
  std::vector<std::uint32_t> score_count;
  Csr16 weights;
  Csr16 bonds;
  std::map<std::uint64_t, std::int64_t> params;   // SBN_PARAM_…
  std::vector<std::uint64_t> registered_block;    // empty: every node is older than any weight
};

// I32F32 bits; empty unless asked for.
struct EmissionRaw {
  std::vector<std::int64_t> stake, active_stake, consensus, rank, incentive, dividends,
      validator_trust;
};

// How a validator's row of weights stands against the consensus and against its own interest.
struct RowReport {
  std::uint32_t row = 0;
  std::uint32_t deviation_ppm = 0;  // 0: weighs who it rated as the consensus does; 10^6: opposite
  std::uint32_t own_ppm = 0;        // of its weight, on nodes of its own key
  std::uint32_t mutual_ppm = 0;     // of its weight, on nodes whose key rates its key's nodes too

  bool operator==(const RowReport&) const = default;
};

// A validator that weighs as another does, rows of one emission.
struct Delegation {
  std::uint32_t row = 0;
  std::uint32_t parent = 0;
  std::uint32_t fee_bp = 0;  // of its dividends, in basis points, that the parent keeps

  bool operator==(const Delegation&) const = default;
};

struct EmissionOutput {
  std::vector<std::uint64_t> amount_nano;
  std::uint64_t founder_nano = 0;
  std::uint64_t dust_nano = 0;
  std::uint64_t unallocated_nano = 0;
  std::vector<std::uint16_t> incentive;
  std::vector<std::uint16_t> dividends;
  std::vector<std::uint16_t> consensus;
  std::vector<std::uint16_t> trust;
  std::vector<std::uint16_t> rank;
  std::vector<std::uint16_t> validator_trust;
  std::vector<std::uint16_t> pruning;
  std::vector<std::uint8_t> permit;
  std::vector<std::uint8_t> bonds_row;
  Csr16 bonds;
  std::uint64_t treasury_nano = 0;  // of founder_nano
  std::vector<std::uint64_t> miner_nano, validator_nano, combined_nano;
  std::vector<std::uint8_t> active;
  std::vector<std::uint16_t> stake_weight;
  EmissionRaw raw;
};

// One report a row of weights that is not empty. Where the policy names no consensus, it is the
// miners' mean scores.
std::vector<RowReport> row_reports(const EmissionInput& input,
                                   std::span<const std::uint16_t> consensus);

}  // namespace subnetd
