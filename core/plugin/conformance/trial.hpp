// SPDX-License-Identifier: 0BSD
// What a check is made of: the component it is about, what it found, and a live instance that is
// called directly, with a host that can be told to offer less. In the children of checks only.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugin/conformance.hpp"
#include "plugin/instance.hpp"
#include "plugin/services.hpp"

namespace subnetd::plugin::conformance {

struct Finding {
  CheckState state = CheckState::ok;
  std::string text;
};
Finding good(std::string text = {});
Finding failed(const std::string& wanted, const std::string& have, const std::string& fix);
Finding skipped(std::string why);

struct Trial {
  Offer offer;
  std::string settings;  // JSON, as given
  bool settings_given = false;
  std::vector<std::filesystem::path> cases;

  std::uint32_t flags() const { return offer.component->flags; }
  // Through the host's own path.
  Result<std::unique_ptr<Instance>> instance() const;
};

// What the host offers a subject.
struct Offered {
  bool services = true;
  bool error_place = true;
  bool scratch = true;
};

// One component, created without the host's adapters.
class Subject {
 public:
  static Result<std::unique_ptr<Subject>> create(const Trial& trial, Offered offered = {});
  ~Subject();
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  void* self() const { return self_; }
  std::uint32_t flags() const { return component_->flags; }
  template <class Table>
  const Table& table() const {
    return *static_cast<const Table*>(component_->raw->vtable);
  }
  // One call; an exception or changed floating-point control bits give SBN_E_INTERNAL.
  sbn_status call(const char* slot,
                  const std::function<sbn_status(const sbn_call*, sbn_error*)>& body);
  // The last status that was no success, in words.
  const std::string& complaint() const { return complaint_; }
  void seed(std::uint64_t seed) { seed_ = seed; }
  // Lines it has logged, and the time spent in its slots.
  std::uint64_t log_lines() const { return log_lines_; }
  std::chrono::nanoseconds busy() const { return busy_; }

 private:
  struct Scratch;
  Subject() = default;

  const ComponentView* component_ = nullptr;
  InstanceContext context_;
  sbn_host host_{};
  Offered offered_;
  std::uint64_t seed_ = 1;
  std::uint64_t calls_ = 0;
  std::atomic<std::uint64_t> log_lines_{0};
  std::chrono::nanoseconds busy_{0};
  void* self_ = nullptr;
  bool created_ = false;
  std::string complaint_;
};

// Numbers that are the same in every run.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

// How a kind's usual work is asked for.
struct Work {
  std::size_t n = 64;
  bool framed = true;    // guard pages around everything
  bool optional = true;  // columns the host may leave out
  bool future = false;   // structs longer than this ABI's, poison behind
  std::uint64_t seed = 1;
};

struct Check {
  const char* name;
  const char* wants;
  Finding (*run)(const Trial& trial);
};

// One of the four: its usual work, whose answers come back as text to compare, and its own checks.
struct Kind {
  const char* id;
  Result<std::string> (*work)(Subject& subject, const Work& work);
  std::vector<Check> checks;
};

const Kind& detector_kind();
const Kind& matcher_kind();
const Kind& validator_kind();
const Kind& emission_kind();
std::array<const Kind*, 4> kinds();
const Kind* kind_of(const std::string& id);
// What holds for every kind, on top of its usual work.
const std::vector<Check>& life_checks();
// Whether `once`, done that often, leaves no memory behind.
Finding judge_memory(std::size_t times, const std::string& what,
                     const std::function<Result<void>()>& once);
// What holds for every kind, of the settings that its schema allows.
const std::vector<Check>& settings_checks();
// What holds for every kind, of the process around it.
const std::vector<Check>& host_checks();
// Of the file, by the names of the checks. No code of it runs.
std::vector<std::pair<std::string, Finding>> static_findings(const std::filesystem::path& file);
std::vector<CheckCard> static_cards();

// The status of a work's slot as an error that names it.
std::unexpected<Error> complain(const std::string& what);
inline constexpr const char* see_header = "see the kind's header in subnet/";

}  // namespace subnetd::plugin::conformance
