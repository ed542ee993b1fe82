// SPDX-License-Identifier: 0BSD
#include "process/daemon.hpp"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <ostream>

namespace subnetd::process {
namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::string_view serving = "\"event\":\"serving\"";

Answer answer_of(const std::string& response) {
  Answer answer;
  answer.status = net::status_of(response);
  answer.text = net::body_of(response);
  std::size_t at = response.find("\r\n");
  while (at != std::string::npos && !response.substr(at).starts_with("\r\n\r\n")) {
    const std::size_t end = response.find("\r\n", at + 2);
    const std::string field = response.substr(at + 2, end - at - 2);
    const std::size_t colon = field.find(": ");
    std::string name = field.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (colon != std::string::npos) answer.headers.emplace_back(name, field.substr(colon + 2));
    at = end;
  }
  return answer;
}

bool is_whole(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::size_t at = response.find("Content-Length: ");
  const std::size_t length = at < end ? std::stoul(response.substr(at + 16, 20)) : 0;
  return response.size() >= end + 4 + length;
}

}  // namespace

std::string quiet_toml(const Scratch& folder, const std::string& more) {
  std::string toml =
      "http.listen = \"127.0.0.1:0\"\njournal.path = \"" + folder.file("j.db") + "\"\n" + more;
  const auto unless_given = [&](const std::string& key, const std::string& value) {
    if (more.find(key) == std::string::npos) toml = key + " = " + value + "\n" + toml;
  };
  unless_given("validation.interval_s", "31_000_000");
  unless_given("emission.epoch_s", "31_000_000");
  return toml;
}

std::string quiet_config(const Scratch& folder, const std::string& more) {
  return folder.write("subnetd.toml", quiet_toml(folder, more));
}

std::ostream& operator<<(std::ostream& out, const End& end) {
  if (end.signal != 0) return out << "signal " << end.signal;
  return out << "exit code " << end.code;
}

Daemon::Daemon(const std::string& config_file, const std::vector<std::string>& more) {
  const std::string binary = std::string(SUBNETD_BINARY_DIR) + "/bin/subnetd";
  std::vector<std::string> words{binary, "run", "--config", config_file};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> argv, envp;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  for (char** at = environ; *at != nullptr; ++at) {
    if (!std::string_view(*at).starts_with("SUBNETD_")) envp.push_back(*at);
  }
  envp.push_back(nullptr);
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  log_end_ = ends[0];
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  const int failed =
      posix_spawn(&pid_, binary.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) {
    ADD_FAILURE() << binary << " cannot be started: " << failed;
    pid_ = -1;
  }
  reader_ = std::thread([this] { read_log(); });
}

Daemon::~Daemon() {
  kill();
  if (reader_.joinable()) reader_.join();
  ::close(log_end_);
  ::close(stop_);
}

void Daemon::close_log() {
  const std::uint64_t one = 1;
  EXPECT_EQ(::write(stop_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  reader_.join();
  ::close(log_end_);
  log_end_ = -1;
}

void Daemon::read_log() {
  char bytes[4096];
  for (;;) {
    pollfd wakes[] = {{log_end_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (::poll(wakes, 2, -1) < 0 && errno != EINTR) return;
    if (wakes[1].revents != 0) return;
    const ssize_t got = ::read(log_end_, bytes, sizeof bytes);
    const std::lock_guard lock(mutex_);
    if (got > 0) {
      log_.append(bytes, static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      over_ = true;
    }
    grew_.notify_all();
    if (over_) return;
  }
}

// `so` is asked under the lock, whenever the log grew or ended.
bool Daemon::wait_for(const std::function<bool()>& so) {
  std::unique_lock lock(mutex_);
  const bool told = grew_.wait_for(lock, patience, [&] { return over_ || so(); });
  EXPECT_TRUE(told) << "waited in vain; the daemon's log:\n" << log_;
  return so();
}

bool Daemon::is_serving() {
  const auto line_is_there = [this] {
    const std::size_t at = log_.find(serving);
    if (at == std::string::npos || log_.find('\n', at) == std::string::npos) return false;
    const std::size_t listen = log_.find("\"listen\":\"", at);
    port_ = static_cast<std::uint16_t>(std::stoul(log_.substr(log_.find(':', listen + 10) + 1)));
    return true;
  };
  return wait_for(line_is_there);
}

bool Daemon::has_logged(const std::string& words) {
  return wait_for([&] { return log_.find(words) != std::string::npos; });
}

std::string Daemon::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

void Daemon::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

End Daemon::wait() {
  if (pid_ <= 0) return end_;
  // The end of the log is the end of the process, while somebody reads it.
  if (log_end_ >= 0 && !wait_for([this] { return over_; })) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  end_ = WIFEXITED(status) ? End{WEXITSTATUS(status), 0} : End{-1, WTERMSIG(status)};
  return end_;
}

End Daemon::kill() {
  signal(SIGKILL);
  return wait();
}

Client::Client(std::uint16_t port, std::string token, std::string host)
    : port_(port), token_(std::move(token)), host_(std::move(host)) {
  if (host_.empty()) host_ = "127.0.0.1:" + std::to_string(port_);
}

std::optional<Answer> Client::try_call(const std::string& method, const std::string& path,
                                       const std::string& body, const Headers& more) {
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: " + host_ + "\r\n";
  if (!token_.empty()) request += "Authorization: Bearer " + token_ + "\r\n";
  if (method != "GET") {
    request +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  for (const auto& [name, value] : more) request += name + ": " + value + "\r\n";
  request += "\r\n" + (method == "GET" ? std::string() : body);
  try {
    if (!raw_) raw_ = std::make_unique<net::RawClient>(port_);
  } catch (const boost::system::system_error&) {
    return std::nullopt;
  }
  const std::string response = raw_->send(request) ? raw_->read_response() : std::string();
  const bool whole = is_whole(response);
  if (!whole || response.find("\r\nConnection: close\r\n") != std::string::npos) raw_.reset();
  if (!whole) return std::nullopt;
  return answer_of(response);
}

Answer Client::call(const std::string& method, const std::string& path, const std::string& body,
                    const Headers& more) {
  auto answer = try_call(method, path, body, more);
  EXPECT_TRUE(answer) << method << " " << path << " was not answered";
  return answer.value_or(Answer{});
}

std::vector<json::Object> Client::list(const std::string& path) {
  std::vector<json::Object> items;
  std::string cursor;
  do {
    std::string page = path + (path.find('?') == std::string::npos ? "?" : "&") + "limit=1000";
    if (!cursor.empty()) page += "&cursor=" + cursor;
    const Answer answer = get(page);
    if (answer.status != 200) {
      ADD_FAILURE() << page << ": " << answer.status << " " << answer.text;
      return items;
    }
    const json::Value body = answer.body();
    for (const json::Value& item : body.get_object().at("items").get_array()) {
      items.push_back(item.get_object());
    }
    cursor = text_of(body.get_object(), "next_cursor");
  } while (!cursor.empty());
  return items;
}

bool eventually(const std::function<bool()>& so) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!so()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

json::Object plugin(Client& client, const std::string& id) {
  const json::Value body = client.get("/api/v1/plugins").body();
  for (const json::Value& each : body.at("items").as_array()) {
    if (text_of(each.as_object(), "id") == id) return each.as_object();
  }
  return {};
}

std::string quarantine(const Scratch& folder, const std::string& file) {
  const cli::Transcript info = cli::subnetd({"plugin", "info", file, "--output", "json"});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  const std::string sha256 = text_of(json::parse(info.out, 1 << 20)->get_object(), "sha256");
  std::filesystem::create_directories(folder.file("j.db.plugins/quarantine"));
  folder.write("j.db.plugins/quarantine/" + sha256 + ".json",
               R"({"file":"x","id":"x.y","reason":"it fell","at_ms":1})");
  return sha256;
}

std::string text_of(const json::Object& object, std::string_view field) {
  const json::Value* value = object.if_contains(field);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_of(const json::Object& object, std::string_view field) {
  const json::Value* value = object.if_contains(field);
  if (value != nullptr && value->is_int64()) return static_cast<std::uint64_t>(value->get_int64());
  if (value != nullptr && value->is_uint64()) return value->get_uint64();
  ADD_FAILURE() << "no number " << field << " in " << json::serialize(object);
  return 0;
}

std::string miner_body(const std::string& id, const std::string& name_space,
                       const std::string& endpoint) {
  return R"({"id":")" + id + R"(","namespace":")" + name_space + R"(","endpoint":")" + endpoint +
         "\"}";
}

std::string validator_body(const std::string& id, const std::string& types,
                           const std::string& endpoint, int capacity) {
  return R"({"id":")" + id + R"(","specializations":[)" + types + R"(],"capacity":)" +
         std::to_string(capacity) + R"(,"endpoint":")" + endpoint + "\"}";
}

}  // namespace subnetd::process
