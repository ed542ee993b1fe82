// SPDX-License-Identifier: 0BSD
// A host within this very program: what it is fed, what it says, and what of the process it leaves
// alone.
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <utility>

#include "cli/transcript.hpp"
#include "embed/pieces.hpp"

namespace subnetd::embed {
namespace {

namespace fs = std::filesystem;
using cli::Scratch;

// The sockets that this process has open.
std::set<std::string> sockets() {
  std::set<std::string> out;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    const std::string target = fs::read_symlink(entry.path(), ec).string();
    if (target.starts_with("socket:")) out.insert(target);
  }
  return out;
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

// TMPDIR is another folder as long as this object lives.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    if (const char* value = std::getenv("TMPDIR")) before_ = value;
    fs::create_directory(path());
    ::setenv("TMPDIR", path().c_str(), 1);
  }
  ~TemporaryFolder() {
    if (before_) {
      ::setenv("TMPDIR", before_->c_str(), 1);
    } else {
      ::unsetenv("TMPDIR");
    }
  }
  std::string path() const { return scratch_.file("tmp"); }

 private:
  Scratch scratch_;
  std::optional<std::string> before_;
};

TEST(Host, TypesMatchesAndShowsWhatItIsFed) {
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  const auto validator = host->register_validator(judge("v"));
  ASSERT_TRUE(validator) << validator.error().message;
  EXPECT_EQ(validator->specializations, std::vector<std::string>{"*"});
  const auto miner = host->register_miner(chat("m"));
  ASSERT_TRUE(miner) << miner.error().message;
  EXPECT_EQ(miner->model_type, "chat");
  EXPECT_EQ(miner->endpoint, "http://127.0.0.1:9");
  EXPECT_EQ(host->miner("m")->matches.at(0).validator, "v");
  EXPECT_EQ(host->validator("v")->load, 1u);
  EXPECT_EQ(host->validators()->size(), 1u);
}

TEST(Host, ChangesAndRemovesNodes) {
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  ASSERT_TRUE(host->register_validator(judge("v")));
  ASSERT_TRUE(host->register_miner(chat("m")));
  EXPECT_EQ(host->update_miner("m", {.name_space = "whisper-tiny"})->model_type,
            "audio_processing");
  EXPECT_EQ(host->update_validator("v", {.status = "draining", .stake_nano = 5})->stake_nano, 5u);
  EXPECT_EQ(host->validator("v")->status, "draining");
  EXPECT_TRUE(host->remove_miner("m"));
  EXPECT_TRUE(host->remove_validator("v"));
  EXPECT_EQ(code_of(host->miner("m")), "not_found");
  EXPECT_EQ(code_of(host->remove_miner("m")), "not_found");
}

TEST(Host, MapsNamespacesAndForgetsThem) {
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  ASSERT_TRUE(host->map_namespace("model/my llama *", "embedding"));
  Host::MinerRecord record = chat("m");
  record.name_space = "model/my llama 3";
  EXPECT_EQ(host->register_miner(record)->model_type, "embedding");
  ASSERT_TRUE(host->unmap_namespace("model/my llama *"));
  EXPECT_EQ(host->miner("m")->model_type, "chat");
}

TEST(Host, ReadsMoreRowsThanOnePageHolds) {
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  constexpr std::size_t count = 1'100;
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(host->register_miner(chat("m" + std::to_string(i))));
  }
  std::set<std::string> ids;
  const auto miners = host->miners();
  ASSERT_TRUE(miners) << miners.error().message;
  for (const Host::Miner& miner : *miners) ids.insert(miner.id);
  EXPECT_EQ(ids.size(), count);
  EXPECT_EQ(host->matches()->size(), count);
  EXPECT_EQ(host->close_epoch()->rows.size(), count);
}

TEST(Host, SaysWhatIsWrongWithARecord) {
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  Host::MinerRecord record = chat("m");
  record.endpoint = "";
  const auto miner = host->register_miner(record);
  ASSERT_FALSE(miner);
  EXPECT_EQ(miner.error().code, "malformed");
  EXPECT_NE(miner.error().message.find("endpoint"), std::string::npos) << miner.error().message;
  ASSERT_TRUE(host->register_miner(chat("m")));
  record = chat("m");
  record.name_space = "another";
  EXPECT_EQ(code_of(host->register_miner(record)), "conflict");
  EXPECT_EQ(code_of(host->map_namespace("x", "no-such-type")), "refused");
}

TEST(Host, KeepsTheVerdictsNewestFirst) {
  Host::Options with = options("[[validator]]\nuse = \"fixed\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", std::make_shared<Fixed>(700'000))};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  for (const char* id : {"m1", "m2", "m1"}) {
    ASSERT_TRUE(host->register_miner(chat(id)));
    ASSERT_TRUE(host->validate(id));
  }
  EXPECT_EQ(host->verdicts("m1", 10)->size(), 2u);
  const auto last = host->verdicts("", 2);
  ASSERT_TRUE(last) << last.error().message;
  ASSERT_EQ(last->size(), 2u);
  EXPECT_EQ(last->at(0).miner, "m1");
  EXPECT_EQ(last->at(1).miner, "m2");
  EXPECT_EQ(last->at(1).score_ppm, 700'000u);
}

TEST(Host, AnswersWhateverElseTheApiAnswers) {
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  const auto subnet = host->call("GET", "/api/v1/subnet");
  ASSERT_TRUE(subnet) << subnet.error().message;
  EXPECT_NE(subnet->find(host->key()), std::string::npos) << *subnet;
  EXPECT_EQ(code_of(host->call("GET", "/api/v1/nothing")), "not_found");
  EXPECT_EQ(code_of(host->call("POST", "/method/register_miner", "{}")), "not_found");
  EXPECT_EQ(code_of(host->call("GET", "/api/v1/events")), "not_found");
}

TEST(Host, IsCalledByManyThreadsAtOnce) {
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  std::vector<std::future<bool>> writers;
  for (int w = 0; w < 8; ++w) {
    writers.push_back(std::async(std::launch::async, [&host, w] {
      bool good = true;
      for (int i = 0; i < 25; ++i) {
        good = good && host->register_miner(chat(std::to_string(w) + "-" + std::to_string(i)));
      }
      return good;
    }));
  }
  for (auto& writer : writers) EXPECT_TRUE(writer.get());
  EXPECT_EQ(host->miners()->size(), 200u);
}

TEST(Host, TellsWhatIsCommittedAsItsEvents) {
  std::promise<std::string> registered;
  Host::Options with = options();
  with.event = [&registered](std::string_view name, std::string_view json) {
    if (name == "node") registered.set_value(std::string(json));
  };
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  ASSERT_TRUE(host->register_miner(chat("m")));
  EXPECT_NE(registered.get_future().get().find(R"("m")"), std::string::npos);
}

TEST(Host, RefusesCallsFromItsOwnFunctions) {
  std::promise<std::string> answer;
  Host* self = nullptr;
  Host::Options with = options();
  with.event = [&](std::string_view name, std::string_view) {
    if (name == "node") answer.set_value(code_of(self->miners()));
  };
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  self = host.get();
  ASSERT_TRUE(host->register_miner(chat("m")));
  EXPECT_EQ(answer.get_future().get(), "conflict");
}

TEST(Journal, IsOptionalAndLeavesNothingBehind) {
  const TemporaryFolder temporary;
  {
    const auto host = must_start(options());
    ASSERT_NE(host, nullptr);
    ASSERT_TRUE(host->register_miner(chat("m")));
    EXPECT_EQ(entries(temporary.path()), 1u);
  }
  EXPECT_EQ(entries(temporary.path()), 0u);
}

TEST(Journal, KeepsStateAndKeyAcrossARestart) {
  const Scratch folder;
  const std::string path = "journal.path = \"" + folder.file("j.db") + "\"\n";
  std::string key;
  {
    const auto host = must_start(options(path));
    ASSERT_NE(host, nullptr);
    ASSERT_TRUE(host->register_miner(chat("m")));
    key = host->key();
  }
  const auto host = must_start(options(path));
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->key(), key);
  ASSERT_TRUE(host->miner("m"));
  EXPECT_EQ(host->miner("m")->model_type, "chat");
}

TEST(Journal, OfARunningHostIsRefusedToAnother) {
  const Scratch folder;
  const std::string path = "journal.path = \"" + folder.file("j.db") + "\"\n";
  const auto host = must_start(options(path));
  ASSERT_NE(host, nullptr);
  const auto second = Host::start(options(path));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "config");
  EXPECT_NE(second.error().message.find("in use"), std::string::npos) << second.error().message;
}

TEST(Process, WithoutListenOpensNoSocket) {
  const std::set<std::string> before = sockets();
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  ASSERT_TRUE(host->register_miner(chat("m")));
  EXPECT_EQ(sockets(), before);
  EXPECT_EQ(host->url(), "");
}

TEST(Process, WithListenServesTheSameApiOverHttp) {
  const std::set<std::string> before = sockets();
  const auto host = must_start(options("http.listen = \"127.0.0.1:0\"\n"));
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(sockets().size(), before.size() + 1);
  ASSERT_TRUE(host->register_miner(chat("m")));
  const cli::Transcript read =
      cli::subnetd({"miner", "show", "m", "--url", host->url(), "--output", "json"});
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_NE(read.out.find("my-llama-3"), std::string::npos) << read.out;
}

TEST(Process, KeepsItsSignalHandlersAndLimits) {
  const auto state = [] {
    std::string out;
    for (int number = 1; number < NSIG; ++number) {
      struct sigaction action {};
      if (::sigaction(number, nullptr, &action) != 0) continue;
      out.append(reinterpret_cast<const char*>(&action.sa_handler), sizeof action.sa_handler);
    }
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    return out + std::to_string(files.rlim_cur);
  };
  rlimit low{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &low), 0);
  const rlim_t usual = std::exchange(low.rlim_cur, std::min<rlim_t>(low.rlim_cur, 512));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const std::string before = state();
  const auto host = must_start(options("http.listen = \"127.0.0.1:0\"\n"));
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(state(), before);
  low.rlim_cur = usual;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
}

TEST(Process, HearsNothingUnlessItAsksForTheLog) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  must_start(options("log.level = \"debug\"\n")).reset();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  std::string log;
  Host::Options with = options();
  with.log = [&log](std::string_view line) { log.append(line).append("\n"); };
  must_start(std::move(with)).reset();
  EXPECT_NE(log.find("serving: ready listen=nowhere\n"), std::string::npos) << log;
}

TEST(Process, ItsEnvironmentDoesNotConfigureTheHost) {
  ::setenv("SUBNETD_HTTP_LISTEN", "127.0.0.1:0", 1);
  const auto host = must_start(options());
  ::unsetenv("SUBNETD_HTTP_LISTEN");
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->url(), "");
}

TEST(Process, HoldsTwoHostsThatKnowNothingOfEachOther) {
  const auto start = [](uint32_t score_ppm) {
    Host::Options with = options("[[validator]]\nuse = \"fixed\"\n");
    with.plugins = {subnet::in_program("acme.mine", "1.0.0", std::make_shared<Fixed>(score_ppm))};
    return must_start(std::move(with));
  };
  const auto one = start(100'000), other = start(900'000);
  ASSERT_NE(one, nullptr);
  ASSERT_NE(other, nullptr);
  EXPECT_NE(one->key(), other->key());
  ASSERT_TRUE(one->register_miner(chat("m")));
  EXPECT_EQ(code_of(other->miner("m")), "not_found");
  ASSERT_TRUE(other->register_miner(chat("m")));
  EXPECT_EQ(one->validate("m")->score_ppm, 100'000u);
  EXPECT_EQ(other->validate("m")->score_ppm, 900'000u);
  one->stop();
  EXPECT_EQ(other->validate("m")->score_ppm, 900'000u);
}

TEST(Stop, EndsItsThreadsAndAnswersUnavailableFromThenOn) {
  const auto threads = [] { return entries("/proc/self/task"); };
  const std::size_t before = threads();
  const auto host = must_start(options());
  ASSERT_NE(host, nullptr);
  EXPECT_GT(threads(), before);
  host->stop();
  host->stop();  // no harm
  EXPECT_EQ(code_of(host->register_miner(chat("m"))), "unavailable");
  EXPECT_EQ(code_of(host->close_epoch()), "unavailable");
}

TEST(BadConfig, IsToldAllAtOnceWithItsPlaces) {
  Host::Options with;
  with.config = "[matcher]\nredundency = 2\n[http]\nlisten = 7\n";
  const auto host = Host::start(std::move(with));
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().code, "config");
  const std::string& message = host.error().message;
  EXPECT_NE(message.find("config:2:1"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean \"redundancy\""), std::string::npos) << message;
  EXPECT_NE(message.find("config:4:"), std::string::npos) << message;
}

TEST(BadConfig, NamesThePluginThatIsNotThere) {
  const auto host = Host::start(options("[[validator]]\nuse = \"acme.mine/scoring\"\n"));
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().code, "config");
  EXPECT_NE(host.error().message.find("acme.mine/scoring"), std::string::npos)
      << host.error().message;
}

TEST(BadConfig, IsTextOrAFileNotBoth) {
  const Scratch folder;
  Host::Options with = options();
  with.config_file = folder.write("c.toml", with.config);
  EXPECT_EQ(code_of(Host::start(with)), "config");
  with.config.clear();
  EXPECT_TRUE(Host::start(std::move(with)));
}

}  // namespace
}  // namespace subnetd::embed
