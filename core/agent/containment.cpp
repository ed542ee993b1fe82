// SPDX-License-Identifier: 0BSD
#include "agent/containment.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "plugin/crash_file.hpp"
#include "plugin/durable_file.hpp"
#include "plugin/load_step.hpp"
#include "plugin/quarantine.hpp"

namespace subnetd::agent {
namespace {

Error as_config(Error error) {
  return {Errc::config, "[plugins] state: " + error.message, std::move(error.hint)};
}

void tell(observe::Log& log, const plugin::Quarantined& record) {
  log.error("plugin.quarantined", record.reason,
            {{"plugin", record.id},
             {"file", record.file},
             {"sha256", record.sha256},
             {"hint", plugin::quarantine_hint(record)}});
}

Result<void> settle_crash(const std::filesystem::path& state, observe::Log& log) {
  const auto crash = plugin::last_crash(state);
  if (!crash) return {};
  if (crash->plugin.sha256.empty()) {
    log.error("daemon.crashed", "the last run " + crash->words,
              {{"hint", "no plugin was found to blame: report this"}});
  } else {
    const plugin::Quarantine quarantine(state);
    const plugin::PluginName& name = crash->plugin;
    SUBNETD_CHECK(quarantine.add(name.sha256, name.file, name.id, crash->words));
    if (const auto record = quarantine.find(name.sha256)) tell(log, *record);
  }
  plugin::forget_crash(state);
  return {};
}

Result<void> settle(const std::filesystem::path& state, observe::Log& log) {
  SUBNETD_CHECK(settle_crash(state, log));
  SUBNETD_TRY(const auto ended, plugin::settle_load_steps(state));
  for (const plugin::Quarantined& record : ended) tell(log, record);
  return plugin::catch_crashes(state);
}

}  // namespace

Result<Containment> Containment::open(const std::filesystem::path& state, observe::Log& log) {
  if (auto made = plugin::make_folder(state); !made) {
    return std::unexpected(as_config(std::move(made.error())));
  }
  Containment out;
  out.state_ = state;
  plugin::Fd lock(
      ::open((state / "lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock) {
    const std::string why = (state / "lock").string() + ": " + std::strerror(errno);
    return std::unexpected(as_config({Errc::io, why, "check who owns it"}));
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return out;
  out.lock_ = std::move(lock);
  if (auto settled = settle(state, log); !settled) {
    return std::unexpected(as_config(std::move(settled.error())));
  }
  return out;
}

Result<void> Containment::check() const {
  if (is_on() || state_.empty()) return {};
  return fail(Errc::config, "[plugins] state: " + state_.string() + " is in use by another subnetd",
              "give each daemon a folder of its own, or leave the key empty");
}

}  // namespace subnetd::agent
