// SPDX-License-Identifier: 0BSD
// Build tool: vocabulary.toml -> a C++ table. Refuses what the plugin would refuse, and patterns
// that stand there twice.
#include <toml++/toml.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "rules.hpp"

namespace {

using Text = std::string;

Text text_of(const toml::node_view<const toml::node>& node, const char* what) {
  const auto value = node.value<Text>();
  if (!value) throw std::runtime_error(Text("a rule without ") + what);
  return *value;
}

void write_seed(std::ofstream& out, const toml::table& file) {
  out << "const Word seed_words[] = {\n";
  const toml::array* keys = file["seed"].as_array();
  if (keys == nullptr) throw std::runtime_error("no seed keys");
  for (const toml::node& key : *keys) {
    const auto& pair = *key.as_array();
    out << "  {\"" << *pair[0].value<Text>() << "\", \"" << *pair[1].value<Text>()
        << "\", 1, 0},\n";
  }
  out << "};\n";
}

void write_rules(std::ofstream& out, const toml::table& file) {
  patterns::Rules rules;
  std::map<Text, Text> types;  // by bars form
  out << "const Word vocabulary_words[] = {\n";
  for (const toml::node& node : *file["rules"].as_array()) {
    const toml::node_view<const toml::node> group(node);
    const Text type = text_of(group["type"], "a type");
    text_of(group["source"], "a source");
    const auto weight = group["weight"].value<int64_t>().value_or(0);
    const auto priority = group["priority"].value<int64_t>().value_or(weight);
    if (weight < 1 || weight > 100) throw std::runtime_error("a weight outside 1..100");
    for (const toml::node& pattern : *group["patterns"].as_array()) {
      const Text word = pattern.value<Text>().value_or("");
      rules.add({type, patterns::Kind::token, 0, 1}, word, true);
      const auto [held, fresh] = types.emplace(patterns::token_text(word), type);
      if (!fresh) {
        throw std::runtime_error("\"" + word + "\" stands for " + held->second + " and again for " +
                                 type);
      }
      out << "  {\"" << word << "\", \"" << type << "\", " << weight << ", " << priority << "},\n";
    }
  }
  out << "};\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("embed_vocabulary FILE.toml OUT.cpp");
  const toml::table file = toml::parse_file(argv[1]);
  std::ofstream out(argv[2]);
  out << "// Written by embed_vocabulary from vocabulary.toml.\n#include \"vocabulary.hpp\"\n\n"
         "namespace patterns {\nnamespace {\n\n";
  write_seed(out, file);
  write_rules(out, file);
  out << "\n}  // namespace\n\n"
         "std::span<const Word> seed_table() { return seed_words; }\n"
         "std::span<const Word> vocabulary() { return vocabulary_words; }\n\n"
         "}  // namespace patterns\n";
  return out.good() ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", argc > 1 ? argv[1] : "embed_vocabulary", error.what());
  return 1;
}
