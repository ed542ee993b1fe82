// SPDX-License-Identifier: 0BSD
// demo: the whole story on this machine. A real daemon, real miners and validators as HTTP servers
// of their own; every number printed comes from the run.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "agent/agent.hpp"
#include "cli/command.hpp"
#include "cli/daemon_client.hpp"
#include "cli/demo_story.hpp"
#include "cli/reasons.hpp"
#include "cli/sources.hpp"
#include "config/load.hpp"
#include "demo/nodes.hpp"

namespace subnetd::cli {
namespace {

using demo::Quality;
using demo::Task;

constexpr std::int64_t interval_ms = 400;  // each miner is validated that often
constexpr std::chrono::seconds patience{12};
constexpr std::chrono::milliseconds poll{50};

struct DemoOptions {
  bool serve = false;
  std::string listen, config;
  OutputChoice output;
};

struct DemoMiner {
  const char* id;
  const char* name_space;
  Task task;
  Quality quality;
};
constexpr DemoMiner miners[] = {
    {"ada", "demo/ngram-gpt", Task::chat, Quality::good},
    {"ben", "demo/ngram-gpt-2", Task::chat, Quality::good},
    {"cleo", "demo/chat-of-words", Task::chat, Quality::slow},
    {"dan", "demo/chat-large", Task::chat, Quality::lying},
    {"eve", "demo/llama-gone", Task::chat, Quality::dead},
    {"fay", "demo/hash-embed", Task::embedding, Quality::good},
    {"gil", "demo/embed-noise", Task::embedding, Quality::garbage},
    {"hal", "demo/shapes-resnet", Task::image_classification, Quality::good},
    {"ivy", "demo/shapes-vit", Task::image_classification, Quality::lying},
};

struct DemoValidator {
  const char* id;
  std::vector<Task> tasks;
  std::uint32_t capacity;
};
const std::vector<DemoValidator> validators = {
    {"v-one", {Task::chat}, 4},
    {"v-two", {Task::chat}, 4},
    {"v-three", {Task::chat, Task::embedding}, 6},
    {"v-four", {Task::embedding, Task::image_classification}, 6},
};
constexpr const char* victim = "v-one";

// A folder for the journal, removed when the demo ends.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "subnetd-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Cell cell(const json::Object& object, std::string_view path) {
  const json::Value* value = at_path(object, path);
  return value == nullptr ? Cell() : Cell::for_people(*value);
}

std::string text(const json::Object& object, std::string_view path) {
  return cell(object, path).text();
}

const char* quality_of(std::string_view id) {
  for (const DemoMiner& miner : miners) {
    if (id == miner.id) return demo::quality_name(miner.quality);
  }
  return "";
}

class Demo {
 public:
  Demo(const DemoOptions& options, Story& story) : options_(options), story_(story) {}

  Result<int> run();

 private:
  using Items = std::vector<json::Object>;
  Result<void> start_nodes();
  Result<void> start_daemon();
  Result<void> register_all();
  Result<void> show_matches();
  Result<void> show_loads();
  Result<void> show_scores();
  Result<void> kill_validator();
  Result<void> pay();
  Result<void> explain();

  Result<Items> list(const std::string& path) {
    Items items;
    SUBNETD_CHECK(
        each_item(daemon_, path, [&](const json::Object& item) { items.push_back(item); }));
    return items;
  }
  Result<void> post(const std::string& path, json::Object object) {
    const json::Value body = std::move(object);
    SUBNETD_CHECK(call_daemon(daemon_, "POST", path, &body));
    return {};
  }
  // Asks again and again until `seen` says so.
  Result<void> wait_for(const std::string& what, const std::function<Result<bool>()>& seen);

  const DemoOptions& options_;
  Story& story_;
  Folder folder_;
  demo::Nodes nodes_;
  std::map<std::string, std::string> endpoints_;  // by id
  std::unique_ptr<agent::Agent> agent_;
  DaemonOptions daemon_;
};

Result<void> Demo::wait_for(const std::string& what, const std::function<Result<bool>()>& seen) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    SUBNETD_TRY(const bool done, seen());
    if (done) return {};
    if (std::chrono::steady_clock::now() > until) {
      return fail(Errc::timeout, "the demo waited in vain for " + what);
    }
    std::this_thread::sleep_for(poll);
  }
}

Result<void> Demo::start_nodes() {
  std::vector<std::vector<Cell>> rows;
  for (const DemoValidator& validator : validators) {
    SUBNETD_TRY(endpoints_[validator.id], nodes_.start_validator(validator.tasks));
    rows.push_back({"validator", validator.id, Cell(), endpoints_[validator.id]});
  }
  for (const DemoMiner& miner : miners) {
    SUBNETD_TRY(endpoints_[miner.id], nodes_.start_miner(miner.task, miner.quality));
    rows.push_back({"miner", miner.id, demo::quality_name(miner.quality), endpoints_[miner.id]});
  }
  story_.tell("each of these is an HTTP server of its own; the dead one is gone again");
  story_.table("nodes", {"role", "id", "quality", "endpoint"}, rows);
  return {};
}

Result<void> Demo::start_daemon() {
  if (folder_.path().empty()) return fail(Errc::io, "no temporary folder can be made");
  agent::AgentOptions options;
  options.config = config::defaults();
  if (!options_.config.empty()) {
    SUBNETD_TRY(options.config, config::load(sources_of(options_.config)));
  }
  options.config.subnet.name = "demo";
  options.config.http.listen = options_.listen;
  options.config.journal.path = (folder_.path() / "demo.db").string();
  options.config.prober.allow_private = true;
  options.config.validation.deadline_ms = 3000;
  options.config.log.level = "error";
  options.tune = [](engine::Settings& settings) { settings.interval_ms = interval_ms; };
  options.version = SUBNETD_VERSION;
  options.catch_signals = options_.serve;
  SUBNETD_TRY(agent_, agent::Agent::start(std::move(options)));
  daemon_.url = agent_->url();
  story_.tell("the daemon listens at " + daemon_.url + " and keeps its journal in " +
              folder_.path().string());
  return {};
}

Result<void> Demo::register_all() {
  for (const DemoValidator& validator : validators) {
    json::Array types;
    for (const Task task : validator.tasks) types.emplace_back(demo::model_type_of(task));
    SUBNETD_CHECK(post("validators", {{"id", validator.id},
                                      {"endpoint", endpoints_[validator.id]},
                                      {"specializations", std::move(types)},
                                      {"capacity", validator.capacity}}));
  }
  for (const DemoMiner& miner : miners) {
    SUBNETD_CHECK(post(
        "miners",
        {{"id", miner.id}, {"namespace", miner.name_space}, {"endpoint", endpoints_[miner.id]}}));
  }
  return {};
}

Result<void> Demo::show_matches() {
  std::map<std::string, std::string> validator_of;
  SUBNETD_CHECK(wait_for("every miner to be matched", [&]() -> Result<bool> {
    SUBNETD_TRY(const Items matches, list("matches"));
    for (const json::Object& match : matches) {
      std::string& of = validator_of[text(match, "miner")];
      if (of.empty()) of = text(match, "validator");
    }
    // Whoever watches may have added some of their own.
    return std::all_of(std::begin(miners), std::end(miners),
                       [&](const DemoMiner& miner) { return !validator_of[miner.id].empty(); });
  }));
  SUBNETD_TRY(const Items all, list("miners"));
  std::vector<std::vector<Cell>> rows;
  for (const json::Object& miner : all) {
    rows.push_back({cell(miner, "id"), cell(miner, "namespace"), cell(miner, "model_type"),
                    cell(miner, "confidence_ppm"), cell(miner, "detector"),
                    validator_of[text(miner, "id")]});
  }
  story_.tell("detected by name, matched by load");
  story_.table(
      "matches",
      {"miner", "namespace", "model_type", "confidence_ppm", "detector", "validator"}, rows);
  return show_loads();
}

Result<void> Demo::show_loads() {
  SUBNETD_TRY(const Items all, list("validators"));
  std::vector<std::vector<Cell>> rows;
  for (const json::Object& validator : all) {
    rows.push_back({cell(validator, "id"), cell(validator, "specializations"),
                    cell(validator, "capacity"), cell(validator, "load"),
                    cell(validator, "reliability_ppm"), cell(validator, "status")});
  }
  story_.table("loads",
               {"validator", "specializations", "capacity", "load", "reliability_ppm", "status"},
               rows);
  return {};
}

// Liars and those who answer garbage are flagged after five verdicts.
Result<void> Demo::show_scores() {
  story_.tell("validators ask questions that they can answer themselves, and compare");
  Items all;
  SUBNETD_CHECK(wait_for("the liars to be flagged", [&]() -> Result<bool> {
    SUBNETD_TRY(all, list("miners"));
    for (const json::Object& miner : all) {
      const std::string_view quality = quality_of(text(miner, "id"));
      const bool bad = quality == "lying" || quality == "garbage";
      if (bad && text(miner, "status") != "flagged") return false;
      if (quality == "dead" && text(miner, "status") == "active") return false;
    }
    return true;
  }));
  std::map<std::string, std::uint64_t> verdicts;
  SUBNETD_TRY(const Items history, list("validations"));
  for (const json::Object& validation : history) ++verdicts[text(validation, "miner")];
  std::vector<std::vector<Cell>> rows;
  for (const json::Object& miner : all) {
    const std::string id = text(miner, "id");
    rows.push_back({id, quality_of(id), verdicts[id], cell(miner, "score_ppm"),
                    cell(miner, "status"), cell(miner, "reason")});
  }
  story_.table("scores", {"miner", "quality", "validations", "score_ppm", "status", "reason"},
               rows);
  return {};
}

Result<void> Demo::kill_validator() {
  std::map<std::string, std::string> before;  // by miner and copy
  const auto key = [](const json::Object& match) {
    return text(match, "miner") + ' ' + text(match, "slot");
  };
  SUBNETD_TRY(const Items matched, list("matches"));
  for (const json::Object& match : matched) before[key(match)] = text(match, "validator");
  story_.tell(std::string("killing ") + victim);
  nodes_.kill(endpoints_[victim]);
  Items after;
  SUBNETD_CHECK(wait_for("the miners of the killed validator to move", [&]() -> Result<bool> {
    SUBNETD_TRY(after, list("matches"));
    for (const json::Object& match : after) {
      if (before[key(match)] == victim && text(match, "validator") == victim) return false;
    }
    return true;
  }));
  std::vector<std::vector<Cell>> rows;
  for (const json::Object& match : after) {
    const std::string& from = before[key(match)];
    if (from == text(match, "validator")) continue;
    rows.push_back(
        {cell(match, "miner"), from, cell(match, "validator"), cell(match, "reason")});
  }
  story_.tell("its miners were given to others");
  story_.table("moved", {"miner", "from", "to", "reason"}, rows);
  return show_loads();
}

Result<void> Demo::pay() {
  const json::Value nothing = json::Object{};
  SUBNETD_TRY(const DaemonReply closed, call_daemon(daemon_, "POST", "epochs/close", &nothing));
  const std::string path = "epochs/" + text(closed.body.as_object(), "epoch");
  json::Object epoch;
  SUBNETD_CHECK(wait_for("the emission", [&]() -> Result<bool> {
    auto reply = call_daemon(daemon_, "GET", path);
    if (!reply && reply.error().code == Errc::not_found) return false;
    if (!reply) return std::unexpected(reply.error());
    epoch = reply->body.as_object();
    return text(epoch, "status") == "emitted";
  }));
  std::vector<std::vector<Cell>> rows;
  std::uint64_t paid = 0;
  for (const json::Value& row : epoch.at("rows").as_array()) {
    const json::Object& node = row.as_object();
    const std::string id = text(node, "id");
    paid += node.at("amount_nano").to_number<std::uint64_t>();
    rows.push_back({cell(node, "uid"), id, cell(node, "role"), quality_of(id),
                    cell(node, "score_count"), cell(node, "amount_nano")});
  }
  story_.tell("the epoch is closed; " + text(epoch, "policy") + " pays");
  story_.table("emissions", {"uid", "id", "role", "quality", "verdicts", "amount_nano"}, rows);
  story_.table(
      "budget",
      {"epoch", "paid_nano", "founder_nano", "dust_nano", "unallocated_nano", "budget_nano"},
      {{cell(epoch, "epoch"), paid, cell(epoch, "founder_nano"), cell(epoch, "dust_nano"),
        cell(epoch, "unallocated_nano"), cell(epoch, "budget_nano")}});
  return {};
}

Result<void> Demo::explain() {
  std::vector<std::vector<Cell>> rows;
  for (const char* id : {"ada", "dan", victim}) {
    SUBNETD_TRY(const DaemonReply reply, call_daemon(daemon_, "GET", std::string("explain/") + id));
    for (const Reason& reason : reasons_of(reply.body)) {
      if (reason.about != "happened") rows.push_back({id, reason.about, reason.because});
    }
  }
  story_.tell("why it is so");
  story_.table("why", {"id", "about", "because"}, rows);
  return {};
}

Result<int> Demo::run() {
  SUBNETD_CHECK(start_nodes());
  SUBNETD_CHECK(start_daemon());
  SUBNETD_CHECK(register_all());
  SUBNETD_CHECK(show_matches());
  SUBNETD_CHECK(show_scores());
  SUBNETD_CHECK(kill_validator());
  SUBNETD_CHECK(pay());
  SUBNETD_CHECK(explain());
  story_.finish();
  int end = number(ExitCode::ok);
  if (options_.serve) {
    story_.tell("dashboard: " + daemon_.url + "/   stop with Ctrl-C");
    end = 128 + agent_->wait_for_signal();
  }
  agent_->stop();
  return end;
}

Result<int> run_demo(const DemoOptions& given) {
  DemoOptions options = given;
  if (options.listen.empty()) options.listen = options.serve ? "127.0.0.1:8080" : "127.0.0.1:0";
  Story story(style_of(options.output));
  story.tell("subnetd " SUBNETD_VERSION ", one subnet from registration to emission");
  Demo demo(options, story);
  return demo.run();
}

}  // namespace

void add_demo(CLI::App& root, Chosen& chosen) {
  CLI::App* command = root.add_subcommand("demo", "One whole story on this machine");
  auto options = std::make_shared<DemoOptions>();
  command->add_flag("--serve", options->serve, "Keep the daemon and its dashboard up");
  command
      ->add_option("--listen", options->listen,
                   "Where; 127.0.0.1:8080 with --serve, else any free port")
      ->type_name("HOST:PORT");
  command
      ->add_option("--config", options->config, "Its plugins and settings in place of the defaults")
      ->type_name("FILE");
  add_output_options(*command, options->output);
  on_chosen(*command, chosen, options, run_demo);
}

}  // namespace subnetd::cli
