// SPDX-License-Identifier: 0BSD
// One function a route, called by the table of routes.cpp.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "api/routes.hpp"
#include "engine/answer.hpp"
#include "engine/state.hpp"

namespace subnetd::api {

using Reply = boost::asio::awaitable<Result<net::HttpResponse>>;

// nodes.cpp
Reply list_miners(Call& call);
Reply list_validators(Call& call);
Reply register_miner(Call& call);
Reply register_validator(Call& call);
Reply show_miner(Call& call);
Reply show_validator(Call& call);
Reply change_miner(Call& call);
Reply change_validator(Call& call);
Reply remove_miner(Call& call);
Reply remove_validator(Call& call);
Reply validate_miner(Call& call);

// subnet.cpp
Reply show_subnet(Call& call);
Reply list_matches(Call& call);
Reply list_namespaces(Call& call);
Reply map_namespace(Call& call);
Reply unmap_namespace(Call& call);
Reply redetect_miners(Call& call);
Reply list_plugins(Call& call);
Reply explain_node(Call& call);
Reply close_epoch(Call& call);
Reply show_emission_input(Call& call);

// reload.cpp
Reply reload_plugins(Call& call);
Reply show_reload(Call& call);

// records.cpp
Reply list_validations(Call& call);
Reply list_epochs(Call& call);
Reply show_epoch(Call& call);

// methods.cpp
Reply call_register_miner(Call& call);
Reply call_register_validator(Call& call);
Reply call_update_node(Call& call);
Reply call_set_status(Call& call);
Reply call_deregister(Call& call);
Reply call_get_node(Call& call);
Reply call_get_match(Call& call);
Reply call_list_modules(Call& call);
// An error of these as Commune's clients expect it.
net::HttpResponse module_error(const Error& error);

// operations.cpp
Reply show_health(Call& call);
Reply show_readiness(Call& call);
Reply show_metrics(Call& call);
Reply show_openapi(Call& call);
Reply show_docs(Call& call);
Reply stream_events(Call& call);
Reply serve_page(Call& call);

// A write of whoever calls, on its way to the engine.
engine::Input input_of(const Call& call);
// Gives a registration the key of who signed it. Errc::forbidden where only the operator registers.
Result<void> claim(const Call& call, engine::Register& registration);
// Errc::refused for an address that no call of the prober would go to.
Result<void> check_address(const Call& call, const std::string& endpoint);
// A registration or change, answered with the record as it then stands.
boost::asio::awaitable<Result<std::pair<engine::Answer, std::string>>> put_node(
    Call& call, Role role, engine::Input input);

net::HttpResponse json_response(std::string body, int status = 200);
// Runs `query` on committed state and gives back the text it made. A query is a named variable of
// its caller: gcc 12 destroys a closure twice that is made within a co_await expression.
using TextQuery = std::function<Result<std::string>(const engine::State&)>;
boost::asio::awaitable<Result<std::string>> read_text(Call& call, const TextQuery& query);

}  // namespace subnetd::api
