// SPDX-License-Identifier: 0BSD
// Nodes that keys register with the daemon that is shipped, and what survives its restart.
#include "commune/wallet.hpp"
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

using commune::testing::Wallet;

constexpr const char* miner =
    R"({"id":"m1","namespace":"chat.toy","endpoint":"http://127.0.0.1:9"})";

struct Capture {
  std::string method, path, body;
  net::HttpHeaders headers;
};

TEST(SignedDaemon, TakesACapturedWriteNoSecondTimeAlsoAfterARestart) {
  const Scratch folder;
  const std::string config =
      quiet_config(folder, "auth.registration = \"signed\"\nprober.allow_private = true\n");
  const Wallet alice("//Alice");
  std::vector<Capture> captured;
  const auto send = [&](Client& client, const Capture& what) {
    return client.call(what.method, what.path, what.body, what.headers);
  };
  {
    Daemon daemon(config);
    ASSERT_TRUE(daemon.is_serving()) << daemon.log();
    Client client(daemon.port());
    const std::string agent = client.get("/api/v1/subnet").at("key");
    const auto [body, headers] = alice.call(miner, agent, net::utc_ms());
    captured.push_back({"POST", "/method/register_miner", body, headers});
    EXPECT_EQ(send(client, captured.back()).status, 200);
    const auto [gone, gone_headers] =
        alice.call(R"({"id":"m1","confirm":true})", agent, net::utc_ms());
    captured.push_back({"POST", "/method/deregister", gone, gone_headers});
    EXPECT_EQ(send(client, captured.back()).text, "true");
    const std::string path = "/api/v1/miners";
    captured.push_back({"POST", path, miner, alice.write("POST", path, miner, net::utc_ms())});
    EXPECT_EQ(send(client, captured.back()).status, 201);
    for (const Capture& what : captured) EXPECT_EQ(send(client, what).status, 409) << what.path;
    daemon.kill();
  }
  Daemon daemon(config);
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client client(daemon.port());
  for (const Capture& what : captured) EXPECT_EQ(send(client, what).status, 409) << what.path;
  EXPECT_EQ(client.get("/api/v1/miners/m1").at("key"), alice.address());
}

TEST(SignedDaemon, IsRunByItsOwnKeyWithoutAToken) {
  const Scratch folder;
  const std::string token = folder.write("token", "s3cret\n");
  std::filesystem::permissions(token, std::filesystem::perms::owner_read);
  Daemon daemon(quiet_config(folder, "auth.operator_token_file = \"" + token + "\"\n"));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port());
  const auto command = [&](std::vector<std::string> words, bool by_key) {
    words.insert(words.end(), {"--url", url});
    if (by_key) words.insert(words.end(), {"--key", folder.file("j.db.key.json")});
    return cli::subnetd(words).exit_code;
  };
  EXPECT_NE(command({"namespace", "add", "x-*", "chat"}, false), 0);
  EXPECT_EQ(command({"namespace", "add", "x-*", "chat"}, true), 0);
  EXPECT_NE(command({"epoch", "close"}, false), 0);
  EXPECT_EQ(command({"epoch", "close"}, true), 0);
}

}  // namespace
}  // namespace subnetd::process
