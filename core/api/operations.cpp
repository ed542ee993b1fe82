// SPDX-License-Identifier: 0BSD
// What machines ask: health, metrics, the description of the API, events. And the pages.
#include "api/assets.hpp"
#include "api/face.hpp"
#include "api/handlers.hpp"

namespace subnetd::api {

net::HttpResponse json_response(std::string body, int status) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

boost::asio::awaitable<Result<std::string>> read_text(Call& call, const TextQuery& query) {
  Result<std::string> text;
  std::function<void(const engine::State&)> fill = [&text, &query](const engine::State& state) {
    text = query(state);
  };
  SUBNETD_CO_CHECK(co_await call.face.daemon.read(std::move(fill)));
  co_return text;
}

Reply show_health(Call& call) {
  if (!call.face.daemon.alive()) {
    co_return fail(Errc::unavailable, "the daemon's loops do not turn");
  }
  co_return json_response("{\"alive\":true}");
}

Reply show_readiness(Call& call) {
  SUBNETD_CO_CHECK(call.face.daemon.ready());
  co_return json_response("{\"ready\":true}");
}

Reply show_metrics(Call& call) {
  net::HttpResponse response;
  response.body = call.face.daemon.metrics();
  if (response.body.empty()) co_return fail(Errc::not_found, "[metrics] enabled is false");
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  co_return response;
}

Reply show_openapi(Call& call) {
  co_return json_response(call.face.openapi);
}

Reply show_docs(Call&) {
  net::HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  for (const Route& route : routes()) {
    response.body.append(route.method).append(" ").append(route.path).append("  ");
    response.body.append(route.summary).append("\n");
  }
  response.body += "\n/openapi.json says the same in full, bodies and answers included.\n";
  co_return response;
}

Reply stream_events(Call& call) {
  net::HttpResponse response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Accel-Buffering", "no");
  response.body = "retry: 2000\n\n";
  response.stream = call.face.daemon.subscribe();
  co_return response;
}

Reply serve_page(Call& call) {
  const Asset* asset = find_asset(call.request.path);
  if (asset == nullptr) co_return fail(Errc::not_found, "no such page");
  net::HttpResponse response;
  response.content_type = asset->content_type;
  response.body = asset->bytes();
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'self'; frame-ancestors 'none'; base-uri 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cache-Control", "no-cache");
  co_return response;
}

}  // namespace subnetd::api
