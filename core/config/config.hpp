// SPDX-License-Identifier: 0BSD
// What an operator may say, as plain values. A `Config{}` is empty: the defaults stand in the one
// table of schema.cpp, so take a Config from load() or defaults(). Immutable once loaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace subnetd::config {

// A plugin's own settings: canonical JSON of an object (sorted keys), checked by the host against
// the plugin's schema. `origin` is where the table stands, or else the `use` that it belongs to.
struct Settings {
  std::string json = "{}";
  std::string origin;  // "subnetd.toml:14:1", empty when neither is given

  bool operator==(const Settings&) const = default;
};

struct Subnet {
  std::string name;
  std::uint32_t netuid = 0;
  std::string hint;  // what it is about
};

struct Http {
  std::string listen;  // address:port; port 0 takes any free one
  std::vector<std::string> public_hosts;
  std::string tls_cert;
  std::string tls_key;
};

struct Auth {
  std::string operator_token;  // already read when it stands in a file; empty: none
  std::string operator_token_file;
  std::string registration;
  std::string read;
  std::vector<std::string> allow_keys, deny_keys;  // SS58
  std::vector<std::string> deny_networks;          // CIDR
  std::uint64_t calls_per_minute_ip = 0;           // 0: no limit
  std::uint64_t calls_per_minute_key = 0;
  std::uint64_t calls_per_minute_staked = 0;
  std::uint64_t staked_from_nano = 0;
};

struct Identity {
  std::string key;  // a file, or a name of ~/.commune/key; empty: beside the journal
};

struct Journal {
  std::string path;
  std::uint64_t keep = 0;            // verdict rows
  std::uint64_t snapshot_every = 0;  // facts
};

struct Prober {
  bool allow_private = false;
  std::vector<std::string> allow_cidrs;
  std::uint32_t in_flight_max = 0;
  std::uint32_t per_endpoint_max = 0;
};

struct Plugins {
  std::vector<std::string> search;
  std::string isolation;
  std::string state;  // empty: beside the journal
  std::string lock;
  std::vector<std::string> keys;  // base64 of SubjectPublicKeyInfo
  std::string worker;  // empty: subnetd-worker beside the program
};

struct PluginLoad {
  std::string file;
  std::string sha256;  // lower case hex, empty: not pinned
  std::string isolation;  // empty: as [plugins] says
  std::uint64_t memory_mib = 0;
  std::uint64_t call_ms = 0;
  std::uint64_t restarts_per_min = 0;
};

struct Detector {
  std::string use;
  std::uint32_t min_confidence_ppm = 0;
  Settings settings;
};

// Namespaces, or globs with * and ?, that an operator says the model type of.
struct Mapping {
  std::string model_type;
  std::vector<std::string> patterns;
};

struct Matcher {
  std::string use;
  std::uint32_t redundancy = 0;
  std::uint32_t moves_per_minute = 0;
  Settings settings;
};

struct Validator {
  std::string use;
  std::vector<std::string> model_types;
  Settings settings;
};

struct Validation {
  std::uint32_t interval_s = 0;
  std::uint32_t deadline_ms = 0;
  std::uint32_t misses_max = 0;
  std::uint32_t min_score_ppm = 0;
  std::string aggregate;
};

struct Emission {
  std::string use;
  std::uint64_t budget_nano = 0;
  std::uint32_t epoch_s = 0;
  std::uint64_t default_stake_nano = 0;
  std::uint32_t tempo = 0;  // blocks; 0: epoch_s decides
  std::string weights;      // whose rules: "commune" or "bittensor"
  std::uint32_t weights_min = 0;
  std::uint32_t weights_max = 0;
  std::uint16_t weight_limit = 0;
  Settings settings;
};

struct LogOptions {
  std::string level;
  std::string format;
};

struct Metrics {
  bool enabled = false;
};

struct Config {
  std::string profile;  // "development" or "production"
  Subnet subnet;
  Http http;
  Auth auth;
  Identity identity;
  Journal journal;
  Prober prober;
  Plugins plugins;
  std::vector<PluginLoad> plugin_loads;  // [[plugins.load]]
  std::vector<Detector> detectors;       // asked in this order
  std::vector<Mapping> mappings;         // [[namespace]]; they come before every detector
  Matcher matcher;
  std::vector<Validator> validators;  // validator plugins by model type
  Validation validation;
  Emission emission;
  LogOptions log;
  Metrics metrics;
};

}  // namespace subnetd::config
