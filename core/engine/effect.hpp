// SPDX-License-Identifier: 0BSD
// What the shell must do next. Effects follow from State: resume() lists again whatever is open, so
// a crash between append and send loses nothing. Asking twice is harmless: each has an id.
#pragma once

#include <cstdint>
#include <vector>

namespace subnetd::engine {

enum class MatchEventKind : std::uint32_t {  // values as SBN_… of subnet/matcher.h
  miner_changed = 1,
  miner_left = 2,
  validator_changed = 3,
  validator_left = 4,
};

struct MatchEvent {
  MatchEventKind kind;
  std::uint32_t slot;

  bool operator==(const MatchEvent&) const = default;
};

struct Effects {
  std::vector<MatchEvent> match;           // tell the matcher, in order; ask it for moves
  bool match_reload = false;               // the matcher's index is void: load, then solve
  bool rebalance = false;                  // ask for a solve within moves_per_minute
  std::vector<std::uint64_t> validate;     // requests to start; see State::open
  std::vector<std::uint64_t> cancel;       // requests that are void
  std::uint64_t emit = 0;                  // epoch to compute; 0 none

  bool empty() const {
    return match.empty() && !match_reload && !rebalance && validate.empty() && cancel.empty() &&
           emit == 0;
  }
};

}  // namespace subnetd::engine
