// SPDX-License-Identifier: 0BSD
// The log: one line an event, text for people or JSON for machines, times in UTC to the
// microsecond. Every line has an event id, so that repeats can be counted and held back. Control
// bytes never reach a terminal, and a line is never longer than its cap. May be called from any
// thread.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace subnetd::observe {

enum class Level { debug, info, warn, error };
enum class LogFormat { text, json };

inline constexpr std::size_t log_line_bytes_max = 8 * 1024;
inline constexpr std::size_t log_field_bytes_max = 1024;
inline constexpr std::uint32_t log_repeats_max = 100;  // of one event in one window
inline constexpr std::chrono::seconds log_window{10};

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, std::uint64_t, bool> value;

  Field(std::string_view key, std::string_view text) : name(key), value(text) {}
  Field(std::string_view key, const char* text) : name(key), value(std::string_view(text)) {}
  Field(std::string_view key, const std::string& text) : name(key), value(std::string_view(text)) {}
  Field(std::string_view key, bool flag) : name(key), value(flag) {}
  template <std::signed_integral Number>
  Field(std::string_view key, Number number) : name(key), value(std::int64_t{number}) {}
  template <std::unsigned_integral Number>
  Field(std::string_view key, Number number) : name(key), value(std::uint64_t{number}) {}
};
using Fields = std::initializer_list<Field>;

class Log {
 public:
  using Clock = std::function<std::chrono::system_clock::time_point()>;
  using Output = std::function<void(std::string_view line)>;  // one line, with its newline

  // Without an output, to stderr; without a clock, by the system's.
  Log(Level least, LogFormat format, Output output = {}, Clock clock = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Of lines from here on. Any thread.
  void set_least(Level least) { least_ = least; }

  // `event` is a fixed word of the code such as "journal.snapshot", never a value.
  void write(Level level, std::string_view event, std::string_view message, Fields fields = {});

  void debug(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::debug, event, message, fields);
  }
  void info(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::info, event, message, fields);
  }
  void warn(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::warn, event, message, fields);
  }
  void error(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::error, event, message, fields);
  }

 private:
  class Sink;

  std::atomic<Level> least_;
  LogFormat format_;
  std::unique_ptr<Sink> sink_;
};

// `[log] level` and `format` as the configuration spells them; "auto" is text when stderr is a
// terminal. An unknown word is `info` and `json`.
Level level_of(std::string_view word);
LogFormat format_of(std::string_view word);

}  // namespace subnetd::observe
