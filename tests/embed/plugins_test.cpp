// SPDX-License-Identifier: 0BSD
// Plugins of a program's own: each kind is found by `use`, asked like one of a file, and contained
// like one.
#include "cli/transcript.hpp"
#include "embed/pieces.hpp"
#include "embed/example/toy_miner.hpp"

namespace subnetd::embed {
namespace {

bool holds(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

TEST(InProgram, ADetectorDecidesWhatAMinerServes) {
  Host::Options with = options("[[detector]]\nuse = \"acme.mine/weather\"\n[[detector]]\n"
                               "use = \"patterns\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", std::make_shared<Weather>())};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  const auto miner = host->register_miner(
      {.id = "m", .name_space = "weather-xl", .endpoint = "http://127.0.0.1:9"});
  ASSERT_TRUE(miner) << miner.error().message;
  EXPECT_EQ(miner->model_type, "weather");
  EXPECT_EQ(miner->confidence_ppm, 990'000u);
  EXPECT_EQ(miner->detector, "acme.mine/weather");
  const auto why = host->explain("m");
  ASSERT_TRUE(why);
  EXPECT_TRUE(std::ranges::any_of(
      *why, [](const std::string& line) { return holds(line, "the program says so"); }));
  EXPECT_EQ(host->register_miner(chat("other"))->model_type, "chat");
}

TEST(InProgram, AMatcherDecidesWhoChecksWhom) {
  Host::Options with = options("[matcher]\nuse = \"acme.mine/last\"\n");
  with.plugins = {subnet::in_program<Last>("acme.mine", "1.0.0")};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  for (const char* id : {"v1", "v2", "v3"}) ASSERT_TRUE(host->register_validator(judge(id)));
  for (const char* id : {"m1", "m2"}) ASSERT_TRUE(host->register_miner(chat(id)));
  const auto matches = host->matches();
  ASSERT_TRUE(matches) << matches.error().message;
  ASSERT_EQ(matches->size(), 2u);
  for (const Host::Match& match : *matches) EXPECT_EQ(match.validator, "v3") << match.miner;
}

TEST(InProgram, AnObjectOfTheProgramIsTheOneThatScores) {
  Host::Options with = options("[[validator]]\nuse = \"acme.mine/fixed\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", std::make_shared<Fixed>(123'456))};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  ASSERT_TRUE(host->register_miner(chat("m")));
  const auto verdict = host->validate("m");
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(verdict->score_ppm, 123'456u);
  EXPECT_EQ(verdict->validator, "@agent");
  EXPECT_EQ(verdict->reason, "as the program wants it");
  EXPECT_EQ(host->miner("m")->score_ppm, 123'456u);
}

TEST(InProgram, AnEmissionPolicyGetsItsSettingsAndPays) {
  Host::Options with = options("[emission.settings]\npercent = 30\n");
  with.config.replace(with.config.find("emission.budget"), 0, "emission.use = \"first\"\n");
  with.plugins = {subnet::in_program<First>("acme.mine", "1.0.0")};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  ASSERT_TRUE(host->register_miner(chat("m")));
  const auto epoch = host->close_epoch();
  ASSERT_TRUE(epoch) << epoch.error().message;
  EXPECT_EQ(epoch->policy, "acme.mine/first");
  EXPECT_EQ(epoch->paid_nano, 300u);
  EXPECT_EQ(epoch->unallocated_nano, 700u);
  ASSERT_EQ(epoch->rows.size(), 1u);
  EXPECT_EQ(epoch->rows[0].amount_nano, 300u);
}

// Asks the miner over HTTP and scores whatever comes, once for all instances.
struct Counting {
  static constexpr std::string_view id = "counting", summary = "Counts", schema = no_settings;
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC | SBN_F_JUDGES_ALONE;
  int delivered = 0;
  void begin(const subnet::call&, const subnet::validate_request& request,
             subnet::validate_sink& sink) {
    sink.send(request.number(),
              {.method = request.miner_method(), .body = R"({"repeat":"a b c"})"});
  }
  void step(const subnet::call&, const subnet::reply& reply, subnet::validate_sink& sink) {
    if (reply.delivered() && reply.body() == R"({"text":"a b"})") ++delivered;
    sink.scored(reply.request(), 0, 500'000);
  }
  void forget(uint64_t) {}
};

TEST(InProgram, AValidatorsProbesReachARealMinerAndItsRepliesTheObject) {
  const auto counting = std::make_shared<Counting>();
  Host::Options with = options("[[validator]]\nuse = \"counting\"\nmodel_types = [\"chat\"]\n"
                               "[[validator]]\nuse = \"counting\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", counting)};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  ToyMiner miner(2);
  for (const char* name_space : {"my-llama-3", "whisper-tiny"}) {
    ASSERT_TRUE(host->register_miner(
        {.id = name_space, .name_space = name_space, .endpoint = miner.endpoint()}));
    const auto verdict = host->validate(name_space);
    ASSERT_TRUE(verdict) << verdict.error().message;
    EXPECT_EQ(verdict->outcome, "scored") << verdict->reason;
  }
  host->stop();  // its threads are gone: the object may be looked at
  EXPECT_EQ(counting->delivered, 2);
}

struct Throwing {
  static constexpr std::string_view id = "throwing", summary = "Throws", schema = no_settings;
  static constexpr std::array<std::string_view, 1> types{"chat"};
  void detect(const subnet::call&, const subnet::names&, subnet::detect_sink&) const {
    throw std::runtime_error("no idea");
  }
};

TEST(InProgram, ADetectorThatThrowsIsDisabledAndTheNextOneIsAsked) {
  Host::Options with = options("[[detector]]\nuse = \"throwing\"\n[[detector]]\n"
                               "use = \"patterns\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", std::make_shared<Throwing>())};
  std::string log;
  with.log = [&log](std::string_view line) { log.append(line).append("\n"); };
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  for (int i = 0; i < 4; ++i) {
    const auto miner = host->register_miner(chat("m" + std::to_string(i)));
    ASSERT_TRUE(miner) << miner.error().message;
    EXPECT_EQ(miner->model_type, "chat");
  }
  const auto plugins = host->call("GET", "/api/v1/plugins");
  ASSERT_TRUE(plugins);
  EXPECT_TRUE(holds(*plugins, R"("state":"disabled")")) << *plugins;
  EXPECT_TRUE(holds(*plugins, "no idea")) << *plugins;
  host->stop();
  EXPECT_TRUE(holds(log, "3 faults in a row")) << log;
}

struct Broken : Fixed {
  static constexpr std::string_view id = "broken";
  Broken() : Fixed(0) {}
  void begin(const subnet::call&, const subnet::validate_request&, subnet::validate_sink&) {
    throw 5;
  }
};

TEST(InProgram, AValidatorThatThrowsEndsThatRequestAndNoScoreComesOfIt) {
  Host::Options with = options("[[validator]]\nuse = \"broken\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", std::make_shared<Broken>())};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  ASSERT_TRUE(host->register_miner(chat("m")));
  const auto verdict = host->validate("m");
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(verdict->outcome, "plugin_failed");
  EXPECT_EQ(verdict->score_ppm, std::nullopt);
}

struct Bankrupt {
  static constexpr std::string_view id = "bankrupt", summary = "Cannot pay", schema = no_settings;
  void compute(const subnet::call&, const subnet::emission_in&, subnet::emission_out&) {
    throw subnet::failure(SBN_E_INVALID, "the till is empty");
  }
};

TEST(InProgram, APolicyThatFailsHoldsTheEpochAndTheCallSaysWhy) {
  Host::Options with = options("emission.use = \"bankrupt\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", std::make_shared<Bankrupt>())};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  const auto epoch = host->close_epoch();
  ASSERT_FALSE(epoch);
  EXPECT_EQ(epoch.error().code, "plugin");
  EXPECT_TRUE(holds(epoch.error().message, "the till is empty")) << epoch.error().message;
}

// Calls the host from within its own turn.
struct Caller {
  static constexpr std::string_view id = "caller", summary = "Calls back", schema = no_settings;
  static constexpr std::array<std::string_view, 1> types{"chat"};
  Host* host = nullptr;
  std::string answer;
  void detect(const subnet::call&, const subnet::names& names, subnet::detect_sink& out) {
    if (host != nullptr) answer = code_of(host->miners());
    for (size_t i = 0; i < names.size(); ++i) out.set(i, 1, 900'000);
  }
};

TEST(InProgram, APluginThatCallsItsHostIsRefusedInsteadOfWaitingForItself) {
  const auto caller = std::make_shared<Caller>();
  Host::Options with = options("[[detector]]\nuse = \"caller\"\n");
  with.plugins = {subnet::in_program("acme.mine", "1.0.0", caller)};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  caller->host = host.get();
  ASSERT_TRUE(host->register_miner(chat("m")));
  EXPECT_EQ(caller->answer, "conflict");
}

TEST(InProgram, TwoPluginsOfOneIdAreRefused) {
  Host::Options with = options();
  with.plugins = {subnet::in_program<Last>("acme.mine", "1.0.0"),
                  subnet::in_program<First>("acme.mine", "1.0.0")};
  const auto host = Host::start(std::move(with));
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().code, "config");
  EXPECT_TRUE(holds(host.error().message, "acme.mine is already taken")) << host.error().message;
}

TEST(InProgram, AnIdThatIsNoNameIsRefused) {
  Host::Options with = options();
  with.plugins = {subnet::in_program<Last>("acme mine", "1.0.0")};
  const auto host = Host::start(std::move(with));
  ASSERT_FALSE(host);
  EXPECT_TRUE(holds(host.error().message, "wants an id")) << host.error().message;
  EXPECT_TRUE(holds(host.error().hint, "acme.scoring")) << host.error().hint;
}

TEST(InProgram, SettingsOutsideTheSchemaAreRefusedWithTheirName) {
  Host::Options with = options("[emission.settings]\npercent = 300\n");
  with.config.replace(with.config.find("emission.budget"), 0, "emission.use = \"first\"\n");
  with.plugins = {subnet::in_program<First>("acme.mine", "1.0.0")};
  const auto host = Host::start(std::move(with));
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().code, "config");
  EXPECT_TRUE(holds(host.error().message, "percent")) << host.error().message;
}

// A program has no subnetd-worker beside it.
TEST(Worker, IsTheOneThatTheConfigurationNames) {
  const cli::Scratch folder;
  const auto with_worker = [](const std::string& path) {
    Host::Options with = options("plugins.worker = \"" + path + "\"\n");
    const std::string here = "isolation = \"inproc\"";
    with.config.replace(with.config.find(here), here.size(), "isolation = \"process\"");
    return with;
  };
  const std::string worker = folder.file("elsewhere");
  const auto without = Host::start(with_worker(worker));
  ASSERT_FALSE(without);
  EXPECT_TRUE(holds(without.error().message, worker)) << without.error().message;
  std::filesystem::copy_file(SUBNETD_BINARY_DIR "/bin/subnetd-worker", worker);
  const auto host = must_start(with_worker(worker));
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->register_miner(chat("m"))->model_type, "chat");
  EXPECT_TRUE(holds(*host->call("GET", "/api/v1/plugins"), R"("isolation":"process")"));
}

TEST(InProgram, IsShownAsWhatTheProgramVouchesFor) {
  Host::Options with = options("[matcher]\nuse = \"acme.mine/last\"\n");
  with.plugins = {subnet::in_program<Last>("acme.mine", "1.2.3")};
  const auto host = must_start(std::move(with));
  ASSERT_NE(host, nullptr);
  const auto plugins = host->call("GET", "/api/v1/plugins");
  ASSERT_TRUE(plugins);
  for (const char* words : {R"("version":"1.2.3")", R"("file":"in-program")",
                            R"("isolation":"inproc")", R"("trust":"built-in")"}) {
    EXPECT_TRUE(holds(*plugins, words)) << words << *plugins;
  }
}

}  // namespace
}  // namespace subnetd::embed
