// SPDX-License-Identifier: 0BSD
// What the engine refuses at boot is refused by start(): nothing serves that cannot write.
#include <gtest/gtest.h>

#include "agent/agent.hpp"
#include "cli/transcript.hpp"
#include "config/load.hpp"

namespace subnetd::agent {
namespace {

AgentOptions options_in(const cli::Scratch& folder) {
  AgentOptions options;
  options.config = config::defaults();
  options.config.http.listen = "127.0.0.1:0";
  options.config.journal.path = folder.file("j.db");
  options.config.plugins.search = {SUBNETD_BINARY_DIR "/plugins"};
  options.config.log.level = "error";
  return options;
}

TEST(Start, ServesWithTheDefaults) {
  const cli::Scratch folder;
  const auto agent = Agent::start(options_in(folder));
  ASSERT_TRUE(agent) << agent.error().message;
  EXPECT_NE((*agent)->port(), 0);
}

TEST(Start, FailsWithWhatTheEngineRefuses) {
  const cli::Scratch folder;
  AgentOptions options = options_in(folder);
  options.tune = [](engine::Settings& settings) { settings.redundancy = 0; };
  const auto agent = Agent::start(std::move(options));
  ASSERT_FALSE(agent);
  EXPECT_EQ(agent.error().code, Errc::config);
  EXPECT_NE(agent.error().message.find("redundancy"), std::string::npos) << agent.error().message;
}

}  // namespace
}  // namespace subnetd::agent
