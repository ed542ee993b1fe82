// SPDX-License-Identifier: 0BSD
// Too many validations for the calls that may be in flight: what was never sent is nobody's miss.
#include "process/daemon.hpp"
#include "process/rough_node.hpp"

namespace subnetd::process {
namespace {

std::size_t count(const std::vector<json::Object>& verdicts, const std::string& outcome) {
  std::size_t n = 0;
  for (const json::Object& verdict : verdicts) n += text_of(verdict, "outcome") == outcome;
  return n;
}

TEST(Saturation, BlamesNoValidatorForWhatWaitedInOurQueue) {
  const Scratch folder;
  RoughNode node;
  node.behave(dripping());
  Daemon daemon(quiet_config(folder,
                             "prober.allow_private = true\nprober.per_endpoint_max = 1\n"
                             "validation.deadline_ms = 1000\nvalidation.interval_s = 1\n"
                             "validation.misses_max = 255\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  const std::string from = validator_body("v", "\"chat\"", node.endpoint(), 100);
  ASSERT_EQ(client.post("/api/v1/validators", from).status, 201);
  for (int i = 0; i < 40; ++i) {
    const std::string id = "m" + std::to_string(i);
    client.post("/api/v1/miners", miner_body(id, "my-llama-3", "http://127.0.0.1:9"));
  }
  std::vector<json::Object> verdicts;
  ASSERT_TRUE(eventually([&] {
    verdicts = client.list("/api/v1/validations");
    return verdicts.size() >= 40;
  }));
  const auto missed = count(verdicts, "validator_failed");
  EXPECT_LE(missed, static_cast<std::size_t>(node.connections()));
  EXPECT_EQ(count(verdicts, "plugin_failed"), verdicts.size() - missed);
}

}  // namespace
}  // namespace subnetd::process
