// SPDX-License-Identifier: 0BSD
// Commune's linear consensus.
#include <subnet/plugin.hpp>

#include "policy.hpp"

namespace {

struct Linear : consensus::Policy {
  static constexpr std::string_view id = "linear";
  static constexpr std::string_view summary =
      "Commune's linear policy: stake-weighted means, bonds without memory";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{)"
      CONSENSUS_SCHEMA_ALL
      CONSENSUS_SCHEMA_COMMUNE
      R"(}})";

  explicit Linear(const subnet::context& cx) : Policy(consensus::Chain::commune_linear, cx) {}
};

}  // namespace

SUBNET_PLUGIN("subnetd.linear", "1.0.0", Linear);
