// SPDX-License-Identifier: 0BSD
// Each plugin of the zoo is caught by the check that is named for what it does, and each check has
// a plugin that it catches.
#include <algorithm>
#include <set>

#include "plugin/conformance.hpp"
#include "plugin/conformance/elf_image.hpp"
#include "plugin/fixtures.hpp"
#include "plugin/plugin_file.hpp"

namespace {

namespace plugin = subnetd::plugin;
using plugin::CheckLine;
using plugin::CheckState;

std::filesystem::path file_of(const std::string& name) {
  const auto animal = std::filesystem::path(ZOO_DIR) / (name + ".sbn.so");
  return std::filesystem::exists(animal) ? animal : fixtures::path_of(name);
}

struct Animal {
  const char* name;
  const char* check;
  const char* words;  // in the check's line
};

void PrintTo(const Animal& animal, std::ostream* out) {
  *out << animal.name << " by " << animal.check;
}

constexpr Animal animals[] = {
    {"wrong_major", "load", "wanted ABI 2.0"},
    {"truncated", "load", "it is truncated"},
    {"stripped_note", "load", "it has no identity note"},
    {"note_disagrees", "load", "note says zoo.note_disagrees 2.0.0, descriptor says"},
    {"lying_descriptor", "load", "have one of 16 bytes"},
    {"lying_component", "load", "wanted components of at least 96 bytes, have 8"},
    {"lying_stride", "load", "components of 97"},
    {"lying_count", "load", "wanted 1 to 256 components, have 1000"},
    {"lying_table", "load", "wanted a slot table of ABI 1.0's size"},
    {"odd_schema", "load", "settings schema: "},
    {"throws_at_entry", "load", "its entry point threw"},
    {"crash_at_load", "load", "crashed with SIGSEGV in its entry point or a constructor"},
    {"exits_at_load", "load", "ended its process with exit code 0 in its entry point"},
    {"second_export", "exports", "sbn_plugin_entry_v1_besides"},
    {"unique_symbol", "unique_symbols", "GNU_UNIQUE"},
    {"opens_socket", "imports", "connect"},
    {"forks", "imports", "a plugin starts no process"},
    {"runs_program", "imports", "system"},
    {"exits", "imports", "exit, yet the process is the host's to end"},
    {"leaves_thread", "imports", "pthread_create, yet plugins own no threads"},
    {"aborts_later", "imports", "pthread_create"},
    {"text_relocation", "text_relocations", "-fPIC"},
    {"writable_code", "writable_code", "both writable and executable"},
    {"executable_stack", "executable_stack", "an executable one"},
    {"static_tls", "static_tls", "static TLS"},
    {"lazy_binding", "relro", "wanted RELRO and NOW"},
    {"no_luck", "settings", "no luck today"},
    {"crash_in_create", "settings", "crashed with SIGSEGV in create"},
    {"slow_create", "settings", "create did not return within 1000 ms"},
    {"open_schema", "unknown_setting", "additionalProperties"},
    {"odd_settings", "drawn_settings", "crashed with SIGSEGV in create, with settings {\"level"},
    {"spins", "batches", "detect did not return within 1000 ms"},
    {"throws", "batches", "detect let an exception out"},
    {"longjmps", "batches", "detect"},
    {"stack_overflow", "batches", "crashed with SIGSEGV in detect"},
    {"crashes", "batches", "it wrote through a null pointer"},
    {"aborts", "batches", "crashed with SIGABRT in detect"},
    {"divides_by_zero", "batches", "crashed with SIGFPE in detect"},
    {"illegal_instruction", "batches", "crashed with SIGILL in detect"},
    {"exits", "batches", "ended its process with exit code 0 in detect"},
    {"needs_a_row", "batches", "an answer to a batch of 0"},
    {"writes_past", "batches", "it wrote past the end of type"},
    {"reads_past", "batches", "it read past the end of names["},
    {"writes_inputs", "batches", "it wrote into the input names["},
    {"returns_too_many", "batches", "it wrote past the end of moves"},
    {"small_batches", "huge_batch", "crashed with SIGSEGV in detect"},
    {"remembers", "deterministic", "others the second time"},
    {"keeps_names", "inputs_not_kept", "(kept from an earlier call) names["},
    {"needs_tasks", "optional_columns", "through a null pointer"},
    {"writes_later_fields", "future_host", "behind the known fields"},
    {"needs_services", "no_services", "crashed with SIGSEGV in create"},
    {"needs_error", "no_error_place", "crashed with SIGSEGV in detect"},
    {"leaks", "lives", "wanted no memory kept after 1000 times create and destroy"},
    {"leaks_in_calls", "call_memory", "wanted no memory kept"},
    {"leaves_thread", "belongings", "1 threads"},
    {"leaves_file", "belongings", "1 files"},
    {"wrong_case", "cases", "line 2"},
    {"two_faces", "entry", "the same descriptor whenever it is asked"},
    {"shares_state", "two_instances", "status -100"},
    {"takes_signals", "surroundings", "now \"signal 12"},
    {"moves_house", "surroundings", "now \"folder /"},
    {"forks", "surroundings", "now \"a child process"},
    {"huge_logs", "logs", "at most 100 log lines"},
    {"needs_scratch", "no_scratch", "through a null pointer"},
    {"quadratic", "throughput", "an item of 4096"},
    {"twin_types", "types", "twice"},
    {"nan_confidence", "answers", "with confidence 2147483648"},
    {"confidence_out_of_range", "answers", "1000001"},
    {"index_out_of_range", "answers", "type 99 of 1"},
    {"forgets_rows", "answers", "row 1"},
    {"counts_rows", "rows_apart", "another for row"},
    {"races", "concurrent", "others"},
    {"bad_explain", "explain", "crashed with SIGSEGV in explain"},
    {"forgets_all", "cancelled", "whether others were forgotten or not"},
    {"keeps_sessions", "forget", "wanted no memory kept after 1000 times begin and forget"},
#if defined(__x86_64__)
    {"fast_math", "load", "changes the floating-point control bits when loaded"},
    {"rounds_up", "batches", "detect changed the floating-point control bits"},
#endif
    // The other kinds' own rules.
    {"matcher_over_capacity", "hard_rules", "over capacity"},
    {"matcher_remembers", "events", "other moves"},
    {"matcher_scribbles", "solve_alone", "make solve const"},
    {"matcher_asks_for_more_forever", "room", "SBN_E_LIMIT and n = 9"},
    {"validator_never_answers", "peers", "neither a probe nor a verdict"},
    {"validator_falls_over_strays", "stray_reply", "crashed with SIGSEGV in step"},
    {"emission_wrong_sum", "sums", "do not add up"},
};

class Zoo : public testing::TestWithParam<Animal> {};

TEST_P(Zoo, IsCaughtByTheCheckThatIsNamedForIt) {
  plugin::ConformanceOptions options;
  options.deadline = std::chrono::seconds(1);
  options.only = {GetParam().check};
  std::vector<CheckLine> lines;
  const auto end = plugin::check_conformance(file_of(GetParam().name), options,
                                             [&](const CheckLine& line) { lines.push_back(line); });
  EXPECT_NE(end, plugin::Conformance::good);
  const auto at = std::ranges::find(lines, GetParam().check, &CheckLine::check);
  ASSERT_NE(at, lines.end());
  EXPECT_EQ(at->state, CheckState::failed) << at->text;
  EXPECT_NE(at->text.find(GetParam().words), std::string::npos) << at->text;
}

INSTANTIATE_TEST_SUITE_P(OfAllKinds, Zoo, testing::ValuesIn(animals));

TEST(TheZoo, HasAPluginForEveryCheck) {
  std::set<std::string> missing;
  for (const plugin::CheckCard& card : plugin::check_cards()) missing.insert(card.check);
  for (const Animal& animal : animals) missing.erase(animal.check);
  EXPECT_EQ(missing, std::set<std::string>());
}

TEST(TheZoo, HasOneThatKeepsEveryRule) {
  std::string complaints;
  const auto end = plugin::check_conformance(file_of("honest"), {}, [&](const CheckLine& line) {
    if (line.state == CheckState::failed) complaints += line.check + ": " + line.text + "\n";
  });
  EXPECT_EQ(end, plugin::Conformance::good) << complaints;
}

// Whoever sends a file for review sends any bytes.
TEST(ElfImage, ReadsAnyBytesOfAFileWithoutFalling) {
  const auto whole = plugin::read_plugin_file(file_of("honest")).value();
  std::size_t symbols = 0;
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    symbols += plugin::conformance::ElfImage(std::span(whole).first(size)).symbols().size();
  }
  std::uint64_t draw = 7;
  for (int round = 0; round < 5'000; ++round) {
    auto bytes = whole;
    for (int flips = 0; flips < 8; ++flips) {
      draw = draw * 6364136223846793005u + 1442695040888963407u;
      // Half of the flips in the headers.
      const std::size_t end = flips % 2 == 0 ? 1'024 : bytes.size();
      bytes[(draw >> 32) % end] = static_cast<std::uint8_t>(draw >> 24);
    }
    symbols += plugin::conformance::ElfImage(bytes).symbols().size();
  }
  EXPECT_GT(symbols, 0u);
}

}  // namespace
