// SPDX-License-Identifier: 0BSD
#include "cli/installed.hpp"

#include "cli/output.hpp"
#include "json/json.hpp"
#include "subnet/detector.h"

namespace subnetd::cli {
namespace {

constexpr std::size_t setting_bytes_max = 1024 * 1024;

void log_of_plugin(int level, std::string_view instance, std::string_view text) {
  if (level < SBN_LOG_WARN) return;
  note(std::string(instance) + ": " + std::string(text));
}

}  // namespace

Result<std::unique_ptr<plugin::Instance>> instantiate(const plugin::Catalogue& catalogue,
                                                      std::string_view kind, std::string_view use,
                                                      std::string settings,
                                                      const std::string& where) {
  auto offer = catalogue.find(kind, use);
  if (!offer) {
    Error error = std::move(offer.error());
    error.message = where + " use: " + error.message;
    for (const plugin::Refusal& refusal : catalogue.refusals()) {
      error.message += "\nrefused: " + refusal.error.message;
    }
    return std::unexpected(std::move(error));
  }
  return plugin::Instance::create(*std::move(offer), std::move(settings), where, log_of_plugin);
}

Result<plugin::DetectorChain> make_detectors(const plugin::Catalogue& catalogue,
                                             config::Config config,
                                             const std::vector<std::string>& set) {
  plugin::DetectorChain chain;
  chain.set_subnet_hint(config.subnet.hint);
  for (config::Detector& detector : config.detectors) {
    SUBNETD_TRY(std::string settings, with_set(std::move(detector.settings.json), set));
    SUBNETD_TRY(auto instance, instantiate(catalogue, SBN_KIND_DETECTOR, detector.use,
                                           std::move(settings), "[[detector]]"));
    chain.add(plugin::Detector(std::move(instance)), detector.min_confidence_ppm);
  }
  return chain;
}

Result<std::string> with_set(std::string settings, const std::vector<std::string>& set) {
  if (set.empty()) return settings;
  SUBNETD_TRY(json::Value value, json::parse(settings, setting_bytes_max));
  for (const std::string& pair : set) {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0) {
      return fail(Errc::malformed, "--set " + pair + ": write key=value");
    }
    const std::string text = pair.substr(equals + 1);
    auto parsed = json::parse(text, setting_bytes_max);
    value.as_object()[pair.substr(0, equals)] = parsed ? *parsed : json::Value(text);
  }
  return json::serialize(value);
}

}  // namespace subnetd::cli
