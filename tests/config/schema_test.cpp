// SPDX-License-Identifier: 0BSD
#include "config/schema.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "config/load.hpp"

namespace subnetd::config {
namespace {

TEST(Schema, GivesEveryKeyADefaultWithinItsLimits) {
  for (const Key& key : keys()) {
    if (key.required && !section_of(key).has_default_element) continue;
    EXPECT_TRUE(read_text(key, key.fallback)) << key.path();
  }
}

TEST(Schema, NamesEachKeyAndEachVariableOnce) {
  std::set<std::string> paths, variables;
  for (const Key& key : keys()) {
    EXPECT_NE(find_section(key.section), nullptr) << key.path();
    EXPECT_TRUE(paths.insert(key.path()).second) << key.path();
    EXPECT_TRUE(variables.insert(key.env_name()).second) << key.env_name();
  }
}

TEST(Schema, SpellsEnvironmentNamesInCapitals) {
  EXPECT_EQ(find_key("http", "tls_cert")->env_name(), "SUBNETD_HTTP_TLS_CERT");
}

TEST(Schema, LetsOnlyScalarsOutsideArraysBeOverridden) {
  EXPECT_TRUE(is_overridable(*find_key("matcher", "use")));
  EXPECT_FALSE(is_overridable(*find_key("detector", "use")));
  EXPECT_FALSE(is_overridable(*find_key("http", "public_hosts")));
  EXPECT_FALSE(is_overridable(*find_key("matcher", "settings")));
}

TEST(DefaultFile, IsTheOneInTheTree) {
  std::ifstream stream(SUBNETD_SOURCE_DIR "/config/subnetd.toml");
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  EXPECT_EQ(text, default_file());
}

TEST(DefaultFile, ChangesNoDefault) {
  const auto from_file = resolve_text(default_file(), "default");
  const auto without = resolve_text("", "none");
  ASSERT_TRUE(from_file) << from_file.error().message;
  ASSERT_EQ(from_file->settings.size(), without->settings.size());
  for (std::size_t i = 0; i < without->settings.size(); ++i) {
    EXPECT_EQ(from_file->settings[i].literal, without->settings[i].literal)
        << without->settings[i].key;
  }
}

TEST(DefaultFile, NamesEveryKey) {
  const std::string text = default_file();
  for (const Key& key : keys()) {
    if (key.type == Type::settings) continue;
    EXPECT_NE(text.find(std::string(key.name) + " = "), text.npos) << key.path();
  }
}

TEST(JsonSchema, NamesEveryKeyAndRefusesOthers) {
  const std::string text = json_schema();
  for (const Key& key : keys()) {
    EXPECT_NE(text.find('"' + std::string(key.name) + "\":{"), text.npos) << key.path();
  }
  EXPECT_NE(text.find("\"additionalProperties\":false"), text.npos);
  EXPECT_NE(text.find(R"("enum":["mean","median"])"), text.npos);
}

}  // namespace
}  // namespace subnetd::config
