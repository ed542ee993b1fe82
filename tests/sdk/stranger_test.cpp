// SPDX-License-Identifier: 0BSD
// A stranger's way from an empty folder to a plugin that runs, in the commands that are documented.
#include <sstream>

#include "sdk/project.hpp"

namespace {

using namespace subnet::testing::projects;

std::string read(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

// The SDK as its Debian package brings it.
const std::string& unpacked() {
  static const Folder folder;
  static const std::string prefix = [] {
    const Ran made = run("cd " + (folder / "") + " && " CPACK " --config " SUBNETD_BINARY_DIR
                         "/CPackConfig.cmake -B " + (folder / "out"));
    EXPECT_EQ(made.status, 0) << made.output;
    const Ran out = run("dpkg-deb -x " + (folder / "out/subnet-sdk_*.deb ") + (folder / "root"));
    EXPECT_EQ(out.status, 0) << out.output;
    return folder / "root/usr";
  }();
  return prefix;
}

// Commands of one terminal: where they run, and how many there were.
struct Terminal {
  std::string folder;
  int commands = 0;

  Ran operator()(const std::string& command) {
    ++commands;
    return run("cd " + folder + " && export PATH=" SUBNETD_BIN ":$PATH CMAKE_PREFIX_PATH=" +
               unpacked() + " && env -u CFLAGS -u CXXFLAGS " + command);
  }
};

struct Kind {
  const char* kind;
  const char* language;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.kind << "_" << kind.language; }

class PluginNew : public testing::TestWithParam<Kind> {};

TEST_P(PluginNew, BuildsTestsChecksAndLoads) {
  const auto [kind, language] = GetParam();
  if (language == std::string("rust") && !present("rustc")) {
    GTEST_SKIP() << "rustc is not installed";
  }
  const Folder folder;
  Terminal terminal{folder / ""};
  const std::string name = "my_own_" + std::string(kind);
  const Ran made = terminal("subnetd plugin new " + std::string(kind) + " " + name + " --lang " +
                            language);
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_EQ(read(folder / (name + "/README.md")).find("my_plugin"), std::string::npos);
  terminal.folder = folder / name;
  const Ran built = terminal("cmake --workflow --preset release");
  ASSERT_EQ(built.status, 0) << built.output;
  EXPECT_NE(built.output.find(name + ".check"), std::string::npos) << "checked as a test";
  const Ran locked = terminal("subnetd plugin lock build/release/" + name + ".sbn.so");
  ASSERT_EQ(locked.status, 0) << locked.output;
  const Ran loads = terminal("subnetd check --config config.example.toml");
  EXPECT_EQ(loads.status, 0) << loads.output;
}

INSTANTIATE_TEST_SUITE_P(Every, PluginNew,
                         testing::Values(Kind{"detector", "cpp"}, Kind{"matcher", "cpp"},
                                         Kind{"validator", "cpp"}, Kind{"emission", "cpp"},
                                         Kind{"detector", "c"}, Kind{"detector", "rust"}));

TEST(PluginNewRefuses, WhatItCannotWrite) {
  const Folder folder;
  Terminal terminal{folder / ""};
  const auto refusal = [&terminal](const std::string& words) {
    const Ran ran = terminal("subnetd plugin new " + words);
    EXPECT_NE(ran.status, 0) << words;
    return ran.output;
  };
  EXPECT_NE(refusal("detector Name").find("is no name for a plugin"), std::string::npos);
  EXPECT_NE(refusal("detector test").find("is a word of the build"), std::string::npos);
  EXPECT_NE(refusal("detector ../up").find("is no name for a plugin"), std::string::npos);
  EXPECT_NE(refusal("matcher m --lang rust").find("no template of a matcher in rust"),
            std::string::npos);
  fs::create_directory(folder / "taken");
  EXPECT_NE(refusal("detector taken").find("taken is there already"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder / "taken"));
}

// The one edit is the type: "demo/…" becomes a chat model by the stranger's word.
TEST(Stranger, FromAnEmptyFolderToADetectorThatWinsInTheDemo) {
  const Folder folder;
  Terminal terminal{folder / ""};
  ASSERT_EQ(terminal("subnetd plugin new detector demo_names").status, 0);
  terminal.folder = folder / "demo_names";
  const std::string path = folder / "demo_names/src/demo_names.cpp";
  std::string code = read(path);
  const auto edit = [&code](const std::string& from, const std::string& to) {
    ASSERT_NE(code.find(from), std::string::npos) << from;
    code.replace(code.find(from), from.size(), to);
  };
  edit("types{\"audio_processing\"}", "types{\"chat\"}");
  edit("out.set(i, 1, 950'000);", "out.set(i, 1, 990'000);");
  write(path, code);
  const std::string cases = folder / "demo_names/cases.jsonl";
  write(cases, R"({"settings":{"prefixes":["demo/chat"]},"name":"demo/chat-large","type":"chat"})"
               "\n");
  const std::string config = folder / "demo_names/config.example.toml";
  std::string toml = read(config);
  toml.insert(toml.find("[[detector]]\nuse = \"patterns\""),
              "[detector.settings]\nprefixes = [\"demo/chat\"]\n\n");
  write(config, toml);
  for (const char* command : {"cmake --workflow --preset release",
                              "subnetd plugin check build/release/demo_names.sbn.so",
                              "subnetd plugin lock build/release/demo_names.sbn.so"}) {
    const Ran ran = terminal(command);
    ASSERT_EQ(ran.status, 0) << command << ran.output;
  }
  const Ran demo = terminal("subnetd demo --config config.example.toml --output tsv");
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_NE(demo.output.find("demo/chat-large\tchat\t990000\texample.demo_names/demo_names"),
            std::string::npos)
      << demo.output;
  EXPECT_NE(demo.output.find("subnetd.patterns/patterns"), std::string::npos)
      << "what it has no opinion of goes to the next";
  std::cout << "[          ] " << terminal.commands << " commands\n";
  EXPECT_LE(terminal.commands, 5);
}

TEST(Docs, ShowTheTemplatesAsTheyAre) {
  for (const std::string kind : {"detector", "matcher", "validator", "emission"}) {
    std::string code = read(source + "/sdk/template/" + kind + "/src/my_plugin.cpp");
    code.erase(code.find_last_not_of('\n') + 1);
    code.erase(0, code.find('\n') + 1);  // the licence's tag
    const std::string page = read(source + "/sdk/" + kind + ".md");
    EXPECT_NE(page.find("```cpp\n" + code + "\n```"), std::string::npos) << kind;
    for (const char* heading :
         {"## What you are asked", "## When", "## On which thread", "## What you may not do",
          "## Settings", "## Failure", "## Test", "## A fuller example"}) {
      EXPECT_NE(page.find(heading), std::string::npos) << kind << heading;
    }
  }
}

}  // namespace
