// SPDX-License-Identifier: 0BSD
// Bittensor's epoch: Yuma 3, or Yuma 2.
#include <subnet/plugin.hpp>

#include "policy.hpp"

namespace {

struct Yuma3 : consensus::Policy {
  static constexpr std::string_view id = "yuma3";
  static constexpr std::string_view summary =
      "Bittensor's Yuma 3: bonds per validator; Yuma 2 with yuma3 = false";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{)"
      CONSENSUS_SCHEMA_ALL
      CONSENSUS_SCHEMA_BONDS R"("activity_cutoff":{"type":"integer","minimum":0,"default":5000},)"
      R"("max_validators":{"type":"integer","minimum":-1,"default":128},)"
      R"("bonds_penalty":{"type":"integer","minimum":0,"maximum":65535,"default":65535},)"
      R"("alpha_steepness":{"type":"integer","minimum":-1073741824,"maximum":1073741824,)"
      R"("default":1000},)"
      R"("yuma3":{"type":"boolean","default":true},)"
      R"("owner_uid":{"type":"integer","minimum":-1,"maximum":4294967295,"default":-1},)"
      R"("tempo":{"type":"integer","minimum":0,"default":360})"
      R"(}})";

  explicit Yuma3(const subnet::context& cx) : Policy(consensus::Chain::bittensor, cx) {}
};

}  // namespace

SUBNET_PLUGIN("subnetd.yuma3", "1.0.0", Yuma3);
