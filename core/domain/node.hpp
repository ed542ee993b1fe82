// SPDX-License-Identifier: 0BSD
// A node as its owner describes it, and the states it can be in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/emission.hpp"  // Role
#include "domain/error.hpp"

namespace subnetd {

inline constexpr const char* any_type = "*";
inline constexpr const char* default_protocol = "module";
inline constexpr const char* default_method = "generate";
inline constexpr const char* agent_validator = "@agent";

// What a registration says. Validators alone have specializations and capacity.
struct NodeRecord {
  std::string id;          // unique across miners and validators
  std::string key;         // SS58; may be empty: then only the operator owns it
  std::string name_space;  // 1..128 bytes of UTF-8; validators may leave it empty
  std::string endpoint;    // http(s) URL
  std::string protocol = default_protocol;
  std::string method = default_method;
  std::string task;
  std::string region;
  std::vector<std::string> specializations;  // type ids, or "*"
  std::uint32_t capacity = 0;

  bool operator==(const NodeRecord&) const = default;
};

enum class Protocol : std::uint8_t { module, openai, classic };
enum class Status : std::uint8_t { active, inactive, draining, flagged };

// Why a node has its status.
enum class StatusReason : std::uint8_t { none, set, missed, low_score };

// Why a copy of a miner has no validator. Values as SBN_REASON_… of subnet/matcher.h, then ours.
enum class UnmatchedReason : std::uint32_t {
  none = 0,
  no_validator = 1,
  no_capacity = 2,
  own_validator = 3,
  not_distinct = 4,
  unknown_type = 5,
  pending = 6,   // asked, not answered yet
  closed = 7,    // the miner is inactive or draining
  refused = 8,   // the matcher's answer broke a rule
};

const char* role_name(Role role);
const char* protocol_name(Protocol protocol);
const char* status_name(Status status);
const char* status_reason_text(StatusReason reason);
const char* unmatched_reason_name(UnmatchedReason reason);
Result<Protocol> parse_protocol(std::string_view text);
Result<Status> parse_status(std::string_view text);

// Shape and limits of a record; endpoints are checked as URLs by net::parse_endpoint.
Result<void> check_record(const NodeRecord& record, Role role);
// An id or method: 1..max bytes of printable ASCII without space, slash, quote, backslash, ? # %.
Result<void> check_name(std::string_view what, std::string_view text, std::size_t bytes_max);

}  // namespace subnetd
