// SPDX-License-Identifier: 0BSD
#include "cli/asked_policy.hpp"

#include <array>

#include "cli/installed.hpp"
#include "subnet/emission.h"

namespace subnetd::cli {
namespace {

struct Parameter {
  std::string_view setting;
  std::uint64_t id;
};
constexpr std::array parameters{
    Parameter{"kappa", SBN_PARAM_KAPPA},
    Parameter{"activity_cutoff", SBN_PARAM_ACTIVITY_CUTOFF},
    Parameter{"max_validators", SBN_PARAM_MAX_VALIDATORS},
    Parameter{"min_stake", SBN_PARAM_MIN_STAKE},
    Parameter{"founder_share", SBN_PARAM_FOUNDER_SHARE},
    Parameter{"bonds_ma", SBN_PARAM_BONDS_MA},
    Parameter{"bonds_penalty", SBN_PARAM_BONDS_PENALTY},
    Parameter{"liquid_alpha", SBN_PARAM_LIQUID_ALPHA},
    Parameter{"alpha_low", SBN_PARAM_ALPHA_LOW},
    Parameter{"alpha_high", SBN_PARAM_ALPHA_HIGH},
    Parameter{"alpha_steepness", SBN_PARAM_ALPHA_STEEPNESS},
    Parameter{"yuma3", SBN_PARAM_YUMA3},
    Parameter{"owner_uid", SBN_PARAM_OWNER_UID},
    Parameter{"tempo", SBN_PARAM_TEMPO},
};

bool same_policy(const plugin::Catalogue& catalogue, const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto one = catalogue.find(SBN_KIND_EMISSION, a);
  const auto other = catalogue.find(SBN_KIND_EMISSION, b);
  return one && other && one->id() == other->id();
}

}  // namespace

Result<std::unique_ptr<plugin::Emission>> open_policy(const plugin::Catalogue& catalogue,
                                                      const config::Config& config,
                                                      const std::string& use,
                                                      const std::vector<std::string>& set,
                                                      const std::string& where) {
  const bool own = same_policy(catalogue, use, config.emission.use);
  SUBNETD_TRY(std::string settings, with_set(own ? config.emission.settings.json : "{}", set));
  SUBNETD_TRY(auto instance,
              instantiate(catalogue, SBN_KIND_EMISSION, use, std::move(settings), where));
  return std::make_unique<plugin::Emission>(std::move(instance));
}

void overrule(EmissionInput& in, const std::vector<std::string>& set) {
  for (const std::string& pair : set) {
    const std::string_view key = std::string_view(pair).substr(0, pair.find('='));
    for (const Parameter& each : parameters) {
      if (each.setting == key) in.params.erase(each.id);
    }
  }
}

}  // namespace subnetd::cli
