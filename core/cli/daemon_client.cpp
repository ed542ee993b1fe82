// SPDX-License-Identifier: 0BSD
#include "cli/daemon_client.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <optional>

#include "cli/command.hpp"
#include "cli/key_source.hpp"
#include "commune/canonical_json.hpp"
#include "commune/signed_request.hpp"
#include "commune/timestamp.hpp"
#include "net/http_client.hpp"
#include "net/spawn.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t reply_bytes_max = 64 * 1024 * 1024;

// Whoever types a URL may mean any address.
net::AddressPolicy open_policy() {
  net::AddressPolicy policy;
  policy.allow_private = true;
  for (const char* everything : {"0.0.0.0/0", "::/0"}) {
    if (auto cidr = net::parse_cidr(everything)) policy.allow_cidrs.push_back(*cidr);
  }
  return policy;
}

boost::asio::awaitable<void> fetch_into(net::HttpClient& client, net::FetchRequest request,
                                        std::optional<net::FetchResult>& result) {
  result = co_await client.fetch(std::move(request));
}

net::FetchResult fetch(net::FetchRequest request) {
  boost::asio::io_context io(1);
  std::optional<net::FetchResult> result;
  {
    net::HttpClient client(io.get_executor(), {.policy = open_policy()});
    net::spawn(io.get_executor(), "call the daemon",
               fetch_into(client, std::move(request), result));
    io.run();
  }
  if (result) return *std::move(result);
  net::FetchError ended;
  ended.code = Errc::internal;
  ended.message = "the call ended without a result";
  return std::unexpected(std::move(ended));
}

Errc errc_of(std::string_view name, int status) {
  for (int i = 0; i <= static_cast<int>(Errc::internal); ++i) {
    if (name == errc_name(static_cast<Errc>(i))) return static_cast<Errc>(i);
  }
  switch (status) {
    case 400: return Errc::malformed;
    case 401: return Errc::unauthorized;
    case 403: return Errc::forbidden;
    case 404: return Errc::not_found;
    case 409: return Errc::conflict;
    case 413: return Errc::too_large;
    case 422: return Errc::refused;
    case 429: return Errc::rate_limited;
    case 503: return Errc::unavailable;
    default: return Errc::peer;
  }
}

// {"error":{"code","message","hint"}} of a reply that is no success.
Error refusal(const net::HttpReply& reply, const std::string& url, const DaemonOptions& options) {
  Error error{errc_of("", reply.status), url + " answered HTTP " + std::to_string(reply.status),
              ""};
  const auto parsed = json::parse(reply.body, reply_bytes_max);
  const json::Object* body = parsed ? parsed->if_object() : nullptr;
  const json::Value* inner = body == nullptr ? nullptr : body->if_contains("error");
  const json::Object* told = inner == nullptr ? nullptr : inner->if_object();
  if (told != nullptr) {
    const json::Fields fields(*told);
    if (auto text = fields.text("code", 1, 64)) error.code = errc_of(*text, reply.status);
    if (auto text = fields.text("message", 1, 65'536)) error.message = *text;
    if (auto text = fields.text("hint", 1, 65'536)) error.hint = *text;
  }
  if (error.code == Errc::unauthorized && options.key.empty()) {
    error.hint = std::string("give the operator's token by --token or SUBNETD_TOKEN") +
                 (options.may_sign ? ", or sign with --key" : "");
  }
  return error;
}

Error unreachable(const net::FetchError& fault, const std::string& url) {
  const bool refused = fault.fault == net::FetchFault::refused;
  std::string why = fault.detail.empty() ? fault.message : fault.detail;
  return {refused ? Errc::malformed : Errc::unavailable, "no daemon answers at " + url + ": " + why,
          "start one with \"subnetd run\", or name another by --url or SUBNETD_URL"};
}

// Proves who asks: a signature over method, path, params and time.
Result<void> sign(const DaemonOptions& options, const std::string& path,
                  net::FetchRequest& request) {
  SUBNETD_TRY(const commune::StoredKey key, stored_key({options.key_folder}, options.key));
  if (key.pair.scheme() != commune::Scheme::sr25519) {
    return fail(Errc::refused, "key \"" + options.key + "\" is not sr25519, which alone is heard");
  }
  std::string params = "{}";
  if (!request.body.empty()) {
    SUBNETD_TRY(params, commune::canonical_json(request.body));
  }
  const std::string time = commune::format_timestamp(net::utc_ms() * 1'000);
  const std::string text = commune::signed_write_text(request.method, path, params, time);
  const auto signature = key.pair.sign(commune::bytes_of(text));
  request.headers.emplace_back("X-Key", commune::hex_encode(key.pair.public_key()));
  request.headers.emplace_back("X-Signature", commune::hex_encode(signature));
  request.headers.emplace_back("X-Crypto", "1");
  request.headers.emplace_back("X-Timestamp", time);
  return {};
}

// The page behind `cursor`; `next` becomes empty at the last.
Result<json::Array> page(const DaemonOptions& options, const std::string& path, std::string& next) {
  std::string target = path + (path.find('?') == path.npos ? "?" : "&") + "limit=1000";
  if (!next.empty()) target += "&cursor=" + net::percent_encode(next);
  SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "GET", target));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(reply.body, "the list"));
  SUBNETD_TRY(const json::Array* items, fields.array("items", 1'000'000));
  SUBNETD_TRY(const auto cursor, fields.maybe_text("next_cursor", 1, 4096));
  next = cursor.value_or("");
  return *items;
}

}  // namespace

void add_daemon_options(CLI::App& command, DaemonOptions& options,
                        const std::vector<std::string>& more_formats) {
  command.add_option("--url", options.url, "The daemon")
      ->envname("SUBNETD_URL")
      ->type_name("URL")
      ->capture_default_str();
  command.add_option("--token", options.token, "The operator's token; better in SUBNETD_TOKEN")
      ->envname("SUBNETD_TOKEN")
      ->type_name("TOKEN");
  add_output_options(command, options.output, more_formats);
}

void add_signing_options(CLI::App& command, DaemonOptions& options) {
  options.may_sign = true;
  command
      .add_option("--key", options.key, "Sign with this key: the owner's, or the agent's own")
      ->type_name("NAME");
  command.add_option("--key-folder", options.key_folder, "Where keys are (~/.commune/key)")
      ->type_name("DIR");
}

Result<DaemonReply> call_daemon(const DaemonOptions& options, const std::string& method,
                                const std::string& path, const json::Value* body,
                                std::int64_t deadline_ms) {
  auto endpoint = net::parse_endpoint(options.url);
  if (!endpoint) {
    return fail(Errc::malformed,
                "--url " + options.url + " names no daemon; " + endpoint.error().message,
                "such as http://127.0.0.1:8080");
  }
  net::FetchRequest request;
  request.method = method;
  request.url = endpoint->url() + "/api/v1/" + path;
  request.deadline_ms = deadline_ms;
  request.reply_bytes_max = reply_bytes_max;
  if (!options.token.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + options.token);
  }
  if (method != "GET") request.headers.emplace_back("Content-Type", "application/json");
  if (body != nullptr) request.body = json::serialize(*body);
  if (!options.key.empty()) {
    SUBNETD_CHECK(sign(options, "/api/v1/" + path.substr(0, path.find('?')), request));
  }
  const net::FetchResult fetched = fetch(std::move(request));
  if (!fetched) return std::unexpected(unreachable(fetched.error(), endpoint->url()));
  if (fetched->status < 200 || fetched->status > 299) {
    return std::unexpected(refusal(*fetched, endpoint->url(), options));
  }
  DaemonReply reply;
  reply.status = fetched->status;
  if (!fetched->body.empty()) {
    auto parsed = json::parse(fetched->body, reply_bytes_max);
    if (!parsed) {
      return fail(Errc::peer,
                  endpoint->url() + " answered what is no JSON: " + parsed.error().message,
                  "is that a subnetd?");
    }
    reply.body = *std::move(parsed);
  }
  return reply;
}

Result<void> each_item(const DaemonOptions& options, const std::string& path,
                       const std::function<void(const json::Object&)>& item) {
  std::string cursor;
  do {
    SUBNETD_TRY(const json::Array items, page(options, path, cursor));
    for (const json::Value& value : items) {
      if (const json::Object* object = value.if_object()) item(*object);
    }
  } while (!cursor.empty());
  return {};
}

Result<void> print_list(const DaemonOptions& options, const std::string& path,
                        const std::vector<std::string>& columns) {
  const Style style = style_of(options.output);
  if (style.format == Format::json || style.format == Format::jsonl) {
    const bool array = style.format == Format::json;
    bool first = true;
    if (array) std::cout << "{\"items\":[";
    SUBNETD_CHECK(each_item(options, path, [&](const json::Object& item) {
      if (array && !std::exchange(first, false)) std::cout << ",\n";
      std::cout << json::serialize(item);
      if (!array) std::cout << '\n';
    }));
    if (array) std::cout << "],\"next_cursor\":null}\n";
    return {};
  }
  Rows rows(std::cout, style, columns);
  SUBNETD_CHECK(each_item(options, path, [&](const json::Object& item) {
    std::vector<Cell> cells;
    for (const std::string& column : columns) {
      const json::Value* value = at_path(item, column);
      const bool for_people = style.format == Format::table;
      cells.push_back(value == nullptr ? Cell()
                      : for_people     ? Cell::for_people(*value)
                                       : Cell::of(*value));
    }
    rows.add(std::move(cells));
  }));
  rows.finish();
  return {};
}

Result<void> print_one(const DaemonOptions& options, const std::string& path) {
  SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "GET", path));
  if (!reply.body.is_object()) return fail(Errc::peer, "the answer is no object");
  print_object(std::cout, style_of(options.output), reply.body.get_object());
  return {};
}

}  // namespace subnetd::cli
