// SPDX-License-Identifier: 0BSD
// plugin check, with the settings of a daemon's configuration.
#include <gtest/gtest.h>

#include "cli/transcript.hpp"

namespace subnetd::cli {
namespace {

constexpr const char* file = ZOO_DIR "/odd_settings.sbn.so";

Transcript check_with(const std::string& toml) {
  const Scratch folder;
  const std::string config = folder.write("subnetd.toml", toml);
  return subnetd({"plugin", "check", file, "--only", "settings", "--config", config});
}

TEST(PluginCheck, TakesTheSettingsThatAConfigurationHasForTheFile) {
  const std::string table = "[[detector]]\nuse = \"patterns\"\n[[detector]]\nuse = ";
  for (const char* use : {"\"zoo.odd_settings/odd_settings\"", "\"odd_settings\""}) {
    const std::string used = table + use + "\n[detector.settings]\nlevel = ";
    const Transcript good = check_with(used + "5\n"), bad = check_with(used + "9\n");
    EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
    EXPECT_EQ(bad.exit_code, 1) << bad.out << bad.err;
    EXPECT_NE(bad.out.find("crashed with SIGSEGV in create"), std::string::npos) << bad.out;
  }
  EXPECT_EQ(check_with("").exit_code, 0) << "not in it: the defaults of its schema";
}

TEST(PluginCheck, TellsWhatIsWrongWithAConfiguration) {
  const Transcript wrong = check_with("[detektor]\n");
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_NE(wrong.err.find("did you mean"), std::string::npos) << wrong.err;
  EXPECT_EQ(subnetd({"plugin", "check", file, "--config", "a", "--settings", "b"}).exit_code, 2);
}

}  // namespace
}  // namespace subnetd::cli
