// SPDX-License-Identifier: 0BSD
#include "domain/node.hpp"

#include <algorithm>
#include <array>

#include "domain/limits.hpp"
#include "domain/text.hpp"

namespace subnetd {
namespace {

constexpr std::array<const char*, 3> protocols{"module", "openai", "classic"};
constexpr std::array<const char*, 4> statuses{"active", "inactive", "draining", "flagged"};
constexpr std::array<const char*, 9> unmatched_reasons{
    "none",         "no_validator", "no_capacity", "own_validator", "not_distinct",
    "unknown_type", "pending",      "closed",      "refused"};

Result<void> check_bytes(std::string_view what, std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return fail(Errc::malformed, std::string(what) + " is " + std::to_string(text.size()) +
                                     " bytes long; at most " + std::to_string(bytes_max));
  }
  if (!is_valid_utf8(text)) return fail(Errc::malformed, std::string(what) + " is not UTF-8");
  for (unsigned char c : text) {
    if (c < 0x20 || c == 0x7f) {
      return fail(Errc::malformed, std::string(what) + " holds a control character");
    }
  }
  return {};
}

// SS58 text: base58 alphabet. The checksum is verified where signatures are.
Result<void> check_key(std::string_view key) {
  static constexpr ByteSet alphabet("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");
  if (key.empty()) return {};
  if (key.size() < 40 || key.size() > limits::key_bytes_max ||
      !std::ranges::all_of(key, [](char c) { return alphabet.contains(c); })) {
    return fail(Errc::malformed, "key is not an SS58 address");
  }
  return {};
}

Result<void> check_validator(const NodeRecord& record) {
  if (record.capacity == 0 || record.capacity > limits::capacity_max) {
    return fail(Errc::malformed, "capacity must be 1.." + std::to_string(limits::capacity_max));
  }
  if (record.specializations.empty() ||
      record.specializations.size() > limits::specializations_max) {
    return fail(Errc::malformed, "specializations must name 1.." +
                                     std::to_string(limits::specializations_max) +
                                     " model types, or \"*\"");
  }
  std::vector<std::string> sorted = record.specializations;
  std::sort(sorted.begin(), sorted.end());
  if (auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
    return fail(Errc::malformed, "specializations names \"" + *twice + "\" twice");
  }
  return {};
}

}  // namespace

const char* role_name(Role role) {
  return role == Role::miner ? "miner" : role == Role::validator ? "validator" : "none";
}
const char* protocol_name(Protocol protocol) {
  return protocols[static_cast<std::size_t>(protocol)];
}
const char* status_name(Status status) {
  return statuses[static_cast<std::size_t>(status)];
}
const char* status_reason_text(StatusReason reason) {
  switch (reason) {
    case StatusReason::none: return "";
    case StatusReason::set: return "set by owner or operator";
    case StatusReason::missed: return "missed";
    case StatusReason::low_score: return "low_score";
  }
  return "";
}
const char* unmatched_reason_name(UnmatchedReason reason) {
  return unmatched_reasons[static_cast<std::size_t>(reason)];
}

Result<Protocol> parse_protocol(std::string_view text) {
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    if (text == protocols[i]) return static_cast<Protocol>(i);
  }
  return fail(Errc::malformed,
              "protocol \"" + std::string(text) + "\" is none of module, openai, classic");
}

Result<Status> parse_status(std::string_view text) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (text == statuses[i]) return static_cast<Status>(i);
  }
  return fail(Errc::malformed,
              "status \"" + std::string(text) + "\" is none of active, inactive, draining");
}

Result<void> check_name(std::string_view what, std::string_view text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max) {
    return fail(Errc::malformed, std::string(what) + " must be 1.." + std::to_string(bytes_max) +
                                     " bytes long, is " + std::to_string(text.size()));
  }
  static constexpr ByteSet refused("/\\\"'?#%<>");
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7f || refused.contains(c)) {
      return fail(
          Errc::malformed,
          std::string(what) + " may hold printable ASCII only, without space / \\ \" ' ? # % < >");
    }
  }
  if (text.front() == '@' || text == "." || text == "..") {
    return fail(Errc::malformed, std::string(what) + " may not be \".\", \"..\" or begin with @");
  }
  return {};
}

Result<void> check_record(const NodeRecord& record, Role role) {
  SUBNETD_CHECK(check_name("id", record.id, limits::id_bytes_max));
  SUBNETD_CHECK(check_key(record.key));
  if (role == Role::miner && record.name_space.empty()) {
    return fail(Errc::malformed, "namespace must be 1.." +
                                     std::to_string(limits::namespace_bytes_max) + " bytes long");
  }
  SUBNETD_CHECK(check_bytes("namespace", record.name_space, limits::namespace_bytes_max));
  if (record.endpoint.empty()) return fail(Errc::malformed, "endpoint is empty");
  SUBNETD_CHECK(check_bytes("endpoint", record.endpoint, limits::endpoint_bytes_max));
  SUBNETD_CHECK(parse_protocol(record.protocol));
  SUBNETD_CHECK(check_name("method", record.method, limits::method_bytes_max));
  SUBNETD_CHECK(check_bytes("task", record.task, limits::task_bytes_max));
  SUBNETD_CHECK(check_bytes("region", record.region, limits::region_bytes_max));
  if (role == Role::validator) return check_validator(record);
  return {};
}

}  // namespace subnetd
