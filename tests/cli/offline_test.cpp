// SPDX-License-Identifier: 0BSD
#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "cli/transcript.hpp"

namespace subnetd::cli {
namespace {

constexpr const char* nodes =
    R"({"kind":"validator","id":"v1","model_types":["chat"],"capacity":10}
{"kind":"validator","id":"v2","model_types":["chat","diffusion"],"capacity":1}
{"kind":"miner","id":"m1","model_type":"chat"}
{"kind":"miner","id":"m2","namespace":"gpt2"}
{"kind":"miner","id":"m3","model_type":"diffusion"}
)";

TEST(Detect, PrintsOneRowANameFromArgumentsAndStdin) {
  const Transcript found = subnetd({"detect", "gpt2", "-"}, "stable-diffusion\n\nwhat\tever\n");
  EXPECT_EQ(found.exit_code, 0);
  EXPECT_TRUE(
      found.out.starts_with("namespace\tmodel_type\tconfidence_ppm\tdetector\treason\n"
                            "gpt2\tchat\t1000000\tsubnetd.patterns/patterns\t"));
  EXPECT_NE(found.out.find("\nstable-diffusion\tdiffusion\t1000000\t"), std::string::npos);
  EXPECT_NE(found.out.find("\nwhat\\tever\tunknown\t0\t\t"), std::string::npos);
}

TEST(Detect, AgreesWithTheSeedOnEveryNameOfTheVectors) {
  std::istringstream expected(
      slurp(std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/detection/seed.tsv"));
  std::string names, line;
  std::vector<std::string> rows;
  while (std::getline(expected, line)) {
    if (line.starts_with("#") || line.find('\t') == line.npos) continue;
    rows.push_back(line);
    names += line.substr(0, line.find('\t')) + "\n";
  }
  ASSERT_GT(rows.size(), 300u);
  std::istringstream found(subnetd({"detect", "--set", "mode=seed", "-"}, names).out);
  std::getline(found, line);
  for (const std::string& row : rows) {
    ASSERT_TRUE(std::getline(found, line));
    const std::string wanted = row.substr(0, row.find('\t', row.find('\t') + 1));
    EXPECT_TRUE(line.starts_with(wanted + "\t")) << line << " instead of " << row;
  }
}

TEST(Detect, ReadsStdinWhenNoNameIsGiven) {
  EXPECT_TRUE(subnetd({"detect"}, "my-llama\n").out.find("my-llama\tchat\t") != std::string::npos);
}

TEST(Detect, GivesANameThatIsTooLongItsOwnRow) {
  const Transcript found = subnetd({"detect", std::string(129, 'a')});
  EXPECT_EQ(found.exit_code, 0);
  EXPECT_NE(found.out.find("\tunknown\t0\t\ta namespace has 1 to 128 bytes"), std::string::npos);
}

TEST(Detect, ExplainsWithRulesScoresAndTheRunnerUp) {
  const Transcript found = subnetd({"detect", "--explain", "gpt-4o-mini-tts"});
  EXPECT_TRUE(
      found.out.starts_with("namespace\tmodel_type\tconfidence_ppm\tdetector\trunner_up\t"
                            "ambiguous\treason\ngpt-4o-mini-tts\ttext_to_speech\t"))
      << found.out;
  EXPECT_NE(found.out.find("\tchat\tfalse\t"), std::string::npos);
  EXPECT_NE(found.out.find("token \"tts\" adds 10.00 to text_to_speech"), std::string::npos);
  const Transcript people = subnetd({"detect", "--explain", "--output", "table", "whisper"});
  EXPECT_TRUE(people.out.starts_with("whisper: audio_processing, 1000000 ppm by subnetd."));
}

// "10.00": hundredths.
std::int64_t hundredths(std::string_view text) {
  const std::size_t dot = text.find('.');
  return std::stoll(std::string(text.substr(0, dot))) * 100 +
         std::stoll(std::string(text.substr(dot + 1, 2)));
}

// Type -> what the lines of an explanation add to it, and type -> what its first line says.
using Sums = std::map<std::string, std::int64_t>;
std::pair<Sums, Sums> sums_of(const std::string& reason) {
  Sums added, said;
  for (std::size_t at = 0, end = 0; end != reason.npos; at = end + 2) {
    end = reason.find("\\n", at);
    const std::string line = reason.substr(at, end - at);
    const std::size_t adds = line.rfind("\" adds ");
    if (at == 0) {
      std::istringstream words(line.substr(0, line.find(';')));
      for (std::string type, score; words >> type >> score;) {
        if (score.find('.') == score.npos) break;  // "no rule matches"
        said[type] = hundredths(score);
      }
    } else if (adds != line.npos && !line.starts_with("not counted")) {
      std::istringstream words(line.substr(adds + 7));
      std::string score, to, type;
      words >> score >> to >> type;
      if (type.ends_with(':')) type.pop_back();
      added[type] += hundredths(score);
    }
  }
  return {added, said};
}

TEST(Detect, ExplainsByPartsThatAddUpToTheScoreAndTheConfidence) {
  const std::string stored =
      slurp(std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/detection/public.tsv");
  std::string names = "meta/llama-gpt4-sdxl\nmodel.openai::yolo sdxl\nvali::gpt\n", line;
  std::istringstream rows(stored);
  while (std::getline(rows, line)) names += line.substr(0, line.find('\t')) + "\n";
  for (const char* task : {"", "text-to-speech", "no-such-thing"}) {
    std::istringstream found(subnetd({"detect", "--explain", "--task", task, "-"}, names).out);
    std::getline(found, line);
    std::size_t scored = 0;
    while (std::getline(found, line)) {
      std::vector<std::string> cells(1);
      for (const char c : line) c == '\t' ? cells.emplace_back() : cells.back() += c;
      ASSERT_EQ(cells.size(), 7u) << line;
      const std::string none = "subnetd.patterns/patterns: ";  // stands where none decided
      const auto [added, said] = sums_of(cells[6].substr(cells[6].starts_with(none) * none.size()));
      EXPECT_EQ(added, said) << line;
      if (said.empty() || cells[1] == "unknown") continue;
      ++scored;
      std::int64_t second = 0;
      for (const auto& [type, sum] : said) {
        if (type != cells[1]) second = std::max(second, sum);
        EXPECT_LE(sum, said.at(cells[1])) << line;
      }
      const std::int64_t best = said.at(cells[1]);
      EXPECT_EQ(std::to_string((best - second) * 1'000'000 / best), cells[2]) << line;
      if (!cells[4].empty()) {
        EXPECT_EQ(said.at(cells[4]), second) << line;
      }
    }
    EXPECT_GT(scored, 200u);
  }
}

TEST(Detect, ExplainsTheTaskTheHintTheOwnersPartAndWhatDidNotCount) {
  const Scratch scratch;
  const auto explain = [&](const std::string& isolation, std::vector<std::string> more) {
    const std::string config = scratch.write(
        "hint.toml", "[subnet]\nhint = \"text to speech\"\n[plugins]\nisolation = \"" + isolation +
                         "\"\n");
    std::vector<std::string> words{"detect", "--explain", "--config", config};
    words.insert(words.end(), more.begin(), more.end());
    const Transcript said = subnetd(words);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    return said.out;
  };
  for (const char* isolation : {"inproc", "process"}) {
    const auto holds = [&](std::vector<std::string> words, const std::string& part) {
      const std::string out = explain(isolation, words);
      EXPECT_NE(out.find(part), std::string::npos) << part << "\nin " << out;
    };
    holds({"my-thing"}, "\ttext_to_speech\t500000\t");
    holds({"my-thing"}, "no rule matches\\nthe subnet's hint \"text to speech\" means "
                        "text_to_speech and decides");
    holds({"vali::x"}, "does not count: the name speaks against");
    holds({"--task", "chat", "my-thing"}, "\\nthe declared task \"chat\" adds 12.00 to chat");
    holds({"--task", "zz", "gpt4"}, "\\nthe declared task \"zz\" means no type and adds nothing");
    holds({"openai/sdxl"}, "token \"openai\" adds 1.02 to chat: 0.34 of its 3.00, in the owner's");
    holds({"sdxl-flux"}, "not counted: token \"sdxl\", a synonym of token \"flux\"");
  }
  EXPECT_EQ(explain("inproc", {"gpt4"}).find("hint"), std::string::npos) << "it decided nothing";
}

std::uint64_t figure(const std::string& rows, const std::string& which) {
  const std::size_t at = rows.find("\n" + which + "\t");
  if (at == rows.npos) return 0;
  const std::size_t end = rows.find('\n', at + 1);
  return std::stoull(rows.substr(rows.rfind('\t', end) + 1, end));
}

TEST(Detect, IsRightOnThePublicNamesAndOnThoseOfStrangers) {
  const std::string folder = std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/detection/";
  const Transcript known = subnetd({"detect", "--eval", folder + "public.tsv"});
  EXPECT_EQ(known.exit_code, 0) << known.err;
  EXPECT_GE(figure(known.out, "accuracy"), 950'000u) << known.out;
  EXPECT_LE(figure(known.out, "wrong_type"), 50'000u);
  const Transcript strangers = subnetd({"detect", "--eval", folder + "held-out.tsv"});
  EXPECT_GE(figure(strangers.out, "accuracy"), 900'000u) << strangers.out;
  EXPECT_LE(figure(strangers.out, "wrong_type"), 50'000u);
  EXPECT_GE(figure(strangers.out, "recall\tchat"), 900'000u);
}

TEST(Detect, SaysWhatIsWrongWithALabelledRow) {
  const Transcript no_tab = subnetd({"detect", "--eval", "-"}, "gpt-4\n");
  EXPECT_EQ(no_tab.exit_code, 2);
  EXPECT_NE(no_tab.err.find("-:1: no tab"), std::string::npos) << no_tab.err;
  EXPECT_NE(subnetd({"detect", "--eval", "-"}, "# none\n").err.find("no labelled name"),
            std::string::npos);
}

TEST(Detect, CountsEachConfusion) {
  const Transcript found =
      subnetd({"detect", "--eval", "-", "--output", "json"}, "gpt-4\tchat\nsora\tchat\nx\tchat\n");
  EXPECT_NE(found.out.find(R"({"figure":"confusion","type":"chat","taken_for":"video_generation",)"
                           R"("names":1,"of":3,"share_ppm":333333})"),
            std::string::npos)
      << found.out;
}

TEST(MatchSolve, PrintsARowAMinerAndLeavesTheUnmatchedEmpty) {
  const Transcript solved = subnetd({"match", "solve", "--nodes", "-"}, nodes);
  EXPECT_EQ(solved.exit_code, 0) << solved.err;
  EXPECT_EQ(solved.out, "miner\tvalidator\nm1\tv1\nm2\tv1\nm3\tv2\n");
  const Transcript seed = subnetd({"match", "solve", "--nodes", "-", "--matcher", "seed"}, nodes);
  EXPECT_EQ(seed.exit_code, 0) << seed.err;
  EXPECT_EQ(seed.out, "miner\tvalidator\nm1\tv1\nm2\tv2\nm3\t\n");
}

TEST(MatchSolve, KeepsThePreviousRowsThatStillHold) {
  const Scratch scratch;
  const std::string previous = scratch.write("previous.tsv", "miner\tvalidator\nm1\tv2\nm9\tv1\n");
  const Transcript solved =
      subnetd({"match", "solve", "--nodes", "-", "--previous", previous, "--moves", "0"}, nodes);
  EXPECT_EQ(solved.exit_code, 0) << solved.err;
  EXPECT_EQ(solved.out, "miner\tvalidator\nm1\tv2\nm2\tv1\nm3\t\n");
}

TEST(MatchSolve, CountsInsteadOfPrintingWhenAsked) {
  const Transcript solved = subnetd({"match", "solve", "--nodes", "-", "--stats"}, nodes);
  EXPECT_EQ(solved.exit_code, 0);
  EXPECT_NE(solved.out.find("\"unmatched\":0"), std::string::npos) << solved.out;
  EXPECT_NE(solved.out.find("\"load_imbalance\":1"), std::string::npos) << solved.out;
  const std::string seed =
      subnetd({"match", "solve", "--nodes", "-", "--stats", "--matcher", "seed"}, nodes).out;
  EXPECT_NE(seed.find("\"unmatched\":1"), std::string::npos) << seed;
  EXPECT_NE(seed.find("\"load_imbalance\":0"), std::string::npos) << seed;
  EXPECT_NE(solved.out.find("\"moved\":0"), std::string::npos);
}

TEST(MatchSolve, DrawsTheLoadOfEachValidator) {
  const Transcript drawn =
      subnetd({"match", "solve", "--nodes", "-", "--output", "svg"}, nodes);
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  EXPECT_TRUE(drawn.out.starts_with("<svg")) << drawn.out.substr(0, 99);
  for (const char* text : {">v1<", ">v2<", ">2<", ">1<"})
    EXPECT_NE(drawn.out.find(text), std::string::npos) << text << " in " << drawn.out;
}

TEST(MatchSolve, RefusesACapacityThatNoValidatorCanHave) {
  for (const char* capacity : {"0", "10000001", "4294967296", "-1", "1.5"}) {
    const Transcript solved =
        subnetd({"match", "solve", "--nodes", "-"},
                R"({"kind":"validator","id":"v","model_types":["chat"],"capacity":)" +
                    std::string(capacity) + "}\n");
    EXPECT_EQ(solved.exit_code, 2) << capacity;
    EXPECT_NE(solved.err.find("-:1: "), std::string::npos) << solved.err;
    EXPECT_NE(solved.err.find("capacity"), std::string::npos) << solved.err;
  }
}

TEST(MatchSolve, NamesTheLineThatIsWrong) {
  const Transcript solved = subnetd({"match", "solve", "--nodes", "-"},
                                    "{\"kind\":\"miner\",\"id\":\"a\",\"model_type\":\"chat\"}\n"
                                    "{\"kind\":\"miner\",\"id\":\"a\",\"model_type\":\"chat\"}\n");
  EXPECT_EQ(solved.exit_code, 1);
  EXPECT_NE(solved.err.find("-:2: id \"a\" is already taken"), std::string::npos);
  EXPECT_EQ(subnetd({"match", "solve", "--nodes", "-"}, "{\"kind\":\"miner\"").exit_code, 2);
}

TEST(EmissionCompute, PaysTheWholeBudget) {
  const Transcript paid = subnetd({"emission", "compute", "--input", "-"},
                                  R"({"budget_nano":1000,"rows":[
      {"uid":0,"score_sum_ppm":1000000,"score_count":1},
      {"uid":1,"score_sum_ppm":500000,"score_count":1}]})");
  EXPECT_EQ(paid.exit_code, 0) << paid.err;
  EXPECT_EQ(paid.out,
            "{\"incentive\":[65535,32768],\"emission\":[667,333],\"paid\":[667,333],"
            "\"total_emitted\":1000,\"founder_emission\":0,\"dust\":0,\"unallocated\":0}\n");
}

TEST(EmissionCompute, ReadsColumnsAndAnswersSeveralCases) {
  const std::string one =
      R"({"id":"a","algo":"proportional","params":{"token_emission":18446744073709551615},
          "input":{"score_sum_ppm":[5,5],"score_count":[1,1],"payable":[1,0]}})";
  const Transcript paid =
      subnetd({"emission", "compute", "--input", "-"}, "[" + one + "," + one + "]");
  EXPECT_EQ(paid.exit_code, 0) << paid.err;
  EXPECT_EQ(std::count(paid.out.begin(), paid.out.end(), '\n'), 2);
  EXPECT_NE(paid.out.find("\"emission\":[18446744073709551615,0]"), std::string::npos);
}

TEST(EmissionCompute, ShowsFractionsOnlyWhenAsked) {
  const std::string one = R"({"algo":"proportional","params":{"token_emission":10},
                              "input":{"score_sum_ppm":[6,2],"score_count":[2,1]}})";
  EXPECT_EQ(subnetd({"emission", "compute", "--input", "-"}, one).out.find("raw"),
            std::string::npos);
  EXPECT_NE(subnetd({"emission", "compute", "--raw", "--input", "-"}, one)
                .out.find(R"("raw":{"mean_ppm":[3.0,2.0],"share":[0.6,0.4]})"),
            std::string::npos);
}

TEST(EmissionCompute, RefusesACaseOfAnotherPolicy) {
  const std::string one = R"({"algo":"proportional","params":{"token_emission":1},
                              "input":{"score_sum_ppm":[5],"score_count":[1]}})";
  EXPECT_EQ(subnetd({"emission", "compute", "--policy", "linear", "--input", "-"}, one).exit_code,
            2);
  EXPECT_EQ(subnetd({"emission", "compute", "--input", "-"},
                    R"({"algo":"of_nobody","params":{},"input":{}})")
                .exit_code,
            3);
}

TEST(Replay, SaysThatAJournalIsNotThere) {
  const Transcript replayed = subnetd({"replay", "--journal", "/nowhere/at-all.db"});
  EXPECT_NE(replayed.exit_code, 0);
  EXPECT_NE(replayed.err.find("/nowhere/at-all.db"), std::string::npos);
  EXPECT_EQ(replayed.out, "");
}

}  // namespace
}  // namespace subnetd::cli
