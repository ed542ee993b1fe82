// SPDX-License-Identifier: 0BSD
// What accepted writes mean, told by a few plain maps instead of the engine: which nodes there are,
// what they say of themselves, their types and statuses. Compared with the durable State at every
// append, so that no acknowledged write is lost, doubled or half done.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace subnetd::sim {

class Model {
 public:
  // In the order of decisions. It counts once it is durable: keep() or lose() follows.
  void accept(const engine::Input& input, const engine::Answer& answer);
  void keep();
  void lose() { staged_.clear(); }
  void check(const engine::State& s) const;

 private:
  struct Node {
    Role role = Role::none;
    NodeRecord record;
    Status status = Status::active;  // as its owner set it
    std::string type;                // miners
    std::uint64_t stake_nano = 0;
    bool has_stake = false;
  };
  struct Mapped {
    std::string type;
    std::uint64_t order = 0;
  };
  void apply(const engine::Register& in);
  void apply(const engine::Update& in);
  void apply(const engine::MapNamespace& in);
  void apply(const engine::UnmapNamespace& in);
  std::string type_of(const NodeRecord& record, const Detection& detection) const;
  const Mapped* mapping(const std::string& name_space) const;
  void check_status(const Node& node, Status status, StatusReason reason) const;

  std::vector<engine::Input> staged_;
  std::map<std::string, Node> nodes_;
  std::map<std::string, Mapped> mappings_;
  std::uint64_t mapped_ = 0;
};

}  // namespace subnetd::sim
