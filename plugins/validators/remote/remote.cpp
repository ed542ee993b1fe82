// SPDX-License-Identifier: 0BSD
// Asks the matched validator node: validation contract, version 1. A reply that keeps the contract
// is a verdict about the miner; anything else is the validator's miss and never a zero for the
// miner.
#include <subnet/json.hpp>
#include <subnet/plugin.hpp>

#include "refusal.hpp"
#include "score.hpp"

namespace {

namespace json = subnet::json;

std::string hex_of(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

class Remote {
 public:
  static constexpr std::string_view id = "remote";
  static constexpr std::string_view summary = "Asks the matched validator node for a score";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{"reply_bytes_max":{"type":"integer","minimum":64,"maximum":1048576,
      "default":65536,"description":"A longer answer is the validator's failure."}}})";

  explicit Remote(const subnet::context& cx)
      : reply_bytes_max_(static_cast<uint64_t>(cx.config.i64("reply_bytes_max", 65'536))) {}

  void begin(const subnet::call&, const subnet::validate_request& request,
             subnet::validate_sink& sink) {
    if (request.validators() == 0) {
      sink.plugin_failed(request.number(), "no validator is matched to this miner");
      return;
    }
    std::string body = R"({"contract":1,"request_id":)";
    json::append_string(body, request.request_id());
    body += ",\"miner\":";
    body += request.miner_json();
    body += ",\"challenge\":\"" + hex_of(request.challenge());
    body += "\",\"deadline_ms\":" + std::to_string(request.deadline_ms()) + "}";
    sink.send(
        request.number(),
        {.target = 1, .method = "validate", .body = body, .reply_bytes_max = reply_bytes_max_});
  }

  void step(const subnet::call&, const subnet::reply& reply, subnet::validate_sink& sink) {
    switch (reply.outcome()) {
      case SBN_REPLY_DELIVERED: break;
      case SBN_REPLY_TIMEOUT: return refuse(reply, sink, "no answer in time");
      case SBN_REPLY_UNREACHABLE: return refuse(reply, sink, "not reachable");
      case SBN_REPLY_TOO_LARGE: return refuse(reply, sink, "the answer is too long");
      default: return refuse(reply, sink, "the answer is not HTTP");
    }
    if (reply.http_status() != 200) {
      const std::string said = remote::refusal_of(reply.body());
      return refuse(reply, sink, "answered HTTP " + std::to_string(reply.http_status()) +
                                     (said.empty() ? "" : ": " + said));
    }
    json::value answer;
    std::string why;
    if (!json::parse(reply.body(), answer, why)) return refuse(reply, sink, "bad JSON: " + why);
    if (!answer.is(json::kind::object)) return refuse(reply, sink, "the answer is no object");
    if (const json::value* error = answer.find("error")) return failed(reply, sink, *error);
    if (const json::value* ppm = answer.find("score_ppm")) {
      const auto score = ppm->integer();
      if (!score || *score < 0 || *score > subnet::ppm_one)
        return refuse(reply, sink, "score_ppm is not an integer from 0 to 1000000");
      return sink.scored(reply.request(), 1, static_cast<uint32_t>(*score));
    }
    const json::value* score = answer.find("score");
    if (score == nullptr) return refuse(reply, sink, "the answer has no score");
    if (!score->is(json::kind::number)) return refuse(reply, sink, "score is not a number");
    const auto ppm = remote::ppm_of_decimal(score->text);
    if (!ppm) return refuse(reply, sink, "score is not from 0 to 1");
    sink.scored(reply.request(), 1, *ppm);
  }

  void forget(uint64_t) {}

  std::string explain(std::string_view model_type) const {
    return "asks the validator that is matched to the " + std::string(model_type) +
           " miner; its score from 0 to 1 is the verdict";
  }

 private:
  static void refuse(const subnet::reply& reply, subnet::validate_sink& sink,
                     std::string_view reason) {
    sink.validator_failed(reply.request(), 1, reason);
  }
  static void failed(const subnet::reply& reply, subnet::validate_sink& sink,
                     const json::value& error) {
    if (error.is(json::kind::string))
      for (const std::string_view known : {"miner_unreachable", "miner_refused", "unsupported"})
        if (error.text == known) return sink.miner_failed(reply.request(), 1, known);
    refuse(reply, sink, "an error that the contract does not name");
  }

  uint64_t reply_bytes_max_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.remote", "1.0.0", Remote);
