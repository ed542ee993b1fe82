// SPDX-License-Identifier: 0BSD
#include "domain/weights.hpp"

#include <algorithm>
#include <numeric>

namespace subnetd {
namespace {

using Wide = unsigned __int128;
constexpr std::uint64_t row_sum = 65'535;
constexpr std::uint64_t fine_sum = row_sum << 32;  // before values are scaled to the largest

struct Share {
  std::uint32_t uid = 0;
  std::uint64_t share = 0;
};

bool larger(const Share& a, const Share& b) {
  return a.share != b.share ? a.share > b.share : a.uid < b.uid;
}

// The largest shares first.
std::vector<Share> candidates(std::span<const std::uint32_t> uid,
                              std::span<const std::uint64_t> share, const WeightRules& rules) {
  std::vector<Share> rows;
  for (std::size_t i = 0; i < uid.size() && i < share.size(); ++i) {
    if (share[i] != 0 && rules.own_uid != uid[i]) rows.push_back({uid[i], share[i]});
  }
  std::sort(rows.begin(), rows.end(), larger);
  if (rows.size() > rules.weights_max) rows.resize(rules.weights_max);
  return rows;
}

// How many of the largest would pass the limit once those before them are held to it.
std::size_t limited(const std::vector<Share>& rows, Wide sum, std::uint64_t total,
                    std::uint64_t limit) {
  std::size_t held = 0;
  while (held < rows.size() && held * limit < total &&
         Wide{rows[held].share} * (total - held * limit) > Wide{limit} * sum) {
    sum -= rows[held++].share;
  }
  return held;
}

// Parts of `total` by largest remainder, ties to the lower uid; as many as there are rows.
std::vector<std::uint64_t> allotted(const std::vector<Share>& rows, std::uint64_t total,
                                    std::uint64_t limit) {
  Wide sum = 0;
  for (const Share& row : rows) sum += row.share;
  const std::size_t held = limited(rows, sum, total, limit);
  std::vector<std::uint64_t> parts(rows.size(), limit);
  for (std::size_t i = 0; i < held; ++i) sum -= rows[i].share;
  if (held * limit >= total || held == rows.size()) return parts;
  const std::uint64_t rest = total - held * limit;
  struct Remainder {
    Wide left;
    std::uint32_t uid;
    std::size_t at;
  };
  std::vector<Remainder> order;
  std::uint64_t given = 0;
  for (std::size_t i = held; i < rows.size(); ++i) {
    const Wide exact = Wide{rows[i].share} * rest;
    parts[i] = static_cast<std::uint64_t>(exact / sum);
    given += parts[i];
    order.push_back({exact % sum, rows[i].uid, i});
  }
  std::sort(order.begin(), order.end(), [](const Remainder& a, const Remainder& b) {
    return a.left != b.left ? a.left > b.left : a.uid < b.uid;
  });
  for (std::size_t i = 0; given < rest; ++i, ++given) ++parts[order[i].at];
  return parts;
}

std::uint16_t scaled_to(std::uint64_t value, std::uint64_t most) {
  return static_cast<std::uint16_t>((Wide{value} * row_sum + most / 2) / most);
}

// Whether Bittensor holds the value to be over the limit: shares rounded down to 32 bits of
// fraction.
bool over_limit(std::uint16_t stored, std::uint64_t sum, std::uint16_t limit) {
  return sum != 0 && (std::uint64_t{stored} << 32) / sum > (std::uint64_t{limit} << 32) / row_sum;
}

std::uint64_t sum_of(const std::vector<std::uint16_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

// The largest becomes 65535. Rounding to nearest may lift its share over a limit that the parts
// keep; rounding the others up cannot.
std::vector<std::uint16_t> scaled(const std::vector<std::uint64_t>& parts, std::uint16_t limit) {
  std::vector<std::uint16_t> out;
  if (parts.empty()) return out;
  const std::uint64_t most = *std::max_element(parts.begin(), parts.end());
  for (const std::uint64_t part : parts) out.push_back(scaled_to(part, most));
  if (!over_limit(row_sum, sum_of(out), limit)) return out;
  std::uint64_t total = 0;
  for (const std::uint64_t part : parts) total += part;
  if (Wide{most} * row_sum > Wide{limit} * total) return out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out[i] = static_cast<std::uint16_t>((Wide{parts[i]} * row_sum + most - 1) / most);
  }
  return out;
}

std::string count_of(std::size_t n) {
  return std::to_string(n) + (n == 1 ? " weight" : " weights");
}

}  // namespace

WeightRow weight_row(std::span<const std::uint32_t> uid, std::span<const std::uint64_t> share,
                     const WeightRules& rules) {
  const std::vector<Share> rows = candidates(uid, share, rules);
  const bool commune = rules.chain == WeightChain::commune;
  const std::uint64_t unit = commune ? 1 : fine_sum / row_sum;
  const std::vector<std::uint64_t> parts =
      allotted(rows, row_sum * unit, rules.weight_limit * unit);
  const std::vector<std::uint16_t> values =
      commune ? std::vector<std::uint16_t>(parts.begin(), parts.end())
              : scaled(parts, rules.weight_limit);
  std::vector<std::pair<std::uint32_t, std::uint16_t>> cells;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (values[i] != 0) cells.push_back({rows[i].uid, values[i]});
  }
  std::sort(cells.begin(), cells.end());
  WeightRow row;
  for (const auto& [node, value] : cells) {
    row.uid.push_back(node);
    row.value.push_back(value);
  }
  return row;
}

namespace {

using Broken = std::vector<BrokenRule>;

std::string stake_of(const ChainSight& chain) {
  return "a stake of " + std::to_string(*chain.stake_nano) + " nano is under " +
         std::to_string(chain.stake_min_nano);
}

bool weighed_twice(const WeightRow& row) {
  return std::adjacent_find(row.uid.begin(), row.uid.end()) != row.uid.end();
}

bool weighs_nobody(const WeightRow& row, const ChainSight& chain) {
  return !row.uid.empty() && (row.uid.back() >= chain.nodes || row.uid.back() > row_sum);
}

// ---- Commune

void check_commune_agent(const ChainSight& chain, Broken& broken) {
  if (chain.encrypted.value_or(false)) {
    broken.push_back({"SubnetEncrypted", "the subnet takes encrypted weights only"});
  }
  if (!chain.registered.value_or(true)) {
    broken.push_back({"ModuleDoesNotExist", "the agent's key is not registered on the subnet"});
  }
  if (chain.stake_nano.value_or(UINT64_MAX) < chain.stake_min_nano) {
    broken.push_back({"NotEnoughStakeToSetWeights", stake_of(chain)});
  }
  if (chain.delegates.value_or(false)) {
    broken.push_back({"DelegatingControl", "another key sets the agent's weights"});
  }
}

void check_commune_uids(const WeightRow& row, const WeightRules& rules, const ChainSight& chain,
                        Broken& broken) {
  if (weighed_twice(row)) broken.push_back({"DuplicateUids", "a uid is weighed twice"});
  const std::size_t least = std::min(rules.weights_min, chain.nodes);
  if (row.uid.size() < least || row.uid.empty() || row.uid.size() > rules.weights_max) {
    broken.push_back({"InvalidUidsLength",
                      count_of(row.uid.size()) + ", of " + std::to_string(std::max<std::size_t>(
                                                               least, 1)) +
                          " to " + std::to_string(rules.weights_max)});
  }
  if (rules.own_uid && std::binary_search(row.uid.begin(), row.uid.end(), *rules.own_uid)) {
    broken.push_back({"NoSelfWeight", "the agent weighs its own uid"});
  }
  const auto& listed = chain.whitelist;
  for (std::size_t i = 0; listed && i < row.uid.size(); ++i) {
    if (std::binary_search(listed->begin(), listed->end(), row.uid[i])) continue;
    broken.push_back(
        {"UidNotWhitelisted", "uid " + std::to_string(row.uid[i]) + " is not on the whitelist"});
    break;
  }
  if (weighs_nobody(row, chain)) {
    broken.push_back({"InvalidUid", "no node has uid " + std::to_string(row.uid.back())});
  }
}

// In the order of Commune's set_weights, which limits no single weight.
Broken broken_of_commune(const WeightRow& row, const WeightRules& rules, const ChainSight& chain) {
  Broken broken;
  check_commune_agent(chain, broken);
  check_commune_uids(row, rules, chain, broken);
  if (chain.calls_max != 0 && chain.calls >= chain.calls_max) {
    broken.push_back({"MaxSetWeightsPerEpochReached",
                      "weights were set " + std::to_string(chain.calls) + " times this epoch"});
  }
  const Wide needed = Wide{chain.stake_per_weight_nano} * row.uid.size();
  if (chain.stake_nano && *chain.stake_nano < needed) {
    broken.push_back({"NotEnoughStakePerWeight",
                      count_of(row.uid.size()) + " need more stake than the agent has"});
  }
  return broken;
}

// ---- Bittensor

void check_bittensor_agent(const ChainSight& chain, bool self, Broken& broken) {
  if (!chain.registered.value_or(true)) {
    broken.push_back(
        {"HotKeyNotRegisteredInSubNet", "the agent's key is not registered on the subnet"});
  }
  if (chain.stake_nano.value_or(UINT64_MAX) < chain.stake_min_nano) {
    broken.push_back({"NotEnoughStakeToSetWeights", stake_of(chain)});
  }
  if (chain.version.value_or(UINT64_MAX) < chain.version_min) {
    broken.push_back({"IncorrectWeightVersionKey",
                      "version " + std::to_string(*chain.version) + " is under " +
                          std::to_string(chain.version_min)});
  }
  if (chain.blocks_since.value_or(UINT64_MAX) < chain.blocks_between) {
    broken.push_back({"SettingWeightsTooFast",
                      "weights were set " + std::to_string(*chain.blocks_since) +
                          " blocks ago, of " + std::to_string(chain.blocks_between)});
  }
  if (!self && !chain.permit.value_or(true)) {
    broken.push_back({"NeuronNoValidatorPermit", "the agent has no permit to weigh others"});
  }
}

void check_bittensor_limit(const WeightRow& row, const WeightRules& rules, Broken& broken) {
  const auto stored = stored_weights(row.value, WeightChain::bittensor);
  const std::uint64_t sum = sum_of(stored);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (!over_limit(stored[i], sum, rules.weight_limit)) continue;
    broken.push_back({"MaxWeightExceeded", "uid " + std::to_string(row.uid[i]) + " has over " +
                                               std::to_string(rules.weight_limit) +
                                               " of 65535 of the row"});
  }
}

// In the order of Bittensor's set_weights. A row of nothing but the agent itself needs no permit,
// no length and no limit.
Broken broken_of_bittensor(const WeightRow& row, const WeightRules& rules,
                           const ChainSight& chain) {
  Broken broken;
  const bool self = row.uid.size() == 1 && rules.own_uid == row.uid.front();
  if (chain.encrypted.value_or(false)) {
    broken.push_back({"CommitRevealEnabled", "the subnet takes committed weights only"});
  }
  if (row.uid.size() > chain.nodes) {
    broken.push_back({"UidsLengthExceedUidsInSubNet", count_of(row.uid.size()) + " for " +
                                                          std::to_string(chain.nodes) +
                                                          " nodes"});
  }
  check_bittensor_agent(chain, self, broken);
  if (weighed_twice(row)) broken.push_back({"DuplicateUids", "a uid is weighed twice"});
  if (weighs_nobody(row, chain)) {
    broken.push_back(
        {"UidVecContainInvalidOne", "no node has uid " + std::to_string(row.uid.back())});
  }
  const std::size_t least = std::min(rules.weights_min, chain.nodes);
  if (!self && row.uid.size() < least) {
    broken.push_back({"WeightVecLengthIsLow",
                      count_of(row.uid.size()) + ", of at least " + std::to_string(least)});
  }
  if (!self) check_bittensor_limit(row, rules, broken);
  return broken;
}

}  // namespace

std::vector<BrokenRule> broken_rules(const WeightRow& row, const WeightRules& rules,
                                     const ChainSight& chain) {
  return rules.chain == WeightChain::commune ? broken_of_commune(row, rules, chain)
                                             : broken_of_bittensor(row, rules, chain);
}

std::vector<std::uint16_t> stored_weights(std::span<const std::uint16_t> value,
                                          WeightChain chain) {
  std::vector<std::uint16_t> out(value.begin(), value.end());
  const std::uint64_t sum = sum_of(out);
  if (sum == 0) return out;
  const std::uint64_t most = *std::max_element(value.begin(), value.end());
  for (std::uint16_t& v : out) {
    v = chain == WeightChain::commune ? static_cast<std::uint16_t>(v * row_sum / sum)
                                      : scaled_to(v, most);
  }
  return out;
}

}  // namespace subnetd
