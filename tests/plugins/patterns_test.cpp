// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <subnet/testing.hpp>

namespace {

using subnet::testing::component;
using subnet::testing::load_file;

const sbn_plugin& patterns() { return load_file(PLUGIN_DIR "/patterns.sbn.so"); }

constexpr const char* seed = R"({"mode":"seed"})";

struct Stored {
  std::vector<std::string> names, types;
};

Stored stored(const std::string& file) {
  std::ifstream in(SUBNETD_SOURCE_DIR "/tests/vectors/detection/" + file);
  Stored read;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    const size_t tab = line.find('\t');
    read.names.push_back(line.substr(0, tab));
    read.types.push_back(line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1));
  }
  return read;
}

void expect_answers(component& detector, const Stored& expected) {
  const auto types = detector.types();
  const auto answers = detector.detect(expected.names);
  for (size_t i = 0; i < expected.names.size(); ++i) {
    const uint32_t type = answers[i].type;
    EXPECT_EQ(type == 0 ? "unknown" : types.at(type - 1), expected.types[i]) << expected.names[i];
  }
}

TEST(PatternsAsTheSeed, AnswersEveryRegisteredAndPublicNameAsTheReferenceDoes) {
  component detector(patterns(), seed);
  for (const char* file : {"seed.tsv", "seed-registered.tsv", "seed-public.tsv"}) {
    const Stored expected = stored(file);
    ASSERT_GT(expected.names.size(), 400u) << file;
    expect_answers(detector, expected);
  }
}

TEST(PatternsAsTheSeed, LowerCasesAThousandUnicodeNamesAsTheReferenceDoes) {
  const Stored expected = stored("seed-unicode.tsv");
  ASSERT_EQ(expected.names.size(), 1'000u);
  component detector(patterns(), seed);
  expect_answers(detector, expected);
}

TEST(PatternsAsTheSeed, LowerCasesForKeysBeyondAsciiToo) {
  component detector(patterns(), R"({"mode":"seed","vocabulary":false,"rules":[
    {"type":"chat","patterns":["λόγος"]},{"type":"embedding","patterns":["straße","i̇"]}]})");
  const auto answers = detector.detect({"ΛΌΓΟΣ", "ΛΌΓΟΣΑ", "GROßE STRAßE", "İ", "STRASSE"});
  EXPECT_EQ(answers[0].type, 1u) << "a sigma that ends a word";
  EXPECT_EQ(answers[1].type, 0u) << "one that does not";
  EXPECT_EQ(answers[2].type, 5u);
  EXPECT_EQ(answers[3].type, 5u);
  EXPECT_EQ(answers[4].type, 0u);
}

TEST(PatternsAsTheSeed, IsCertainOnlyWhenTheNameIsTheKey) {
  component detector(patterns(), seed);
  const auto answers = detector.detect({"gpt", "GPT", "my-gpt", "none"});
  EXPECT_EQ(answers[0].confidence_ppm, 1'000'000u);
  EXPECT_EQ(answers[1].confidence_ppm, 600'000u);
  EXPECT_EQ(answers[2].confidence_ppm, 600'000u);
  EXPECT_EQ(answers[3], (subnet::testing::detected{0, 0, 0, 0}));
}

TEST(PatternsAsTheSeed, KeepsTheOddWaysOfTheRule) {
  component detector(patterns(), R"({"mode":"seed","rules":[
    {"type":"embedding","patterns":["GPT-X","llama"]},{"type":"chat","patterns":["zz"]}]})");
  const auto answers = detector.detect({"GPT-X", "gpt-x", "my-llama", "zz-vit", "a GPT-X"});
  EXPECT_EQ(answers[0].type, 5u) << "a key with capitals can only be equal";
  EXPECT_EQ(answers[1].type, 1u);
  EXPECT_EQ(answers[2].type, 5u) << "a key that comes again changes its type";
  EXPECT_EQ(answers[3].type, 3u) << "and a new one comes last";
  EXPECT_EQ(answers[4].type, 1u);
}

TEST(Patterns, SurvivesBytesThatAreNoText) {
  const std::string cut("\xe2\x84", 2), lead("\xc4", 1), zero("g\0pt", 4);
  for (const char* settings : {"{}", seed, R"({"mode":"ranked"})"}) {
    component detector(patterns(), settings);
    for (const auto& answer : detector.detect({cut, lead, zero, "", std::string(513, 'x')})) {
      EXPECT_EQ(answer.type, 0u);
    }
  }
}

TEST(Patterns, LooksAtNamesUpTo512Bytes) {
  component detector(patterns());
  const std::string longest = std::string(505, 'x') + "-llama3";
  EXPECT_EQ(detector.detect({longest})[0].type, 1u);
  EXPECT_EQ(detector.detect({longest + "x"})[0].type, 0u);
}

TEST(Patterns, ReadsThePathBeforeTheFreeTextBehindIt) {
  component detector(patterns());
  const auto answers = detector.detect({"model.openai::yolo", "storage::yolo90298560", "vali::gpt4",
                                        "model::whisper", "data.text.truthqa::sd", "miner::x"});
  const uint32_t expected[] = {1, 0, 0, 4, 0, 0};
  for (size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].type, expected[i]) << i;
}

TEST(Patterns, FlagsANameThatLooksLikeAnotherAndAnswersItAsItIs) {
  component detector(patterns());
  const auto answers = detector.detect({"cl\u0430ude", "claude", "\uff47\uff50\uff54-4", "гпт"});
  EXPECT_EQ(answers[0], (subnet::testing::detected{0, 0, 1, SBN_DETECT_AMBIGUOUS}));
  EXPECT_EQ(answers[1].type, 1u);
  EXPECT_EQ(answers[2].flags, SBN_DETECT_AMBIGUOUS);
  EXPECT_EQ(answers[3], (subnet::testing::detected{0, 0, 0, 0}));
}

TEST(Patterns, SaysHowFarAheadItIsAndOfWhat) {
  component detector(patterns());
  const auto answers = detector.detect({"gpt-4o-mini-tts", "intfloat/e5-mistral-7b-instruct"});
  EXPECT_EQ(answers[0].type, 7u);
  EXPECT_EQ(answers[0].runner_up, 1u);
  EXPECT_EQ(answers[1].type, 5u);
  EXPECT_EQ(answers[1].flags, SBN_DETECT_AMBIGUOUS);
  const std::string why = detector.explain("gpt-4o-mini-tts");
  EXPECT_NE(why.find("token \"tts\" adds 10.00 to text_to_speech"), std::string::npos) << why;
}

TEST(Patterns, RulesOfEachKindMeanWhatTheyAreCalled) {
  component detector(patterns(), R"({"vocabulary":false,"rules":[
    {"type":"t_exact","kind":"exact","patterns":["Acme/One"]},
    {"type":"t_token","patterns":["two-words","open*","^front"]},
    {"type":"t_prefix","kind":"prefix","patterns":["pre"]},
    {"type":"t_glob","kind":"glob","patterns":["g*b-?x"]},
    {"type":"t_regex","kind":"regex","patterns":["^r[0-9]{2,3}(a|b)+$"]},
    {"type":"t_sub","kind":"substring","lines":"needle\nanother"}]})");
  const auto types = detector.types();
  const auto type_of = [&](const std::string& name) {
    const uint32_t type = detector.detect({name})[0].type;
    return type == 0 ? std::string("unknown") : types.at(type - 1);
  };
  EXPECT_EQ(type_of("acme/one"), "t_exact");
  EXPECT_EQ(type_of("acme/one2"), "unknown");
  EXPECT_EQ(type_of("x.Two_Words.y"), "t_token");
  EXPECT_EQ(type_of("twowords"), "unknown");
  EXPECT_EQ(type_of("x-opening"), "t_token");
  EXPECT_EQ(type_of("front-x"), "t_token");
  EXPECT_EQ(type_of("x-front"), "unknown");
  EXPECT_EQ(type_of("PREfix"), "t_prefix");
  EXPECT_EQ(type_of("a-pre"), "unknown");
  EXPECT_EQ(type_of("gloob-1X"), "t_glob");
  EXPECT_EQ(type_of("R12abBA"), "t_regex");
  EXPECT_EQ(type_of("r1a"), "unknown");
  EXPECT_EQ(type_of("a-haneedley"), "t_sub");
  EXPECT_EQ(type_of("model::needle"), "unknown") << "free text is never looked through";
}

TEST(PatternsRanked, TheBestRankedRuleDecides) {
  component detector(patterns(), R"({"mode":"ranked","vocabulary":false,"rules":[
    {"type":"chat","kind":"substring","patterns":["abc","abcd"]},
    {"type":"embedding","kind":"prefix","patterns":["ab"]},
    {"type":"diffusion","kind":"substring","priority":200,"patterns":["zz"]},
    {"type":"text_to_speech","kind":"exact","priority":-5,"patterns":["abzz"]}]})");
  const auto answers = detector.detect({"abcd", "xabcd", "ab-zz", "abzz", "ABCD"});
  const uint32_t expected[] = {5, 1, 2, 7, 5};
  for (size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].type, expected[i]) << i;
  EXPECT_NE(detector.explain("xabcd").find("\"abcd\""), std::string::npos);
}

// Rules and names of few letters, so that they meet often.
struct Drawn {
  struct Rule {
    std::string kind, pattern;
    uint32_t type;
    bool holds(const std::string& name) const {
      if (kind == "exact") return name == pattern;
      return kind == "prefix" ? name.starts_with(pattern) : name.find(pattern) < name.size();
    }
  };
  std::vector<Rule> rules;  // best first
  std::string settings = R"({"mode":"ranked","vocabulary":false,"rules":[)";
  std::mt19937 random{7};

  std::string text(size_t longest) {
    std::string drawn(1 + random() % longest, ' ');
    for (char& c : drawn) c = "abc-"[random() % 4];
    return drawn;
  }
  explicit Drawn(size_t patterns) {
    const char* types[] = {"chat", "diffusion", "image_classification"};
    for (const char* kind : {"exact", "prefix", "substring"}) {
      for (uint32_t type = 1; type <= 3; ++type) {
        settings += R"({"type":")" + std::string(types[type - 1]) + R"(","kind":")" + kind +
                    R"(","lines":")";
        for (size_t i = 0; i < patterns; ++i) {
          rules.push_back({kind, text(*kind == 'e' ? 3 : 12), type});
          settings += rules.back().pattern + "\\n";
        }
        settings += R"("},)";
      }
    }
    settings.back() = ']';
    settings += '}';
    const auto rank = [](const Rule& rule) {  // kinds happen to stand in alphabetical order
      return std::pair(rule.kind, -static_cast<int>(rule.pattern.size()));
    };
    std::stable_sort(rules.begin(), rules.end(),
                     [&](const Rule& a, const Rule& b) { return rank(a) < rank(b); });
  }
  uint32_t expected(const std::string& name) const {
    for (const Rule& rule : rules) {
      if (rule.holds(name)) return rule.type;
    }
    return 0;
  }
};

class PatternsRankedAgainstALoop : public testing::TestWithParam<size_t> {};

TEST_P(PatternsRankedAgainstALoop, FindsTheSameInBatchesOfAnySizeAndNameByName) {
  Drawn drawn(GetParam());
  component detector(patterns(), drawn.settings);
  size_t found = 0;
  for (size_t batch : {1, 2, 5, 6, 7, 64, 128, 129, 400}) {
    std::vector<std::string> names;
    for (size_t i = 0; i < batch; ++i) {
      names.push_back(drawn.text(i % 9 == 0 ? 510 : i % 3 == 0 ? 40 : 12));
      if (i % 7 == 3) names.back() = std::string(1 + i % 30, 'x');
      if (i % 17 == 16) names.back().clear();
    }
    const auto answers = detector.detect(names);
    for (size_t i = 0; i < batch; ++i) {
      const uint32_t expected = drawn.expected(names[i]);
      EXPECT_EQ(answers[i].type, expected) << names[i] << ", " << i << " of " << batch;
      found += expected != 0 ? 1 : 0;
      names[i] += "\u00e9";
      EXPECT_EQ(detector.detect({names[i]})[0].type, drawn.expected(names[i])) << names[i];
    }
    const auto foreign = detector.detect(names);
    for (size_t i = 0; i < batch; ++i) {
      if (names[i].size() > 512) continue;
      EXPECT_EQ(foreign[i].type, drawn.expected(names[i])) << names[i] << ", beyond ASCII";
    }
  }
  EXPECT_GT(found, 200u);
}

// A dense table, and one that is too large for that.
INSTANTIATE_TEST_SUITE_P(Sizes, PatternsRankedAgainstALoop, testing::Values(4, 12'000));

std::string refused(const std::string& settings) {
  try {
    component detector(patterns(), settings);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "taken";
}

TEST(Patterns, RefusesRulesItCannotMeanAndNamesThem) {
  const auto rule = [](const std::string& kind, const std::string& pattern) {
    return refused(R"({"rules":[{"type":"chat","kind":")" + kind + R"(","patterns":[")" + pattern +
                   R"("]}]})");
  };
  EXPECT_NE(rule("token", "--").find("holds no word"), std::string::npos);
  EXPECT_NE(rule("token", "a*b").find("holds no word"), std::string::npos);
  EXPECT_NE(rule("regex", "(a").find("a missing )"), std::string::npos);
  EXPECT_NE(rule("regex", "(((((a{99}){99}){99}){99}){99})").find("too large"), std::string::npos);
  EXPECT_NE(rule("regex", "a{2,1}").find("backwards"), std::string::npos);
  EXPECT_NE(rule("exact", std::string(513, 'a')).find("over 512 bytes"), std::string::npos);
  EXPECT_NE(refused(R"({"rules":[{"type":"No Type","patterns":["a"]}]})").find("\"No Type\""),
            std::string::npos);
  EXPECT_NE(refused(R"({"mode":"seed","rules":[{"type":"chat","kind":"glob","patterns":["a"]}]})")
                .find("substring alone"),
            std::string::npos);
  std::string loose;
  for (int i = 0; i < 257; ++i) loose += "a*b\\n";
  EXPECT_NE(refused(R"({"rules":[{"type":"chat","kind":"glob","lines":")" + loose + R"("}]})")
                .find("over 256 globs"),
            std::string::npos);
}

TEST(Patterns, HostileRegexesAndGlobsTakeLinearTime) {
  component detector(patterns(), R"({"vocabulary":false,"rules":[
    {"type":"chat","kind":"regex","patterns":["(a*)*b","(a|a)*c","(a?){50}a{50}d"]},
    {"type":"chat","kind":"glob","patterns":["a*a*a*a*a*a*a*a*a*a*b"]}]})");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(detector.detect({std::string(512, 'a')})[0].type, 0u);
}

// A rule whose plain letters occur at every place of a name is looked at once, not as often: else
// this takes minutes, and the test runs out of time.
TEST(Patterns, ALiteralThatOccursOftenCostsItsRegexOneLook) {
  std::string rules;
  for (int i = 0; i < 30; ++i)
    rules += (i == 0 ? "\"" : ",\"") + std::string("aaa(a*)*(a?){") + std::to_string(400 + i) +
             "}b\"";
  component detector(patterns(), R"({"vocabulary":false,"rules":[{"type":"chat","kind":"regex",)"
                                 R"("patterns":[)" + rules + "]}]}");
  for (int i = 0; i < 12; ++i) EXPECT_EQ(detector.detect({std::string(512, 'a')})[0].type, 0u);
}

}  // namespace
