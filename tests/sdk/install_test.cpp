// SPDX-License-Identifier: 0BSD
// The SDK as a third party meets it: installed, by the compilers of the system.
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <subnet/testing.hpp>

#include "plugins/match_world.hpp"
#include "sdk/project.hpp"

namespace {

namespace fs = std::filesystem;
using namespace subnet::testing::projects;
using subnet::testing::component;
using subnet::testing::load_file;

// By the daemon's own commands, in its process and in a worker.
void expect_the_same_in_both_modes(const Folder& folder, const std::string& file,
                                   const std::string& use) {
  for (const std::string mode : {"inproc", "process"}) {
    const std::string config = folder / (mode + ".toml");
    std::ofstream(config) << "[plugins]\nstate = \"" << folder / "state"
                          << "\"\n[[plugins.load]]\nfile = \"" << file << "\"\nisolation = \""
                          << mode << "\"\n[[detector]]\nuse = \"" << use << "\"\n";
    const Ran ran = run(SUBNETD_BIN "/subnetd detect --output tsv --config " + config +
                        " whisper-tiny gpt-4 2>/dev/null");
    EXPECT_EQ(ran.status, 0) << mode << ran.output;
    EXPECT_NE(ran.output.find("whisper-tiny\taudio_processing\t950000\t" + use),
              std::string::npos)
        << mode << ran.output;
    EXPECT_NE(ran.output.find("gpt-4\tunknown"), std::string::npos) << mode << ran.output;
  }
}

std::string exported(const std::string& file) {
  return run("nm -D --defined-only " + file + " | cut -d' ' -f3").output;
}

TEST(InstalledSdk, BuildsTheSameDetectorInCAndCppAndRust) {
  const Folder folder;
  for (const std::string language : {"c", "cpp", "rust"}) {
    if (language == "rust" && !present("rustc")) GTEST_SKIP() << "rustc is not installed";
    build(source + "/sdk/examples/" + language, folder / language);
    const std::string file = folder / (language + "/speech_" + language + ".sbn.so");
    EXPECT_EQ(exported(file), "sbn_plugin_entry_v1\n");
    component detector(load_file(file));
    EXPECT_EQ(detector.types(), std::vector<std::string>{"audio_processing"});
    const auto answers = detector.detect({"whisper-tiny", "whispe"});
    EXPECT_EQ(answers[0], (subnet::testing::detected{1, 950'000, 0, 0}));
    EXPECT_EQ(answers[1], (subnet::testing::detected{0, 0, 0, 0}));
    EXPECT_NE(detector.explain("whisper").find("whisper"), std::string::npos);
    const Ran check = run(SUBNETD_BIN "/subnetd plugin check " + file);
    EXPECT_EQ(check.status, 0) << check.output;
    expect_the_same_in_both_modes(folder, file, "example.speech_" + language + "/speech");
  }
}

TEST(InstalledSdk, BuildsAMatcherThatOnlyPricesClasses) {
  const Folder folder;
  build(source + "/sdk/examples/strategy", folder / "build");
  const std::string file = folder / "build/careful.sbn.so";
  EXPECT_EQ(exported(file), "sbn_plugin_entry_v1\n");
  component matcher(load_file(file));
  World world;
  world.validator({1, 2}, 4, 500'000);
  world.validator({1, 2}, 4, 1'000'000);
  for (uint32_t m = 0; m < 4; ++m) world.miner(1 + m % 2);
  world.apply(matcher.solve(world.view()));
  EXPECT_EQ(world.current, (std::vector<uint32_t>{1, 0, 1, 0}));
}

TEST(InstalledSdk, GivesItsFlagsToPkgConfig) {
  const Ran ran =
      run("PKG_CONFIG_PATH=" + prefix() + "/share/pkgconfig pkg-config --cflags subnet-sdk");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_NE(ran.output.find("/include"), std::string::npos);
}

TEST(Headers, CompileAloneAsEveryStandardWithoutPadding) {
  for (const char* header : {"abi", "host", "detector", "matcher", "validator", "emission"}) {
    const std::string file = source + "/sdk/include/subnet/" + header + ".h";
    const std::string flags = " -Wall -Wextra -Wpadded -Werror -fsyntax-only ";
    for (const char* c : {"gcc", "clang-19"}) {
      if (!present(c)) continue;
      for (const char* mode : {"-x c -std=c11 ", "-x c -std=c17 "}) {
        const Ran ran = run(c + flags + mode + file);
        EXPECT_EQ(ran.status, 0) << c << mode << ran.output;
      }
    }
    for (const char* cpp : {"g++", "clang++-19"}) {
      if (!present(cpp)) continue;
      for (const char* mode : {"-x c++ -std=c++20 ", "-x c++ -std=c++23 "}) {
        const Ran ran = run(cpp + flags + mode + file);
        EXPECT_EQ(ran.status, 0) << cpp << mode << ran.output;
      }
    }
  }
}

TEST(Headers, KeepEverySizeOffsetAndConstant) {
  std::ifstream file(source + "/tests/abi/golden.txt");
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(run(ABI_GOLDEN).output, golden.str());
}

// A daemon serves with all of them in tests/process.
TEST(Frozen, PluginsOfTheFirstMinorKeepTodaysRules) {
  for (const std::string name : {"speech", "first_fit", "one_call", "winner"}) {
    const Ran check =
        run(SUBNETD_BIN "/subnetd plugin check " ARCHIVE_1_0 "/" + name + ".sbn.so");
    EXPECT_EQ(check.status, 0) << check.output;
  }
}

TEST(Frozen, TodaysPluginsRunOnAHostOfTheFirstMinor) {
  const std::map<std::string, std::string> answers = {
      {"patterns", "audio_processing 1000000\n"}, {"balanced", "miner 0 to 0\n"},
      {"seed", "miner 0 to 0\n"},                 {"affinity", "miner 0 to 0\n"},
      {"rotating", "miner 0 to 0\n"},             {"remote", "probe to 1\n"},
      {"golden", "probe to 0\n"},                 {"proportional", "sum 1000\n"},
      {"linear", "sum 1000\n"},                   {"treasury", "sum 1000\n"},
      {"yuma", "sum 1000\n"},                     {"yuma3", "sum 1000\n"}};
  for (const auto& [name, answer] : answers) {
    const std::string settings =
        name == "golden" ? R"({"cases":[{"params":{},"expect":"yes"}]})" : "{}";
    const Ran ran = run(HOST_1_0 " " PLUGIN_DIR "/" + name + ".sbn.so '" + settings + "'");
    EXPECT_EQ(ran.status, 0) << name;
    EXPECT_EQ(ran.output, answer) << name;
  }
}

TEST(BuiltIns, ExportOneSymbolEach) {
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(PLUGIN_DIR)) {
    if (!entry.path().string().ends_with(".sbn.so")) continue;
    ++files;
    EXPECT_EQ(exported(entry.path()), "sbn_plugin_entry_v1\n") << entry.path();
  }
  EXPECT_GE(files, 5u);
}

// The first error of a class whose method has the wrong shape.
std::string first_error(const std::string& compiler, const std::string& method) {
  const Folder folder;
  std::ofstream(folder / "wrong.cpp") << R"(#include <subnet/plugin.hpp>
struct Wrong {
  static constexpr std::string_view id = "w", summary = "w", schema = "{}";
  static constexpr std::array<std::string_view, 1> types{"chat"};
)" << method << "\n};\nSUBNET_PLUGIN(\"a.b\", \"1.0.0\", Wrong);\n";
  std::istringstream output(run(compiler + " -std=c++20 -fsyntax-only -I" + source +
                                "/sdk/include " + (folder / "wrong.cpp"))
                                .output);
  for (std::string line; std::getline(output, line);)
    if (line.find("error:") != std::string::npos) return line;
  return "no error";
}

TEST(WrongSignature, IsOneReadableSentence) {
  for (const char* compiler : {"g++", "clang++-19"}) {
    if (!present(compiler)) continue;
    EXPECT_NE(first_error(compiler, "int detect(int);")
                  .find("subnet: a detector has void detect(const subnet::call&"),
              std::string::npos);
    EXPECT_NE(first_error(compiler, "void compute();").find("subnet: an emission policy has void"),
              std::string::npos);
    EXPECT_NE(first_error(compiler, "void solve();").find("subnet: a matcher has void load"),
              std::string::npos);
    EXPECT_NE(first_error(compiler, "void nothing();").find("subnet: the class needs a public"),
              std::string::npos);
  }
}

}  // namespace
