// SPDX-License-Identifier: 0BSD
// What a plugin in a worker cannot do to the daemon, and what becomes of it when it tries.
#include <linux/landlock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "domain/limits.hpp"
#include "plugin/detector.hpp"
#include "plugin/workers.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ONLY_WITH_SANDBOX() GTEST_SKIP() << "a sanitizer's runtime does not run in the sandbox"
constexpr const char* by_fault = "its worker ended with exit code";  // the sanitizer ends it first
#else
#define ONLY_WITH_SANDBOX() (void)0
constexpr const char* by_fault = "its worker was killed by SIGSEGV";
#endif

namespace {

using namespace fixtures;
using plugin::Detector;
using subnetd::Detection;
using subnetd::DetectionSubject;

constexpr plugin::worker::Limits one_restart{64, 300, 1};

// Empty when it answered, else why it did not.
std::string ask(Detector& detector, const std::string& name = "whisper") {
  const DetectionSubject subject{name, "", ""};
  const DetectionSubject* subjects[] = {&subject};
  std::vector<Detection> answers;
  const auto done = detector.detect(subjects, answers);
  return done ? "" : done.error().message;
}

// What the first call of a detector in a worker of 64 MiB and 300 ms ends with.
std::string end_of(const std::filesystem::path& file) {
  auto instance = must_start_apart(file, isolation(one_restart));
  if (!instance) return {};
  Detector detector(std::move(instance));
  return ask(detector);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Worker, AnswersAsThePluginDoesInTheDaemon) {
  Detector detector(must_start_apart(path_of("good_detector")));
  EXPECT_EQ(detector.types(), std::vector<std::string>{"speech"});
  const DetectionSubject whisper{"whisper-large", "", ""}, other{"llama", "chat", "openai"};
  const DetectionSubject* subjects[] = {&whisper, &other, &whisper};
  std::vector<Detection> answers;
  ASSERT_TRUE(detector.detect(subjects, answers, "audio"));
  EXPECT_EQ(answers[0].model_type, "speech");
  EXPECT_EQ(answers[0].confidence_ppm, 950'000u);
  EXPECT_EQ(answers[1].model_type, "unknown");
  EXPECT_EQ(answers[2].model_type, "speech");
}

TEST(Worker, DescribesAPluginWhoseCodeNeverRunsInTheDaemon) {
  const auto how = isolation();
  const auto library = plugin::Library::open(path_of("good_detector"), {}, &how);
  ASSERT_TRUE(library) << library.error().message;
  ASSERT_EQ((*library)->components().size(), 1u);
  EXPECT_EQ((*library)->components()[0].kind, SBN_KIND_DETECTOR);
  EXPECT_EQ((*library)->components()[0].id, "good_detector");
  EXPECT_EQ((*library)->vendor(), "fixture");
  std::ifstream maps("/proc/self/maps");
  const std::string all{std::istreambuf_iterator<char>(maps), {}};
  EXPECT_FALSE(contains(all, "good_detector")) << "its copy is mapped here";
}

TEST(Worker, ThatCrashesFailsItsCallAndNothingElse) {
  for (const char* name : {"crashes", "stack_overflow"}) {
    EXPECT_TRUE(contains(end_of(zoo(name)), by_fault)) << name;
  }
  EXPECT_TRUE(contains(end_of(zoo("exits")), "its worker ended with exit code"));
  EXPECT_TRUE(contains(end_of(zoo("throws")), "it let an exception out"));
  ONLY_WITH_SANDBOX();
  EXPECT_TRUE(contains(end_of(zoo("divides_by_zero")), "its worker was killed by SIGFPE"));
  EXPECT_TRUE(contains(end_of(zoo("illegal_instruction")), "its worker was killed by SIGILL"));
}

TEST(Worker, LeavesItsLastWords) {
  const std::string end = end_of(path_of("aborts"));
  EXPECT_TRUE(contains(end, "was killed by SIGABRT; its last words: I give up")) << end;
}

TEST(Worker, ThatDoesNotAnswerIsEnded) {
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(contains(end_of(path_of("hang")), "did not answer within 300 ms"));
  EXPECT_TRUE(contains(end_of(zoo("spins")), "did not answer within 300 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
}

TEST(Worker, HasNoMoreMemoryThanItsLimit) {
  ONLY_WITH_SANDBOX();
  const std::string end = end_of(path_of("eats_memory"));
  EXPECT_TRUE(contains(end, "nothing left")) << end;
}

TEST(Worker, ThatAsksForSocketsOrProcessesIsKilled) {
  ONLY_WITH_SANDBOX();
  for (const auto& file :
       {zoo("opens_socket"), zoo("forks"), zoo("runs_program"), path_of("kills")}) {
    const std::string end = end_of(file);
    EXPECT_TRUE(contains(end, "was killed by SIGSYS, for a system call that plugins may not make"))
        << file << ": " << end;
  }
}

TEST(Worker, IsInItsSandboxBeforeAConstructorOfThePluginRuns) {
  ONLY_WITH_SANDBOX();
  const auto how = isolation();
  const auto refused = plugin::Library::open(path_of("constructor_opens_a_socket"), {}, &how);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(contains(refused.error().message, "SIGSYS")) << refused.error().message;
}

TEST(Worker, ReadsNoFiles) {
  ONLY_WITH_SANDBOX();
  EXPECT_EQ(end_of(path_of("reads_a_file")), "");
  // Its version; an error where there is none.
  if (syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
    GTEST_SKIP() << "this kernel has no Landlock";
  }
  EXPECT_EQ(end_of(path_of("constructor_reads_a_file")), "");
}

TEST(Worker, IsHeardWithinReason) {
  std::vector<std::string> lines;
  auto instance = start_apart(zoo("huge_logs"), isolation(), "{}",
                              [&](int, std::string_view, std::string_view text) {
                                lines.emplace_back(text.substr(0, 60));
                              });
  ASSERT_TRUE(instance) << instance.error().message;
  Detector detector(std::move(*instance));
  EXPECT_EQ(ask(detector), "");
  EXPECT_LE(lines.size(), subnetd::limits::plugin_log_lines_per_s + 1);
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(contains(lines.back(), "lines were left out")) << lines.back();
}

TEST(Worker, ThatIsNotReadyInTimeIsRefused) {
  const auto began = std::chrono::steady_clock::now();
  const auto slow = start_apart(zoo("slow_create"), isolation(one_restart));
  ASSERT_FALSE(slow);
  EXPECT_TRUE(contains(slow.error().message, "did not answer within 600 ms"))
      << slow.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(100));
}

TEST(Worker, MayUseThreads) { EXPECT_EQ(end_of(path_of("starts_a_thread")), ""); }

TEST(Worker, WhoseAnswerIsGarbledIsJudgedAsAnyOther) {
  const std::string end = end_of(path_of("type_out_of_range"));
  EXPECT_TRUE(contains(end, "answers type 2 of 1")) << end;
  EXPECT_TRUE(contains(end_of(path_of("forgets_a_row")), "broke its contract"));
}

TEST(Worker, TellsAPeersFaultFromThePlugins) {
  auto instance = must_start_apart(path_of("remote"));
  Detector detector(std::move(instance));
  EXPECT_TRUE(contains(ask(detector), "the peer was bad"));
  EXPECT_EQ(detector.instance().stats().failures, 0u);
}

TEST(Worker, IsStartedAnewAfterAPauseAndGivenUpAfterTooMany) {
  Detector detector(must_start_apart(zoo("crashes"), isolation(one_restart)));
  EXPECT_TRUE(contains(ask(detector), by_fault));
  EXPECT_TRUE(contains(ask(detector), "another is started in")) << "at once";
  EXPECT_FALSE(detector.instance().disabled());
  std::string end;
  do {
    end = ask(detector);
  } while (contains(end, "another is started in"));
  EXPECT_TRUE(contains(end, "2 workers within a minute are gone")) << end;
  EXPECT_TRUE(detector.instance().disabled());
  EXPECT_TRUE(contains(detector.instance().stats().reason, "workers within a minute are gone"));
  EXPECT_TRUE(contains(ask(detector), "is disabled"));
}

TEST(Worker, SaysWhatCreateSaid) {
  const auto failed = start_apart(path_of("create_fails"), isolation());
  ASSERT_FALSE(failed);
  EXPECT_TRUE(contains(failed.error().message, "no luck today")) << failed.error().message;
  const auto refused = start_apart(path_of("config_refused"), isolation());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::config);
}

TEST(Worker, ThatIsNotThereIsSaid) {
  auto how = isolation();
  how.program = "/nowhere/subnetd-worker";
  const auto refused = plugin::Library::open(path_of("good_detector"), {}, &how);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(contains(refused.error().message, "/nowhere/subnetd-worker: no worker process"))
      << refused.error().message;
}

// The number of a process that is a child of another one which then dies without a farewell.
TEST(Worker, DiesWithTheDaemon) {
  auto* worker = static_cast<std::atomic<int>*>(mmap(nullptr, sizeof(std::atomic<int>),
                                                     PROT_READ | PROT_WRITE,
                                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const pid_t daemon = fork();
  if (daemon == 0) {
    auto instance = start_apart(path_of("good_detector"), isolation());
    *worker = instance ? static_cast<plugin::worker::Remote*>((*instance)->self())->pid() : -1;
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(daemon, &status, 0);
  ASSERT_GT(*worker, 0);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const auto lives = [&] {
    std::string name;
    std::getline(std::ifstream("/proc/" + std::to_string(*worker) + "/comm"), name);
    return name == "subnetd-worker";
  };
  while (lives() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_FALSE(lives());
}

TEST(Worker, GoesWithItsInstance) {
  int pid = 0;
  {
    auto instance = must_start_apart(path_of("good_detector"));
    pid = static_cast<plugin::worker::Remote*>(instance->self())->pid();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Catalogue, RunsApartWhatDidNotComeWithTheDaemonAndIsNotPinned) {
  const Folder folder;
  const auto file = folder.copy("good_detector", "good.sbn.so");
  plugin::Placement placement{"auto", WORKER};
  plugin::TrustRules rules;
  const auto is_apart = [&](const std::vector<plugin::Pin>& pins) {
    auto catalogue = plugin::Catalogue::open({folder.path()}, pins,
                                             std::make_shared<plugin::Trust>(rules), placement);
    EXPECT_TRUE(catalogue && catalogue->libraries().size() == 1);
    return catalogue->libraries().at(0)->guest() != nullptr;
  };
  EXPECT_TRUE(is_apart({}));
  const std::string sha256 = plugin::Library::open(file).value()->sha256();
  EXPECT_FALSE(is_apart({{file, sha256, "", {}}}));
  EXPECT_TRUE(is_apart({{file, sha256, "process", {}}}));
  EXPECT_FALSE(is_apart({{file, "", "inproc", {}}}));
  rules.built_in = {folder.path()};
  EXPECT_FALSE(is_apart({}));
  placement.isolation = "process";
  EXPECT_TRUE(is_apart({}));
}

TEST(Catalogue, HoldsBackWhatKilledItsWorkersTooOften) {
  const Folder folder;
  plugin::TrustRules rules;
  rules.state = folder.path() / "state";
  rules.marks_steps = true;
  const auto file = folder.path() / "crashes.sbn.so";
  std::filesystem::copy_file(zoo("crashes"), file);
  const auto open = [&] {
    return plugin::Catalogue::open({}, {{file, "", "process", one_restart}},
                                   std::make_shared<plugin::Trust>(rules), {"process", WORKER});
  };
  const auto first = open();
  ASSERT_EQ(first->offers().size(), 1u);
  auto instance = plugin::Instance::create(first->offers()[0], "{}", "[test]", {});
  ASSERT_TRUE(instance) << instance.error().message;
  Detector detector(std::move(*instance));
  while (!detector.instance().disabled()) (void)ask(detector);
  const auto second = open();
  EXPECT_TRUE(second->offers().empty());
  ASSERT_EQ(second->refusals().size(), 1u);
  EXPECT_TRUE(second->refusals()[0].held);
  EXPECT_TRUE(contains(second->refusals()[0].error.message, "workers within a minute are gone"))
      << second->refusals()[0].error.message;
}

}  // namespace
