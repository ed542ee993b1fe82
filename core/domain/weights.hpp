// SPDX-License-Identifier: 0BSD
// The one row of weights an agent submits to its chain: the policy's miner shares as u16, and what
// the chain would say to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace subnetd {

enum class WeightChain : std::uint8_t {
  commune,    // the values sum to exactly 65535, so that what the chain stores is what was sent
  bittensor,  // the largest value is 65535
};

struct WeightRules {
  WeightChain chain = WeightChain::commune;
  std::uint32_t weights_min = 1;            // entries of a row, unless fewer nodes are registered
  std::uint32_t weights_max = 420;          // entries of a row: the largest shares
  std::uint16_t weight_limit = 65535;       // of a row's sum of 65535 to one node
  std::optional<std::uint32_t> own_uid;     // the agent's own node, which weight_row leaves out

  bool operator==(const WeightRules&) const = default;
};

struct WeightRow {
  std::vector<std::uint32_t> uid;  // ascending
  std::vector<std::uint16_t> value;

  bool operator==(const WeightRow&) const = default;
};

// Positive shares only, without the agent's own; the largest weights_max of them, ties to the lower
// uid; none over weight_limit where there are enough. What rounds to 0 is left out.
WeightRow weight_row(std::span<const std::uint32_t> uid, std::span<const std::uint64_t> share,
                     const WeightRules& rules);

// What is known of the chain that a row is meant for. Absent: not known, so not checked.
struct ChainSight {
  std::uint32_t nodes = 0;                     // registered on the subnet
  std::optional<bool> registered;              // the agent's key is
  std::optional<bool> encrypted;               // it takes encrypted or committed weights only
  std::optional<std::uint64_t> stake_nano;     // of the agent
  std::uint64_t stake_min_nano = 0;            // to set weights at all

  // Of Commune.
  std::optional<bool> delegates;               // another sets the agent's weights
  std::optional<std::vector<std::uint32_t>> whitelist;  // uids, ascending; a linear subnet has one
  std::uint32_t calls = 0, calls_max = 0;      // this epoch; 0: no limit
  std::uint64_t stake_per_weight_nano = 0;

  // Of Bittensor.
  std::optional<std::uint64_t> version;        // the key that the agent would set weights with
  std::uint64_t version_min = 0;
  std::optional<std::uint64_t> blocks_since;   // the agent last set weights
  std::uint64_t blocks_between = 0;            // two settings of weights
  std::optional<bool> permit;                  // the agent may weigh others
};

struct BrokenRule {
  std::string rule;  // as the error of rules.chain names it
  std::string why;

  bool operator==(const BrokenRule&) const = default;
};

// Each rule of the chain that the row would break, in the chain's order; empty: it would be taken.
std::vector<BrokenRule> broken_rules(const WeightRow& row, const WeightRules& rules,
                                     const ChainSight& chain);

// What the chains make of a row: Commune floor(w * 65535 / sum), Bittensor round(w * 65535 / max).
std::vector<std::uint16_t> stored_weights(std::span<const std::uint16_t> value, WeightChain chain);

}  // namespace subnetd
