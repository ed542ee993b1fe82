// SPDX-License-Identifier: 0BSD
#include "embed/records.hpp"

namespace subnetd::embed {
namespace {

template <class Number>
Number number_of(const json::Object& object, std::string_view field) {
  const json::Value* value = object.if_contains(field);
  return value == nullptr || value->is_null() ? Number{} : value->to_number<Number>();
}

std::optional<std::uint32_t> score_of(const json::Object& object) {
  const json::Value* value = object.if_contains("score_ppm");
  if (value == nullptr || value->is_null()) return std::nullopt;
  return value->to_number<std::uint32_t>();
}

json::Array array_of(const std::vector<std::string>& texts) {
  return json::Array(texts.begin(), texts.end());
}

// The fields of every record. What is empty is left out: the API has the same defaults.
template <class Record>
json::Object shared_fields(const Record& record) {
  json::Object out{{"id", record.id}};
  const auto put = [&out](std::string_view field, const std::string& text) {
    if (!text.empty()) out[field] = text;
  };
  put("key", record.key);
  put("namespace", record.name_space);
  put("endpoint", record.endpoint);
  put("protocol", record.protocol);
  put("method", record.method);
  put("task", record.task);
  put("region", record.region);
  return out;
}

template <class Node>
void read_node(const json::Object& object, Node& out) {
  out.id = text_of(object, "id");
  out.key = text_of(object, "key");
  out.name_space = text_of(object, "namespace");
  out.endpoint = text_of(object, "endpoint");
  out.protocol = text_of(object, "protocol");
  out.method = text_of(object, "method");
  out.task = text_of(object, "task");
  out.region = text_of(object, "region");
  out.uid = number_of<std::uint32_t>(object, "uid");
  out.reliability_ppm = number_of<std::uint32_t>(object, "reliability_ppm");
  out.status = text_of(object, "status");
  out.reason = text_of(object, "reason");
}

}  // namespace

std::string text_of(const json::Object& object, std::string_view field) {
  const json::Value* value = object.if_contains(field);
  return value == nullptr || value->is_null() ? std::string() : std::string(value->as_string());
}

json::Object to_json(const Host::MinerRecord& record) { return shared_fields(record); }

json::Object to_json(const Host::ValidatorRecord& record) {
  json::Object out = shared_fields(record);
  out["specializations"] = array_of(record.specializations);
  out["capacity"] = record.capacity;
  return out;
}

json::Object to_json(const Host::Changes& changes) {
  json::Object out;
  const auto put = [&out](std::string_view field, const auto& value) {
    if (value) out[field] = *value;
  };
  put("key", changes.key);
  put("namespace", changes.name_space);
  put("endpoint", changes.endpoint);
  put("protocol", changes.protocol);
  put("method", changes.method);
  put("task", changes.task);
  put("region", changes.region);
  put("status", changes.status);
  put("capacity", changes.capacity);
  put("stake_nano", changes.stake_nano);
  put("parent", changes.parent);
  put("fee_bp", changes.fee_bp);
  if (changes.specializations) out["specializations"] = array_of(*changes.specializations);
  return out;
}

void read(const json::Object& object, Host::Miner& out) {
  read_node(object, out);
  out.model_type = text_of(object, "model_type");
  out.confidence_ppm = number_of<std::uint32_t>(object, "confidence_ppm");
  out.detector = text_of(object, "detector");
  out.score_ppm = score_of(object);
  for (const json::Value& each : object.at("matches").as_array()) {
    Host::Match& match = out.matches.emplace_back();
    read(each.as_object(), match);
    match.miner = out.id;
  }
}

void read(const json::Object& object, Host::Validator& out) {
  read_node(object, out);
  for (const json::Value& type : object.at("specializations").as_array()) {
    out.specializations.emplace_back(type.as_string());
  }
  out.capacity = number_of<std::uint32_t>(object, "capacity");
  out.load = number_of<std::uint32_t>(object, "load");
  out.stake_nano = number_of<std::uint64_t>(object, "stake_nano");
}

void read(const json::Object& object, Host::Match& out) {
  out.miner = text_of(object, "miner");
  out.slot = number_of<std::uint32_t>(object, "slot");
  out.validator = text_of(object, "validator");
  out.reason = text_of(object, "reason");
}

void read(const json::Object& object, Host::Verdict& out) {
  out.miner = text_of(object, "miner");
  out.validator = text_of(object, "validator");
  out.outcome = text_of(object, "outcome");
  out.score_ppm = score_of(object);
  out.reason = text_of(object, "reason");
}

void read(const json::Object& object, Host::Paid& out) {
  out.uid = number_of<std::uint32_t>(object, "uid");
  out.role = text_of(object, "role");
  out.id = text_of(object, "id");
  out.amount_nano = number_of<std::uint64_t>(object, "amount_nano");
  out.score_sum_ppm = number_of<std::uint64_t>(object, "score_sum_ppm");
  out.score_count = number_of<std::uint32_t>(object, "score_count");
}

void read(const json::Object& object, Host::Epoch& out) {
  out.epoch = number_of<std::uint64_t>(object, "epoch");
  out.status = text_of(object, "status");
  out.held_reason = text_of(object, "held_reason");
  out.policy = text_of(object, "policy");
  out.budget_nano = number_of<std::uint64_t>(object, "budget_nano");
  out.paid_nano = number_of<std::uint64_t>(object, "paid_nano");
  out.founder_nano = number_of<std::uint64_t>(object, "founder_nano");
  out.dust_nano = number_of<std::uint64_t>(object, "dust_nano");
  out.unallocated_nano = number_of<std::uint64_t>(object, "unallocated_nano");
}

}  // namespace subnetd::embed
