// SPDX-License-Identifier: 0BSD
// Miners and validators over HTTP. A write is answered once it is durable, with the record as it
// then stands.
#include "api/bodies.hpp"
#include "api/face.hpp"
#include "api/handlers.hpp"
#include "api/object_text.hpp"
#include "api/views.hpp"
#include "engine/answer.hpp"

namespace subnetd::api {
namespace {

// A validation that times out ends this long after its deadline at the latest.
constexpr std::int64_t validate_grace_ms = 1'500;

Result<std::optional<Status>> read_status(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text == status_name(Status::flagged)) return Status::flagged;
  SUBNETD_TRY(const Status status, parse_status(text));
  return status;
}

Result<PageAsk> page_of(const Call& call, std::string_view list) {
  PageAsk ask;
  SUBNETD_TRY(ask.limit, call.query.limit(100));
  SUBNETD_TRY(const auto from, call.query.cursor_number(list));
  ask.from = from.value_or(0);
  ask.type = call.query.text("type");
  SUBNETD_TRY(ask.status, read_status(call.query.text("status")));
  ask.viewer = call.viewer();
  return ask;
}

Reply node_answer(Call& call, Role role, const std::string& id, int status) {
  const Viewer viewer = call.viewer();
  const TextQuery query = [role, id, viewer](const engine::State& s) {
    return node_view(s, role, id, viewer);
  };
  auto text = co_await read_text(call, query);
  if (!text) co_return std::unexpected(std::move(text.error()));
  co_return json_response(std::move(*text), status);
}

Reply register_node(Call& call, Role role) {
  SUBNETD_CO_TRY(engine::Register registration, read_registration(role, call.request.body));
  SUBNETD_CO_CHECK(claim(call, registration));
  SUBNETD_CO_CHECK(check_address(call, registration.record.endpoint));
  const std::string caller = call.signer ? call.signer->key : "operator";
  SUBNETD_CO_TRY(registration.idempotency, read_idempotency(call.request, caller));
  engine::Input input = input_of(call);
  input.body = std::move(registration);
  SUBNETD_CO_TRY(auto written, co_await put_node(call, role, std::move(input)));
  auto& [answer, text] = written;
  net::HttpResponse response = json_response(std::move(text), answer.created ? 201 : 200);
  if (answer.created) {
    response.headers.emplace_back("Location", std::string(call.request.path) + "/" + answer.id);
  }
  co_return response;
}

Reply change_node(Call& call, Role role) {
  SUBNETD_CO_TRY(engine::Update change, read_change(role, call.subject, call.request.body));
  SUBNETD_CO_CHECK(check_address(call, change.endpoint.value_or("")));
  engine::Input input = input_of(call);
  input.body = std::move(change);
  SUBNETD_CO_TRY(auto written, co_await put_node(call, role, std::move(input)));
  co_return json_response(std::move(written.second));
}

Reply remove_node(Call& call, Role role) {
  engine::Input input = input_of(call);
  input.body = engine::Remove{role, call.subject};
  SUBNETD_CO_CHECK(co_await call.face.daemon.submit(std::move(input)));
  net::HttpResponse response;
  response.status = 204;
  co_return response;
}

std::string report_text(const ValidationReport& report, const std::string& miner) {
  std::string out;
  {
    ObjectText object(out);
    object.text("request_id", report.request_id).flag("finished", report.finished);
    object.text("miner", miner);
    if (report.finished) {
      object.text("validator", report.validator).text("outcome", outcome_name(report.outcome));
      if (has_score(report.outcome)) {
        object.number("score_ppm", report.score_ppm);
      } else {
        object.null("score_ppm");
      }
      object.text_or_null("reason", report.reason);
    }
  }
  return out;
}

}  // namespace

engine::Input input_of(const Call& call) {
  engine::Input input;
  input.signer = call.signer;
  return input;
}

// A signed registration is the signer's; the body may say so, too.
Result<void> claim(const Call& call, engine::Register& registration) {
  if (!call.signer) return {};
  if (!call.face.signers.options().may_register) {
    return fail(Errc::forbidden, "nodes are registered by the operator here",
                "[auth] registration = \"signed\" lets keys register their own");
  }
  if (registration.record.key.empty()) registration.record.key = call.signer->key;
  return {};
}

// So that who registers an address that no call goes to hears of it at once.
Result<void> check_address(const Call& call, const std::string& endpoint) {
  const auto& policy = call.face.options.node_addresses;
  if (!policy || endpoint.empty()) return {};
  SUBNETD_TRY(const net::Endpoint at, net::parse_endpoint(endpoint));
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(at.host, ec);
  if (ec || policy->permits({address, at.port})) return {};
  return fail(Errc::refused, std::string("endpoint: ") + net::endpoint_unreachable,
              "[prober] allow_private and allow_cidrs open networks that are not public");
}

// The record is read in the turn that wrote it, not after a wait for the next one.
boost::asio::awaitable<Result<std::pair<engine::Answer, std::string>>> put_node(
    Call& call, Role role, engine::Input input) {
  Result<std::string> text;
  Daemon::AnswerLook look = [&text, role, viewer = call.viewer()](const engine::State& s,
                                                                  const engine::Answer& answer) {
    text = node_view(s, role, answer.id, viewer);
  };
  SUBNETD_CO_TRY(engine::Answer answer,
                 co_await call.face.daemon.submit(std::move(input), std::move(look)));
  if (!text) co_return std::unexpected(std::move(text.error()));
  co_return std::pair(std::move(answer), *std::move(text));
}

Reply list_miners(Call& call) {
  SUBNETD_CO_TRY(const PageAsk ask, page_of(call, miners_list));
  const TextQuery query = [ask](const engine::State& s) { return miners_view(s, ask); };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

Reply list_validators(Call& call) {
  SUBNETD_CO_TRY(const PageAsk ask, page_of(call, validators_list));
  const TextQuery query = [ask](const engine::State& s) { return validators_view(s, ask); };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

Reply list_matches(Call& call) {
  SUBNETD_CO_TRY(PageAsk ask, page_of(call, matches_list));
  ask.miner = call.query.text("miner");
  ask.validator = call.query.text("validator");
  const TextQuery query = [ask](const engine::State& s) { return matches_view(s, ask); };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

Reply register_miner(Call& call) {
  return register_node(call, Role::miner);
}
Reply register_validator(Call& call) {
  return register_node(call, Role::validator);
}
Reply show_miner(Call& call) {
  return node_answer(call, Role::miner, call.subject, 200);
}
Reply show_validator(Call& call) {
  return node_answer(call, Role::validator, call.subject, 200);
}
Reply change_miner(Call& call) {
  return change_node(call, Role::miner);
}
Reply change_validator(Call& call) {
  return change_node(call, Role::validator);
}
Reply remove_miner(Call& call) {
  return remove_node(call, Role::miner);
}
Reply remove_validator(Call& call) {
  return remove_node(call, Role::validator);
}

Reply validate_miner(Call& call) {
  SUBNETD_CO_CHECK(read_nothing(call.request.body));
  engine::Input input = input_of(call);
  input.body = engine::Validate{call.subject, call.face.daemon.random_seed()};
  SUBNETD_CO_TRY(const engine::Answer answer, co_await call.face.daemon.submit(std::move(input)));
  std::int64_t deadline_ms = 0;
  std::function<void(const engine::State&)> look = [&deadline_ms](const engine::State& s) {
    deadline_ms = s.settings.deadline_ms;
  };
  SUBNETD_CO_CHECK(co_await call.face.daemon.read(std::move(look)));
  const ValidationReport report =
      co_await call.face.daemon.wait_validation(answer.request, deadline_ms + validate_grace_ms);
  co_return json_response(report_text(report, call.subject), report.finished ? 200 : 202);
}

}  // namespace subnetd::api
