// SPDX-License-Identifier: 0BSD
#include "config/schema.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <type_traits>

#include "config/checks.hpp"
#include "domain/limits.hpp"
#include "domain/ppm.hpp"

namespace subnetd::config {
namespace {

template <class Field>
void assign(Field& field, const Value& value) {
  if constexpr (std::is_same_v<Field, bool>) {
    field = std::get<bool>(value);
  } else if constexpr (std::is_integral_v<Field>) {
    field = static_cast<Field>(std::get<std::int64_t>(value));
  } else {
    field = std::get<Field>(value);
  }
}

template <auto section>
constexpr bool is_array = requires(Config config) { (config.*section).back(); };

// config.section.member, of an array section that of its last element.
template <auto section, auto member>
constexpr Field field_of() {
  if constexpr (is_array<section>) {
    return {[](Config& config, const Value& value) {
      assign((config.*section).back().*member, value);
    }};
  } else {
    return {[](Config& config, const Value& value) { assign(config.*section.*member, value); },
            [](Config& to, const Config& from) { to.*section.*member = from.*section.*member; },
            [](const Config& a, const Config& b) {
              return a.*section.*member == b.*section.*member;
            }};
  }
}
template <auto section, auto member>
constexpr Field in = field_of<section, member>();

// A member of the config itself.
template <auto member>
constexpr Field top{[](Config& config, const Value& value) { assign(config.*member, value); },
                    [](Config& to, const Config& from) { to.*member = from.*member; },
                    [](const Config& a, const Config& b) { return a.*member == b.*member; }};

template <auto section>
void open(Config& config) {
  (config.*section).emplace_back();
}

constexpr std::array all_sections{
    Section{"", false, "Before any table.", nullptr, false, true},
    Section{"subnet", false, "The subnet that this daemon serves.", nullptr, false, true},
    Section{"http", false, "Where the API is served.", nullptr, false, true},
    Section{"auth", false, "Who may write, and who may read.", nullptr, false, true},
    Section{"identity", false, "Who this daemon is.", nullptr, false, true},
    Section{"journal", false, "Where facts are kept.", nullptr, false, true},
    Section{"prober", false, "Calls to miners and validators.", nullptr, false, true},
    Section{"plugins", false, "Where plugins are found.", nullptr, false},
    Section{"plugins.load", true, "One more plugin file.", open<&Config::plugin_loads>, false},
    Section{"detector", true,
            "What is this model? Asked in this order; the first answer that is sure enough wins.",
            open<&Config::detectors>, true},
    Section{"namespace", true,
            "What namespaces are, before any detector. Put at every start; stays until removed.",
            open<&Config::mappings>, false},
    Section{"matcher", false, "Who checks whom?", nullptr, false},
    Section{"validator", true,
            "How good was it? Chooses the plugin by model type; validator nodes register by API.",
            open<&Config::validators>, true},
    Section{"validation", false, "When miners are checked, and what a miss costs.", nullptr, false},
    Section{"emission", false, "Who is paid what?", nullptr, false},
    Section{"log", false, "What is written to stderr.", nullptr, false},
    Section{"metrics", false, "Prometheus text at /metrics.", nullptr, false, true},
};

// What is read at the start is kept key by key, which elements that come and go have no place for.
static_assert(std::ranges::none_of(all_sections,
                                   [](const Section& s) { return s.is_array && s.at_start; }));

constexpr std::int64_t second_max = 366ll * 24 * 3600;
constexpr std::string_view settings_doc = "The plugin's own settings; its schema checks them.";

// clang-format off
constexpr std::array all_keys{
    Key{"", "profile", Type::text, "development",
        "production: a plugin that did not come with the daemon runs only when it is pinned.",
        top<&Config::profile>, 0, 0, "development|production"},

    Key{"subnet", "name", Type::text, "local", "Shown to readers; 1 to 64 bytes.",
        in<&Config::subnet, &Subnet::name>, 0, 0, {}, subnet_name_objection},
    Key{"subnet", "netuid", Type::integer, "0", "The subnet's number.",
        in<&Config::subnet, &Subnet::netuid>, 0, 65'535},
    Key{"subnet", "hint", Type::text, "",
        "What it is about, as a model type or a task; for namespaces that say nothing themselves.",
        in<&Config::subnet, &Subnet::hint>},

    Key{"http", "listen", Type::text, "127.0.0.1:8080",
        "address:port; beyond loopback only with an operator token of 16 bytes or more.",
        in<&Config::http, &Http::listen>, 0, 0, {}, listen_objection},
    Key{"http", "public_hosts", Type::text_list, "",
        "Host names that requests may carry besides the address listened on.",
        in<&Config::http, &Http::public_hosts>},
    Key{"http", "tls_cert", Type::text, "", "PEM certificate chain; with tls_key turns TLS on.",
        in<&Config::http, &Http::tls_cert>},
    Key{"http", "tls_key", Type::text, "", "PEM private key of tls_cert.",
        in<&Config::http, &Http::tls_key>},

    Key{.section = "auth", .name = "operator_token", .type = Type::text, .fallback = "",
        .doc = "Bearer token of the operator; prefer operator_token_file.",
        .field = in<&Config::auth, &Auth::operator_token>, .secret = true},
    Key{"auth", "operator_token_file", Type::text, "",
        "File that holds the token; refused when others can read it (chmod 600).",
        in<&Config::auth, &Auth::operator_token_file>},
    Key{"auth", "registration", Type::text, "operator",
        "Who may register nodes; signed: also every key, for itself.",
        in<&Config::auth, &Auth::registration>, 0, 0, "operator|signed"},
    Key{"auth", "read", Type::text, "open", "Whether reading needs the token.",
        in<&Config::auth, &Auth::read>, 0, 0, "open|token"},
    Key{"auth", "allow_keys", Type::text_list, "",
        "Addresses (SS58) whose signatures are heard; empty: all.",
        in<&Config::auth, &Auth::allow_keys>, 0, 0, {}, address_objection},
    Key{"auth", "deny_keys", Type::text_list, "",
        "Addresses (SS58) whose signatures are not heard, whatever allow_keys says.",
        in<&Config::auth, &Auth::deny_keys>, 0, 0, {}, address_objection},
    Key{"auth", "deny_networks", Type::text_list, "",
        "Networks from which no signed request is heard, such as \"203.0.113.0/24\".",
        in<&Config::auth, &Auth::deny_networks>, 0, 0, {}, cidr_objection},
    Key{"auth", "calls_per_minute_ip", Type::integer, "600",
        "Signed requests that one client address may send; 0: no limit.",
        in<&Config::auth, &Auth::calls_per_minute_ip>, 0, 1'000'000'000},
    Key{"auth", "calls_per_minute_key", Type::integer, "60",
        "Signed requests that one key may send; 0: no limit.",
        in<&Config::auth, &Auth::calls_per_minute_key>, 0, 1'000'000'000},
    Key{"auth", "calls_per_minute_staked", Type::integer, "600",
        "The same for a key whose validators have at least staked_from_nano.",
        in<&Config::auth, &Auth::calls_per_minute_staked>, 0, 1'000'000'000},
    Key{"auth", "staked_from_nano", Type::integer, "10000000000000",
        "The stake, as the operator set it, from which on calls_per_minute_staked counts.",
        in<&Config::auth, &Auth::staked_from_nano>},

    Key{"identity", "key", Type::text, "",
        "The agent's own key: a file, or a name of ~/.commune/key; empty: a file beside the "
        "journal, made at the first run.",
        in<&Config::identity, &Identity::key>},

    Key{"journal", "path", Type::text, "subnetd.db", "The SQLite file.",
        in<&Config::journal, &Journal::path>, 0, 0, {}, non_empty_objection},
    Key{"journal", "keep", Type::integer, "10000000",
        "Verdicts (about 26 bytes each), moves and clock facts kept; older ones go once a snapshot "
        "covers them.",
        in<&Config::journal, &Journal::keep>, 1'000, 1'000'000'000'000},
    Key{"journal", "snapshot_every", Type::integer, "100000", "Facts between two snapshots.",
        in<&Config::journal, &Journal::snapshot_every>, 100, 1'000'000'000},

    Key{"prober", "allow_private", Type::boolean, "false",
        "Whether nodes may stand in private, shared (100.64.0.0/10) and loopback networks.",
        in<&Config::prober, &Prober::allow_private>},
    Key{"prober", "allow_cidrs", Type::text_list, "",
        "Networks allowed besides the public ones, such as \"10.1.0.0/16\".",
        in<&Config::prober, &Prober::allow_cidrs>, 0, 0, {}, cidr_objection},
    Key{"prober", "in_flight_max", Type::integer, "1024", "Calls in flight at once.",
        in<&Config::prober, &Prober::in_flight_max>, 1, limits::probes_in_flight_max},
    Key{"prober", "per_endpoint_max", Type::integer, "8", "Calls in flight to one endpoint.",
        in<&Config::prober, &Prober::per_endpoint_max>, 1, limits::probes_per_endpoint_max},

    Key{"plugins", "search", Type::text_list, "",
        "Folders of .sbn.so files; empty: the built-ins beside the binary.",
        in<&Config::plugins, &Plugins::search>},
    Key{"plugins", "isolation", Type::text, "auto",
        "Where plugins run: in the daemon, or each in a process that can do nothing but compute. "
        "auto: in the daemon those that came with it and pinned ones, all others apart.",
        in<&Config::plugins, &Plugins::isolation>, 0, 0, "auto|inproc|process"},
    Key{"plugins", "worker", Type::text, "",
        "The program subnetd-worker; empty: the one beside subnetd.",
        in<&Config::plugins, &Plugins::worker>},
    Key{.section = "plugins", .name = "state", .type = Type::text, .fallback = "",
        .doc = "Folder of what is held in quarantine, and why; empty: beside the journal.",
        .field = in<&Config::plugins, &Plugins::state>, .at_start = true},
    Key{"plugins", "lock", Type::text, "plugins.lock",
        "The pins that subnetd plugin lock writes; need not be there.",
        in<&Config::plugins, &Plugins::lock>, 0, 0, {}, non_empty_objection},
    Key{"plugins", "keys", Type::text_list, "",
        "ed25519 public keys; with any, plugins that did not come with the daemon need a FILE.sig.",
        in<&Config::plugins, &Plugins::keys>, 0, 0, {}, non_empty_objection},
    Key{.section = "plugins.load", .name = "file", .type = Type::text, .fallback = "",
        .doc = "The plugin file, by its absolute path.",
        .field = in<&Config::plugin_loads, &PluginLoad::file>,
        .objection = non_empty_objection, .required = true},
    Key{"plugins.load", "sha256", Type::text, "", "Refused unless the file has this hash.",
        in<&Config::plugin_loads, &PluginLoad::sha256>, 0, 0, {}, sha256_objection},
    Key{"plugins.load", "isolation", Type::text, "", "Where it runs; empty: as [plugins] says.",
        in<&Config::plugin_loads, &PluginLoad::isolation>, 0, 0, "|inproc|process"},
    Key{"plugins.load", "memory_mib", Type::integer, "256",
        "Apart: the memory it may use.",
        in<&Config::plugin_loads, &PluginLoad::memory_mib>, 16, 1'048'576},
    Key{"plugins.load", "call_ms", Type::integer, "5000",
        "Apart: how long a call may take; an emission policy has twelve times as long.",
        in<&Config::plugin_loads, &PluginLoad::call_ms>, 10, 600'000},
    Key{"plugins.load", "restarts_per_min", Type::integer, "2",
        "Apart: how often within a minute its process may be started anew; then it is given up.",
        in<&Config::plugin_loads, &PluginLoad::restarts_per_min>, 0, 1'000},

    Key{.section = "detector", .name = "use", .type = Type::text, .fallback = "patterns",
        .doc = "A detector: vendor.plugin/component, or the bare component name.",
        .field = in<&Config::detectors, &Detector::use>, .objection = non_empty_objection,
        .required = true},
    Key{"detector", "min_confidence_ppm", Type::integer, "500000",
        "An answer at or above this ends the search.",
        in<&Config::detectors, &Detector::min_confidence_ppm>, 0, ppm_one},
    Key{"detector", "settings", Type::settings, "", settings_doc,
        in<&Config::detectors, &Detector::settings>},

    Key{.section = "namespace", .name = "model_type", .type = Type::text, .fallback = "",
        .doc = "A type that a detector declares.",
        .field = in<&Config::mappings, &Mapping::model_type>, .objection = non_empty_objection,
        .required = true},
    Key{.section = "namespace", .name = "patterns", .type = Type::text_list, .fallback = "",
        .doc = "Namespaces, or globs with * and ?; exact beats glob, the longest glob the others.",
        .field = in<&Config::mappings, &Mapping::patterns>, .objection = pattern_objection,
        .required = true},

    Key{"matcher", "use", Type::text, "balanced", "A matcher.",
        in<&Config::matcher, &Matcher::use>, 0, 0, {}, non_empty_objection},
    Key{"matcher", "redundancy", Type::integer, "1", "Validators that check each miner.",
        in<&Config::matcher, &Matcher::redundancy>, 1, limits::redundancy_max},
    Key{"matcher", "moves_per_minute", Type::integer, "1000",
        "Matched miners that rebalancing may move; 0: none.",
        in<&Config::matcher, &Matcher::moves_per_minute>, 0, 1'000'000'000},
    Key{"matcher", "settings", Type::settings, "", settings_doc,
        in<&Config::matcher, &Matcher::settings>},

    Key{.section = "validator", .name = "use", .type = Type::text, .fallback = "remote",
        .doc = "A validator plugin.", .field = in<&Config::validators, &Validator::use>,
        .objection = non_empty_objection, .required = true},
    Key{"validator", "model_types", Type::text_list, "*",
        "The model types it is used for; \"*\": all that no other table names.",
        in<&Config::validators, &Validator::model_types>, 0, 0, {}, non_empty_objection},
    Key{"validator", "settings", Type::settings, "", settings_doc,
        in<&Config::validators, &Validator::settings>},

    Key{"validation", "interval_s", Type::integer, "60", "Each miner is checked once in this time.",
        in<&Config::validation, &Validation::interval_s>, 1, second_max},
    Key{"validation", "deadline_ms", Type::integer, "30000", "A verdict later than this is a miss.",
        in<&Config::validation, &Validation::deadline_ms>, 1, limits::probe_deadline_ms_max},
    Key{"validation", "misses_max", Type::integer, "3",
        "A validator with this many misses of its own in a row becomes inactive.",
        in<&Config::validation, &Validation::misses_max>, 1, limits::misses_max},
    Key{"validation", "min_score_ppm", Type::integer, "250000",
        "A miner whose mean over five verdicts is lower is flagged.",
        in<&Config::validation, &Validation::min_score_ppm>, 0, ppm_one},
    Key{"validation", "aggregate", Type::text, "mean",
        "mean: of all verdicts on a miner; median: of its validators' means.",
        in<&Config::validation, &Validation::aggregate>, 0, 0, "mean|median"},

    Key{"emission", "use", Type::text, "proportional", "An emission policy.",
        in<&Config::emission, &Emission::use>, 0, 0, {}, non_empty_objection},
    Key{"emission", "budget_nano", Type::integer, "1000000000000", "Paid out in each epoch.",
        in<&Config::emission, &Emission::budget_nano>},
    Key{"emission", "epoch_s", Type::integer, "3600", "Length of an epoch.",
        in<&Config::emission, &Emission::epoch_s>, 1, second_max},
    Key{"emission", "default_stake_nano", Type::integer, "1000000000",
        "Stake of a validator for which nobody has named one.",
        in<&Config::emission, &Emission::default_stake_nano>},
    Key{"emission", "tempo", Type::integer, "0",
        "Blocks of 8 s from epoch to epoch, closing where (block + netuid) mod tempo is 0; "
        "0: by epoch_s.",
        in<&Config::emission, &Emission::tempo>, 0, 65'535},
    Key{"emission", "weights", Type::text, "commune",
        "The chain whose rules the agent's row of weights follows.",
        in<&Config::emission, &Emission::weights>, 0, 0, "commune|bittensor"},
    Key{"emission", "weights_min", Type::integer, "1", "Entries that the chain wants in a row.",
        in<&Config::emission, &Emission::weights_min>, 0, 65'535},
    Key{"emission", "weights_max", Type::integer, "420",
        "Entries that the chain takes in a row; the largest shares are taken.",
        in<&Config::emission, &Emission::weights_max>, 1, 65'535},
    Key{"emission", "weight_limit", Type::integer, "65535",
        "Of a row's 65535, the most that one node may have.",
        in<&Config::emission, &Emission::weight_limit>, 1, 65'535},
    Key{"emission", "settings", Type::settings, "", settings_doc,
        in<&Config::emission, &Emission::settings>},

    Key{"log", "level", Type::text, "info", "The least of what is written.",
        in<&Config::log, &LogOptions::level>, 0, 0, "debug|info|warn|error"},
    Key{.section = "log", .name = "format", .type = Type::text, .fallback = "auto",
        .doc = "auto: text on a terminal, JSON lines otherwise.",
        .field = in<&Config::log, &LogOptions::format>, .allowed = "auto|text|json",
        .at_start = true},

    Key{"metrics", "enabled", Type::boolean, "true", "Whether /metrics answers.",
        in<&Config::metrics, &Metrics::enabled>},
};
// clang-format on

}  // namespace

std::string Key::path() const {
  return section.empty() ? std::string(name) : std::string(section) + '.' + std::string(name);
}

std::string Key::env_name() const {
  std::string text = "SUBNETD_" + path();
  for (char& c : text)
    c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::span<const Section> sections() {
  return all_sections;
}

std::span<const Key> keys() {
  return all_keys;
}

const Section* find_section(std::string_view name) {
  const auto found = std::ranges::find(all_sections, name, &Section::name);
  return found == all_sections.end() ? nullptr : &*found;
}

const Key* find_key(std::string_view section, std::string_view name) {
  const auto found = std::ranges::find_if(
      all_keys, [&](const Key& key) { return key.section == section && key.name == name; });
  return found == all_keys.end() ? nullptr : &*found;
}

const Section& section_of(const Key& key) {
  return *find_section(key.section);
}

bool is_overridable(const Key& key) {
  return key.type != Type::text_list && key.type != Type::settings && !section_of(key).is_array;
}

bool is_read_at_start(const Key& key) {
  return key.at_start || section_of(key).at_start;
}

}  // namespace subnetd::config
