// SPDX-License-Identifier: 0BSD
// Which chain's consensus, with which numbers: a plugin's settings, overruled call by call by the
// chain parameters of the input.
#pragma once

#include <subnet/emission.hpp>

#include "fixed.hpp"

namespace consensus {

enum class Chain { commune_linear, commune_yuma, bittensor };
enum class Dust { drop, largest_remainder, treasury };
enum class Path { automatic, plain, avx2, avx512 };

struct Rules {
  Chain chain = Chain::commune_linear;
  bool fast = false;
  Dust dust = Dust::drop;
  Path path = Path::automatic;
  uint32_t threads = 0;             // 0: as many as the host has
  uint32_t owner_cap_ppm = 1'000'000;  // of the budget, for all nodes of one key
  uint32_t validators_min = 0;      // that must weigh a miner for it to earn
  bool tiles = true;                // false: every column as a list

  uint16_t kappa = 32767;
  uint64_t activity_cutoff = 3600;
  int64_t validators_max = -1;      // -1: no cap
  uint64_t stake_min = 0;
  uint32_t founder_percent = 0;
  uint32_t bonds_ma = 900'000;
  uint16_t bonds_penalty = 65535;
  bool liquid_alpha = false;
  uint16_t alpha_low = 45875, alpha_high = 58982;
  int64_t alpha_steepness = 1000;
  bool yuma3 = true;
  int64_t owner_uid = -1;
  uint64_t tempo = 360;

  bool linear() const { return chain == Chain::commune_linear; }
  bool commune() const { return chain != Chain::bittensor; }
  bool per_validator() const { return chain == Chain::bittensor && yuma3; }
};

Rules rules_of(Chain chain, const subnet::settings& settings);
// With the parameters of one call. Throws subnet::failure on a value out of range.
Rules with_params(Rules rules, const sbn_emission_in& in);

}  // namespace consensus

// Parts of the settings' JSON Schemas: what every policy of this room has, and what only some have.
#define CONSENSUS_SCHEMA_ALL                                                                    \
  R"("mode":{"enum":["exact","fast"],"default":"exact"},)"                                      \
  R"("dust":{"enum":["by_mode","drop","largest_remainder","treasury"],"default":"by_mode"},)"   \
  R"("instructions":{"enum":["auto","plain","avx2","avx512"],"default":"auto"},)"               \
  R"("threads":{"type":"integer","minimum":0,"maximum":256,"default":0},)"                      \
  R"("owner_cap_ppm":{"type":"integer","minimum":0,"maximum":1000000,"default":1000000},)"      \
  R"("validators_min":{"type":"integer","minimum":0,"maximum":65535,"default":0},)"             \
  R"("founder_share":{"type":"integer","minimum":0,"maximum":100,"default":0},)"                \
  R"("min_stake":{"type":"integer","minimum":0,"default":0},)"
#define CONSENSUS_SCHEMA_BONDS                                                                  \
  R"("kappa":{"type":"integer","minimum":0,"maximum":65535,"default":32767},)"                  \
  R"("bonds_ma":{"type":"integer","minimum":0,"maximum":1000000,"default":900000},)"            \
  R"("liquid_alpha":{"type":"boolean","default":false},)"                                       \
  R"("alpha_low":{"type":"integer","minimum":0,"maximum":65535,"default":45875},)"              \
  R"("alpha_high":{"type":"integer","minimum":0,"maximum":65535,"default":58982},)"
#define CONSENSUS_SCHEMA_COMMUNE                                                                \
  R"("activity_cutoff":{"type":"integer","minimum":0,"default":3600},)"                         \
  R"("max_validators":{"type":"integer","minimum":-1,"default":-1})"
