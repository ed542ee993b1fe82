// SPDX-License-Identifier: 0BSD
#include "sim/model.hpp"

#include "sim/oracle.hpp"

namespace subnetd::sim {

using namespace engine;

namespace {

bool fits(const char* pattern, const char* text) {
  if (*pattern == '\0') return *text == '\0';
  if (*pattern == '*') {
    return fits(pattern + 1, text) || (*text != '\0' && fits(pattern, text + 1));
  }
  return *text != '\0' && (*pattern == '?' || *pattern == *text) && fits(pattern + 1, text + 1);
}

}  // namespace

void Model::accept(const Input& input, const Answer& answer) {
  // A registration that was there already creates nothing.
  if (std::holds_alternative<Register>(input.body) && !answer.created) return;
  const bool write = std::holds_alternative<Register>(input.body) ||
                     std::holds_alternative<Update>(input.body) ||
                     std::holds_alternative<Remove>(input.body) ||
                     std::holds_alternative<MapNamespace>(input.body) ||
                     std::holds_alternative<UnmapNamespace>(input.body);
  if (write) staged_.push_back(input);
}

void Model::keep() {
  for (const Input& input : staged_) {
    if (const auto* in = std::get_if<Register>(&input.body)) apply(*in);
    if (const auto* in = std::get_if<Update>(&input.body)) apply(*in);
    if (const auto* in = std::get_if<MapNamespace>(&input.body)) apply(*in);
    if (const auto* in = std::get_if<UnmapNamespace>(&input.body)) apply(*in);
    if (const auto* in = std::get_if<Remove>(&input.body)) {
      require(nodes_.erase(in->id) == 1, "a removal of nobody was accepted");
    }
  }
  staged_.clear();
}

const Model::Mapped* Model::mapping(const std::string& name_space) const {
  if (const auto it = mappings_.find(name_space); it != mappings_.end()) return &it->second;
  const Mapped* best = nullptr;
  std::size_t length = 0;
  for (const auto& [pattern, mapped] : mappings_) {
    if (pattern.find_first_of("*?") == pattern.npos) continue;
    if (!fits(pattern.c_str(), name_space.c_str())) continue;
    if (best != nullptr && pattern.size() < length) continue;
    if (best != nullptr && pattern.size() == length && mapped.order > best->order) continue;
    best = &mapped;
    length = pattern.size();
  }
  return best;
}

std::string Model::type_of(const NodeRecord& record, const Detection& detection) const {
  const Mapped* mapped = mapping(record.name_space);
  if (mapped != nullptr) return mapped->type;
  return detection.model_type.starts_with("t") ? detection.model_type : unknown_model_type;
}

void Model::apply(const Register& in) {
  Node node{in.role, in.record, Status::active, {}, 0, false};
  if (in.role == Role::miner) node.type = type_of(in.record, in.detection);
  require(nodes_.emplace(in.record.id, std::move(node)).second, "a node was created twice");
}

void Model::apply(const Update& in) {
  const auto it = nodes_.find(in.id);
  require(it != nodes_.end() && it->second.role == in.role, "an update of nobody was accepted");
  Node& node = it->second;
  NodeRecord& r = node.record;
  const NodeRecord before = r;
  r.key = in.key.value_or(r.key);
  r.name_space = in.name_space.value_or(r.name_space);
  r.endpoint = in.endpoint.value_or(r.endpoint);
  r.protocol = in.protocol.value_or(r.protocol);
  r.method = in.method.value_or(r.method);
  r.task = in.task.value_or(r.task);
  r.region = in.region.value_or(r.region);
  r.specializations = in.specializations.value_or(r.specializations);
  r.capacity = in.capacity.value_or(r.capacity);
  if (r.key != before.key) {
    node.status = Status::active;
    node.stake_nano = 0;
    node.has_stake = false;
  }
  const bool other =
      r.name_space != before.name_space || r.task != before.task || r.protocol != before.protocol;
  if (in.role == Role::miner && other) node.type = type_of(r, in.detection);
  if (in.stake_nano) {
    node.stake_nano = *in.stake_nano;
    node.has_stake = true;
  }
  if (in.status) node.status = *in.status;
}

void Model::apply(const MapNamespace& in) {
  const auto [it, fresh] = mappings_.emplace(in.pattern, Mapped{in.model_type, mapped_++});
  if (!fresh) it->second.type = in.model_type;
  for (auto& [id, node] : nodes_) {
    if (node.role != Role::miner) continue;
    if (const Mapped* mapped = mapping(node.record.name_space)) node.type = mapped->type;
  }
}

// The clients give no detections, so who is left to the detectors is unknown.
void Model::apply(const UnmapNamespace& in) {
  std::vector<Node*> freed;
  const auto gone = mappings_.find(in.pattern);
  require(gone != mappings_.end(), "a mapping that was not there was taken back");
  for (auto& [id, node] : nodes_) {
    const bool miner = node.role == Role::miner;
    if (miner && mapping(node.record.name_space) == &gone->second) freed.push_back(&node);
  }
  mappings_.erase(gone);
  for (Node* node : freed) node->type = type_of(node->record, {});
}

void Model::check_status(const Node& node, Status status, StatusReason reason) const {
  const bool missed = status == Status::inactive && reason == StatusReason::missed;
  switch (node.status) {
    case Status::inactive:
      return require(status == Status::inactive && reason == StatusReason::set,
                     "a node is not inactive as its owner wants it");
    case Status::draining:
      return require(status == Status::draining || (node.role == Role::validator && missed),
                     "a node is not draining as its owner wants it");
    default:
      require(status == Status::active || missed ||
                  (node.role == Role::miner && status == Status::flagged),
              "a node is closed that nobody closed");
  }
}

void Model::check(const State& s) const {
  require(nodes_.size() == s.miner_count + s.validator_index.size(), "there is a node too many");
  require(mappings_.size() == s.mappings.size(), "there is a mapping too many");
  for (const auto& [pattern, mapped] : mappings_) {
    const auto it = s.mappings.find(pattern);
    require(it != s.mappings.end() && s.type_name(it->second.type) == mapped.type,
            "a mapping is not what was acknowledged");
  }
  for (const auto& [id, node] : nodes_) {
    if (node.role == Role::miner) {
      const std::uint32_t m = s.find_miner(id);
      require(m != none, "an acknowledged miner is not there");
      require(s.miner_record(m) == node.record, "a miner is not as it was acknowledged");
      require(s.type_name(s.columns.type[m]) == node.type, "a miner has another type");
      check_status(node, s.miners[m].status, s.miners[m].reason);
      continue;
    }
    const std::uint32_t v = s.find_validator(id);
    require(v != none, "an acknowledged validator is not there");
    const ValidatorRow& row = s.validators[v];
    require(row.record == node.record, "a validator is not as it was acknowledged");
    require(
        row.has_stake == node.has_stake && (!row.has_stake || row.stake_nano == node.stake_nano),
        "a validator has another stake");
    check_status(node, row.status, row.reason);
  }
}

}  // namespace subnetd::sim
