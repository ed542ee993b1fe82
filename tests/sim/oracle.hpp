// SPDX-License-Identifier: 0BSD
// What must hold, told anew from the facts alone and compared with the engine's State at every
// append. It keeps its own books on scores, flags, misses, payments and epochs.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace subnetd::sim {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const char* what) {
  if (!holds) throw Violation(what);
}

class Oracle {
 public:
  // Around the apply() of every durable fact.
  void before(const engine::State& s, const engine::Fact& fact);
  void after(const engine::State& s, const engine::Fact& fact);
  // At the end of every append.
  void settled(const engine::State& s);

 private:
  struct Sum {
    std::uint64_t sum = 0;
    std::uint32_t count = 0;
  };
  struct MinerBook {
    std::vector<Ppm> scores;
    bool flagged = false;
    bool carried = false;
    std::uint32_t misses = 0;
    std::int64_t reliability_ppm = ppm_one;
    // By the validator's registration order; none: @agent.
    std::map<std::uint32_t, Sum> running, closed;
    Ppm last_mean_ppm = engine::none;  // of the last epoch; none: no verdict then
  };
  struct ValidatorBook {
    std::uint32_t failed_in_a_row = 0;
    std::int64_t reliability_ppm = ppm_one;
  };
  void take_verdict(const engine::State& s, const engine::Verdict& v);
  void take_emitted(const engine::State& s, const engine::EpochEmitted& e);
  void take_stepped(const engine::State& s, const engine::EpochStepped& f);
  void take_put(const engine::State& s, const engine::NodePut& f);
  void take_status(const engine::State& s, const engine::StatusSet& f);
  void take_closed(const engine::State& s, const engine::EpochClosed& f);
  void take_score(const engine::State& s, const engine::Verdict& v, MinerBook& book);
  static Sum paid_by(const MinerBook& book, bool median);
  void check_bonds(const engine::State& s) const;
  void check_matches(const engine::State& s) const;
  void check_requests(const engine::State& s) const;
  void check_ledger(const engine::State& s) const;
  void check_miners(const engine::State& s, std::set<std::uint32_t>& uids) const;
  void check_validators(const engine::State& s, std::set<std::uint32_t>& uids) const;

  // All by registration order.
  std::map<std::uint32_t, MinerBook> miners_;
  std::map<std::uint32_t, ValidatorBook> validators_;
  std::map<std::uint32_t, std::map<std::uint32_t, std::uint16_t>> bonds_;
  std::map<std::uint32_t, bool> permits_;  // empty: no policy has decided
  std::set<std::uint32_t> must_be_inactive_;
  std::map<std::uint64_t, std::set<std::uint32_t>> failed_of_;  // by request: who failed before
  std::uint64_t epochs_closed_ = 0;
  std::uint64_t epochs_emitted_ = 0;
  std::int64_t last_ms_ = 0;
};

}  // namespace subnetd::sim
