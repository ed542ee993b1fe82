// SPDX-License-Identifier: 0BSD
// A matching problem out of a file of nodes: the columns that a matcher sees, and the rows that
// came before. Ids are unique across miners and validators. Registration order is that of `order`,
// then that of the ids (v2 before v10), whatever the order of the lines. Main thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/error.hpp"
#include "json/json.hpp"
#include "plugin/detector.hpp"
#include "subnet/matcher.h"

namespace subnetd::cli {

class MatchCase {
 public:
  MatchCase(plugin::DetectorChain& detectors, std::uint32_t redundancy);

  // One line of JSON each; `file` stands in errors.
  Result<void> read_nodes(const std::string& file);
  // Rows as `match solve` prints them, TSV or JSON Lines. What no longer holds is left out.
  Result<void> read_previous(const std::string& file);

  sbn_match_view view(std::uint64_t seed, std::uint64_t move_budget) const;
  // Puts moves into effect.
  void apply(std::span<const sbn_match_move> moves);

  std::uint32_t redundancy() const { return redundancy_; }
  const std::vector<std::string>& miners() const { return miners_.ids; }
  const std::vector<std::string>& validators() const { return validators_.ids; }
  // [miner * redundancy + copy]: validator or SBN_NONE.
  const std::vector<std::uint32_t>& current() const { return current_; }
  const std::vector<std::uint32_t>& capacity() const { return capacity_; }
  const std::vector<std::uint32_t>& miner_types() const { return miners_.type; }
  bool serves(std::uint32_t validator, std::uint32_t type) const;

 private:
  struct Nodes {
    std::vector<std::string> ids;
    std::vector<std::uint8_t> state;
    std::vector<std::uint32_t> owner, region, type;
    std::vector<std::uint64_t> order;
  };
  struct Untyped {
    std::size_t miner;
    DetectionSubject subject;
  };
  Result<void> add_node(const json::Object& object);
  Result<void> add_validator(const json::Fields& fields);
  Result<void> add_miner(const json::Fields& fields);
  Result<void> put_shared(const json::Fields& fields, Nodes& nodes);
  Result<void> add_previous(const std::string& miner, const std::string& validator);
  void type_names();
  static std::uint32_t number(std::unordered_map<std::string, std::uint32_t>& numbers,
                              const std::string& name);

  plugin::DetectorChain& detectors_;
  std::uint32_t redundancy_;
  Nodes miners_, validators_;
  std::vector<std::uint32_t> capacity_, reliability_ppm_, types_;
  std::vector<std::uint64_t> types_at_{0};
  std::vector<std::uint32_t> current_, load_;
  std::vector<Untyped> untyped_;
  std::unordered_map<std::string, std::uint32_t> type_numbers_, owner_numbers_, region_numbers_;
  std::unordered_map<std::string, std::uint32_t> miner_index_, validator_index_;
};

}  // namespace subnetd::cli
