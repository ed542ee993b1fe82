// SPDX-License-Identifier: 0BSD
// Bittensor's epoch: Yuma 3, or Yuma 2.
#include <subnet/plugin.hpp>

#include "policy.hpp"

namespace {

class Yuma3 {
 public:
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
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  explicit Yuma3(const subnet::context& cx) : policy_(consensus::Chain::bittensor, cx) {}

  void compute(const subnet::call&, const subnet::emission_in& in,
               subnet::emission_out& out) const {
    policy_.compute(*in.raw(), *out.raw());
  }
  std::string explain(const subnet::emission_in& in, uint64_t row) const {
    return policy_.explain(*in.raw(), row);
  }

 private:
  consensus::Policy policy_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.yuma3", "1.0.0", Yuma3);
