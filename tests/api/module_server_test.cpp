// SPDX-License-Identifier: 0BSD
// Every row of module-server-behaviour.json: what Commune's own module server answered, and what
// this one answers to the same request, over HTTP. Where the two differ the row says why.
#include <functional>
#include <map>
#include <set>

#include "commune/vectors.hpp"
#include "commune/wallet.hpp"
#include "subnet_daemon.hpp"

namespace subnetd::api::testing {
namespace {

using commune::text_of;
using commune::testing::Wallet;

constexpr const char* agent = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

Options open_options() {
  Options options = ApiServer::with_token();
  options.signers.own_address = agent;
  options.signers.may_register = true;
  options.signers.per_minute_key = 0;
  options.signers.per_minute_staked = 0;
  options.signers.per_minute_ip = 0;
  return options;
}

std::string time_at(std::int64_t off_s) {
  return commune::format_timestamp((net::utc_ms() + off_s * 1'000) * 1'000);
}

struct Request {
  std::string verb = "POST", path = "/method/list_modules", body;
  net::HttpHeaders headers;

  std::string& header(std::string_view name) {
    for (auto& [field, value] : headers) {
      if (field == name) return value;
    }
    return headers.emplace_back(std::string(name), "").second;
  }
  void drop(std::string_view name) {
    std::erase_if(headers, [&](const auto& field) { return field.first == name; });
  }
  Answer send(ApiServer& at) const { return at.call(verb, path, body, headers); }
};

const Wallet& alice() {
  static const Wallet wallet("//Alice");
  return wallet;
}

// As deployed clients do: over the canonical body with X-Timestamp's value added.
Request legacy(const std::string& params = R"({"msg": "hi"})", std::string time = time_at(0),
               const std::string& target = agent) {
  auto object = *commune::CanonicalObject::read(params);
  if (!target.empty()) object.set("target_key", commune::canonical_string(target));
  Request out;
  out.body = "{\"params\": " + object.text() + "}";
  auto text = *commune::CanonicalObject::read(out.body);
  text.set("timestamp", commune::canonical_string(time));
  out.headers = alice().headers(text.text(), time);
  return out;
}

// As its server's documentation says: over the body as it is sent, the time inside.
Request raw(const std::string& body, const std::string& header_time = "") {
  Request out;
  out.body = body;
  out.headers = alice().headers(body, header_time);
  if (header_time.empty()) out.drop("X-Timestamp");
  return out;
}
std::string new_style(const std::string& time, const std::string& comma = ", ") {
  return "{\"params\":{\"msg\":\"hi\"" + comma + "\"target_key\":\"" + agent + "\"" +
         (time.empty() ? "" : comma + "\"timestamp\":\"" + time + "\"") + "}}";
}

template <class Change>
Request changed(Change change, Request request = legacy()) {
  change(request);
  return request;
}
Request with_header(std::string_view name, const std::string& value) {
  return changed([&](Request& r) { r.header(name) = value; });
}
Request without(std::string_view name) {
  return changed([&](Request& r) { r.drop(name); });
}

struct Ours {
  Request request;
  int status = 0;   // 0: as recorded
  std::string why;  // where it differs
};
using Table = std::map<std::string, Ours>;

Table headers_and_keys() {
  return {
      {"legacy ok", {legacy()}},
      {"legacy, compact wire body, same signature",
       {changed([](Request& r) { std::erase(r.body, ' '); })}},
      {"missing X-Signature", {without("X-Signature")}},
      {"missing X-Key", {without("X-Key")}},
      {"missing X-Crypto", {without("X-Crypto")}},
      {"missing X-Timestamp", {without("X-Timestamp")}},
      {"empty X-Key", {with_header("X-Key", "")}},
      {"content-type text/plain", {with_header("Content-Type", "text/plain")}},
      {"content-type application/json;charset=utf-8",
       {with_header("Content-Type", "application/json;charset=utf-8")}},
      {"key 0x prefix", {changed([](Request& r) { r.header("X-Key").insert(0, "0x"); })}},
      {"key non-hex", {changed([](Request& r) { r.header("X-Key")[5] = 'g'; })}},
      {"key is ss58", {with_header("X-Key", agent)}},
      {"key 31 bytes", {changed([](Request& r) { r.header("X-Key").resize(62); })}},
      {"key 33 bytes", {changed([](Request& r) { r.header("X-Key") += "00"; }), 400, "no 500"}},
      {"key not a ristretto point", {with_header("X-Key", std::string(64, 'f')), 401, "no 500"}},
      {"sig non-hex", {changed([](Request& r) { r.header("X-Signature")[9] = 'x'; })}},
      {"sig 0x prefix", {changed([](Request& r) { r.header("X-Signature").insert(0, "0x"); })}},
      {"sig upper", {changed([](Request& r) {
         for (char& c : r.header("X-Signature")) c = static_cast<char>(std::toupper(c));
       })}},
      {"sig marker cleared",
       {changed([](Request& r) { r.header("X-Signature")[126] = '0'; }), 401, "no 500"}},
      {"sig wrong", {changed([](Request& r) {
         char& digit = r.header("X-Signature")[3];
         digit = digit == '0' ? '1' : '0';
       })}},
      {"crypto '0'", {with_header("X-Crypto", "0"), 400, "no 500"}},
      {"crypto '2'", {with_header("X-Crypto", "2"), 400, "no 500"}},
      {"crypto 'abc'", {with_header("X-Crypto", "abc"), 400, "no 500"}},
      {"crypto '1.0'", {with_header("X-Crypto", "1.0"), 400, "no 500"}},
      {"crypto ''", {with_header("X-Crypto", "")}},
      {"crypto ' 1'", {with_header("X-Crypto", " 1")}},
      {"crypto '+1'", {with_header("X-Crypto", "+1")}},
      {"<Bytes> wrapped signature", {changed([](Request& r) {
         auto text = *commune::CanonicalObject::read(r.body);
         text.set("timestamp", commune::canonical_string(r.header("X-Timestamp")));
         r.headers = alice().headers("<Bytes>" + text.text() + "</Bytes>", r.header("X-Timestamp"));
       })}},
      {"identity key forged signature", {changed([](Request& r) {
         r.header("X-Key") = std::string(64, '0');
         r.header("X-Signature") = std::string(126, '0') + "80";
       }), 400, "the all-zero key has no owner"}},
  };
}

Table targets_and_times() {
  const std::string now = time_at(0);
  const std::int64_t day_s = 100'000;
  // 05:30 ahead of UTC, and other spellings of now.
  std::string spaced = now, zulu = now, india = time_at(19'800);
  spaced[10] = ' ';
  zulu.replace(zulu.find('+'), std::string::npos, "Z");
  india.replace(india.find('+'), std::string::npos, "+05:30");
  return {
      {"wrong target", {legacy(R"({"msg": "hi"})", now, "5Grw")}},
      {"no target", {legacy(R"({"msg": "hi"})", now, "")}},
      {"legacy timestamp -119s", {legacy("{}", time_at(-115))}},
      {"legacy timestamp -100000s", {legacy("{}", time_at(-day_s))}},
      {"legacy timestamp +60s", {legacy("{}", time_at(60))}},
      {"legacy timestamp +100000s",
       {legacy("{}", time_at(day_s)), 400, "it could be replayed for a day"}},
      {"legacy timestamp '2025-01-02T03:04:05'",
       {legacy("{}", "2025-01-02T03:04:05"), 400, "no 500"}},
      {"legacy timestamp '2025-01-02'", {legacy("{}", "2025-01-02"), 400, "no 500"}},
      {"legacy timestamp '1735786245'", {legacy("{}", "1735786245")}},
      {"legacy timestamp '20250102T030405Z'", {legacy("{}", "20250102T030405Z")}},
      {"legacy timestamp '2026-11-22T12:29:01.665623Z'", {legacy("{}", zulu)}},
      {"legacy timestamp '2026-11-22 12:29:01.665638+00:00'", {legacy("{}", spaced)}},
      {"legacy timestamp '2026-11-22T17:59:01.665647+05:30'", {legacy("{}", india)}},
      {"new-style ok (timestamp in params)", {raw(new_style(now))}},
      {"new-style compact JSON body", {raw(new_style(time_at(0), ","))}},
      {"new-style no timestamp at all", {raw(new_style(""))}},
      {"new-style stale", {raw(new_style(time_at(-day_s)))}},
      {"REPLAY: old new-style body + fresh unsigned X-Timestamp",
       {raw(new_style(time_at(-day_s)), now), 400, "the time that counts is the signed one"}},
      {"new-style without ts + fresh unsigned X-Timestamp",
       {raw(new_style(""), now), 400, "the time that counts is the signed one"}},
      {"extra top-level key \"timestamp\" in wire body", {changed([](Request& r) {
         r.body.insert(r.body.size() - 1, ", \"timestamp\": \"" + r.header("X-Timestamp") + "\"");
       })}},
      {"numbers canonical", {legacy(R"({"n": 100000.0})")}},
      {"numbers, wire 1E5 for 100000.0", {changed([](Request& r) {
         r.body.replace(r.body.find("100000.0"), 8, "1E5");
       }, legacy(R"({"n": 100000.0})"))}},
      {"NaN in body", {legacy(R"({"n": NaN})"), 422, "no method of ours takes it"}},
  };
}

Table bodies_and_paths() {
  const auto at = [](const std::string& path, Request request = legacy()) {
    request.path = path;
    return request;
  };
  Table out{
      {"unknown method", {at("/method/generate")}},
      {"hidden method", {at("/method/get_metadata")}},
      {"unknown method unsigned", {changed([](Request& r) { r.headers.resize(1); },
                                           at("/method/generate"))}},
      {"GET", {changed([](Request& r) { r.verb = "GET", r.body.clear(); })}},
      {"trailing slash", {at("/method/list_modules/"), 404, "no client of Commune asks for one"}},
      {"missing param", {at("/method/get_node", legacy("{}"))}},
      {"msg int", {at("/method/get_node", legacy(R"({"id": 1})"))}},
      {"extra param ignored", {legacy(R"({"limit": 5, "other": 1})")}},
  };
  const std::pair<const char*, const char*> bodies[] = {
      {"empty", ""},          {"not json", "x"},       {"array", "[1]"},
      {"string", "\"a\""},    {"null", "null"},        {"no params", "{}"},
      {"params null", R"({"params": null})"},          {"params list", R"({"params": [1]})"},
      {"params str", R"({"params": "a"})"}};
  for (const auto& [name, body] : bodies) {
    const std::string row = std::string("body ") + name;
    out[row + " (raw-signed, no X-Timestamp)"] = {raw(body), 400, "no 500"};
    out[row + " (+X-Timestamp)"] = {raw(body, time_at(0)), 400, "no 500"};
  }
  return out;
}

std::map<std::string, json::Value> recorded() {
  const json::Value file = commune::vectors("module-server-behaviour.json");
  std::map<std::string, json::Value> rows;
  for (const json::Value& row : file.at("cases").as_array()) rows[text_of(row, "case")] = row;
  return rows;
}

// An error has the recorded body to the letter; of FastAPI's complaints the kind, or value_error
// where a rule of ours speaks.
void expect_as_recorded(const json::Value& row, const Answer& ours, const std::string& name) {
  const int status = row.at("status").to_number<int>();
  EXPECT_EQ(ours.status, status) << name << ": " << ours.text;
  if (status == 422) {
    Answer theirs{status, {}, text_of(row, "body")};
    const std::string kind = ours.at("detail.0.type");
    EXPECT_TRUE(kind == theirs.at("detail.0.type") || kind == "value_error") << name << kind;
  } else if (status >= 400) {
    EXPECT_EQ(ours.text, text_of(row, "body")) << name;
  }
  if (const auto* allow = row.at("headers").as_object().if_contains("allow")) {
    EXPECT_EQ(ours.header("allow"), std::string(allow->as_string())) << name;
  }
}

TEST(ModuleServer, AnswersEveryRecordedRequestOrSaysWhyNot) {
  const auto rows = recorded();
  ApiServer server(open_options());
  for (const Table& table : {headers_and_keys(), targets_and_times(), bodies_and_paths()}) {
    for (const auto& [name, ours] : table) {
      const auto row = rows.find(name);
      if (row == rows.end()) {
        EXPECT_TRUE(name.starts_with("body ")) << name;  // nine bodies in two forms; some recorded
        continue;
      }
      const Answer answer = ours.request.send(server);
      if (ours.status == 0) {
        expect_as_recorded(row->second, answer, name);
        continue;
      }
      EXPECT_NE(ours.why, "");
      EXPECT_EQ(answer.status, ours.status) << name << ": " << answer.text;
      EXPECT_NE(ours.status, row->second.at("status").to_number<int>()) << name;
    }
  }
}

TEST(ModuleServer, KeepsListsAndRatesAsRecorded) {
  const auto rows = recorded();
  const auto expect = [&](const char* name, ApiServer& server, const Request& request) {
    expect_as_recorded(rows.at(name), request.send(server), name);
  };
  Options listed = open_options();
  listed.signers.keys.allow.insert(Wallet("//Bob").key());
  ApiServer closed(listed);
  expect("not whitelisted", closed, legacy());
  listed.signers.keys.allow.insert(alice().key());
  listed.signers.keys.deny.insert(alice().key());
  ApiServer denied(listed);
  expect("blacklisted, garbage signature", denied, with_header("X-Signature", "garbage"));
  expect("blacklist beats whitelist", denied, legacy());
  Options banned = open_options();
  banned.signers.denied_networks.push_back(*net::parse_cidr("127.0.0.0/8"));
  ApiServer away(banned);
  expect("ip blacklisted", away, legacy());

  Options rated = open_options();
  rated.signers.per_minute_key = 1;
  rated.signers.staked_from_nano = 1'000;
  ApiServer slow(rated);
  for (const char* name : {"zero-stake registered caller call 1",
                           "zero-stake registered caller call 2",
                           "zero-stake registered caller call 3"}) {
    expect(name, slow, legacy());
  }
  // There upper case is another caller; here it is the same one.
  const Request upper = changed([](Request& r) {
    for (char& c : r.header("X-Key")) c = static_cast<char>(std::toupper(c));
  });
  EXPECT_EQ(upper.send(slow).status, 429);
  expect("upper-case X-Key again", slow, upper);

  Options staked = open_options();
  staked.signers.per_minute_key = 1;
  staked.signers.per_minute_staked = 3;
  staked.signers.staked_from_nano = 1'000;
  ApiServer rich(staked);
  rich.post("/api/v1/validators",
            R"({"id":"v1","endpoint":"http://192.0.2.1:9000","capacity":10,"key":")" +
                alice().address() + R"(","specializations":["chat"]})");
  rich.call("PATCH", "/api/v1/validators/v1", R"({"stake_nano":1000})");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(legacy().send(rich).status, 200) << i;
  expect("20k-stake caller refused after 89 ok total", rich, legacy());

  Options shared = open_options();
  shared.signers.per_minute_ip = 15;
  ApiServer crowded(shared);
  for (int i = 0; i < 15; ++i) EXPECT_EQ(legacy().send(crowded).status, 200) << i;
  expect("IP limiter (stub bucket) refused after 15", crowded, legacy());
}

// No row of the file is forgotten: each is sent above, or is of that server's own endpoints, or of
// the registrations it reads from the chain.
TEST(ModuleServer, HasAnAnswerForEveryRowOfTheFile) {
  std::set<std::string> sent{
      "not whitelisted", "blacklisted, garbage signature", "blacklist beats whitelist",
      "ip blacklisted", "zero-stake registered caller call 1",
      "zero-stake registered caller call 2", "zero-stake registered caller call 3",
      "upper-case X-Key is a separate bucket", "upper-case X-Key again",
      "20k-stake caller refused after 89 ok total", "IP limiter (stub bucket) refused after 15"};
  for (const Table& table : {headers_and_keys(), targets_and_times(), bodies_and_paths()}) {
    for (const auto& [name, ours] : table) sent.insert(name);
  }
  const std::set<std::string> of_the_chain{"no keys on subnet", "miner not registered",
                                           "caller on one of two subnets"};
  for (const auto& [name, row] : recorded()) {
    const bool of_its_endpoints = name.starts_with("add ") || name.starts_with("endpoint ");
    EXPECT_TRUE(sent.contains(name) || of_its_endpoints || of_the_chain.contains(name)) << name;
  }
}

}  // namespace
}  // namespace subnetd::api::testing
