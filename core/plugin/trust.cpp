// SPDX-License-Identifier: 0BSD
#include "plugin/trust.hpp"

#include <algorithm>

#include "plugin/plugin_file.hpp"

namespace subnetd::plugin {

std::string Standing::words() const {
  if (built_in) return "built-in";
  if (pinned) return is_signed ? "pinned, signed" : "pinned";
  return is_signed ? "signed" : "unpinned";
}

Result<void> check_pin(const Candidate& file, std::string_view pin) {
  if (pin.empty() || pin == file.sha256) return {};
  return refused(file.path, "wanted sha256 " + std::string(pin) + ", have " + file.sha256,
                 "the file changed: inspect it, then correct the pin in [[plugins.load]]");
}

Trust::Trust(TrustRules rules) : rules_(std::move(rules)) {}

bool Trust::is_built_in(const std::filesystem::path& file) const {
  std::error_code ec;
  return std::ranges::any_of(rules_.built_in, [&](const std::filesystem::path& folder) {
    return std::filesystem::equivalent(file.parent_path(), folder, ec);
  });
}

std::optional<Error> Trust::why_held(const Candidate& file) const {
  if (!rules_.state.empty()) {
    if (const auto record = Quarantine(rules_.state).find(file.sha256)) {
      return refused(file.path, quarantine_words(*record), quarantine_hint(*record)).error();
    }
  }
  if (!rules_.safe_mode || is_built_in(file.path)) return std::nullopt;
  return refused(file.path, "is left out, as safe mode runs built-in plugins only",
                 "start without --safe-mode")
      .error();
}

Result<Standing> Trust::admit(const Candidate& file, std::string_view pin) const {
  if (auto error = why_held(file)) return std::unexpected(*std::move(error));
  SUBNETD_CHECK(check_pin(file, pin));
  if (is_built_in(file.path)) return Standing{.built_in = true};
  const std::string trust = "subnetd plugin trust " + file.path.string();
  Standing out{.pinned = !pin.empty()};
  if (const LockedPlugin* locked = rules_.lock.find(file.note.id); locked != nullptr) {
    if (pin.empty() && locked->sha256 != file.sha256) {
      return refused(file.path,
                     file.note.id + ": wanted sha256 " + locked->sha256 + " (" +
                         rules_.lock.path().string() + "), have " + file.sha256,
                     "another version: inspect it, then " + trust);
    }
    out.pinned = out.pinned || locked->sha256 == file.sha256;
  }
  if (!rules_.keys.empty()) {
    SUBNETD_CHECK(check_signature(file.path, file.bytes, rules_.keys));
    out.is_signed = true;
  }
  if (rules_.all_pinned && !out.pinned) {
    return refused(file.path,
                   "wanted a pin, as profile = \"production\" asks of every plugin that did not "
                   "come with the daemon, have none for sha256 " + file.sha256,
                   "inspect it, then " + trust);
  }
  return out;
}

LoadStep Trust::step(const Standing& standing, std::string_view sha256,
                     const std::filesystem::path& file, std::string_view id,
                     std::string_view what) const {
  if (!rules_.marks_steps || standing.built_in) return LoadStep();
  return LoadStep::begin(rules_.state, sha256, file, id, what);
}

void Trust::give_up(std::string_view sha256, const std::filesystem::path& file,
                    std::string_view id, std::string_view reason) const {
  if (!rules_.marks_steps || rules_.state.empty()) return;
  // A record that cannot be written costs a few more restarts of its worker, nothing else.
  (void)Quarantine(rules_.state).add(sha256, file.string(), id, reason);
}

}  // namespace subnetd::plugin
