// SPDX-License-Identifier: 0BSD
// The whole daemon: keys register miners by the module protocol, each request signed beforehand by
// a key of its own. The CPU that the daemon spends on one, the client's thread apart, against the
// verification of that one signature alone; beside it, against the group operations that this takes
// in libsodium.
#include <ctime>

#include "agent/agent.hpp"
#include "commune/canonical_json.hpp"
#include "commune/key_pair.hpp"
#include "commune/signed_request.hpp"
#include "commune/sr25519.hpp"
#include "commune/timestamp.hpp"
#include "config/load.hpp"
#include "descriptors.hpp"
#include "folder.hpp"
#include "group_operations.hpp"
#include "net/http_types.hpp"
#include "population.hpp"
#include "race.hpp"
#include "registration_clients.hpp"

namespace subnetd::bench {
namespace {

constexpr std::size_t connections = 256;

Result<std::unique_ptr<agent::Agent>> start(const Folder& folder) {
  agent::AgentOptions options;
  options.config = config::defaults();
  options.config.http.listen = "127.0.0.1:0";
  options.config.journal.path = folder.file("journal");
  options.config.auth.registration = "signed";
  options.config.auth.calls_per_minute_ip = 0;
  options.config.auth.calls_per_minute_key = 0;
  options.config.auth.calls_per_minute_staked = 0;
  options.config.prober.allow_private = true;
  options.config.plugins.search = {SUBNETD_BINARY_DIR "/plugins"};
  options.config.log.level = "error";
  options.version = "bench";
  return agent::Agent::start(std::move(options));
}

struct SignedCall {
  commune::PublicKey key{};
  commune::Signature signature{};
  std::string text;     // what was signed
  std::string request;  // HTTP
};

SignedCall sign_call(std::uint16_t port, const std::string& target, std::uint32_t number) {
  std::array<std::uint8_t, 32> seed{};
  commune::random_bytes(seed);
  const auto pair = commune::KeyPair::from_mini_secret(commune::MiniSecret(seed));
  const NodeRecord record = miner_record(number);
  const std::string body = R"({"params": {"id": ")" + record.id + R"(", "namespace": ")" +
                           record.name_space + R"(", "endpoint": ")" + record.endpoint +
                           R"(", "target_key": ")" + target + "\"}}";
  const std::string time = commune::format_timestamp(net::utc_ms() * 1'000);
  SignedCall call;
  call.key = pair.public_key();
  call.text = body.substr(0, body.size() - 1) + ", \"timestamp\": \"" + time + "\"}";
  call.signature = pair.sign(commune::bytes_of(call.text));
  call.request = "POST /method/register_miner HTTP/1.1\r\nHost: 127.0.0.1:" +
                 std::to_string(port) + "\r\nContent-Type: application/json\r\nX-Signature: " +
                 commune::hex_encode(call.signature) +
                 "\r\nX-Key: " + commune::hex_encode(call.key) +
                 "\r\nX-Crypto: 1\r\nX-Timestamp: " + time +
                 "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return call;
}

// Seconds to verify them all.
double verify_s(const std::vector<SignedCall>& calls, bool& good) {
  return cpu_seconds([&] {
    for (const SignedCall& call : calls) {
      const auto text = commune::bytes_of(call.text);
      good = commune::sr25519_verify(call.key, text, call.signature) && good;
    }
  });
}

void signed_registrations(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  if (const auto missing = raise_descriptors(2 * connections + 256); !missing.empty()) {
    return state.SkipWithError(missing.c_str());
  }
  const Folder folder;
  auto daemon = start(folder);
  if (!daemon) return state.SkipWithError(daemon.error().message.c_str());
  const std::uint16_t port = (*daemon)->port();
  auto clients = RegistrationClients::connect(port, connections);
  if (!clients) return state.SkipWithError("no connection");
  Race race;  // CPU seconds a registration
  std::uint32_t number = 0;
  for (auto _ : state) {
    std::vector<SignedCall> calls;
    std::vector<std::string> requests;
    for (std::uint32_t i = 0; i < count; ++i) {
      calls.push_back(sign_call(port, (*daemon)->address(), number++));
      requests.push_back(calls.back().request);
    }
    bool good = true;
    const double verified_s = verify_s(calls, good);
    const double operations_s = cpu_seconds([&] {
      for (const SignedCall& call : calls) group_operations(call.key, call.signature);
    });
    Result<RegistrationClients::Outcome> outcome;
    const std::clock_t before = std::clock();
    const double clients_s = cpu_seconds([&] { outcome = clients->run(requests, "200"); });
    const double all_s = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    if (!outcome || outcome->accepted != count || !good) {
      const std::string why = !outcome ? outcome.error().message : outcome->first_refusal;
      state.SkipWithError(why.c_str());
      return;
    }
    race.add((all_s - clients_s) / count, verified_s / count);
    state.counters["libsodium_us"] = 1e6 * operations_s / count;
    state.SetIterationTime(outcome->seconds);
    state.counters["per_second"] = count / outcome->seconds;
  }
  state.counters["cpu_us_each"] = 1e6 * race.ours_s();
  state.counters["verify_us"] = 1e6 * race.peer_s();
  race.report(state, count < 10'000 ? 0 : 1.43);
}
BENCHMARK(signed_registrations)->Arg(500)->Iterations(1)->UseManualTime();
BENCHMARK(signed_registrations)->Arg(10'000)->Iterations(5)->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
