// SPDX-License-Identifier: 0BSD
// Calls the miner itself with stored cases, one after the other, and compares its answers with
// known ones. The score is the share of cases that pass; the verdict is the daemon's own (@agent).
#include <unordered_map>

#include <subnet/plugin.hpp>

#include "compare.hpp"

namespace {

namespace json = subnet::json;

struct Case {
  std::string method;  // empty: the miner's own
  std::string params;
  json::value expect;
  double tolerance = 0;
  double cosine_min = 0;  // 0: compare element by element
};

struct Session {
  std::string method;
  bool openai = false;
  size_t next = 0;
  size_t passed = 0;
};

class Golden {
 public:
  static constexpr std::string_view id = "golden";
  static constexpr std::string_view summary = "Compares a miner's answers with known ones";
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC | SBN_F_JUDGES_ALONE;
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "required":["cases"],"properties":{"cases":{"type":"array","minItems":1,"maxItems":32,
      "items":{"type":"object","additionalProperties":false,"required":["params","expect"],
        "properties":{"method":{"type":"string"},"params":{"type":"object"},"expect":{},
          "tolerance":{"type":"number","minimum":0,"default":0},
          "cosine_min":{"type":"number","minimum":0,"maximum":1,"default":0}}}}}})";

  explicit Golden(const subnet::context& cx) {
    json::value settings;
    std::string why;
    if (!json::parse(cx.config.json(), settings, why)) throw config_error(why);
    const json::value* cases = settings.find("cases");
    if (cases == nullptr || !cases->is(json::kind::array) || cases->items.empty())
      throw config_error("cases must be a list of at least one case");
    for (const json::value& item : cases->items) cases_.push_back(read(item));
  }

  void begin(const subnet::call&, const subnet::validate_request& request,
             subnet::validate_sink& sink) {
    Session session;
    session.openai = request.miner_protocol() == "openai";
    session.method = session.openai ? "chat/completions" : std::string(request.miner_method());
    send(request.number(), sessions_[request.number()] = std::move(session), sink);
  }

  void step(const subnet::call&, const subnet::reply& reply, subnet::validate_sink& sink) {
    const auto found = sessions_.find(reply.request());
    if (found == sessions_.end() || found->second.next != reply.tag())
      throw subnet::failure(SBN_E_INVALID, "a reply to nothing that was sent");
    Session& session = found->second;
    if (reply.outcome() == SBN_REPLY_TIMEOUT || reply.outcome() == SBN_REPLY_UNREACHABLE) {
      const bool late = reply.outcome() == SBN_REPLY_TIMEOUT;
      sink.miner_failed(reply.request(), 0, late ? "no answer in time" : "not reachable");
      sessions_.erase(found);
      return;
    }
    if (passes(session, cases_[session.next], reply)) ++session.passed;
    if (++session.next < cases_.size()) return send(reply.request(), session, sink);
    const uint64_t n = cases_.size();
    const auto score = static_cast<uint32_t>((2 * session.passed * subnet::ppm_one + n) / (2 * n));
    sink.scored(reply.request(), 0, score,
                std::to_string(session.passed) + " of " + std::to_string(n) + " cases passed");
    sessions_.erase(found);
  }

  void forget(uint64_t request) { sessions_.erase(request); }

  std::string explain(std::string_view model_type) const {
    return "calls the " + std::string(model_type) + " miner with " + std::to_string(cases_.size()) +
           " stored cases; the score is the share of answers that equal the known ones";
  }

 private:
  static subnet::failure config_error(const std::string& message) {
    return subnet::failure(SBN_E_CONFIG, message);
  }

  static Case read(const json::value& item) {
    const json::value* params = item.find("params");
    const json::value* expect = item.find("expect");
    if (params == nullptr || !params->is(json::kind::object) || expect == nullptr)
      throw config_error("a case needs an object params and a value expect");
    Case out;
    json::append(out.params, *params);
    out.expect = *expect;
    if (const json::value* method = item.find("method")) out.method = method->text;
    auto number = [&](std::string_view key) {
      const json::value* found = item.find(key);
      return found == nullptr ? 0.0 : found->number().value_or(0.0);
    };
    out.tolerance = number("tolerance");
    out.cosine_min = number("cosine_min");
    return out;
  }

  const std::string& method_of(const Session& session, const Case& one) const {
    return one.method.empty() ? session.method : one.method;
  }

  void send(uint64_t request, const Session& session, subnet::validate_sink& sink) const {
    const Case& one = cases_[session.next];
    sink.send(request, {.tag = static_cast<uint32_t>(session.next),
                        .target = SBN_TARGET_MINER,
                        .method = method_of(session, one),
                        .body = one.params});
  }

  bool passes(const Session& session, const Case& one, const subnet::reply& reply) const {
    json::value answer;
    std::string why;
    if (!reply.delivered() || reply.http_status() != 200 || !json::parse(reply.body(), answer, why))
      return false;
    const json::value* got = &answer;
    if (session.openai) got = result_of(answer, method_of(session, one) == "embeddings");
    if (got == nullptr) return false;
    if (one.cosine_min > 0) {
      const auto near = golden::cosine(one.expect, *got);
      return near && *near >= one.cosine_min;
    }
    return golden::equal(one.expect, *got, one.tolerance);
  }

  // choices[0].message.content, or data[0].embedding.
  static const json::value* result_of(const json::value& answer, bool embeddings) {
    const json::value* list = answer.find(embeddings ? "data" : "choices");
    if (list == nullptr || list->items.empty()) return nullptr;
    const json::value& first = list->items[0];
    if (embeddings) return first.find("embedding");
    const json::value* message = first.find("message");
    return message == nullptr ? nullptr : message->find("content");
  }

  std::vector<Case> cases_;
  std::unordered_map<uint64_t, Session> sessions_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.golden", "1.0.0", Golden);
