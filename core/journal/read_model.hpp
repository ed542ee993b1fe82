// SPDX-License-Identifier: 0BSD
// The tables that history reads, fed from the same facts in the same transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/error.hpp"
#include "engine/fact.hpp"
#include "journal/sqlite.hpp"

namespace subnetd::journal {

// What happened to a node, as node.kind stores it.
enum class NodeEvent : std::int64_t {
  registered = 1,
  changed = 2,
  removed = 3,
  status = 4,
  retyped = 5,
};

// Of a registration's id, to find it by scanning: 32 bits, so others may share it.
std::int64_t id_hash(std::string_view id);

class ReadModel {
 public:
  static Result<ReadModel> prepare(Database& db);
  Result<void> record(std::uint64_t seq, const engine::Fact& fact);

 private:
  Result<void> node(Role role, std::uint32_t slot, std::uint64_t seq, NodeEvent event,
                    std::optional<std::int64_t> hash = std::nullopt);
  Result<void> emitted(std::uint64_t seq, std::int64_t now_ms, const engine::EpochEmitted& fact);

  Statement node_, closed_, held_, emitted_;
};

}  // namespace subnetd::journal
