// SPDX-License-Identifier: 0BSD
// A program with a subnet's host in it, and scoring of its own: three miners are asked to repeat
// words of a challenge nobody knows before, scored by how many came back, and paid for it.
#include <cstdio>
#include <map>

#include <subnet/in_program.hpp>
#include <subnet/json.hpp>
#include <subnetd/host.hpp>

#include "toy_miner.hpp"

namespace {

constexpr std::size_t words = 8;  // of eight letters, made of a challenge's 32 bytes

// An object of this program in the place of a validator plugin's file.
class Repetition {
 public:
  static constexpr std::string_view id = "repetition";
  static constexpr std::string_view summary = "Scores by how many words of a text come back";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false})";
  // It asks miners itself: no validator nodes are needed.
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC | SBN_F_JUDGES_ALONE;

  void begin(const subnet::call&, const subnet::validate_request& request,
             subnet::validate_sink& sink) {
    std::string& text = asked_[request.number()];
    for (std::size_t i = 0; i < 4 * words; ++i) {
      if (i > 0 && i % 4 == 0) text += ' ';
      const auto byte = static_cast<unsigned char>(request.challenge()[i]);
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    sink.send(request.number(), {.method = request.miner_method(),
                                 .body = "{\"repeat\":\"" + text + "\"}"});
  }

  void step(const subnet::call&, const subnet::reply& reply, subnet::validate_sink& sink) {
    const auto asked = asked_.extract(reply.request());
    if (!reply.delivered()) return sink.miner_failed(reply.request(), 0, "no answer");
    const std::size_t same = words_in_common(asked.mapped(), text_of(reply.body()));
    sink.scored(reply.request(), 0, static_cast<uint32_t>(same * subnet::ppm_one / words),
                std::to_string(same) + " of " + std::to_string(words) + " words");
  }

  void forget(uint64_t request) { asked_.erase(request); }

 private:
  static std::string text_of(std::string_view body) {
    subnet::json::value answer;
    std::string why;
    if (!subnet::json::parse(body, answer, why)) return {};
    const subnet::json::value* text = answer.find("text");
    return text == nullptr ? std::string() : text->text;
  }

  // From the beginning.
  static std::size_t words_in_common(std::string_view asked, std::string_view said) {
    std::size_t same = 0;
    while (same < words && said.size() >= 9 * same + 8 &&
           asked.substr(9 * same, 8) == said.substr(9 * same, 8)) {
      ++same;
    }
    return same;
  }

  std::map<uint64_t, std::string> asked_;  // by request
};

int complain(const subnetd::Host::Error& error) {
  std::fprintf(stderr, "%s\n%s\n", error.message.c_str(), error.hint.c_str());
  return 1;
}

int run() {
  subnetd::Host::Options options;
  options.config = R"(
    [plugins]
    search = [")" PLUGINS R"("]
    isolation = "inproc"
    [prober]
    allow_private = true
    [[validator]]
    use = "example.scores/repetition"
    [emission]
    budget_nano = 1_000_000
  )";
  options.plugins = {
      subnet::in_program("example.scores", "1.0.0", std::make_shared<Repetition>())};
  const auto started = subnetd::Host::start(std::move(options));
  if (!started) return complain(started.error());
  subnetd::Host& host = **started;

  ToyMiner diligent(words), lazy(words / 4), mute(0);
  std::map<std::string, subnetd::Host::Verdict> verdicts;
  for (const auto& [id, miner] :
       {std::pair("diligent", &diligent), {"lazy", &lazy}, {"mute", &mute}}) {
    const auto added =
        host.register_miner({.id = id, .name_space = "llama", .endpoint = miner->endpoint()});
    if (!added) return complain(added.error());
    const auto verdict = host.validate(id);
    if (!verdict) return complain(verdict.error());
    verdicts[id] = *verdict;
  }
  const auto epoch = host.close_epoch();
  if (!epoch) return complain(epoch.error());
  std::printf("miner\tscore_ppm\tpaid_nano\twhy\n");
  for (const subnetd::Host::Paid& paid : epoch->rows) {
    const subnetd::Host::Verdict& verdict = verdicts[paid.id];
    std::printf("%s\t%u\t%llu\t%s\n", paid.id.c_str(), verdict.score_ppm.value_or(0),
                static_cast<unsigned long long>(paid.amount_nano), verdict.reason.c_str());
  }
  return 0;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
