// SPDX-License-Identifier: 0BSD
#include "api/api.hpp"

#include <algorithm>

#include "api/face.hpp"
#include "api/guard.hpp"
#include "api/handlers.hpp"
#include "api/object_text.hpp"
#include "api/openapi.hpp"
#include "api/routes.hpp"
#include "domain/text.hpp"

namespace subnetd::api {
namespace {

constexpr std::size_t small_body_bytes = 4 * 1024;  // where a route takes no body

net::HttpResponse module_answer(int status, std::string_view detail) {
  net::HttpResponse response;
  response.status = status;
  ObjectText(response.body).text("detail", detail);
  return response;
}

// A refusal of the module protocol as /api/v1 words it.
net::HttpResponse write_refusal(const commune::Refusal& refusal) {
  const Errc code = refusal.status == 401   ? Errc::unauthorized
                    : refusal.status == 403 ? Errc::forbidden
                    : refusal.status == 409 ? Errc::conflict
                    : refusal.status == 429 ? Errc::rate_limited
                    : refusal.status == 503 ? Errc::unavailable
                                            : Errc::malformed;
  net::HttpResponse response = net::error_response(
      {code, refusal.message, "core/README.md says what is signed, and how"});
  if (refusal.retry_s == 0) return response;
  std::erase_if(response.headers, [](const auto& field) { return field.first == "Retry-After"; });
  response.headers.emplace_back("Retry-After", std::to_string(refusal.retry_s));
  return response;
}

// FastAPI takes the body for a text then.
std::optional<net::HttpResponse> check_module_type(const net::HttpRequest& request) {
  std::string_view type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type.empty() || type == "application/json") return std::nullopt;
  net::HttpResponse response;
  response.status = 422;
  ObjectText(response.body).open("detail") +=
      R"([{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid )"
      R"(dictionary or object to extract fields from"}])";
  return response;
}

net::HttpResponse no_such_path(const Face& face, const net::HttpRequest& request,
                               const Found& found) {
  // Whose Host is not ours learns nothing, not even which paths there are.
  if (Admission out = admit(face, Route{.auth = Auth::none}, request); out.refusal) {
    return *std::move(out.refusal);
  }
  const bool module = request.path.starts_with("/method/");
  if (found.allowed.empty()) {
    if (module) return module_answer(404, "Not Found");
    return net::error_response({Errc::not_found, "no such path", "/openapi.json lists them"});
  }
  std::string allow;
  for (const std::string_view method : found.allowed) {
    allow += allow.empty() ? "" : ", ";
    allow += method;
  }
  net::HttpResponse response = net::error_response(
      {Errc::malformed, "this path does not take " + request.method, "it takes " + allow});
  if (module) response = module_answer(405, "Method Not Allowed");
  response.status = 405;
  response.headers.emplace_back("Allow", allow);
  return response;
}

// Finds out who signed.
boost::asio::awaitable<std::optional<net::HttpResponse>> identify(Call& call, bool module) {
  Signers& signers = call.face.signers;
  commune::Judged<engine::Signer> signer;
  if (module) {
    signer = co_await signers.module_caller(call.request);
  } else {
    signer = co_await signers.write_caller(call.request);
  }
  if (!signer) {
    co_return module ? module_refusal(signer.error()) : write_refusal(signer.error());
  }
  if (module) {
    if (auto other = check_module_type(call.request)) co_return other;
  }
  call.signer = *std::move(signer);
  call.by_operator = call.signer->is_agent;
  co_return std::nullopt;
}

// A header that would mean nothing is worse than none: the caller would rely on it.
Result<void> check_key(const Route& route, const net::HttpRequest& request) {
  const bool writes = route.auth == Auth::write || route.auth == Auth::owner;
  const bool useless = writes && !route.keyed;
  if (!useless || request.header("idempotency-key").empty()) return {};
  return fail(Errc::malformed, "this call takes no Idempotency-Key",
              "send it without one; /openapi.json shows the calls that take it");
}

}  // namespace

Api::Api(Options options, Daemon& daemon)
    : face_(std::make_unique<Face>(std::move(options), daemon)) {
  face_->openapi = openapi_text(face_->options.version);
  face_->loopback = is_loopback_literal(face_->options.listen_host);
}

Api::~Api() = default;

void Api::weigh_by(const WeightRules& rules) {
  face_->options.weights = rules;
}

std::size_t Api::body_limit(std::string_view path) const {
  for (const std::string_view method : {"POST", "PATCH"}) {
    const Found found = find_route(method, path);
    const bool has_body = found.route != nullptr && found.route->body != "Nothing";
    if (has_body) return limits::http_body_bytes_max;
  }
  return small_body_bytes;
}

boost::asio::awaitable<net::HttpResponse> Api::operator()(net::HttpRequest request) {
  const Found found = find_route(request.method, request.path);
  if (found.route == nullptr) co_return no_such_path(*face_, request, found);
  Admission admission = admit(*face_, *found.route, request);
  if (admission.refusal) co_return *std::move(admission.refusal);
  net::HttpResponse response = co_await answer(found, admission, std::move(request));
  co_return response;
}

boost::asio::awaitable<net::HttpResponse> Api::inside(net::HttpRequest request) {
  const Found found = find_route(request.method, request.path);
  const bool plain = found.route != nullptr && found.route->auth != Auth::module &&
                     found.route->shape != Shape::events;
  if (!plain) {
    co_return net::error_response({Errc::not_found, "no such path within the program",
                                   "/openapi.json lists them; events and /method are for HTTP"});
  }
  const Admission admission{.by_operator = true};
  net::HttpResponse response = co_await answer(found, admission, std::move(request));
  co_return response;
}

// What was admitted.
boost::asio::awaitable<net::HttpResponse> Api::answer(const Found& found,
                                                      const Admission& admission,
                                                      net::HttpRequest request) {
  const Route& route = *found.route;
  if (const auto ok = check_key(route, request); !ok) co_return net::error_response(ok.error());
  const auto subject = net::percent_decode(found.subject);
  if (!subject || !is_valid_utf8(*subject)) {
    co_return net::error_response({Errc::malformed, "the path is not percent-encoded UTF-8", ""});
  }
  auto query = Query::read(request.query, route.params);
  if (!query) co_return net::error_response(query.error());
  Call call{*face_, std::move(request), *subject, *std::move(query), admission.by_operator, {}};
  const bool module = route.auth == Auth::module;
  if (admission.signature) {
    auto refused = co_await identify(call, module);
    if (refused) co_return *std::move(refused);
  }
  // The engine would say so, too, but detectors would have worked for it by then.
  if (route.auth == Auth::write && call.signer && !call.signer->is_agent) {
    co_return net::error_response({Errc::forbidden, "only the operator may do this",
                                   "send the operator's token, or sign with the agent's own key"});
  }
  auto reply = co_await route.handler(call);
  if (!reply) co_return module ? module_error(reply.error()) : net::error_response(reply.error());
  co_return *std::move(reply);
}

}  // namespace subnetd::api
