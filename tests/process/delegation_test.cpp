// SPDX-License-Identifier: 0BSD
// A delegation by the command line holds over a kill, and the epoch's report names it.
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

TEST(DelegationOfADaemon, HoldsOverAKillAndStandsInTheEpoch) {
  const Scratch folder;
  const std::string config = quiet_config(folder, "prober.allow_private = true\n");
  {
    Daemon daemon(config);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    Client client(daemon.port());
    for (const char* id : {"child", "parent"}) {
      client.post("/api/v1/validators", validator_body(id, "\"chat\"", "http://127.0.0.1:9"));
    }
    const Transcript given = cli::subnetd({"validator", "update", "child", "--parent", "parent",
                                           "--fee-bp", "500", "--url", daemon.url()});
    ASSERT_EQ(given.exit_code, 0) << given.err;
    EXPECT_EQ(daemon.kill().signal, SIGKILL);
  }
  Daemon again(config);
  ASSERT_TRUE(again.is_serving()) << again.log();
  Client client(again.port());
  EXPECT_EQ(client.get("/api/v1/validators/child").at("parent"), "parent");
  ASSERT_EQ(client.post("/api/v1/epochs/close", "{}").status, 200);
  ASSERT_TRUE(eventually([&] { return client.get("/api/v1/epochs/1").at("status") == "emitted"; }));
  const Transcript shown =
      cli::subnetd({"epoch", "show", "1", "--output", "tsv", "--url", again.url()});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("parent\tfee_bp"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("parent\t500"), std::string::npos) << shown.out;
}

}  // namespace
}  // namespace subnetd::process
