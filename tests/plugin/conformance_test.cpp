// SPDX-License-Identifier: 0BSD
// Each way to break the ABI's rules is found by the check that is named for it.
#include "plugin/conformance.hpp"

#include <algorithm>
#include <fstream>

#include "plugin/fixtures.hpp"

namespace {

using namespace fixtures;
using plugin::CheckLine;
using plugin::CheckState;
using plugin::Conformance;

struct Outcome {
  Conformance end;
  std::vector<CheckLine> lines;

  const CheckLine* find(const std::string& check) const {
    const auto at = std::find_if(lines.begin(), lines.end(),
                                 [&](const CheckLine& line) { return line.check == check; });
    return at == lines.end() ? nullptr : &*at;
  }
  // What failed, for the log of a test.
  std::string text() const {
    std::string out;
    for (const CheckLine& line : lines) {
      if (line.state == CheckState::failed) out += line.check + ": " + line.text + "\n";
    }
    return out;
  }
};

Outcome check(const std::filesystem::path& file, const plugin::ConformanceOptions& options = {}) {
  Outcome out;
  out.end = plugin::check_conformance(file, options,
                                      [&](const CheckLine& line) { out.lines.push_back(line); });
  return out;
}

struct Fault {
  const char* fixture;
  const char* check;
  const char* words;  // in the check's line
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.fixture;
}

class Conformity : public testing::TestWithParam<Fault> {};

TEST_P(Conformity, FindsTheFault) {
  const Outcome outcome = check(path_of(GetParam().fixture));
  EXPECT_EQ(outcome.end, Conformance::failed);
  const CheckLine* line = outcome.find(GetParam().check);
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->state, CheckState::failed) << outcome.text();
  EXPECT_NE(line->text.find(GetParam().words), std::string::npos) << line->text;
}

INSTANTIATE_TEST_SUITE_P(
    OfDetectors, Conformity,
    testing::Values(Fault{"crash", "batches",
                          "crashed with SIGSEGV in detect: it wrote through a null pointer"},
                    Fault{"reads_past", "batches", "it read past the end of names["},
                    Fault{"writes_past", "batches", "it wrote past the end of type"},
                    Fault{"keeps_a_name", "inputs_not_kept", "(kept from an earlier call) names["},
                    Fault{"remembers", "deterministic", "others the second time"},
                    Fault{"remembers", "rows_apart", "another for row"},
                    Fault{"leaks", "lives",
                          "wanted no memory kept after 1000 times create and destroy"},
                    Fault{"second_export", "exports", "sbn_plugin_entry_v1_besides"},
                    Fault{"open_schema", "unknown_setting", "\"additionalProperties\": false"},
                    Fault{"remote", "answers", "failed with -8"}, Fault{"limit", "answers", "-5"},
                    Fault{"internal", "batches", "status -100 (lost my way)"},
                    Fault{"forgets_a_row", "answers", "row 0"},
                    Fault{"type_out_of_range", "answers", "type 2 of 1"},
                    Fault{"confidence_out_of_range", "answers", "1000001"},
                    Fault{"odd_flags", "answers", "row 0"}, Fault{"twin_types", "types", "twice"},
                    Fault{"unknown_type", "types", "reserved"},
                    Fault{"create_fails", "settings", "no luck today"},
                    Fault{"config_refused", "settings", "setting flavour must be sweet"}));

INSTANTIATE_TEST_SUITE_P(
    OfMatchers, Conformity,
    testing::Values(Fault{"matcher_over_capacity", "hard_rules", "over capacity"},
                    Fault{"matcher_own_key", "hard_rules", "one key"},
                    Fault{"matcher_not_distinct", "hard_rules", "another copy"},
                    Fault{"matcher_no_reason", "hard_rules", "without a reason"},
                    Fault{"matcher_miner_out_of_range", "hard_rules", "no open miner"},
                    Fault{"matcher_moves_twice", "hard_rules", "moved twice"},
                    Fault{"matcher_skips_miners", "hard_rules", "no row for the unmatched miner"},
                    Fault{"matcher_remembers", "events", "other moves"},
                    Fault{"matcher_remembers", "deterministic", "others"},
                    Fault{"matcher_asks_for_more_forever", "room", "SBN_E_LIMIT and n = 9"},
                    Fault{"matcher_load_fails", "batches", "load returned status -100"}));

INSTANTIATE_TEST_SUITE_P(
    OfValidatorPlugins, Conformity,
    testing::Values(Fault{"validator_own_stride", "future_host", "a probe of no open request"},
                    Fault{"validator_never_answers", "peers", "neither a probe nor a verdict"},
                    Fault{"validator_bad_target", "peers", "target 9"},
                    Fault{"validator_wrong_request", "batches", "a probe of no open request"},
                    Fault{"validator_endless_probes", "peers", "more than 64 probes"},
                    Fault{"validator_asks_again_forever", "peers", "a failure of the plugin"},
                    Fault{"validator_double_verdict", "peers", "a failure of the plugin"},
                    Fault{"validator_score_out_of_range", "peers", "score 1000001"},
                    Fault{"validator_step_remote", "peers", "the peer was bad"},
                    Fault{"validator_begin_fails", "batches", "begin returned status -100"}));

INSTANTIATE_TEST_SUITE_P(
    OfEmissionPolicies, Conformity,
    testing::Values(Fault{"emission_needs_optional", "optional_columns", "through a null pointer"},
                    Fault{"emission_writes_past", "batches", "past the end of amount_nano"},
                    Fault{"emission_wrong_sum", "sums", "do not add up"},
                    Fault{"emission_pays_the_flagged", "sums", "is flagged and paid"},
                    Fault{"emission_forgets_a_row", "sums", "was forgotten"},
                    Fault{"emission_bond_out_of_range", "batches", "past the end of bonds_col"},
                    Fault{"emission_asks_for_more_forever", "sums", "asks for room"}));

class GoodPlugin : public testing::TestWithParam<const char*> {};

TEST_P(GoodPlugin, KeepsEveryRule) {
  const Outcome outcome = check(path_of(GetParam()));
  EXPECT_EQ(outcome.end, Conformance::good) << outcome.text();
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, GoodPlugin,
                         testing::Values("good_detector", "good_matcher", "good_validator",
                                         "good_emission", "owns_memory"));

TEST(Conformance, SaysWhichCallDidNotReturnAndLeavesTheRestOut) {
  plugin::ConformanceOptions options;
  options.deadline = std::chrono::seconds(2);
  const Outcome outcome = check(path_of("hang"), options);
  EXPECT_EQ(outcome.end, Conformance::failed);
  const CheckLine* line = outcome.find("batches");
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->text, "detect did not return within 2000 ms");
  ASSERT_NE(outcome.find("explain"), nullptr);
  EXPECT_EQ(outcome.find("explain")->state, CheckState::skipped);
}

TEST(Conformance, RefusesWhatTheHostDoesNotLoad) {
  for (const char* fixture : {"no_note", "wrong_major", "note_disagrees", "not_deterministic"}) {
    const Outcome outcome = check(path_of(fixture));
    EXPECT_EQ(outcome.end, Conformance::refused) << fixture;
    ASSERT_EQ(outcome.lines.size(), 1u) << fixture;
    EXPECT_EQ(outcome.lines[0].check, "load");
  }
}

TEST(Conformance, HoldsTheCasesBesideTheFileAndNamesTheLineThatIsWrong) {
  const Folder folder;
  const auto file = folder.copy("good_detector", "good_detector.sbn.so");
  std::ofstream(folder.path() / "good_detector.cases.jsonl")
      << R"({"name":"whisper-1","type":"speech","confidence_ppm":950000})" << "\n"
      << R"({"name":"gpt","type":"unknown"})" << "\n";
  EXPECT_EQ(check(file).find("cases")->text, "2 cases");
  std::ofstream(folder.path() / "good_detector.cases.jsonl", std::ios::app)
      << R"({"name":"gpt","type":"speech"})" << "\n";
  const Outcome wrong = check(file);
  EXPECT_EQ(wrong.end, Conformance::failed);
  EXPECT_NE(wrong.find("cases")->text.find("line 3"), std::string::npos);
}

TEST(Conformance, SkipsCasesThatAreNotThereAndClaimsThatAreNotMade) {
  const Outcome outcome = check(path_of("good_detector"));
  EXPECT_EQ(outcome.find("cases")->state, CheckState::skipped);
  EXPECT_EQ(outcome.find("concurrent")->state, CheckState::skipped);
}

TEST(Conformance, TellsASettingThatTheGivenFileHasTooMuch) {
  plugin::ConformanceOptions options;
  options.settings = [](const auto&...) { return std::string(R"({"flavour":"sweet"})"); };
  const Outcome outcome = check(path_of("good_detector"), options);
  EXPECT_NE(outcome.find("settings")->text.find("flavour"), std::string::npos);
}

}  // namespace
