// SPDX-License-Identifier: 0BSD
// The configuration read anew, and what became of it.
#include <array>

#include "api/face.hpp"
#include "api/handlers.hpp"
#include "api/object_text.hpp"
#include "domain/limits.hpp"
#include "json/json.hpp"

namespace subnetd::api {
namespace {

Result<ReloadAsk> read_ask(std::string_view body) {
  ReloadAsk ask;
  if (body.empty()) return ask;
  SUBNETD_TRY(const json::Value value, json::parse(body, limits::http_body_bytes_max));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  SUBNETD_CHECK(fields.only(std::array<std::string_view, 2>{"now", "shadow"}));
  SUBNETD_TRY(const auto now, fields.maybe_flag("now"));
  SUBNETD_TRY(const auto shadow, fields.maybe_flag("shadow"));
  ask.now = now.value_or(false);
  ask.shadow = shadow.value_or(false);
  return ask;
}

// Why, and which keys, may tell where files lie: that is the operator's.
void append_report(std::string& out, const ReloadReport& report, bool in_full) {
  const auto text = [](std::string& to, const std::string& each) { json::append_string(to, each); };
  ObjectText object(out);
  object.text("state", report.state);
  if (!in_full) return;
  object.text_or_null("reason", report.reason);
  append_array(object.open("changed"), report.changed, text);
  append_array(object.open("need_restart"), report.need_restart, text);
  if (!report.shadow) {
    object.null("shadow");
    return;
  }
  ObjectText(object.open("shadow"))
      .number("miners", report.shadow->miners)
      .number("types_changed", report.shadow->types_changed)
      .number("moves", report.shadow->moves)
      .number("paid_changed", report.shadow->paid_changed)
      .text_or_null("paid_error", report.shadow->paid_error);
}

}  // namespace

Reply reload_plugins(Call& call) {
  SUBNETD_CO_TRY(const ReloadAsk ask, read_ask(call.request.body));
  const ReloadReport report = co_await call.face.daemon.reload(ask);
  if (report.state == "failed") {
    co_return fail(Errc::refused, report.reason, "what served before goes on");
  }
  std::string text;
  append_report(text, report, true);
  co_return json_response(std::move(text));
}

Reply show_reload(Call& call) {
  std::string text;
  append_report(text, call.face.daemon.last_reload(), call.by_operator);
  co_return json_response(std::move(text));
}

}  // namespace subnetd::api
