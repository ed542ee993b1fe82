// SPDX-License-Identifier: 0BSD
#include "api/routes.hpp"

#include <algorithm>
#include <array>

#include "api/handlers.hpp"

namespace subnetd::api {
namespace {

constexpr Param limit_param{"limit", R"({"type":"integer","minimum":1,"maximum":1000})",
                            "Rows of a page"};
constexpr Param cursor_param{"cursor", R"({"type":"string"})", "next_cursor of the page before"};
constexpr Param type_param{"type", R"({"type":"string"})", "Of this model type"};
constexpr Param status_param{
    "status", R"({"type":"string","enum":["active","inactive","draining","flagged"]})",
    "Of nodes with this status"};
constexpr Param miner_param{"miner", R"({"type":"string"})", "Of this miner"};
constexpr Param validator_param{"validator", R"({"type":"string"})", "Of this validator"};
constexpr Param since_param{"since", R"({"type":"string"})",
                            "At or after this time: UTC milliseconds or RFC 3339"};

constexpr std::array page_params{limit_param, cursor_param};
constexpr std::array node_params{limit_param, cursor_param, type_param, status_param};
constexpr std::array match_params{limit_param,  cursor_param, type_param,
                                  status_param, miner_param,  validator_param};
constexpr std::array validation_params{limit_param, cursor_param, miner_param, since_param};

using enum Auth;
using enum Shape;

constexpr std::array table{
    Route{.method = "GET",
          .path = "/api/v1/subnet",
          .auth = read,
          .summary = "What this daemon serves, in figures",
          .schema = "Subnet",
          .handler = show_subnet},
    Route{.method = "GET",
          .path = "/api/v1/miners",
          .auth = read,
          .summary = "Miners",
          .params = node_params,
          .shape = list,
          .schema = "Miner",
          .handler = list_miners},
    Route{.method = "POST",
          .path = "/api/v1/miners",
          .auth = owner,
          .summary = "Register a miner; the same again is 200",
          .body = "MinerRegistration",
          .status = 201,
          .other_status = 200,
          .schema = "Miner",
          .handler = register_miner,
          .keyed = true},
    Route{.method = "GET",
          .path = "/api/v1/miners/{id}",
          .auth = read,
          .summary = "One miner",
          .schema = "Miner",
          .handler = show_miner},
    Route{.method = "PATCH",
          .path = "/api/v1/miners/{id}",
          .auth = owner,
          .summary = "Change what is given",
          .body = "MinerChange",
          .schema = "Miner",
          .handler = change_miner},
    Route{.method = "DELETE",
          .path = "/api/v1/miners/{id}",
          .auth = owner,
          .summary = "Deregister a miner",
          .status = 204,
          .shape = nothing,
          .handler = remove_miner},
    Route{.method = "POST",
          .path = "/api/v1/miners/{id}/validate",
          .auth = owner,
          .summary = "Validate a miner out of turn; 202 when its deadline passes first",
          .body = "Nothing",
          .other_status = 202,
          .schema = "ValidationReport",
          .handler = validate_miner},
    Route{.method = "POST",
          .path = "/api/v1/miners/redetect",
          .auth = write,
          .summary = "Ask the detectors again, of one miner or of all",
          .body = "RedetectAsk",
          .schema = "Redetected",
          .handler = redetect_miners},
    Route{.method = "GET",
          .path = "/api/v1/validators",
          .auth = read,
          .summary = "Validators",
          .params = node_params,
          .shape = list,
          .schema = "Validator",
          .handler = list_validators},
    Route{.method = "POST",
          .path = "/api/v1/validators",
          .auth = owner,
          .summary = "Register a validator; the same again is 200",
          .body = "ValidatorRegistration",
          .status = 201,
          .other_status = 200,
          .schema = "Validator",
          .handler = register_validator,
          .keyed = true},
    Route{.method = "GET",
          .path = "/api/v1/validators/{id}",
          .auth = read,
          .summary = "One validator",
          .schema = "Validator",
          .handler = show_validator},
    Route{.method = "PATCH",
          .path = "/api/v1/validators/{id}",
          .auth = owner,
          .summary = "Change what is given",
          .body = "ValidatorChange",
          .schema = "Validator",
          .handler = change_validator},
    Route{.method = "DELETE",
          .path = "/api/v1/validators/{id}",
          .auth = owner,
          .summary = "Deregister a validator",
          .status = 204,
          .shape = nothing,
          .handler = remove_validator},
    Route{.method = "GET",
          .path = "/api/v1/matches",
          .auth = read,
          .summary = "Who checks whom, one row a miner and slot",
          .params = match_params,
          .shape = list,
          .schema = "Match",
          .handler = list_matches},
    Route{.method = "GET",
          .path = "/api/v1/validations",
          .auth = read,
          .summary = "How validations ended, newest first",
          .params = validation_params,
          .shape = list,
          .schema = "Validation",
          .handler = list_validations},
    Route{.method = "GET",
          .path = "/api/v1/epochs",
          .auth = read,
          .summary = "Epochs, newest first",
          .params = page_params,
          .shape = list,
          .schema = "Epoch",
          .handler = list_epochs},
    Route{.method = "GET",
          .path = "/api/v1/epochs/{n}",
          .auth = read,
          .summary = "What one epoch paid to whom",
          .params = page_params,
          .schema = "EpochDetail",
          .handler = show_epoch},
    Route{.method = "POST",
          .path = "/api/v1/epochs/close",
          .auth = write,
          .summary = "Close the running epoch now",
          .body = "Nothing",
          .schema = "EpochClosed",
          .handler = close_epoch,
          .keyed = true},
    Route{.method = "GET",
          .path = "/api/v1/emission/input",
          .auth = read,
          .summary = "The running epoch as an emission case, as if it closed now",
          .schema = "EmissionCase",
          .handler = show_emission_input},
    Route{.method = "GET",
          .path = "/api/v1/namespaces",
          .auth = read,
          .summary = "The operator's mappings, by pattern",
          .params = page_params,
          .shape = list,
          .schema = "Mapping",
          .handler = list_namespaces},
    Route{.method = "POST",
          .path = "/api/v1/namespaces",
          .auth = write,
          .summary = "Say what a namespace is; detectors are not asked then",
          .body = "Mapping",
          .schema = "Mapping",
          .handler = map_namespace},
    Route{.method = "DELETE",
          .path = "/api/v1/namespaces/{pattern}",
          .auth = write,
          .summary = "Take a mapping back; what it decided is detected again",
          .status = 204,
          .shape = nothing,
          .handler = unmap_namespace},
    Route{.method = "GET",
          .path = "/api/v1/plugins",
          .auth = read,
          .summary = "Loaded plugin components",
          .shape = list,
          .schema = "Plugin",
          .handler = list_plugins},
    Route{.method = "GET",
          .path = "/api/v1/plugins/reload",
          .auth = read,
          .summary = "What became of the last reload",
          .schema = "Reload",
          .handler = show_reload},
    Route{.method = "POST",
          .path = "/api/v1/plugins/reload",
          .auth = write,
          .summary = "Read the configuration anew; its plugins serve from the end of the epoch on",
          .body = "ReloadAsk",
          .schema = "Reload",
          .handler = reload_plugins},
    Route{.method = "GET",
          .path = "/api/v1/explain/{id}",
          .auth = read,
          .summary = "Why a node is typed, matched, scored, paid and flagged as it is",
          .schema = "Explanation",
          .handler = explain_node},
    Route{.method = "GET",
          .path = "/api/v1/events",
          .auth = read,
          .summary = "Server-sent events of what is committed from now on",
          .shape = events,
          .handler = stream_events},
    Route{.method = "POST",
          .path = "/method/register_miner",
          .auth = module,
          .summary = "Register a miner under the key that signs",
          .body = "RegisterMinerCall",
          .schema = "Miner",
          .handler = call_register_miner},
    Route{.method = "POST",
          .path = "/method/register_validator",
          .auth = module,
          .summary = "Register a validator under the key that signs",
          .body = "RegisterValidatorCall",
          .schema = "Validator",
          .handler = call_register_validator},
    Route{.method = "POST",
          .path = "/method/update_node",
          .auth = module,
          .summary = "Change a node of the key that signs",
          .body = "UpdateNodeCall",
          .schema = "Node",
          .handler = call_update_node},
    Route{.method = "POST",
          .path = "/method/set_status",
          .auth = module,
          .summary = "Set the status of a node of the key that signs",
          .body = "SetStatusCall",
          .schema = "Node",
          .handler = call_set_status},
    Route{.method = "POST",
          .path = "/method/deregister",
          .auth = module,
          .summary = "Deregister a node of the key that signs",
          .body = "DeregisterCall",
          .schema = "True",
          .handler = call_deregister},
    Route{.method = "POST",
          .path = "/method/get_node",
          .auth = module,
          .summary = "One node, miner or validator",
          .body = "NodeCall",
          .schema = "Node",
          .handler = call_get_node},
    Route{.method = "POST",
          .path = "/method/get_match",
          .auth = module,
          .summary = "Who checks this miner, one row a slot",
          .body = "NodeCall",
          .schema = "Matches",
          .handler = call_get_match},
    Route{.method = "POST",
          .path = "/method/list_modules",
          .auth = module,
          .summary = "Active miners that have a verdict",
          .body = "ListModulesCall",
          .schema = "Modules",
          .handler = call_list_modules},
    Route{.method = "GET",
          .path = "/healthz",
          .auth = none,
          .summary = "Whether the loops turn",
          .schema = "Health",
          .handler = show_health},
    Route{.method = "GET",
          .path = "/readyz",
          .auth = none,
          .summary = "Whether writes are taken",
          .schema = "Readiness",
          .handler = show_readiness},
    Route{.method = "GET",
          .path = "/metrics",
          .auth = read,
          .summary = "Prometheus text",
          .shape = text,
          .handler = show_metrics},
    Route{.method = "GET",
          .path = "/openapi.json",
          .auth = none,
          .summary = "This description",
          .schema = "OpenApi",
          .handler = show_openapi},
    Route{.method = "GET",
          .path = "/docs",
          .auth = none,
          .summary = "What is served here, one line each",
          .shape = text,
          .handler = show_docs},
    Route{.method = "GET",
          .path = "/",
          .auth = none,
          .summary = "Dashboard",
          .shape = page,
          .handler = serve_page},
    Route{.method = "GET",
          .path = "/app.js",
          .auth = none,
          .summary = "Script of the dashboard",
          .shape = page,
          .handler = serve_page},
    Route{.method = "GET",
          .path = "/style.css",
          .auth = none,
          .summary = "Style of the dashboard",
          .shape = page,
          .handler = serve_page},
    Route{.method = "GET",
          .path = "/icon.svg",
          .auth = none,
          .summary = "Icon of the dashboard",
          .shape = page,
          .handler = serve_page},
};

std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);  // the slash
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool fits(std::string_view pattern, std::string_view path, std::string& subject) {
  if (!path.starts_with('/')) return false;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view given = next_segment(path);
    if (wanted.starts_with('{')) {
      if (given.empty()) return false;
      subject = given;
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

// What a path begins with where it may fit the route: nearly all are told by it alone.
constexpr auto heads = [] {
  std::array<std::string_view, table.size()> out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = table[i].path.substr(0, table[i].path.find('{'));
  }
  return out;
}();

}  // namespace

std::span<const Route> routes() {
  return table;
}

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  // HEAD is GET without its body, which the server leaves out.
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Route& route = table[i];
    std::string subject;
    if (!path.starts_with(heads[i]) || !fits(route.path, path, subject)) continue;
    found.allowed.push_back(route.method);
    if (route.method != wanted || found.route != nullptr) continue;
    found.route = &route;
    found.subject = std::move(subject);
  }
  return found;
}

}  // namespace subnetd::api
