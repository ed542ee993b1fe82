// SPDX-License-Identifier: 0BSD
// What holds for a component of any kind: its settings, its memory, its calls with less host.
#include <malloc.h>

#include <algorithm>
#include <filesystem>

#include "plugin/conformance/cases.hpp"
#include "plugin/conformance/child.hpp"
#include "plugin/conformance/trial.hpp"
#include "plugin/settings.hpp"

extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace subnetd::plugin::conformance {
namespace {

constexpr std::size_t lives = 1'000;
constexpr std::size_t working_lives = 100;
constexpr std::size_t batch_sizes[] = {0, 1, 64, 1'000};
constexpr std::size_t huge_batch = 10'000;
constexpr std::size_t framed_max = 64;  // a page or more a row

Finding failed_work(const Error& error, const std::string& wanted) {
  return failed(wanted, error.message, see_header);
}

// The work on an instance of its own.
Result<std::string> work_once(const Trial& trial, const Work& work, Offered offered = {}) {
  SUBNETD_TRY(const auto subject, Subject::create(trial, offered));
  return kind_of(trial.offer.component->kind)->work(*subject, work);
}

Finding check_settings(const Trial& trial) {
  const auto made = trial.instance();
  if (made) return good();
  return failed("settings that it accepts", made.error().message,
                trial.settings_given ? "correct the settings that were given"
                                     : "let the schema's defaults be enough to start with");
}

Finding check_unknown_setting(const Trial& trial) {
  json::Object settings;
  if (auto given = json::parse(trial.settings, 1 << 20); given && given->is_object()) {
    settings = given->get_object();
  }
  settings["no_such_setting"] = true;
  const auto taken =
      resolve_settings(json::serialize(settings), trial.offer.component->schema, "the settings");
  if (!taken && taken.error().message.find("no_such_setting") != std::string::npos) return good();
  if (!taken && trial.offer.component->schema.empty()) return good();
  return failed("a refusal of the unknown setting no_such_setting", "none",
                "put \"additionalProperties\": false into config_schema");
}

std::size_t bytes_in_use() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) {
    return __sanitizer_get_current_allocated_bytes();
  }
  return ::mallinfo2().uordblks;
}

// Bytes that `once` leaves behind when it is done `times` times. The least of three rounds: what
// the allocator keeps for later grows once, a leak grows in each.
Result<std::size_t> bytes_kept(std::size_t times, const std::function<Result<void>()>& once) {
  constexpr int rounds = 3;
  for (std::size_t i = 0; i < times / 10 + 2; ++i) SUBNETD_CHECK(once());
  std::size_t least = SIZE_MAX;
  for (int round = 0; round < rounds; ++round) {
    const std::size_t before = bytes_in_use();
    for (std::size_t i = 0; i < times; ++i) SUBNETD_CHECK(once());
    const std::size_t after = bytes_in_use();
    least = std::min(least, after > before ? after - before : 0);
  }
  return least;
}

Finding check_lives(const Trial& trial) {
  return judge_memory(lives, "create and destroy", [&]() -> Result<void> {
    SUBNETD_TRY(const auto subject, Subject::create(trial));
    return {};
  });
}

Finding check_call_memory(const Trial& trial) {
  const Work work{.n = 8, .framed = false};
  const Kind* kind = kind_of(trial.offer.component->kind);
  return judge_memory(working_lives, "create, ten calls and destroy", [&]() -> Result<void> {
    SUBNETD_TRY(const auto subject, Subject::create(trial));
    for (int i = 0; i < 10; ++i) {
      SUBNETD_TRY(const std::string answer, kind->work(*subject, work));
    }
    return {};
  });
}

Finding check_batches(const Trial& trial) {
  for (const std::size_t n : batch_sizes) {
    const auto done = work_once(trial, {.n = n, .framed = n <= framed_max});
    if (!done) return failed_work(done.error(), "an answer to a batch of " + std::to_string(n));
  }
  return good();
}

Finding check_huge_batch(const Trial& trial) {
  const auto done = work_once(trial, {.n = huge_batch, .framed = false});
  if (done) return good();
  return failed_work(done.error(), "an answer to a batch of " + std::to_string(huge_batch));
}

// One instance asked twice, with inputs that are gone in between, and one that is asked once.
Finding check_inputs_not_kept(const Trial& trial) {
  const auto subject = Subject::create(trial);
  if (!subject) return failed_work(subject.error(), "an instance");
  const Kind* kind = kind_of(trial.offer.component->kind);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto done = kind->work(**subject, {.n = 33, .seed = seed});
    if (!done) return failed_work(done.error(), "an answer to each of several batches");
  }
  return good();
}

Finding check_deterministic(const Trial& trial) {
  if ((trial.flags() & SBN_F_DETERMINISTIC) == 0) {
    return skipped("the component does not claim SBN_F_DETERMINISTIC");
  }
  const Kind* kind = kind_of(trial.offer.component->kind);
  const auto subject = Subject::create(trial);
  if (!subject) return failed_work(subject.error(), "an instance");
  for (const std::size_t n : {std::size_t{33}, std::size_t{64}}) {
    const Work work{.n = n, .framed = false};
    const auto first = kind->work(**subject, work);
    const auto second = kind->work(**subject, work);
    const auto other = work_once(trial, work);
    if (!first || !second || !other) {
      const auto& bad = !first ? first : !second ? second : other;
      return failed_work(bad.error(), "an answer to the same batch again");
    }
    if (*first != *second || *first != *other) {
      return failed("the same answers to the same batch of " + std::to_string(n),
                    *first != *second ? "others the second time" : "others from a new instance",
                    "answer from the input and the seed alone, or drop SBN_F_DETERMINISTIC where "
                    "the kind allows it");
    }
  }
  return good();
}

Finding check_future_host(const Trial& trial) {
  const auto now = work_once(trial, {.n = 33});
  const auto later = work_once(trial, {.n = 33, .future = true});
  if (!now || !later) {
    return failed_work((now ? later : now).error(), "an answer to a host of a later minor");
  }
  if (*now == *later) return good();
  return failed("the answers that a host of this minor gets, from longer structs and strides",
                "others", "step by stride, and read only the fields that you know");
}

Finding check_optional(const Trial& trial) {
  const auto bare = work_once(trial, {.n = 33, .optional = false});
  if (bare) return good();
  return failed_work(bare.error(), "an answer where every optional column is NULL");
}

// Less than the usual host: a refusal that says so is an answer, too.
Finding check_offered(const Trial& trial, Offered offered, const std::string& what) {
  const auto subject = Subject::create(trial, offered);
  if (!subject && subject.error().code == Errc::refused) return good();
  if (!subject) return failed_work(subject.error(), "an instance, or SBN_E_UNSUPPORTED, " + what);
  const auto done = kind_of(trial.offer.component->kind)->work(**subject, {.n = 8});
  if (done || (*subject)->complaint().find("status -2") != std::string::npos) return good();
  return failed_work(done.error(), "an answer, or SBN_E_UNSUPPORTED, " + what);
}

Finding check_no_services(const Trial& trial) {
  return check_offered(trial, {.services = false}, "on a host without services");
}

Finding check_no_error_place(const Trial& trial) {
  return check_offered(trial, {.error_place = false}, "where err is NULL");
}

std::size_t entries_in(const char* folder) {
  std::error_code ec;
  const std::filesystem::directory_iterator all(folder, ec);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

Finding check_belongings(const Trial& trial) {
  const std::size_t threads = entries_in("/proc/self/task");
  const std::size_t files = entries_in("/proc/self/fd");
  const auto done = work_once(trial, {.n = 33, .framed = false});
  if (!done) return failed_work(done.error(), "an answer");
  const std::size_t threads_now = entries_in("/proc/self/task");
  const std::size_t files_now = entries_in("/proc/self/fd");
  if (threads_now <= threads && files_now <= files) return good();
  return failed("no thread or open file of its own",
                std::to_string(threads_now - threads) + " threads and " +
                    std::to_string(files_now - files) + " files left after destroy",
                "use the host's executor; plugins do no I/O");
}

Finding check_golden_cases(const Trial& trial) {
  if (trial.cases.empty()) {
    return skipped("no NAME.cases.jsonl beside the file; name one with --cases");
  }
  std::size_t held = 0;
  for (const auto& file : trial.cases) {
    const auto done = hold_cases(trial, file);
    if (!done)
      return failed("every case of " + file.string(), done.error().message,
                    "correct the plugin or the case");
    held += *done;
  }
  return good(std::to_string(held) + " cases");
}

}  // namespace

Finding judge_memory(std::size_t times, const std::string& what,
                     const std::function<Result<void>()>& once) {
  const auto kept = bytes_kept(times, once);
  const std::string often = std::to_string(times) + " times " + what;
  if (!kept) return failed_work(kept.error(), often);
  if (*kept <= times * sizeof(void*) / 2) return good();  // what an allocator keeps of its own
  return failed("no memory kept after " + often, std::to_string(*kept) + " bytes",
                "free in destroy, forget and at the end of each call what was allocated");
}

const std::vector<Check>& life_checks() {
  static const std::vector<Check> all = {
      {"settings",
       "an instance from the defaults of its schema, or from --settings",
       check_settings},
      {"unknown_setting",
       "a refusal of a setting that the schema does not know",
       check_unknown_setting},
      {"batches", "answers to 0, 1, 64 and 1000 rows, between guard pages", check_batches},
      {"huge_batch", "an answer to 10000 rows", check_huge_batch},
      {"deterministic", "the same answers again and from another instance", check_deterministic},
      {"inputs_not_kept", "no look at an input after its call", check_inputs_not_kept},
      {"optional_columns", "answers where optional columns are NULL", check_optional},
      {"future_host", "the same answers from longer structs and strides", check_future_host},
      {"no_services",
       "answers, or SBN_E_UNSUPPORTED, on a host without services",
       check_no_services},
      {"no_error_place", "answers where err is NULL", check_no_error_place},
      {"lives", "no memory kept after 1000 lives", check_lives},
      {"call_memory", "no memory kept after 1000 calls", check_call_memory},
      {"belongings", "no thread and no file left after destroy", check_belongings},
      {"cases", "every case of its cases.jsonl", check_golden_cases},
  };
  return all;
}

}  // namespace subnetd::plugin::conformance
