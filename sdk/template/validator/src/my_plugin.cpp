// SPDX-License-Identifier: 0BSD
// Asks the miner itself and scores how much of the answer was given in time. Sans-I/O: it says what
// to send and is given what came.
#include <subnet/json.hpp>
#include <subnet/plugin.hpp>

class MyPlugin {
 public:
  static constexpr std::string_view id = "my_plugin";
  static constexpr std::string_view summary = "Scores a miner by whether it answers with words";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{"words":{"type":"integer","minimum":1,"maximum":1000,"default":3}}})";
  // It needs no validator node: the verdict is the daemon's own.
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC | SBN_F_JUDGES_ALONE;

  explicit MyPlugin(const subnet::context& cx)
      : words_(static_cast<size_t>(cx.config.i64("words", 3))) {}

  void begin(const subnet::call&, const subnet::validate_request& request,
             subnet::validate_sink& sink) {
    sink.send(request.number(), {.target = SBN_TARGET_MINER,
                                 .method = request.miner_method(),
                                 .body = R"({"prompt":"Say something."})"});
  }

  // The body is hostile input: subnet/json.hpp reads it strictly.
  void step(const subnet::call&, const subnet::reply& reply, subnet::validate_sink& sink) {
    if (!reply.delivered()) return sink.miner_failed(reply.request(), 0, "no answer");
    if (reply.http_status() != 200) return sink.scored(reply.request(), 0, 0, "refused");
    subnet::json::value answer;
    std::string why;
    const bool text = subnet::json::parse(reply.body(), answer, why) &&
                      answer.is(subnet::json::kind::string);
    const size_t said = text ? count(answer.text) : 0;
    sink.scored(reply.request(), 0,
                static_cast<uint32_t>(std::min(said, words_) * subnet::ppm_one / words_),
                std::to_string(said) + " words");
  }

  void forget(uint64_t) {}  // no session is kept

  std::string explain(std::string_view) const {
    return "full marks for " + std::to_string(words_) + " words";
  }

 private:
  static size_t count(std::string_view text) {
    size_t words = 0;
    for (size_t i = 0; i < text.size(); ++i)
      words += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
    return words;
  }
  size_t words_;
};

SUBNET_PLUGIN("example.my_plugin", "1.0.0", MyPlugin);
