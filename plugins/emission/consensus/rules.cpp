// SPDX-License-Identifier: 0BSD
#include "rules.hpp"

#include <limits>

namespace consensus {
namespace {

Dust dust_of(const std::string& word, bool fast) {
  if (word == "drop") return Dust::drop;
  if (word == "largest_remainder") return Dust::largest_remainder;
  if (word == "treasury") return Dust::treasury;
  return fast ? Dust::largest_remainder : Dust::drop;
}

Path path_of(const std::string& word) {
  if (word == "plain") return Path::plain;
  if (word == "avx2") return Path::avx2;
  return word == "avx512" ? Path::avx512 : Path::automatic;
}

template <class T>
void assign(T& out, int64_t value, int64_t low, int64_t high, const char* what) {
  if (value < low || value > high) {
    throw subnet::failure(SBN_E_INVALID, "parameter " + std::string(what) + " is " +
                                             std::to_string(value) + ", not in " +
                                             std::to_string(low) + ".." + std::to_string(high));
  }
  out = static_cast<T>(value);
}

constexpr int64_t any = std::numeric_limits<int64_t>::max();
constexpr int64_t steepness_max = int64_t{1} << 30;
constexpr int64_t uid_max = 0xffffffff;

void take(Rules& r, uint64_t id, int64_t v) {
  switch (id) {
    case SBN_PARAM_KAPPA: return assign(r.kappa, v, 0, 65535, "kappa");
    case SBN_PARAM_ACTIVITY_CUTOFF:
      return assign(r.activity_cutoff, v, 0, any, "activity_cutoff");
    case SBN_PARAM_MAX_VALIDATORS: return assign(r.validators_max, v, -1, any, "max_validators");
    case SBN_PARAM_MIN_STAKE: return assign(r.stake_min, v, 0, any, "min_stake");
    case SBN_PARAM_FOUNDER_SHARE: return assign(r.founder_percent, v, 0, 100, "founder_share");
    case SBN_PARAM_BONDS_MA: return assign(r.bonds_ma, v, 0, 1'000'000, "bonds_ma");
    case SBN_PARAM_BONDS_PENALTY: return assign(r.bonds_penalty, v, 0, 65535, "bonds_penalty");
    case SBN_PARAM_LIQUID_ALPHA: return assign(r.liquid_alpha, v, 0, 1, "liquid_alpha");
    case SBN_PARAM_ALPHA_LOW: return assign(r.alpha_low, v, 0, 65535, "alpha_low");
    case SBN_PARAM_ALPHA_HIGH: return assign(r.alpha_high, v, 0, 65535, "alpha_high");
    case SBN_PARAM_ALPHA_STEEPNESS:
      return assign(r.alpha_steepness, v, -steepness_max, steepness_max, "alpha_steepness");
    case SBN_PARAM_YUMA3: return assign(r.yuma3, v, 0, 1, "yuma3");
    case SBN_PARAM_OWNER_UID: return assign(r.owner_uid, v, -1, uid_max, "owner_uid");
    case SBN_PARAM_TEMPO: return assign(r.tempo, v, 0, any, "tempo");
    default: return;
  }
}

}  // namespace

Rules rules_of(Chain chain, const subnet::settings& s) {
  Rules r;
  r.chain = chain;
  r.fast = s.text("mode", "exact") == "fast";
  r.dust = dust_of(s.text("dust", "by_mode"), r.fast);
  r.path = path_of(s.text("instructions", "auto"));
  r.threads = static_cast<uint32_t>(s.i64("threads", 0));
  r.owner_cap_ppm = static_cast<uint32_t>(s.i64("owner_cap_ppm", 1'000'000));
  r.validators_min = static_cast<uint32_t>(s.i64("validators_min", 0));
  const bool commune = r.commune();
  // Settings are checked by the schema; take() checks what a host without one let through.
  take(r, SBN_PARAM_FOUNDER_SHARE, s.i64("founder_share", 0));
  take(r, SBN_PARAM_MIN_STAKE, s.i64("min_stake", 0));
  take(r, SBN_PARAM_KAPPA, s.i64("kappa", 32767));
  take(r, SBN_PARAM_ACTIVITY_CUTOFF, s.i64("activity_cutoff", commune ? 3600 : 5000));
  take(r, SBN_PARAM_MAX_VALIDATORS, s.i64("max_validators", commune ? -1 : 128));
  take(r, SBN_PARAM_BONDS_MA, s.i64("bonds_ma", 900'000));
  take(r, SBN_PARAM_BONDS_PENALTY, s.i64("bonds_penalty", 65535));
  take(r, SBN_PARAM_ALPHA_LOW, s.i64("alpha_low", 45875));
  take(r, SBN_PARAM_ALPHA_HIGH, s.i64("alpha_high", 58982));
  take(r, SBN_PARAM_ALPHA_STEEPNESS, s.i64("alpha_steepness", 1000));
  take(r, SBN_PARAM_OWNER_UID, s.i64("owner_uid", -1));
  take(r, SBN_PARAM_TEMPO, s.i64("tempo", 360));
  r.liquid_alpha = s.flag("liquid_alpha", false);
  r.yuma3 = s.flag("yuma3", true);
  return r;
}

Rules with_params(Rules rules, const sbn_emission_in& in) {
  for (uint64_t i = 0; i < in.param_count; ++i) take(rules, in.params[i].id, in.params[i].value);
  return rules;
}

}  // namespace consensus
