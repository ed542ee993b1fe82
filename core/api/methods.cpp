// SPDX-License-Identifier: 0BSD
// The methods of Commune's module protocol: named params in, the bare value out. Each that writes
// refuses unknown params and needs one that no other has, so that one signed body fits one call;
// the others ignore what they do not know, as Commune's own server does.
#include <algorithm>
#include <array>

#include "api/bodies.hpp"
#include "api/face.hpp"
#include "api/handlers.hpp"
#include "api/object_text.hpp"
#include "domain/limits.hpp"

namespace subnetd::api {
namespace {

using Names = std::span<const std::string_view>;

// What is wrong with one param, as FastAPI says it.
void append_detail(std::string& out, std::string_view type, std::string_view param,
                   std::string_view message, const json::Value& input) {
  ObjectText object(out);
  object.text("type", type);
  std::string& place = object.open("loc");
  place += R"(["body","params")";
  if (!param.empty()) {
    place += ',';
    json::append_string(place, param);
  }
  place += ']';
  object.text("msg", message);
  json::append(object.open("input"), input);
}

// Carried to module_error: params that do not fit are not the same as a rule that says no.
Error unfit(std::string details) {
  return {Errc::malformed, "[" + std::move(details) + "]", "detail"};
}

// The params of a call, without what belongs to its signature.
Result<json::Value> read_params(const Call& call, Names required, Names known = {}) {
  SUBNETD_TRY(json::Value body, json::parse(call.request.body, limits::http_body_bytes_max));
  json::Object params = body.as_object().at("params").as_object();
  params.erase("target_key");
  params.erase("timestamp");
  std::string details;
  for (const std::string_view name : required) {
    if (params.contains(name)) continue;
    if (!details.empty()) details += ',';
    append_detail(details, "missing", name, "Field required", params);
  }
  for (const auto& [name, value] : params) {
    if (known.empty() || std::ranges::find(known, std::string_view(name)) != known.end()) continue;
    if (!details.empty()) details += ',';
    append_detail(details, "extra_forbidden", name, "Extra inputs are not permitted", value);
  }
  if (!details.empty()) return std::unexpected(unfit(std::move(details)));
  return json::Value(std::move(params));
}

Reply method_register(Call& call, Role role, Names required) {
  SUBNETD_CO_TRY(const json::Value params, read_params(call, required));
  const json::Fields fields(params.get_object());
  SUBNETD_CO_TRY(engine::Register registration, read_registration(role, fields));
  SUBNETD_CO_CHECK(claim(call, registration));
  SUBNETD_CO_CHECK(check_address(call, registration.record.endpoint));
  engine::Input input = input_of(call);
  input.body = std::move(registration);
  SUBNETD_CO_TRY(auto written, co_await put_node(call, role, std::move(input)));
  co_return json_response(std::move(written.second));
}

// What the node with this id is.
boost::asio::awaitable<Result<Role>> role_of(Call& call, std::string id) {
  Role role = Role::none;
  std::function<void(const engine::State&)> look = [&](const engine::State& s) {
    if (s.find_miner(id) != engine::none) role = Role::miner;
    if (s.find_validator(id) != engine::none) role = Role::validator;
  };
  SUBNETD_CO_CHECK(co_await call.face.daemon.read(std::move(look)));
  if (role == Role::none) co_return fail(Errc::not_found, "no miner or validator \"" + id + "\"");
  co_return role;
}

Result<std::string> read_id(const json::Fields& fields) {
  return fields.text("id", 1, limits::id_bytes_max);
}

Reply method_change(Call& call, std::string id, const json::Object& changes) {
  const json::Fields fields(changes, "changes");
  SUBNETD_CO_TRY(const Role role, co_await role_of(call, id));
  SUBNETD_CO_TRY(engine::Update change, read_change(role, id, fields));
  SUBNETD_CO_CHECK(check_address(call, change.endpoint.value_or("")));
  engine::Input input = input_of(call);
  input.body = std::move(change);
  SUBNETD_CO_TRY(auto written, co_await put_node(call, role, std::move(input)));
  co_return json_response(std::move(written.second));
}

// Where reading needs the operator's token, a key still reads of the nodes that are its own.
Result<void> may_read(const Call& call, const engine::State& s, std::string_view id) {
  if (call.face.options.read_open) return {};
  const std::uint32_t m = s.find_miner(id), v = s.find_validator(id);
  const std::string_view owner = m != engine::none ? s.owners.at(s.columns.owner[m])
                                 : v != engine::none ? s.owners.at(s.validators[v].owner)
                                                     : std::string_view();
  if (call.viewer().owns(owner)) return {};
  return fail(Errc::forbidden, "reading of nodes that are not of this key is the operator's");
}

}  // namespace

net::HttpResponse module_error(const Error& error) {
  net::HttpResponse response = net::error_response(error);
  response.body.clear();
  ObjectText object(response.body);
  if (error.code != Errc::malformed) {
    object.text("detail", error.hint.empty() ? error.message : error.message + "; " + error.hint);
    return response;
  }
  response.status = 422;
  std::string& out = object.open("detail");
  if (error.hint == "detail") {
    out += error.message;
  } else {
    out += '[';
    append_detail(out, "value_error", "",
                  error.hint.empty() ? error.message : error.message + "; " + error.hint,
                  json::Value());
    out += ']';
  }
  return response;
}

Reply call_register_miner(Call& call) {
  static constexpr std::array<std::string_view, 3> required{"id", "namespace", "endpoint"};
  return method_register(call, Role::miner, required);
}

Reply call_register_validator(Call& call) {
  static constexpr std::array<std::string_view, 4> required{"id", "endpoint", "specializations",
                                                            "capacity"};
  return method_register(call, Role::validator, required);
}

Reply call_update_node(Call& call) {
  static constexpr std::array<std::string_view, 2> names{"id", "changes"};
  SUBNETD_CO_TRY(const json::Value params, read_params(call, names, names));
  const json::Fields fields(params.get_object());
  SUBNETD_CO_TRY(std::string id, read_id(fields));
  SUBNETD_CO_TRY(const json::Fields changes, fields.fields("changes"));
  auto response = co_await method_change(call, std::move(id), changes.object());
  co_return response;
}

Reply call_set_status(Call& call) {
  static constexpr std::array<std::string_view, 2> names{"id", "status"};
  SUBNETD_CO_TRY(const json::Value params, read_params(call, names, names));
  SUBNETD_CO_TRY(std::string id, read_id(json::Fields(params.get_object())));
  json::Object change;
  change["status"] = params.get_object().at("status");
  auto response = co_await method_change(call, std::move(id), change);
  co_return response;
}

Reply call_deregister(Call& call) {
  static constexpr std::array<std::string_view, 2> names{"id", "confirm"};
  SUBNETD_CO_TRY(const json::Value params, read_params(call, names, names));
  const json::Fields fields(params.get_object());
  SUBNETD_CO_TRY(std::string id, read_id(fields));
  SUBNETD_CO_TRY(const bool confirmed, fields.flag("confirm"));
  if (!confirmed) co_return fail(Errc::malformed, "field \"confirm\": must be true");
  SUBNETD_CO_TRY(const Role role, co_await role_of(call, id));
  engine::Input input = input_of(call);
  input.body = engine::Remove{role, std::move(id)};
  SUBNETD_CO_CHECK(co_await call.face.daemon.submit(std::move(input)));
  co_return json_response("true");
}

Reply call_get_node(Call& call) {
  static constexpr std::array<std::string_view, 1> required{"id"};
  SUBNETD_CO_TRY(const json::Value params, read_params(call, required));
  SUBNETD_CO_TRY(const std::string id, read_id(json::Fields(params.get_object())));
  const TextQuery query = [&call, &id](const engine::State& s) -> Result<std::string> {
    SUBNETD_CHECK(may_read(call, s, id));
    const bool is_miner = s.find_miner(id) != engine::none;
    return node_view(s, is_miner ? Role::miner : Role::validator, id, call.viewer());
  };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

Reply call_get_match(Call& call) {
  static constexpr std::array<std::string_view, 1> required{"id"};
  SUBNETD_CO_TRY(const json::Value params, read_params(call, required));
  SUBNETD_CO_TRY(const std::string id, read_id(json::Fields(params.get_object())));
  const TextQuery query = [&call, &id](const engine::State& s) -> Result<std::string> {
    SUBNETD_CHECK(may_read(call, s, id));
    const std::uint32_t miner = s.find_miner(id);
    if (miner == engine::none) return fail(Errc::not_found, "no miner \"" + id + "\"");
    std::string out = "[";
    for (std::uint32_t copy = 0; copy < s.redundancy(); ++copy) {
      if (copy > 0) out += ',';
      append_match(out, s, miner, copy);
    }
    return out + "]";
  };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

Reply call_list_modules(Call& call) {
  SUBNETD_CO_TRY(const json::Value params, read_params(call, {}));
  const json::Fields fields(params.get_object());
  if (!call.face.options.read_open) {
    co_return fail(Errc::forbidden, "reading lists is the operator's here");
  }
  PageAsk ask;
  ask.viewer = call.viewer();
  SUBNETD_CO_TRY(const auto limit, fields.maybe_whole("limit", 1, limits::read_rows_max));
  SUBNETD_CO_TRY(const auto cursor, fields.maybe_text("cursor", 0, 256));
  SUBNETD_CO_TRY(const auto type,
                 fields.maybe_text("model_type", 0, limits::model_type_bytes_max));
  ask.limit = limit.value_or(ask.limit);
  ask.type = type.value_or("");
  if (!cursor.value_or("").empty()) {
    SUBNETD_CO_TRY(const std::string place, read_cursor(modules_list, *cursor));
    for (const char c : place) ask.from = ask.from * 10 + static_cast<std::uint64_t>(c - '0');
  }
  const TextQuery query = [ask](const engine::State& s) { return modules_view(s, ask); };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

}  // namespace subnetd::api
