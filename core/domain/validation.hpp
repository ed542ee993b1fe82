// SPDX-License-Identifier: 0BSD
// One validation request as values: what the engine asks for, what validator plugins send and get,
// and how it ends. Targets are indices (0 the miner, 1..k validators); only the shell knows
// addresses.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "domain/ppm.hpp"

namespace subnetd {

using Challenge = std::array<std::uint8_t, 32>;

// What the host tells a validator plugin when a request begins.
struct ValidationRequest {
  std::uint64_t request = 0;  // number of this run
  std::string request_id;     // unique over restarts
  std::string model_type;
  std::string name_space;
  std::string miner_protocol = "module";
  std::string miner_method = "generate";
  std::string miner_json;  // the "miner" object of validation contract 1
  Challenge challenge{};
  std::uint32_t validators = 0;
  std::uint32_t deadline_ms = 0;
};

// What a plugin wants sent.
struct Probe {
  std::uint64_t request = 0;
  std::uint32_t tag = 0;
  std::uint32_t target = 0;
  std::string protocol;  // empty: the target's own
  std::string method;
  std::string body;
  std::uint64_t reply_bytes_max = 0;
  std::uint32_t deadline_ms = 0;
};

// unsent: its time passed before we sent it, which is nobody's fault but ours; no plugin sees it.
enum class ReplyOutcome : std::int32_t {
  delivered,
  timeout,
  unreachable,
  too_large,
  malformed,
  unsent
};

struct Reply {
  std::uint64_t request = 0;
  std::uint32_t tag = 0;
  ReplyOutcome outcome = ReplyOutcome::unreachable;
  std::uint32_t http_status = 0;
  std::string body;
  std::uint64_t elapsed_us = 0;
};

enum class VerdictOutcome : std::uint8_t {
  scored,
  miner_failed,
  validator_failed,
  plugin_failed,
  carried,  // every eligible validator failed: the last epoch's mean, once
};

struct Verdict {
  std::uint64_t request = 0;
  VerdictOutcome outcome = VerdictOutcome::plugin_failed;
  Ppm score_ppm = 0;
  std::uint32_t validator = 0;  // target 1..k, or 0: @agent
  std::string reason;
};

}  // namespace subnetd
