// SPDX-License-Identifier: 0BSD
// The daemon behind TLS, and the command line as its client.
#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

const std::string certificate = SUBNETD_SOURCE_DIR "/tests/vectors/tls/localhost.cert.pem";
const std::string key = SUBNETD_SOURCE_DIR "/tests/vectors/tls/localhost.key.pem";

std::string tls_toml(const std::string& cert, const std::string& private_key) {
  return "http.tls_cert = \"" + cert + "\"\nhttp.tls_key = \"" + private_key + "\"\n";
}

TEST(Tls, ServesThoseWhoTrustItsCertificateAndNobodyInPlainText) {
  const Scratch folder;
  Daemon daemon(quiet_config(folder, tls_toml(certificate, key)));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  const std::string url = "https://localhost:" + std::to_string(daemon.port());
  const Transcript trusting =
      cli::subnetd({"status", "--url", url}, "", {"SSL_CERT_FILE=" + certificate});
  EXPECT_EQ(trusting.exit_code, 0) << trusting.err;
  EXPECT_NE(trusting.out.find("digest"), std::string::npos);
  const Transcript doubting =
      cli::subnetd({"status", "--url", url}, "", {"SSL_CERT_FILE=/dev/null"});
  EXPECT_EQ(doubting.exit_code, 4);
  EXPECT_FALSE(Client(daemon.port()).try_call("GET", "/api/v1/subnet"));
}

TEST(Tls, RefusesACertificateWithoutItsKeyAndAFileThatIsNone) {
  const Scratch folder;
  const auto run = [&](const std::string& more) {
    return cli::subnetd({"run", "--config", quiet_config(folder, more)});
  };
  EXPECT_EQ(run("http.tls_cert = \"" + certificate + "\"\n").exit_code, 3);
  const Transcript none = run(tls_toml(folder.write("none.pem", "none"), key));
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_NE(none.err.find("none.pem"), std::string::npos) << none.err;
}

}  // namespace
}  // namespace subnetd::process
