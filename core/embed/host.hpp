// SPDX-License-Identifier: 0BSD
// A subnet's host inside your own program: the daemon without its command line. It has threads of
// its own and none of what belongs to a process: no signal handlers, no global logger, no limits
// raised, no environment read. Several hosts live side by side.
//
//   subnetd::Host::Options options;
//   options.config = "[[validator]]\nuse = \"acme.scoring/words\"\n";
//   options.plugins = {subnet::in_program("acme.scoring", "1.0.0", std::make_shared<Words>())};
//   auto host = subnetd::Host::start(std::move(options));
//   if (!host) …  // host.error().message, .hint
//   (*host)->register_miner({.id = "m1", .name_space = "llama", .endpoint = "http://…"});
//
// Source-compatible within a minor version: fields and functions are added, none goes.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sbn_plugin;  // subnet/abi.h

namespace subnetd {

// Every function may be called by any thread, several at once, and blocks until it is done; a write
// until it is durable. Not by a plugin nor by a function of Options: that would wait for itself
// ("conflict"). A constructor and the destructor, and start(), are for one thread at a time.
class Host {
 public:
  struct Error {
    // The word of /api/v1's errors: "malformed", "not_found", "conflict", "refused", "unavailable",
    // "timeout", "config", "plugin", "internal", …
    std::string code;
    std::string message;  // what failed, on what, why; a configuration's faults one a line
    std::string hint;     // what to do next; may be empty
  };
  template <class T>
  using Result = std::expected<T, Error>;

  struct Options {
    // TOML as in the daemon's file, or the path of such a file; neither: the defaults. Three of
    // them differ. Without `[journal] path` facts lie in a private folder of the temporary
    // directory, which goes with the host, and its key as well. Without `[http] listen` nothing
    // listens. Without `[plugins] search` the folder of the built-in plugins is looked for beside
    // the program, as the daemon does; a CMake package knows it as subnetd_PLUGIN_DIR.
    std::string config;
    std::string config_file;
    // Plugins of this program, made by subnet/in_program.hpp. `use` of the configuration finds them
    // like any other; they are trusted, and run in this process.
    std::vector<std::shared_ptr<const sbn_plugin>> plugins;
    // One line, without its newline, as `[log]` says. Any thread. Empty: silence.
    std::function<void(std::string_view line)> log;
    // What has been committed: the name and the JSON of an event of GET /api/v1/events. One thread.
    std::function<void(std::string_view name, std::string_view json)> event;
  };

  // What a registration says, as POST /api/v1/miners takes it.
  struct MinerRecord {
    std::string id;          // unique among miners and validators
    std::string name_space;  // 1 to 128 bytes of UTF-8: what detectors look at
    std::string endpoint;    // URL, or ip:port
    std::string key = {};    // SS58; empty: the operator's
    std::string protocol = "module";
    std::string method = "generate";
    std::string task = {};
    std::string region = {};
  };
  struct ValidatorRecord {
    std::string id;
    std::string endpoint;
    std::vector<std::string> specializations;  // model types; "*": every type, last
    std::uint32_t capacity = 1;                // copies of miners
    std::string key = {};
    std::string name_space = {};
    std::string protocol = "module";
    std::string method = "generate";
    std::string task = {};
    std::string region = {};
  };
  // Absent fields stay as they are.
  struct Changes {
    std::optional<std::string> key = {}, name_space = {}, endpoint = {}, protocol = {}, method = {},
                               task = {}, region = {};
    std::optional<std::string> status = {};  // "active", "inactive" or "draining"
    // Of validators alone.
    std::optional<std::vector<std::string>> specializations = {};
    std::optional<std::uint32_t> capacity = {};
    std::optional<std::uint64_t> stake_nano = {};
    std::optional<std::string> parent = {};  // id of a validator; empty: none
    std::optional<std::uint32_t> fee_bp = {};
  };

  // One copy of a miner and its validator.
  struct Match {
    std::string miner;
    std::uint32_t slot = 0;
    std::string validator;  // empty: none, and the reason why
    std::string reason;     // "no_validator", "no_capacity", …
  };
  struct Miner : MinerRecord {
    std::uint32_t uid = 0;
    std::string model_type;
    std::uint32_t confidence_ppm = 0;
    std::string detector;  // empty: none was sure, or the operator mapped it
    std::uint32_t reliability_ppm = 0;
    std::optional<std::uint32_t> score_ppm;  // mean of the last verdicts, five at most
    std::string status;                      // "active", "inactive", "draining", "flagged"
    std::string reason;
    std::vector<Match> matches;
  };
  struct Validator : ValidatorRecord {
    std::uint32_t uid = 0;
    std::uint32_t load = 0;
    std::uint32_t reliability_ppm = 0;
    std::uint64_t stake_nano = 0;
    std::string status;
    std::string reason;
  };
  struct Verdict {
    std::string miner;
    std::string validator;  // "@agent": the plugin judged alone
    std::string outcome;    // "scored", "carried", "miner_failed", "validator_failed", …
    std::optional<std::uint32_t> score_ppm;
    std::string reason;  // of the plugin; not kept in the history
  };
  struct Paid {
    std::uint32_t uid = 0;
    std::string role;  // "miner" or "validator"
    std::string id;
    std::uint64_t amount_nano = 0;
    std::uint64_t score_sum_ppm = 0;
    std::uint32_t score_count = 0;  // verdicts of the epoch
  };
  // paid + founder + dust + unallocated = budget.
  struct Epoch {
    std::uint64_t epoch = 0;
    std::string status;       // "closed", "held" or "emitted"; the rest is of an emitted one
    std::string held_reason;  // of a held one: the policy could not answer, and is asked again
    std::string policy;
    std::uint64_t budget_nano = 0, paid_nano = 0, founder_nano = 0, dust_nano = 0,
                  unallocated_nano = 0;
    std::vector<Paid> rows;  // by uid
  };

  // "config": the configuration, a plugin or the journal is refused; all that is wrong with the
  // configuration at once. It serves when this returns.
  static Result<std::unique_ptr<Host>> start(Options options);
  ~Host();  // stop()
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Makes the last turn durable and ends the threads; what is asked from then on is "unavailable".
  // Not while another thread is in a call.
  void stop();

  // A miner is typed and matched in the turn that writes it. The same again: no error.
  Result<Miner> register_miner(const MinerRecord& record);
  Result<Validator> register_validator(const ValidatorRecord& record);
  Result<Miner> update_miner(std::string_view id, const Changes& changes);
  Result<Validator> update_validator(std::string_view id, const Changes& changes);
  Result<void> remove_miner(std::string_view id);
  Result<void> remove_validator(std::string_view id);
  // Namespaces that are this pattern, or match it as a glob (* and ?), are of that type.
  Result<void> map_namespace(std::string_view pattern, std::string_view model_type);
  Result<void> unmap_namespace(std::string_view pattern);
  // Has a miner checked out of turn, and waits. "timeout": no verdict within `[validation]
  // deadline_ms` and a grace.
  Result<Verdict> validate(std::string_view miner);
  // Closes the running epoch and waits for the policy. "plugin": the epoch is held, and why.
  Result<Epoch> close_epoch();

  Result<Miner> miner(std::string_view id);
  Result<Validator> validator(std::string_view id);
  // Everything there is, read a thousand rows at a time between turns: what changes meanwhile may
  // be in it or not.
  Result<std::vector<Miner>> miners();
  Result<std::vector<Validator>> validators();
  Result<std::vector<Match>> matches();
  // The newest first; of one miner, or of all where it is empty.
  Result<std::vector<Verdict>> verdicts(std::string_view miner, std::size_t count_max);
  Result<Epoch> epoch(std::uint64_t number);
  // Why a node is typed, matched, scored and paid as it is, one sentence an entry.
  Result<std::vector<std::string>> explain(std::string_view id);

  // Whatever else /api/v1 answers, as there: ("GET", "/api/v1/plugins"). The JSON of a success.
  Result<std::string> call(std::string_view method, std::string_view target,
                           std::string_view body = {});

  std::string key() const;  // SS58, what the host signs with
  std::string url() const;  // empty: nothing listens
  static std::string_view version();

 private:
  struct Core;
  explicit Host(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace subnetd
