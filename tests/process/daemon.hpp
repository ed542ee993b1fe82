// SPDX-License-Identifier: 0BSD
// The real daemon as a process of its own, and a program that talks to it over a socket: where it
// serves, what it said on stderr, how it ended. It is killed with its test. Not for many threads,
// but each thread may have a Client.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/answer.hpp"
#include "cli/transcript.hpp"
#include "net/loopback.hpp"

namespace subnetd::process {

using api::testing::Answer;
using cli::Scratch;
using cli::Transcript;

// Any free port, one journal in the folder; no validation is due and no epoch ends by itself.
// `more` may repeat no key.
std::string quiet_toml(const Scratch& folder, const std::string& more = {});
// The same, written to a file of the folder.
std::string quiet_config(const Scratch& folder, const std::string& more = {});

// How a process ended: by itself with a code, or by a signal.
struct End {
  int code = -1;
  int signal = 0;

  bool operator==(const End&) const = default;
};
std::ostream& operator<<(std::ostream& out, const End& end);

class Daemon {
 public:
  explicit Daemon(const std::string& config_file, const std::vector<std::string>& more = {});
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Waits until it serves; false when it ended before that.
  bool is_serving();
  // Waits until its log holds the words; false when it ended without.
  bool has_logged(const std::string& words);
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return pid_; }
  std::string log() const;

  void signal(int number) const;
  // Nobody reads its log any more.
  void close_log();
  // Waits until it has ended.
  End wait();
  End kill();

 private:
  void read_log();
  bool wait_for(const std::function<bool()>& so);

  pid_t pid_ = -1;
  int log_end_ = -1;
  int stop_ = -1;  // written to end the reader
  std::uint16_t port_ = 0;
  End end_;
  mutable std::mutex mutex_;
  std::condition_variable grew_;
  std::string log_;
  bool over_ = false;
  std::thread reader_;
};

// Keeps its connection between calls, and makes a new one when it was closed.
class Client {
 public:
  using Headers = net::HttpHeaders;

  explicit Client(std::uint16_t port, std::string token = {}, std::string host = {});

  // Empty: the connection ended before the whole answer was there.
  std::optional<Answer> try_call(const std::string& method, const std::string& path,
                                 const std::string& body = {}, const Headers& more = {});
  // The same; no answer fails the test.
  Answer call(const std::string& method, const std::string& path, const std::string& body = {},
              const Headers& more = {});
  Answer get(const std::string& path) { return call("GET", path); }
  Answer post(const std::string& path, const std::string& body) { return call("POST", path, body); }
  Answer patch(const std::string& path, const std::string& body) {
    return call("PATCH", path, body);
  }
  // Every item of a list, page by page.
  std::vector<json::Object> list(const std::string& path);

 private:
  std::uint16_t port_;
  std::string token_, host_;
  std::unique_ptr<net::RawClient> raw_;
};

// Asks again and again; false when it is not so after a minute.
bool eventually(const std::function<bool()>& so);

// The row of /api/v1/plugins with this id; empty when there is none.
json::Object plugin(Client& client, const std::string& id);
// Holds a file in quarantine for the daemon of quiet_toml(), because "it fell"; returns its sha256.
std::string quarantine(const Scratch& folder, const std::string& file);

// "" for null or absent.
std::string text_of(const json::Object& object, std::string_view field);
std::uint64_t number_of(const json::Object& object, std::string_view field);

std::string miner_body(const std::string& id, const std::string& name_space,
                       const std::string& endpoint);
// `types` as in JSON: "\"chat\"".
std::string validator_body(const std::string& id, const std::string& types,
                           const std::string& endpoint, int capacity = 100);

}  // namespace subnetd::process
