// SPDX-License-Identifier: 0BSD
// What can happen to a subnet. Inputs come from the shell, carry its clock and the answers of
// plugins, and are not stored: what they lead to is stored, as facts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/detection.hpp"
#include "domain/emission.hpp"
#include "domain/node.hpp"
#include "domain/validation.hpp"
#include "engine/fact.hpp"

namespace subnetd::engine {

// The daemon starts: what it is set to, and which types its detectors declare.
struct Boot {
  Settings settings;
  std::vector<std::string> types;
};

// A caller's Idempotency-Key: hashes of (caller, key) and of the body.
struct Idempotency {
  std::uint64_t key = 0;
  std::uint64_t body = 0;
};

struct Register {
  Role role = Role::none;
  NodeRecord record;
  Detection detection;  // miners: what the detectors said
  std::optional<Idempotency> idempotency;
};

// Absent fields stay as they are.
struct Update {
  Role role = Role::none;
  std::string id;
  std::optional<std::string> key, name_space, endpoint, protocol, method, task, region;
  std::optional<std::vector<std::string>> specializations;
  std::optional<std::uint32_t> capacity;
  std::optional<Status> status;
  std::optional<std::uint64_t> stake_nano;
  std::optional<std::string> parent;  // id of a validator; empty: none
  std::optional<std::uint16_t> fee_bp;
  Detection detection;  // of the new namespace, task or protocol
};

struct Remove {
  Role role = Role::none;
  std::string id;
};

// An operator's word on what a namespace is. Exact, or a glob with * and ?.
struct MapNamespace {
  std::string pattern;
  std::string model_type;
};

// It says nothing any more.
struct UnmapNamespace {
  std::string pattern;
  std::map<std::uint32_t, Detection> detections;  // by miner: what the detectors said
};

// The detectors are asked again, as they are now: of one miner, or of some of them all.
struct Redetect {
  std::string miner;       // empty: of limits::redetect_slots slots, from this one on
  std::uint32_t from = 0;
  std::map<std::uint32_t, Detection> detections;  // by miner: what the detectors said
  std::string silent;  // a detector that did not answer: its types would be lost
};

struct Validate {
  std::string miner;
  Challenge seed{};
};

// The matcher's answer. rebalance: it may move matched copies, within moves_per_minute.
struct MatchProposed {
  std::vector<Move> moves;
  bool rebalance = false;
};

struct ValidationDone {
  std::uint64_t request = 0;
  VerdictOutcome outcome = VerdictOutcome::plugin_failed;
  Ppm score_ppm = 0;
  bool by_agent = false;  // the daemon's own verdict, whoever was matched
};

struct CloseEpoch {
  Challenge seed{};
  std::optional<Idempotency> idempotency;
};

// The rows of the EmissionInput that a policy was given.
struct EmissionRows {
  std::vector<std::uint64_t> registered_at;
  std::vector<std::uint8_t> payable;
};

struct EmissionComputed {
  std::uint64_t epoch = 0;
  std::string policy;
  Result<EmissionOutput> output;
  std::optional<EmissionRows> rows;  // absent: the rows of this very moment
};

// Time passes. Fresh random bytes ride along: challenges and the epoch's public seed.
struct Tick {
  Challenge challenge_seed{};
  Challenge epoch_seed{};
};

// Who signed a write. From `until_ms` on its timestamp is too old for it to be sent again.
struct Signer {
  std::string key;        // SS58
  std::uint64_t hash = 0;  // of key and signature
  std::int64_t until_ms = 0;
  bool is_agent = false;  // the agent's own key: it speaks for the operator
};

struct Input {
  std::int64_t now_ms = 0;
  std::variant<Boot, Register, Update, Remove, MapNamespace, UnmapNamespace, Redetect,
               Validate, MatchProposed, ValidationDone, CloseEpoch, EmissionComputed, Tick>
      body;
  std::optional<Signer> signer;  // absent: the operator or the daemon itself
};

}  // namespace subnetd::engine
