// SPDX-License-Identifier: 0BSD
#include "plugin/conformance.hpp"

#include <algorithm>
#include <sstream>

#include "plugin/conformance/cases.hpp"
#include "plugin/conformance/child.hpp"
#include "plugin/conformance/frame.hpp"
#include "plugin/conformance/trial.hpp"

namespace subnetd::plugin {
namespace {

using conformance::Check;
using conformance::ChildEnd;
using conformance::Finding;
using conformance::Kind;
using conformance::Trial;

// A report's first byte is its state.
constexpr char letter_of(CheckState state) {
  return state == CheckState::ok ? 'k' : state == CheckState::failed ? 'F' : 's';
}

std::string report_of(const Finding& finding) {
  return letter_of(finding.state) + finding.text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.push_back(line);
  return out;
}

ChildEnd load_in_child(const std::filesystem::path& file, std::chrono::milliseconds deadline) {
  const auto body = [&file] {
    const conformance::InSlot in("its entry point or a constructor");
    const auto library = Library::open(file);
    if (!library) {
      const Error& error = library.error();
      return "F" + error.message + (error.hint.empty() ? "" : ": " + error.hint);
    }
    std::string text = "k";
    for (const auto& component : (*library)->components()) {
      text += component.kind + ' ' + component.id + '\n';
    }
    return text;
  };
  return conformance::run_in_child(body, deadline, conformance::Frame::name_of);
}

class Checker {
 public:
  Checker(const std::filesystem::path& file, const ConformanceOptions& options,
          const std::function<void(const CheckLine&)>& tell)
      : file_(file), options_(options), tell_(tell), cases_(options.cases) {
    if (cases_.empty()) find_cases();
  }

  Conformance run() {
    std::vector<std::string> components;
    if (!load(components)) return Conformance::refused;
    for (const auto& [name, finding] : conformance::static_findings(file_)) {
      if (is_asked(name)) tell("", name, {true, false, report_of(finding)});
    }
    for (const std::string& each : components) {
      std::istringstream words(each);
      std::string kind, id;
      words >> kind >> id;
      check_component(each, kind, id);
    }
    return any_failed_ ? Conformance::failed : Conformance::good;
  }

 private:
  void find_cases() {
    std::string name = file_.filename().string();
    constexpr std::string_view ending = ".sbn.so";
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
    for (const std::string& each : {name + ".cases.jsonl", std::string("cases.jsonl")}) {
      const auto at = file_.parent_path() / each;
      if (!std::filesystem::exists(at)) continue;
      cases_.push_back(at);
      return;
    }
  }

  bool is_asked(std::string_view check) const {
    const auto names = [&](const std::vector<std::string>& list) {
      return std::ranges::find(list, check) != list.end();
    };
    return (options_.only.empty() || names(options_.only)) && !names(options_.skip);
  }

  ChildEnd child(const std::function<std::string()>& body) const {
    return conformance::run_in_child(body, options_.deadline, conformance::Frame::name_of);
  }

  CheckState tell(const std::string& component, const std::string& check, const ChildEnd& end) {
    CheckLine line{component, check, CheckState::failed, end.text};
    if (end.reported) {
      const char letter = end.text.front();
      line.state = letter == 'k'   ? CheckState::ok
                   : letter == 's' ? CheckState::skipped
                                   : CheckState::failed;
      line.text = end.text.substr(1);
    }
    any_failed_ = any_failed_ || line.state == CheckState::failed;
    tell_(line);
    return line.state;
  }

  // The components, one "kind id" each.
  bool load(std::vector<std::string>& components) {
    ChildEnd end = load_in_child(file_, options_.deadline);
    if (end.reported && end.text.front() == 'k') {
      components = lines_of(end.text.substr(1));
      end.text = "k" + std::to_string(components.size()) +
                 (components.size() == 1 ? " component" : " components");
    }
    return tell("", "load", end) == CheckState::ok;
  }

  // In a child.
  Result<Trial> trial_of(const std::string& wanted) const {
    Trial trial;
    {
      const conformance::InSlot in("its entry point or a constructor");
      SUBNETD_TRY(trial.offer.library, Library::open(file_));
    }
    for (const auto& component : trial.offer.library->components()) {
      if (component.kind + ' ' + component.id == wanted) trial.offer.component = &component;
    }
    if (trial.offer.component == nullptr) {
      return fail(Errc::plugin, "the second time it was loaded " + wanted + " was not there");
    }
    trial.cases = cases_;
    if (options_.settings) {
      const ComponentView& component = *trial.offer.component;
      trial.settings =
          options_.settings(component.kind, trial.offer.library->id(), component.id);
    }
    trial.settings_given = !trial.settings.empty();
    for (const auto& file : cases_) {
      if (trial.settings.empty()) trial.settings = conformance::settings_in(file);
    }
    if (trial.settings.empty()) trial.settings = "{}";
    return trial;
  }

  std::string run_check(const std::string& component, const Check& check) const {
    const auto trial = trial_of(component);
    if (!trial) return "F" + trial.error().message;
    return report_of(check.run(*trial));
  }

  void check_component(const std::string& component, const std::string& kind_id,
                       const std::string& id) {
    const Kind* kind = conformance::kind_of(kind_id);
    if (kind == nullptr) {
      tell(id, "kind", {true, false, "sthis host does not know the kind " + kind_id});
      return;
    }
    std::vector<Check> checks = kind->checks;
    for (const auto* all : {&conformance::host_checks(), &conformance::settings_checks(),
                            &conformance::life_checks()}) {
      checks.insert(checks.begin(), all->begin(), all->end());
    }
    std::string stopped;
    for (const Check& check : checks) {
      if (!is_asked(check.name)) continue;
      if (!stopped.empty()) {
        tell(id, check.name, {true, false, "s" + stopped});
        continue;
      }
      const ChildEnd end = child([&] { return run_check(component, check); });
      const CheckState state = tell(id, check.name, end);
      if (end.hung) stopped = "after " + std::string(check.name) + ": " + end.text;
      if (state == CheckState::failed && check.name == std::string_view("settings")) {
        stopped = "it cannot be created";
      }
    }
  }

  std::filesystem::path file_;
  const ConformanceOptions& options_;
  const std::function<void(const CheckLine&)>& tell_;
  std::vector<std::filesystem::path> cases_;
  bool any_failed_ = false;
};

}  // namespace

std::array<const Kind*, 4> conformance::kinds() {
  return {&detector_kind(), &matcher_kind(), &validator_kind(), &emission_kind()};
}

const Kind* conformance::kind_of(const std::string& id) {
  for (const Kind* kind : kinds()) {
    if (id == kind->id) return kind;
  }
  return nullptr;
}

std::vector<CheckCard> check_cards() {
  std::vector<CheckCard> out{{"file", "load", "a note, a descriptor and a safe place"}};
  for (CheckCard& card : conformance::static_cards()) out.push_back(std::move(card));
  const auto add = [&](const std::string& of, const std::vector<Check>& checks) {
    for (const Check& check : checks) out.push_back({of, check.name, check.wants});
  };
  add("any", conformance::life_checks());
  add("any", conformance::settings_checks());
  add("any", conformance::host_checks());
  for (const Kind* kind : conformance::kinds()) add(kind->id, kind->checks);
  return out;
}

Result<std::vector<std::string>> components_of(const std::filesystem::path& file,
                                               std::chrono::milliseconds deadline) {
  const ChildEnd end = load_in_child(std::filesystem::absolute(file), deadline);
  if (end.reported && end.text.front() == 'k') return lines_of(end.text.substr(1));
  return fail(Errc::plugin, end.reported ? end.text.substr(1) : file.string() + ": " + end.text,
              "subnetd plugin check " + file.string());
}

Conformance check_conformance(const std::filesystem::path& file, const ConformanceOptions& options,
                              const std::function<void(const CheckLine&)>& tell) {
  return Checker(std::filesystem::absolute(file), options, tell).run();
}

}  // namespace subnetd::plugin
