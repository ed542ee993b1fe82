// SPDX-License-Identifier: 0BSD
// Life of the daemon: open, serve, drain, stop.
#include "agent/agent.hpp"

#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <future>

#include "agent/core.hpp"
#include "agent/identity.hpp"
#include "commune/ss58.hpp"
#include "domain/limits.hpp"
#include "journal/replay.hpp"
#include "net/spawn.hpp"

namespace subnetd::agent {
namespace asio = boost::asio;

namespace {

constexpr std::int64_t drain_ms = 25'000;

// "host:port", the host perhaps in brackets. The configuration has checked it.
std::pair<std::string, std::uint16_t> split_listen(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  return {host, static_cast<std::uint16_t>(std::stoul(listen.substr(colon + 1)))};
}

// The last words: straight to the descriptor, as nothing in this process is to be relied on.
void tell_broken(const char* what) {
  const std::string text = std::string("subnetd: an invariant of the engine is broken: ") + what +
                           "\nhint: this turn was not stored; start again, and report this\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

// A client and a probe take a descriptor each; the usual soft limit is for programs of few.
void raise_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &files);
}

observe::Level level_of(int level) {
  switch (level) {
    case SBN_LOG_DEBUG: return observe::Level::debug;
    case SBN_LOG_INFO: return observe::Level::info;
    case SBN_LOG_WARN: return observe::Level::warn;
    default: return observe::Level::error;
  }
}

}  // namespace

Agent::Core::Core(AgentOptions given)
    : options(std::move(given)),
      log(observe::level_of(options.config.log.level),
          observe::format_of(options.config.log.format), options.log_output) {}

Agent::Core::~Core() { stop(); }

engine::Settings Agent::Core::settings(const config::Config& c, const PluginSet& plugins) const {
  engine::Settings s;
  s.redundancy = c.matcher.redundancy;
  s.moves_per_minute = c.matcher.moves_per_minute;
  s.interval_ms = std::int64_t{c.validation.interval_s} * 1000;
  s.deadline_ms = c.validation.deadline_ms;
  s.misses_max = c.validation.misses_max;
  s.min_score_ppm = c.validation.min_score_ppm;
  s.median = c.validation.aggregate == "median";
  s.budget_nano = c.emission.budget_nano;
  s.epoch_ms = std::int64_t{c.emission.epoch_s} * 1000;
  s.default_stake_nano = c.emission.default_stake_nano;
  s.tempo = c.emission.tempo;
  s.netuid = s.tempo == 0 ? 0 : c.subnet.netuid;
  s.agent_types = plugins.agent_types();
  if (options.tune) options.tune(s);
  return s;
}

Result<net::AddressPolicy> Agent::Core::address_policy() const {
  net::AddressPolicy policy;
  policy.allow_private = options.config.prober.allow_private;
  for (const std::string& text : options.config.prober.allow_cidrs) {
    const auto cidr = net::parse_cidr(text);
    if (!cidr) {
      return fail(Errc::config, "[prober] allow_cidrs: " + cidr.error().message, cidr.error().hint);
    }
    policy.allow_cidrs.push_back(*cidr);
  }
  return policy;
}

Result<api::SignerOptions> Agent::Core::signer_options() const {
  const config::Auth& auth = options.config.auth;
  api::SignerOptions out;
  out.own_address = identity->address();
  out.may_register = auth.registration == "signed";
  const auto read = [](const std::vector<std::string>& addresses, const char* key,
                       commune::KeySet& into) -> Result<void> {
    if (addresses.size() > limits::key_list_max) {
      return fail(Errc::config, std::string("[auth] ") + key + " has over " +
                                    std::to_string(limits::key_list_max) + " addresses");
    }
    for (const std::string& address : addresses) {
      const auto decoded = commune::ss58_decode(address);
      if (!decoded) {
        return fail(Errc::config, std::string("[auth] ") + key + ": \"" + address + "\": " +
                                      decoded.error().message);
      }
      into.insert(*decoded);
    }
    return {};
  };
  SUBNETD_CHECK(read(auth.allow_keys, "allow_keys", out.keys.allow));
  SUBNETD_CHECK(read(auth.deny_keys, "deny_keys", out.keys.deny));
  for (const std::string& text : auth.deny_networks) {
    SUBNETD_TRY(net::Cidr network, net::parse_cidr(text));
    out.denied_networks.push_back(network);
  }
  out.per_minute_ip = auth.calls_per_minute_ip;
  out.per_minute_key = auth.calls_per_minute_key;
  out.per_minute_staked = auth.calls_per_minute_staked;
  out.staked_from_nano = auth.staked_from_nano;
  return out;
}

WeightRules weight_rules(const config::Emission& c) {
  return {c.weights == "commune" ? WeightChain::commune : WeightChain::bittensor, c.weights_min,
          c.weights_max, c.weight_limit, std::nullopt};
}

Result<api::Options> Agent::Core::face_options() const {
  api::Options face;
  face.operator_token = options.config.auth.operator_token;
  face.read_open = options.config.auth.read == "open";
  face.public_hosts = options.config.http.public_hosts;
  face.listen_host = host;
  face.port = port;
  face.subnet_name = options.config.subnet.name;
  face.netuid = options.config.subnet.netuid;
  face.version = options.version;
  face.journal_path = options.config.journal.path;
  face.weights = weight_rules(options.config.emission);
  SUBNETD_TRY(face.signers, signer_options());
  return face;
}

void Agent::Core::warn_of_open_networks() {
  const config::Prober& prober_options = options.config.prober;
  if (!prober_options.allow_private && prober_options.allow_cidrs.empty()) return;
  std::string cidrs;
  for (const std::string& text : prober_options.allow_cidrs) {
    cidrs += (cidrs.empty() ? "" : ", ") + text;
  }
  log.warn("prober.open_networks", "nodes may send calls to networks that are not public",
           {{"allow_private", prober_options.allow_private}, {"allow_cidrs", cidrs}});
}

Result<void> Agent::Core::take_identity() {
  SUBNETD_TRY(Identity own,
              open_identity(options.config.identity.key, options.config.journal.path));
  if (own.readable_by_others) {
    log.warn("identity.open", "others can read the file of the agent's key",
             {{"file", own.file.string()}, {"hint", "chmod 600 it"}});
  }
  identity = std::move(own.pair);
  return {};
}

plugin::PluginLog Agent::Core::plugin_log() {
  return [this](int level, std::string_view id, std::string_view text) {
    log.write(level_of(level), "plugin", text, {{"plugin", id}});
  };
}

// Everything that can refuse to start, in the order an operator would want to hear of it.
Result<void> Agent::Core::open() {
  engine::on_broken(tell_broken);
  if (sodium_init() < 0) return fail(Errc::internal, "libsodium does not start");
  if (options.contain) {
    SUBNETD_TRY(containment, Containment::open(plugin_state_folder(options.config), log));
  }
  SUBNETD_TRY(plugin_set,
              load_plugins(options.config, plugin_log(),
                           {.safe_mode = options.safe_mode,
                            .marks_steps = containment.is_on(),
                            .in_program = options.in_program}));
  shown_set = running_set = plugin_set;
  running = {options.config, options.settings};
  for (const plugin::Refusal& refusal : plugin_set->catalogue.refusals()) {
    log.warn("plugin.refused", refusal.error.message, {{"hint", refusal.error.hint}});
  }
  warn_of_open_networks();
  journal::SqliteOptions journal_options;
  journal_options.path = options.config.journal.path;
  journal_options.keep = options.config.journal.keep;
  journal_options.vfs = options.journal_vfs;
  SUBNETD_TRY(journal, journal::SqliteJournal::open(journal_options));
  SUBNETD_CHECK(containment.check());
  SUBNETD_CHECK(take_identity());
  auto read = journal::restore(*journal, engine::apply_stored);
  if (!read) {
    read.error().message = journal_options.path + ": " + read.error().message;
    return std::unexpected(std::move(read.error()));
  }
  journal::Restored& restored = *read;
  log.info("journal.restored", "state is back",
           {{"facts", restored.state.facts},
            {"replayed", restored.facts_replayed},
            {"miners", restored.state.miner_count}});
  snapshot_seq = restored.snapshot_seq;
  loop = std::make_unique<Loop>(std::move(restored.state), *journal, hooks());
  return {};
}

// Binds what [http] says; whoever asks from then on waits until the threads run.
Result<void> Agent::Core::listen() {
  net::ServerOptions server_options;
  server_options.body_limit = [this](std::string_view path) { return api->body_limit(path); };
  if (!options.config.http.tls_cert.empty()) {
    SUBNETD_TRY(server_options.tls,
                net::server_tls(options.config.http.tls_cert, options.config.http.tls_key));
  }
  auto [address, wanted_port] = split_listen(options.config.http.listen);
  host = address;
  server = std::make_unique<net::HttpServer>(
      io.get_executor(), [this](net::HttpRequest request) { return (*api)(std::move(request)); },
      std::move(server_options));
  auto bound = server->listen(address, wanted_port);
  if (!bound) {
    Error error = bound.error();
    if (error.code == Errc::conflict) error.code = Errc::unavailable;  // a retry may find it free
    return std::unexpected(std::move(error));
  }
  port = *bound;
  return {};
}

Result<void> Agent::Core::serve() {
  // Before anybody can know that it serves: a signal from then on means an orderly end.
  if (options.catch_signals) catch_signals();
  if (options.raises_limits) raise_descriptors();
  SUBNETD_TRY(net::AddressPolicy policy, address_policy());
  if (options.listens) {
    SUBNETD_CHECK(listen());
    policy.own_listeners = server->listeners();
  }

  SUBNETD_TRY(api::Options face, face_options());
  face.tls = !options.config.http.tls_cert.empty();
  face.node_addresses = policy;
  api = std::make_unique<api::Api>(std::move(face), *this);

  prober = std::make_unique<prober::Prober>(
      io.get_executor(), net::ClientOptions{std::move(policy), {}},
      prober::ProberLimits{options.config.prober.in_flight_max,
                           options.config.prober.per_endpoint_max},
      std::make_shared<const commune::KeyPair>(identity->clone()));
  validations = std::make_unique<Validations>(
      [this](Probe probe, prober::Target target) {
        asio::post(io, [this, p = std::move(probe), t = std::move(target)]() mutable {
          prober->send(std::move(p), std::move(t),
                       [this](Reply reply) { validations->replied(std::move(reply)); });
        });
      },
      [this](std::vector<ValidationEnd> ends) { ended(std::move(ends)); });
  snapshots = std::make_unique<Snapshots>(
      options.config.journal.path, options.config.journal.snapshot_every, snapshot_seq, log,
      [this](journal::Snapshot snapshot) {
        auto shared = std::make_shared<journal::Snapshot>(std::move(snapshot));
        loop->read([this, shared](const engine::State&) {
          journal->offer_snapshot(std::move(*shared));
        });
      });
  return start_threads();
}

// Fails with what the engine has against the settings: nothing serves that cannot write.
Result<void> Agent::Core::start_threads() {
  std::promise<Result<engine::Answer>> booted;
  loop->start(engine::Boot{settings(options.config, *plugin_set), plugin_set->detectors.types()},
              options.tick_ms,
              [&](Result<engine::Answer> answer) { booted.set_value(std::move(answer)); });
  io_thread = std::thread([this] {
    auto work = asio::make_work_guard(io);
    io.run();
  });
  SUBNETD_CHECK(booted.get_future().get());
  control_thread = std::thread([this] {
    auto work = asio::make_work_guard(control);
    control.run();
  });
  return map_namespaces(options.config.mappings);
}

// What the file says is put like what the API says; what stands already is not stored again.
Result<void> Agent::Core::map_namespaces(const std::vector<config::Mapping>& mappings) {
  struct Outcome {
    std::promise<void> all;
    std::size_t open = 0;
    Result<void> result;
  };
  const auto outcome = std::make_shared<Outcome>();  // the engine thread's until the promise
  std::vector<Arrival> arrivals;
  for (const config::Mapping& mapping : mappings) {
    for (const std::string& pattern : mapping.patterns) {
      Arrival arrival;
      arrival.input.body = engine::MapNamespace{pattern, mapping.model_type};
      arrival.done = [this, outcome, pattern](const Result<engine::Answer>& answer) {
        if (!answer && plugin_set->has_absent_detector) {
          log.warn("namespace.left_out", answer.error().message, {{"pattern", pattern}});
        } else if (!answer && outcome->result) {
          outcome->result = fail(
              Errc::config, "[[namespace]] \"" + pattern + "\": " + answer.error().message,
              answer.error().hint);
        }
        if (--outcome->open == 0) outcome->all.set_value();
      };
      arrivals.push_back(std::move(arrival));
    }
  }
  if (arrivals.empty()) return {};
  outcome->open = arrivals.size();
  for (Arrival& arrival : arrivals) loop->post_always(std::move(arrival));
  outcome->all.get_future().get();
  return outcome->result;
}

void Agent::Core::catch_signals() {
  ::signal(SIGPIPE, SIG_IGN);  // whoever reads the log may leave
  if (!signals) signals = std::make_shared<asio::signal_set>(io, SIGINT, SIGTERM);
  if (options.reread) catch_hangup();
}

void Agent::Core::stop() {
  if (stopped) return;
  stopped = true;
  draining = true;
  if (io_thread.joinable()) {
    // Streams never finish by themselves; requests in flight do.
    const auto drained = std::make_shared<std::promise<void>>();
    net::spawn(io.get_executor(), "drain",
               [](Core* core, std::shared_ptr<std::promise<void>> done) -> asio::awaitable<void> {
                 for (auto& stream : core->subscribers) stream->close();
                 if (core->server) co_await core->server->drain(drain_ms);
                 core->prober->stop();
                 done->set_value();
               }(this, drained));
    drained->get_future().wait();
  }
  control.stop();  // a reload under way is finished first: the others still answer it
  if (control_thread.joinable()) control_thread.join();
  // The engine first: what its last turns ask of the others then finds them there.
  if (loop) loop->stop();
  if (validations) validations->stop();
  snapshots.reset();
  io.stop();
  if (io_thread.joinable()) io_thread.join();
  server.reset();
  prober.reset();
}

Agent::Agent(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Agent::~Agent() { stop(); }

Result<std::unique_ptr<Agent>> Agent::start(AgentOptions options) {
  auto core = std::make_unique<Core>(std::move(options));
  SUBNETD_CHECK(core->open());
  SUBNETD_CHECK(core->serve());
  const std::string listen = core->host + ":" + std::to_string(core->port);
  core->log.info("serving", "ready", {{"listen", core->server ? listen : "nowhere"}});
  return std::unique_ptr<Agent>(new Agent(std::move(core)));
}

std::uint16_t Agent::port() const { return core_->port; }

std::string Agent::address() const { return core_->identity->address(); }

std::string Agent::url() const {
  if (!core_->server) return {};
  const bool v6 = core_->host.find(':') != std::string::npos;
  const bool tls = !core_->options.config.http.tls_cert.empty();
  return std::string(tls ? "https://" : "http://") + (v6 ? "[" : "") + core_->host +
         (v6 ? "]:" : ":") + std::to_string(core_->port);
}

int Agent::wait_for_signal() {
  const auto caught = std::make_shared<std::promise<int>>();
  core_->catch_signals();
  const auto signals = core_->signals;
  signals->async_wait([caught, signals](boost::system::error_code, int number) {
    // A second signal does not wait for anything; what is acknowledged is durable anyway.
    signals->async_wait([signals](boost::system::error_code ec, int again) {
      if (!ec) std::_Exit(128 + again);
    });
    caught->set_value(number);
  });
  return caught->get_future().get();
}

void Agent::stop() { core_->stop(); }

}  // namespace subnetd::agent
