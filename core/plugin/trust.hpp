// SPDX-License-Identifier: 0BSD
// Which plugin files may run, judged before any of their code does: what is in quarantine, what the
// operator has pinned, whose signature is asked for. Control thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/candidate.hpp"
#include "plugin/lock_file.hpp"
#include "plugin/load_step.hpp"
#include "plugin/quarantine.hpp"
#include "plugin/signature.hpp"

namespace subnetd::plugin {

// How far an operator has vouched for a file.
struct Standing {
  bool built_in = false;  // in the folder that came with the daemon
  bool pinned = false;    // by its sha256, in the lock or in [[plugins.load]]
  bool is_signed = false;

  bool operator==(const Standing&) const = default;
  std::string words() const;  // "built-in", "pinned", "signed", "pinned, signed", "unpinned"
};

struct TrustRules {
  std::vector<std::filesystem::path> built_in;  // folders
  std::filesystem::path state;                  // where records are; empty: none are kept
  LockFile lock;
  std::vector<VerifyKey> keys;  // not empty: every file but the built-ins is signed
  bool all_pinned = false;      // the production profile
  bool safe_mode = false;       // only built-ins run
  bool marks_steps = false;     // load steps leave a mark, for the next start to find
};

class Trust {
 public:
  explicit Trust(TrustRules rules);

  // `pin`: what [[plugins.load]] says, may be empty. Errc::plugin says what to do.
  Result<Standing> admit(const Candidate& file, std::string_view pin) const;
  // Why it waits, where that is no fault of the configuration: quarantine, or safe mode.
  std::optional<Error> why_held(const Candidate& file) const;
  const TrustRules& rules() const { return rules_; }
  // A mark that stands as long as it lives; none for a built-in.
  LoadStep step(const Standing& standing, std::string_view sha256,
                const std::filesystem::path& file, std::string_view id,
                std::string_view what) const;
  // It did harm while it ran: held back from the next start on. Nothing where none are kept.
  void give_up(std::string_view sha256, const std::filesystem::path& file, std::string_view id,
               std::string_view reason) const;
  bool is_built_in(const std::filesystem::path& file) const;

 private:
  TrustRules rules_;
};

// `pin`: of [[plugins.load]]; empty: any file.
Result<void> check_pin(const Candidate& file, std::string_view pin);

}  // namespace subnetd::plugin
