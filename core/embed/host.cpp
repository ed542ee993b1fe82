// SPDX-License-Identifier: 0BSD
// Host as the first client of /api/v1: every call is one of its requests, asked without HTTP. So
// limits, rules and words are those of the daemon, each in one place.
#include "embed/host.hpp"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <utility>

#include "agent/agent.hpp"
#include "config/load.hpp"
#include "domain/limits.hpp"
#include "embed/records.hpp"

namespace subnetd {
namespace {

namespace fs = std::filesystem;

// Larger than any page of ours.
constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;

Host::Error outward(const Error& error) {
  return {errc_name(error.code), error.message, error.hint};
}

std::unexpected<Host::Error> refuse(const Error& error) {
  return std::unexpected(outward(error));
}

std::string path_of(std::string_view list, std::string_view id) {
  return "/api/v1/" + std::string(list) + "/" + net::percent_encode(id);
}

// What no configuration names lies here, readable by nobody else, until the host has stopped.
class PrivateFolder {
 public:
  PrivateFolder() = default;
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  Result<fs::path> make() {
    std::error_code ec;
    std::string pattern = (fs::temp_directory_path(ec) / "subnetd-host-XXXXXX").string();
    if (ec || ::mkdtemp(pattern.data()) == nullptr) {
      return fail(Errc::io, "no private folder in the temporary directory for the facts",
                  "set TMPDIR, or [journal] path");
    }
    return path_ = pattern;
  }

 private:
  fs::path path_;
};

bool is_given(const config::Resolved& resolved, std::string_view section, std::string_view key) {
  for (const config::Setting& setting : resolved.settings) {
    if (setting.section == section && setting.key == key) return setting.origin != "default";
  }
  return false;
}

Result<config::Resolved> read_config(const Host::Options& options) {
  if (!options.config.empty() && !options.config_file.empty()) {
    return fail(Errc::config, "both config and config_file are given", "give one of them");
  }
  if (options.config_file.empty()) return config::resolve_text(options.config, "config");
  return config::resolve({.file = options.config_file, .environment = {}, .flags = {}});
}

// "event: NAME\ndata: {…}\n\n", several of them.
void tell_events(std::string_view text, const decltype(Host::Options::event)& tell) {
  constexpr std::string_view head = "event: ", body = "\ndata: ", tail = "\n\n";
  while (text.starts_with(head)) {
    const std::size_t at = text.find(body), end = text.find(tail);
    if (at == text.npos || end == text.npos || at > end) return;
    const std::size_t from = at + body.size();
    tell(text.substr(head.size(), at - head.size()), text.substr(from, end - from));
    text.remove_prefix(end + tail.size());
  }
}

// A thread within a function of Options: what it waited for would wait for it.
thread_local bool in_callback = false;

class InCallback {
 public:
  InCallback() : before_(std::exchange(in_callback, true)) {}
  ~InCallback() { in_callback = before_; }
  InCallback(const InCallback&) = delete;
  InCallback& operator=(const InCallback&) = delete;

 private:
  bool before_;
};

}  // namespace

struct Host::Core {
  PrivateFolder folder;
  decltype(Options::log) log;
  decltype(Options::event) event;
  std::atomic<std::uint64_t> events{0};  // batches seen: what waits for one wakes up
  std::unique_ptr<agent::Agent> agent;   // ends first

  void write_line(std::string_view line) {
    if (!log) return;
    if (line.ends_with('\n')) line.remove_suffix(1);
    const InCallback within;
    log(line);
  }
  void hear(std::string_view text) {
    ++events;
    events.notify_all();
    if (!event) return;
    const InCallback within;
    tell_events(text, event);
  }

  // The JSON of a success; the status as well, where it says something.
  Host::Result<std::string> ask(std::string_view method, std::string_view target,
                                std::string_view body, int* status = nullptr);
  Host::Result<json::Object> ask_object(std::string_view method, std::string_view target,
                                        const json::Object& body = {}, int* status = nullptr);
  template <class Row>
  Host::Result<Row> ask_row(std::string_view method, std::string_view target,
                            const json::Object& body = {});
  // The items of a list, page by page, up to count_max.
  template <class Row>
  Host::Result<std::vector<Row>> ask_rows(const std::string& target, std::string_view items,
                                          std::size_t count_max = SIZE_MAX);
};

Host::Result<std::string> Host::Core::ask(std::string_view method, std::string_view target,
                                          std::string_view body, int* status) {
  if (in_callback) {
    return refuse({Errc::conflict, "a function of Options may not call the host", ""});
  }
  net::HttpRequest request;
  request.method = method;
  request.target = target;
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  request.body = body;
  auto response = agent->call(std::move(request));
  if (!response) return refuse(response.error());
  if (status != nullptr) *status = response->status;
  if (response->status < 300) return std::move(response->body);
  const auto parsed = json::parse(response->body, answer_bytes_max);
  if (!parsed || !parsed->is_object() || !parsed->as_object().contains("error")) {
    return refuse({Errc::internal, "an answer is no JSON of ours: " + response->body, ""});
  }
  const json::Object& error = parsed->as_object().at("error").as_object();
  return std::unexpected(Host::Error{embed::text_of(error, "code"),
                                     embed::text_of(error, "message"),
                                     embed::text_of(error, "hint")});
}

Host::Result<json::Object> Host::Core::ask_object(std::string_view method, std::string_view target,
                                                  const json::Object& body, int* status) {
  const std::string text = body.empty() ? std::string() : json::serialize(body);
  SUBNETD_TRY(const std::string answer, ask(method, target, text, status));
  auto parsed = json::parse(answer, answer_bytes_max);
  if (!parsed) return refuse(parsed.error());
  return std::move(parsed->as_object());
}

template <class Row>
Host::Result<Row> Host::Core::ask_row(std::string_view method, std::string_view target,
                                      const json::Object& body) {
  SUBNETD_TRY(const json::Object object, ask_object(method, target, body));
  Row row;
  embed::read(object, row);
  return row;
}

template <class Row>
Host::Result<std::vector<Row>> Host::Core::ask_rows(const std::string& target,
                                                    std::string_view items,
                                                    std::size_t count_max) {
  std::vector<Row> out;
  std::string cursor;
  while (out.size() < count_max) {
    const std::size_t limit = std::min(limits::read_rows_max, count_max - out.size());
    SUBNETD_TRY(const json::Object page,
                ask_object("GET", target + (target.find('?') == target.npos ? "?" : "&") +
                                      "limit=" + std::to_string(limit) + cursor));
    for (const json::Value& each : page.at(items).as_array()) {
      embed::read(each.as_object(), out.emplace_back());
    }
    const std::string next = embed::text_of(page, "next_cursor");
    if (next.empty()) break;
    cursor = "&cursor=" + net::percent_encode(next);
  }
  return out;
}

Host::Host(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Host::~Host() { stop(); }

Host::Result<std::unique_ptr<Host>> Host::start(Options options) {
  auto resolved = read_config(options);
  if (!resolved) return refuse(resolved.error());
  auto core = std::make_unique<Core>();
  core->log = std::move(options.log);
  core->event = std::move(options.event);
  agent::AgentOptions agent_options;
  config::Config& config = agent_options.config = resolved->config;
  if (!is_given(*resolved, "journal", "path")) {
    const auto folder = core->folder.make();
    if (!folder) return refuse(folder.error());
    config.journal.path = (*folder / "subnetd.db").string();
  }
  if (config.log.format == "auto") config.log.format = "text";  // stderr decides for the daemon
  agent_options.version = version();
  agent_options.listens = is_given(*resolved, "http", "listen");
  agent_options.raises_limits = false;
  agent_options.in_program = std::move(options.plugins);
  agent_options.log_output = [to = core.get()](std::string_view line) { to->write_line(line); };
  auto agent = agent::Agent::start(std::move(agent_options));
  if (!agent) {
    subnetd::Error error = agent.error();
    if (error.code == Errc::plugin) error.code = Errc::config;  // what was asked for is refused
    return refuse(error);
  }
  core->agent = std::move(*agent);
  core->agent->subscribe([to = core.get()](std::string_view text) { to->hear(text); });
  return std::unique_ptr<Host>(new Host(std::move(core)));
}

void Host::stop() {
  core_->agent->stop();
  core_->hear({});
}

Host::Result<Host::Miner> Host::register_miner(const MinerRecord& record) {
  return core_->ask_row<Miner>("POST", "/api/v1/miners", embed::to_json(record));
}
Host::Result<Host::Validator> Host::register_validator(const ValidatorRecord& record) {
  return core_->ask_row<Validator>("POST", "/api/v1/validators", embed::to_json(record));
}
Host::Result<Host::Miner> Host::update_miner(std::string_view id, const Changes& changes) {
  return core_->ask_row<Miner>("PATCH", path_of("miners", id), embed::to_json(changes));
}
Host::Result<Host::Validator> Host::update_validator(std::string_view id, const Changes& changes) {
  return core_->ask_row<Validator>("PATCH", path_of("validators", id), embed::to_json(changes));
}

Host::Result<void> Host::remove_miner(std::string_view id) {
  SUBNETD_CHECK(core_->ask("DELETE", path_of("miners", id), {}));
  return {};
}
Host::Result<void> Host::remove_validator(std::string_view id) {
  SUBNETD_CHECK(core_->ask("DELETE", path_of("validators", id), {}));
  return {};
}
Host::Result<void> Host::map_namespace(std::string_view pattern, std::string_view model_type) {
  const json::Object mapping{{"pattern", pattern}, {"model_type", model_type}};
  SUBNETD_CHECK(core_->ask("POST", "/api/v1/namespaces", json::serialize(mapping)));
  return {};
}
Host::Result<void> Host::unmap_namespace(std::string_view pattern) {
  SUBNETD_CHECK(core_->ask("DELETE", path_of("namespaces", pattern), {}));
  return {};
}

Host::Result<Host::Verdict> Host::validate(std::string_view miner) {
  SUBNETD_TRY(const json::Object report,
              core_->ask_object("POST", path_of("miners", miner) + "/validate"));
  if (!report.at("finished").as_bool()) {
    return refuse({Errc::timeout, "no verdict on " + std::string(miner) + " within its deadline",
                   "[validation] deadline_ms; request " + embed::text_of(report, "request_id") +
                       " goes on"});
  }
  Verdict verdict;
  embed::read(report, verdict);
  return verdict;
}

Host::Result<Host::Epoch> Host::close_epoch() {
  SUBNETD_TRY(const json::Object closed, core_->ask_object("POST", "/api/v1/epochs/close"));
  const auto number = closed.at("epoch").to_number<std::uint64_t>();
  for (;;) {
    const std::uint64_t seen = core_->events;  // before looking, so that nothing is slept through
    SUBNETD_TRY(Epoch now, epoch(number));
    if (now.status == "emitted") return now;
    if (now.status == "held") {
      return refuse({Errc::plugin, "epoch " + std::to_string(number) + " is held: " +
                                       now.held_reason,
                     "the policy is asked again; correct it, or name another in [emission] use"});
    }
    core_->events.wait(seen);
  }
}

Host::Result<Host::Miner> Host::miner(std::string_view id) {
  return core_->ask_row<Miner>("GET", path_of("miners", id));
}
Host::Result<Host::Validator> Host::validator(std::string_view id) {
  return core_->ask_row<Validator>("GET", path_of("validators", id));
}
Host::Result<std::vector<Host::Miner>> Host::miners() {
  return core_->ask_rows<Miner>("/api/v1/miners", "items");
}
Host::Result<std::vector<Host::Validator>> Host::validators() {
  return core_->ask_rows<Validator>("/api/v1/validators", "items");
}
Host::Result<std::vector<Host::Match>> Host::matches() {
  return core_->ask_rows<Match>("/api/v1/matches", "items");
}
Host::Result<std::vector<Host::Verdict>> Host::verdicts(std::string_view miner,
                                                        std::size_t count_max) {
  const std::string of = miner.empty() ? "" : "?miner=" + net::percent_encode(miner);
  return core_->ask_rows<Verdict>("/api/v1/validations" + of, "items", count_max);
}

Host::Result<Host::Epoch> Host::epoch(std::uint64_t number) {
  const std::string path = "/api/v1/epochs/" + std::to_string(number);
  SUBNETD_TRY(Epoch out, core_->ask_row<Epoch>("GET", path + "?limit=1"));
  SUBNETD_TRY(out.rows, core_->ask_rows<Paid>(path, "rows"));
  return out;
}

Host::Result<std::vector<std::string>> Host::explain(std::string_view id) {
  SUBNETD_TRY(const json::Object whole, core_->ask_object("GET", path_of("explain", id)));
  std::vector<std::string> out;
  for (const auto& [what, why] : whole.at("why").as_object()) {
    out.push_back(std::string(what) + ": " + std::string(why.as_string()));
  }
  for (const json::Value& line : whole.at("lines").as_array()) {
    out.emplace_back(line.as_string());
  }
  return out;
}

Host::Result<std::string> Host::call(std::string_view method, std::string_view target,
                                     std::string_view body) {
  return core_->ask(method, target, body);
}

std::string Host::key() const { return core_->agent->address(); }
std::string Host::url() const { return core_->agent->url(); }
std::string_view Host::version() { return SUBNETD_VERSION; }

}  // namespace subnetd
