// SPDX-License-Identifier: 0BSD
#include "api/bodies.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/hash.hpp"
#include "domain/limits.hpp"
#include "json/json.hpp"
#include "net/node_address.hpp"

namespace subnetd::api {
namespace {

using Names = std::vector<std::string_view>;

Names known_fields(Role role, std::initializer_list<std::string_view> more) {
  Names names{"key", "namespace", "endpoint", "protocol", "method", "task", "region"};
  if (role == Role::validator) names.insert(names.end(), {"specializations", "capacity"});
  names.insert(names.end(), more);
  return names;
}

Result<json::Value> read_json(std::string_view body) {
  return json::parse(body, limits::http_body_bytes_max);
}

// A URL stays as it is written; `ip:port`, as on the chain, becomes one.
Result<std::string> endpoint_url(const std::string& text) {
  auto parsed = net::parse_node_address(text);
  if (!parsed) {
    return fail(Errc::malformed, parsed.error().message,
                "an endpoint is like http://203.0.113.7:8000");
  }
  return text.find("://") == text.npos ? parsed->url() : text;
}

Result<std::optional<std::vector<std::string>>> read_types(const json::Fields& fields) {
  SUBNETD_TRY(const json::Array* array,
              fields.maybe_array("specializations", limits::specializations_max));
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> types;
  for (const json::Value& value : *array) {
    if (!value.is_string() || value.get_string().size() > limits::model_type_bytes_max) {
      return fail(Errc::malformed,
                  "field \"specializations\": expected model types as strings of at most " +
                      std::to_string(limits::model_type_bytes_max) + " bytes");
    }
    types.emplace_back(value.get_string().data(), value.get_string().size());
  }
  return types;
}

// The fields that registrations and changes share, as a change.
Result<void> read_record(const json::Fields& fields, Role role, engine::Update& out) {
  SUBNETD_TRY(out.key, fields.maybe_text("key", 0, limits::key_bytes_max));
  SUBNETD_TRY(out.name_space, fields.maybe_text("namespace", 0, limits::namespace_bytes_max));
  SUBNETD_TRY(out.endpoint, fields.maybe_text("endpoint", 1, limits::endpoint_bytes_max));
  if (out.endpoint) {
    SUBNETD_TRY(out.endpoint, endpoint_url(*out.endpoint));
  }
  SUBNETD_TRY(out.protocol, fields.maybe_text("protocol", 1, limits::method_bytes_max));
  SUBNETD_TRY(out.method, fields.maybe_text("method", 1, limits::method_bytes_max));
  SUBNETD_TRY(out.task, fields.maybe_text("task", 0, limits::task_bytes_max));
  SUBNETD_TRY(out.region, fields.maybe_text("region", 0, limits::region_bytes_max));
  if (role != Role::validator) return {};
  SUBNETD_TRY(out.specializations, read_types(fields));
  SUBNETD_TRY(const auto capacity, fields.maybe_whole("capacity", 1, limits::capacity_max));
  if (capacity) out.capacity = static_cast<std::uint32_t>(*capacity);
  return {};
}

// So that the one who forgot a field reads its name.
Result<void> check_required(const json::Fields& fields, Role role) {
  SUBNETD_CHECK(fields.text("endpoint", 1, limits::endpoint_bytes_max));
  if (role == Role::miner) {
    SUBNETD_CHECK(fields.text("namespace", 1, limits::namespace_bytes_max));
    return {};
  }
  SUBNETD_CHECK(fields.array("specializations", limits::specializations_max));
  SUBNETD_CHECK(fields.whole("capacity", 1, limits::capacity_max));
  return {};
}

}  // namespace

Result<engine::Register> read_registration(Role role, std::string_view body) {
  SUBNETD_TRY(const json::Value value, read_json(body));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  return read_registration(role, fields);
}

Result<engine::Register> read_registration(Role role, const json::Fields& fields) {
  SUBNETD_CHECK(fields.only(known_fields(role, {"id"})));
  engine::Register out;
  out.role = role;
  NodeRecord& record = out.record;
  SUBNETD_TRY(record.id, fields.text("id", 1, limits::id_bytes_max));
  SUBNETD_CHECK(check_required(fields, role));
  engine::Update given;
  SUBNETD_CHECK(read_record(fields, role, given));
  record.key = given.key.value_or("");
  record.name_space = given.name_space.value_or("");
  record.endpoint = given.endpoint.value_or("");
  record.protocol = given.protocol.value_or(default_protocol);
  record.method = given.method.value_or(default_method);
  record.task = given.task.value_or("");
  record.region = given.region.value_or("");
  record.specializations = given.specializations.value_or(std::vector<std::string>{});
  record.capacity = given.capacity.value_or(0);
  return out;
}

Result<engine::Update> read_change(Role role, std::string_view id, std::string_view body) {
  SUBNETD_TRY(const json::Value value, read_json(body));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  return read_change(role, id, fields);
}

Result<engine::Update> read_change(Role role, std::string_view id, const json::Fields& fields) {
  const Names known = role == Role::validator
                          ? known_fields(role, {"status", "stake_nano", "parent", "fee_bp"})
                          : known_fields(role, {"status"});
  SUBNETD_CHECK(fields.only(known));
  if (fields.object().empty()) {
    return fail(Errc::malformed, "nothing to change: the body has no field");
  }
  engine::Update out;
  out.role = role;
  out.id = id;
  SUBNETD_CHECK(read_record(fields, role, out));
  SUBNETD_TRY(const auto status, fields.maybe_text("status", 1, 16));
  if (status == "flagged") return fail(Errc::refused, "only the daemon flags a node");
  if (status) {
    SUBNETD_TRY(out.status, parse_status(*status));
  }
  if (role == Role::validator) {
    SUBNETD_TRY(out.stake_nano, fields.maybe_whole("stake_nano", 0, UINT64_MAX));
    SUBNETD_TRY(out.parent, fields.maybe_text("parent", 0, limits::id_bytes_max));
    SUBNETD_TRY(const auto fee_bp, fields.maybe_whole("fee_bp", 0, limits::fee_bp_max));
    if (fee_bp) out.fee_bp = static_cast<std::uint16_t>(*fee_bp);
  }
  return out;
}

Result<engine::MapNamespace> read_mapping(std::string_view body) {
  SUBNETD_TRY(const json::Value value, read_json(body));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  SUBNETD_CHECK(fields.only(std::array<std::string_view, 2>{"pattern", "model_type"}));
  engine::MapNamespace out;
  SUBNETD_TRY(out.pattern, fields.text("pattern", 1, limits::pattern_bytes_max));
  SUBNETD_TRY(out.model_type, fields.text("model_type", 1, limits::model_type_bytes_max));
  return out;
}

Result<engine::Redetect> read_redetect(std::string_view body) {
  engine::Redetect again;
  if (body.empty()) return again;
  SUBNETD_TRY(const json::Value value, read_json(body));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  SUBNETD_CHECK(fields.only(std::array<std::string_view, 1>{"miner"}));
  SUBNETD_TRY(auto miner, fields.maybe_text("miner", 1, limits::id_bytes_max));
  if (miner) again.miner = std::move(*miner);
  return again;
}

Result<void> read_nothing(std::string_view body) {
  if (body.empty()) return {};
  SUBNETD_TRY(const json::Value value, read_json(body));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  return fields.only(std::span<const std::string_view>());
}

Result<std::optional<engine::Idempotency>> read_idempotency(const net::HttpRequest& request,
                                                            std::string_view caller) {
  const std::string_view key = request.header("idempotency-key");
  if (key.empty()) return std::nullopt;
  if (key.size() > limits::idempotency_key_bytes_max) {
    return fail(Errc::malformed, "Idempotency-Key is over " +
                                     std::to_string(limits::idempotency_key_bytes_max) + " bytes");
  }
  engine::Idempotency out;
  out.key = hash64(key, hash64(caller));
  out.body = hash64(request.body, hash64(request.path));
  if (out.key == 0) out.key = 1;  // 0 stands for none
  return out;
}

}  // namespace subnetd::api
