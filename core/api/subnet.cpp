// SPDX-License-Identifier: 0BSD
// The subnet as a whole: its figures, mappings, plugins, epochs to close, and why a node is as it
// is.
#include "api/bodies.hpp"
#include "api/case_view.hpp"
#include "api/epoch_view.hpp"
#include "api/face.hpp"
#include "api/handlers.hpp"
#include "api/object_text.hpp"
#include "api/views.hpp"
#include "domain/limits.hpp"
#include "engine/answer.hpp"
#include "json/json.hpp"

namespace subnetd::api {
namespace {

void append_plugin(std::string& out, const PluginView& plugin, bool files) {
  ObjectText object(out);
  object.text("id", plugin.id).text("kind", plugin.kind).text("version", plugin.version);
  object.text("trust", plugin.trust);
  object.text_or_null("isolation", plugin.isolation);
  if (files) object.text("file", plugin.file);
  object.text("sha256", plugin.sha256).text("state", plugin.state);
  object.text_or_null("reason", plugin.reason);
  object.number("calls", plugin.calls).number("items", plugin.items);
  object.number("failures", plugin.failures).number("busy_ns", plugin.busy_ns);
  object.number("worker_deaths", plugin.worker_deaths);
}

// The latest of a node's life, newest first.
boost::asio::awaitable<Result<std::string>> timeline_text(Call& call) {
  using Events = journal::Page<journal::NodeEventItem>;
  constexpr std::size_t events_max = 20;
  HistoryReader::Question<Events> question = [id = call.subject](journal::History& history) {
    return history.timeline(id, std::nullopt, events_max);
  };
  auto events = co_await call.face.history.ask<Events>(std::move(question));
  if (!events && events.error().code != Errc::not_found) {
    co_return std::unexpected(std::move(events.error()));
  }
  std::string out;
  const auto items = events ? std::move(events->items) : std::vector<journal::NodeEventItem>();
  const bool endpoints = call.by_operator;
  append_array(out, items, [endpoints](std::string& to, const journal::NodeEventItem& item) {
    ObjectText object(to);
    object.time("at", item.at_ms).text("what", item.what).text("detail", item.detail);
    if (endpoints && !item.endpoint.empty()) object.text("endpoint", item.endpoint);
  });
  co_return out;
}

// "epoch 4 paid 12 nano, 3 more than before: mean score …", or nothing when no epoch was emitted or
// the node had no part in it.
std::string paid_text(std::uint64_t epoch, const journal::EpochRow& row, bool after) {
  std::string out = "epoch " + std::to_string(epoch) + " paid " +
                    std::to_string(row.node.amount_nano) + " nano";
  if (row.before) out += ", " + std::to_string(row.before->amount_nano) + " the epoch before";
  if (const std::string why = why_moved(row, after); !why.empty()) out += " (" + why + ")";
  if (!row.node.report) return out;
  const RowReport& report = *row.node.report;
  out += ", its row deviates " + percent(report.deviation_ppm) + " from the consensus";
  if (report.own_ppm != 0) out += ", " + percent(report.own_ppm) + " of it for its own key";
  if (report.mutual_ppm != 0) {
    out += ", " + percent(report.mutual_ppm) + " for keys that rate its own";
  }
  return out;
}

boost::asio::awaitable<std::string> last_paid_text(Call& call) {
  std::uint64_t epoch = 0;
  std::uint32_t uid = 0;
  std::function<void(const engine::State&)> look = [&](const engine::State& s) {
    const std::uint32_t miner = s.find_miner(call.subject);
    const std::uint32_t validator = s.find_validator(call.subject);
    if (miner == engine::none && validator == engine::none) return;
    epoch = s.epoch.last_emitted;
    uid = miner == engine::none ? s.validators[validator].uid : s.miners[miner].uid;
  };
  const Result<void> looked = co_await call.face.daemon.read(std::move(look));
  if (!looked || epoch == 0) co_return "";
  // Rows are by uid, and a uid is never below its row's number.
  constexpr std::size_t rows = limits::read_rows_max;
  HistoryReader::Question<journal::EpochDetail> question = [epoch, uid](journal::History& history) {
    return history.epoch(epoch, uid < rows ? 0 : uid - rows + 1, rows);
  };
  const auto detail = co_await call.face.history.ask<journal::EpochDetail>(std::move(question));
  if (!detail) co_return "";
  for (const journal::EpochRow& row : detail->rows.items) {
    if (row.uid != uid || row.id != call.subject) continue;
    co_return paid_text(epoch, row, detail->after_another);
  }
  co_return "";
}

}  // namespace

Reply show_subnet(Call& call) {
  const Options& options = call.face.options;
  const SubnetNames names{options.subnet_name, options.netuid, options.version,
                          options.signers.own_address};
  const TextQuery query = [names](const engine::State& s) {
    return Result<std::string>(subnet_view(s, names));
  };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  std::vector<std::string> held;
  for (const PluginView& plugin : co_await call.face.daemon.plugins()) {
    if (plugin.state == "quarantined") held.push_back(plugin.id + ": " + plugin.reason);
  }
  text.pop_back();
  text += ",\"plugins_quarantined\":";
  append_array(text, held,
               [](std::string& to, const std::string& each) { json::append_string(to, each); });
  const ReloadReport& reload = call.face.daemon.last_reload();
  text += ",\"reload\":\"" + reload.state + '"';
  co_return json_response(std::move(text) + "}");
}

Reply list_namespaces(Call& call) {
  SUBNETD_CO_TRY(const std::size_t limit, call.query.limit(100));
  SUBNETD_CO_TRY(const std::string from, call.query.cursor(namespaces_list));
  const TextQuery query = [from, limit](const engine::State& s) {
    return Result<std::string>(namespaces_view(s, from, limit));
  };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

Reply map_namespace(Call& call) {
  SUBNETD_CO_TRY(engine::MapNamespace mapping, read_mapping(call.request.body));
  std::string text;
  ObjectText(text).text("pattern", mapping.pattern).text("model_type", mapping.model_type);
  engine::Input input = input_of(call);
  input.body = std::move(mapping);
  SUBNETD_CO_CHECK(co_await call.face.daemon.submit(std::move(input)));
  co_return json_response(std::move(text));
}

Reply unmap_namespace(Call& call) {
  engine::Input input = input_of(call);
  input.body = engine::UnmapNamespace{call.subject, {}};
  SUBNETD_CO_CHECK(co_await call.face.daemon.submit(std::move(input)));
  net::HttpResponse response;
  response.status = 204;
  co_return response;
}

// Some slots an input, so that registrations are decided between; each is durable on its own, and
// whoever asks again after a crash finds what is left. The signature is the first one's.
Reply redetect_miners(Call& call) {
  SUBNETD_CO_TRY(engine::Redetect again, read_redetect(call.request.body));
  engine::Input input = input_of(call);
  input.body = again;
  SUBNETD_CO_TRY(engine::Answer answer, co_await call.face.daemon.submit(std::move(input)));
  std::uint64_t looked_at = answer.looked_at, retyped = answer.retyped;
  while (answer.next != 0) {
    again.from = answer.next;
    engine::Input more;
    more.body = again;
    auto part = co_await call.face.daemon.submit(std::move(more));
    if (!part) {
      part.error().message += "; of " + std::to_string(looked_at) + " miners " +
                              std::to_string(retyped) + " were given another type before";
      co_return std::unexpected(std::move(part.error()));
    }
    answer = std::move(*part);
    looked_at += answer.looked_at;
    retyped += answer.retyped;
  }
  std::string text;
  ObjectText(text).number("looked_at", looked_at).number("retyped", retyped);
  co_return json_response(std::move(text));
}

Reply list_plugins(Call& call) {
  const std::vector<PluginView> plugins = co_await call.face.daemon.plugins();
  std::string text = "{\"items\":";
  const bool files = call.by_operator;
  append_array(text, plugins, [files](std::string& to, const PluginView& plugin) {
    append_plugin(to, plugin, files);
  });
  text += ",\"next_cursor\":null}";
  co_return json_response(std::move(text));
}

Reply explain_node(Call& call) {
  const Viewer viewer = call.viewer();
  const std::string id = call.subject;
  const std::string last_paid = co_await last_paid_text(call);
  const TextQuery query = [id, viewer, last_paid](const engine::State& s) {
    return explain_view(s, id, viewer, last_paid);
  };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  const std::vector<std::string> lines = co_await call.face.daemon.explain(id);
  SUBNETD_CO_TRY(const std::string timeline, co_await timeline_text(call));
  text.insert(0, "{");
  text += ",\"lines\":";
  append_array(text, lines,
               [](std::string& to, const std::string& line) { json::append_string(to, line); });
  text += ",\"timeline\":" + timeline + "}";
  co_return json_response(std::move(text));
}

Reply close_epoch(Call& call) {
  SUBNETD_CO_CHECK(read_nothing(call.request.body));
  engine::CloseEpoch close{call.face.daemon.random_seed(), {}};
  SUBNETD_CO_TRY(close.idempotency, read_idempotency(call.request, "operator"));
  engine::Input input = input_of(call);
  input.body = std::move(close);
  SUBNETD_CO_TRY(const engine::Answer answer, co_await call.face.daemon.submit(std::move(input)));
  std::string text;
  ObjectText(text).number("epoch", answer.epoch);
  co_return json_response(std::move(text));
}

Reply show_emission_input(Call& call) {
  const std::string name = call.face.options.subnet_name;
  const TextQuery query = [name](const engine::State& s) -> Result<std::string> {
    const std::uint64_t nodes = s.miner_count + s.validator_index.size();
    if (nodes > case_rows_max) {
      return fail(Errc::refused, std::to_string(nodes) + " nodes are too many to read at once",
                  "at most " + std::to_string(case_rows_max));
    }
    const EmissionInput input = engine::emission_preview(s, s.now_ms);
    return case_view(name + " epoch " + std::to_string(input.epoch), input);
  };
  SUBNETD_CO_TRY(std::string text, co_await read_text(call, query));
  co_return json_response(std::move(text));
}

}  // namespace subnetd::api
