// SPDX-License-Identifier: 0BSD
// Commune's Yuma consensus.
#include <subnet/plugin.hpp>

#include "policy.hpp"

namespace {

class Yuma {
 public:
  static constexpr std::string_view id = "yuma";
  static constexpr std::string_view summary =
      "Commune's Yuma: a stake-weighted median clips, bonds follow slowly";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{)"
      CONSENSUS_SCHEMA_ALL
      CONSENSUS_SCHEMA_BONDS CONSENSUS_SCHEMA_COMMUNE
      R"(}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  explicit Yuma(const subnet::context& cx) : policy_(consensus::Chain::commune_yuma, cx) {}

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

SUBNET_PLUGIN("subnetd.yuma", "1.0.0", Yuma);
