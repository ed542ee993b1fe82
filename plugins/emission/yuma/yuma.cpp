// SPDX-License-Identifier: 0BSD
// Commune's Yuma consensus.
#include <subnet/plugin.hpp>

#include "policy.hpp"

namespace {

struct Yuma : consensus::Policy {
  static constexpr std::string_view id = "yuma";
  static constexpr std::string_view summary =
      "Commune's Yuma: a stake-weighted median clips, bonds follow slowly";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{)"
      CONSENSUS_SCHEMA_ALL
      CONSENSUS_SCHEMA_BONDS CONSENSUS_SCHEMA_COMMUNE
      R"(}})";

  explicit Yuma(const subnet::context& cx) : Policy(consensus::Chain::commune_yuma, cx) {}
};

}  // namespace

SUBNET_PLUGIN("subnetd.yuma", "1.0.0", Yuma);
