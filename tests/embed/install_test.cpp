// SPDX-License-Identifier: 0BSD
// The host as somebody else's program meets it: installed, by the compilers of the system.
#include "sdk/project.hpp"

namespace {

using namespace subnet::testing::projects;

void install(const std::string& component) {
  const Ran ran = run(CMAKE " --install " SUBNETD_BINARY_DIR " --component " + component +
                      " --prefix " + prefix());
  ASSERT_EQ(ran.status, 0) << ran.output;
}

TEST(InstalledHost, BuildsTheExampleThatPrintsItsScores) {
  const Folder folder;
  install("subnetd-host");
  install("subnetd");
  build(source + "/core/embed/example", folder / "build");
  const Ran ran = run(folder / "build/scores");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_EQ(ran.output,
            "miner\tscore_ppm\tpaid_nano\twhy\n"
            "diligent\t1000000\t800000\t8 of 8 words\n"
            "lazy\t250000\t200000\t2 of 8 words\n"
            "mute\t0\t0\t0 of 8 words\n");
}

TEST(InstalledHost, ExportsItsClassAndNothingOfItsLibraries) {
  const Ran ran = run("nm -DC --defined-only " SUBNETD_BINARY_DIR
                      "/core/embed/libsubnetd_host.so | cut -d' ' -f3- | grep -v subnetd::Host::");
  EXPECT_EQ(ran.output, "");
}

}  // namespace
