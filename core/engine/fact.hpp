// SPDX-License-Identifier: 0BSD
// What has happened. Facts alone change State and facts alone are stored; they hold outcomes, so
// replay never calls a plugin. Nodes are named by role and slot; a slot is stable while its node
// lives, and NodePut says which node took it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "domain/emission.hpp"
#include "domain/node.hpp"
#include "domain/ppm.hpp"
#include "domain/validation.hpp"

namespace subnetd::engine {

inline constexpr std::uint32_t none = 0xffffffffu;  // no slot, no validator

// The part of the configuration that decides. Stored with each start, so that replay needs no file.
struct Settings {
  std::uint32_t redundancy = 1;  // validators per miner
  std::uint32_t moves_per_minute = 100;
  std::int64_t interval_ms = 60'000;  // between validations of a miner
  std::uint32_t deadline_ms = 10'000;
  std::uint32_t misses_max = 3;
  Ppm min_score_ppm = 0;
  bool median = false;  // aggregate over validators: median, else mean
  std::uint64_t budget_nano = 0;
  std::int64_t epoch_ms = 600'000;
  std::uint64_t default_stake_nano = 0;
  std::vector<std::string> agent_types;  // judged by the daemon itself, without a validator node
  std::uint32_t tempo = 0;  // blocks between epochs, as on the chain; 0: epoch_ms decides
  std::uint32_t netuid = 0;  // shifts the tempo's blocks

  bool operator==(const Settings&) const = default;
};

struct Started {
  std::uint64_t boot = 0;  // 1, 2, …: part of every request id
  Settings settings;
  std::vector<std::string> types;  // declared now, beyond those the state knows

  bool operator==(const Started&) const = default;
};

// A node registered (fresh) or changed; the whole record. Fresh is also a node with a new key.
struct NodePut {
  Role role = Role::none;
  std::uint32_t slot = none;
  bool fresh = true;
  std::uint32_t uid = 0;
  NodeRecord record;
  std::string model_type;  // miners
  Ppm confidence_ppm = 0;
  std::string detector;
  std::uint64_t stake_nano = 0;  // validators and miners alike
  bool has_stake = false;
  std::uint32_t parent = none;  // validators: the slot of the one they delegate to
  std::uint16_t fee_bp = 0;
  std::uint64_t idempotency_key = 0;  // 0: none
  std::uint64_t idempotency_body = 0;

  bool operator==(const NodePut&) const = default;
};

struct NodeRemoved {
  Role role = Role::none;
  std::uint32_t slot = none;

  bool operator==(const NodeRemoved&) const = default;
};

struct StatusSet {
  Role role = Role::none;
  std::uint32_t slot = none;
  Status status = Status::active;
  StatusReason reason = StatusReason::none;

  bool operator==(const StatusSet&) const = default;
};

struct MappingPut {
  std::string pattern;
  std::string model_type;

  bool operator==(const MappingPut&) const = default;
};

struct MappingRemoved {
  std::string pattern;

  bool operator==(const MappingRemoved&) const = default;
};

struct Retyped {
  std::uint32_t miner = none;
  std::string model_type;
  Ppm confidence_ppm = 0;
  std::string detector;

  bool operator==(const Retyped&) const = default;
};

// Copy `copy` of a miner belongs to a validator now, or to none for a reason.
struct Move {
  std::uint32_t miner = none;
  std::uint32_t copy = 0;
  std::uint32_t validator = none;
  UnmatchedReason reason = UnmatchedReason::none;

  bool operator==(const Move&) const = default;
};

struct Matched {
  std::vector<Move> moves;

  bool operator==(const Matched&) const = default;
};

// Rebalancing was asked for at this time; the next is due a minute later.
struct Rebalancing {
  bool operator==(const Rebalancing&) const = default;
};

// The validation clock moved to `to_ms`: every miner whose time came is owed a validation.
struct Due {
  std::int64_t to_ms = 0;
  Challenge seed{};

  bool operator==(const Due&) const = default;
};

// A validation out of turn.
struct Owed {
  std::uint32_t miner = none;
  Challenge seed{};

  bool operator==(const Owed&) const = default;
};

// One validation request ended. Stored as a typed row. validator none: @agent.
struct Verdict {
  std::uint64_t request = 0;
  std::uint32_t miner = none;
  std::uint32_t validator = none;
  VerdictOutcome outcome = VerdictOutcome::plugin_failed;
  Ppm score_ppm = 0;
  std::uint32_t retry = none;  // after validator_failed: who is asked instead

  bool operator==(const Verdict&) const = default;
};

// The cut: verdicts after it belong to the next epoch.
struct EpochClosed {
  std::uint64_t epoch = 0;
  std::uint64_t block = 0;
  Challenge seed{};  // public
  std::uint64_t idempotency_key = 0;  // 0: none
  std::uint64_t idempotency_body = 0;

  bool operator==(const EpochClosed&) const = default;
};

struct EpochEmitted {
  std::uint64_t epoch = 0;
  std::string policy;
  std::uint64_t budget_nano = 0;
  std::uint64_t founder_nano = 0;
  std::uint64_t dust_nano = 0;
  std::uint64_t unallocated_nano = 0;
  // One row a node that is registered when this fact is made, by uid.
  std::vector<std::uint32_t> uid;
  std::vector<std::uint8_t> role;
  std::vector<std::uint32_t> slot;
  std::vector<std::uint64_t> amount_nano;
  std::vector<std::uint16_t> incentive;
  std::vector<std::uint64_t> score_sum_ppm;
  std::vector<std::uint32_t> score_count;

  bool operator==(const EpochEmitted&) const = default;
};

// What a policy said beside amounts, and what it leaves for the next epoch. Follows EpochEmitted in
// the same turn.
struct EpochStepped {
  std::uint64_t epoch = 0;
  // Rows as in EpochEmitted; a column is empty where it is zero throughout.
  std::vector<std::uint16_t> dividends, consensus, trust, validator_trust;
  std::vector<RowReport> reports;       // one a validator that rated somebody
  std::vector<Delegation> delegations;  // by row
  // Left for the next epoch, a row a node; all empty: what was left before still holds.
  std::vector<std::uint32_t> order;  // registration order: who the row is
  std::vector<std::uint8_t> permit;
  Csr16 bonds;  // columns are rows of `order`

  bool operator==(const EpochStepped&) const = default;
};

// The policy could not answer: the epoch waits, and is asked again.
struct EpochHeld {
  std::uint64_t epoch = 0;
  std::string reason;

  bool operator==(const EpochHeld&) const = default;
};

// The write whose facts stand before this one was signed: the same signature is refused until then.
struct SignedWrite {
  std::uint64_t hash = 0;  // of key and signature
  std::int64_t until_ms = 0;

  bool operator==(const SignedWrite&) const = default;
};

struct Fact {
  std::int64_t now_ms = 0;
  std::variant<Started, NodePut, NodeRemoved, StatusSet, MappingPut, Retyped, Matched, Rebalancing,
               Due, Owed, Verdict, EpochClosed, EpochEmitted, EpochHeld, SignedWrite,
               EpochStepped, MappingRemoved>
      body;

  bool operator==(const Fact&) const = default;
};

}  // namespace subnetd::engine
