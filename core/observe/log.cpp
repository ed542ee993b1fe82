// SPDX-License-Identifier: 0BSD
#include "observe/log.hpp"

#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <map>
#include <mutex>

namespace subnetd::observe {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr std::size_t events_max = 1'024;

std::string_view level_word(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
  }
  return "info";
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

Level from_spdlog(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return Level::debug;
  if (level == spdlog::level::info) return Level::info;
  return level == spdlog::level::warn ? Level::warn : Level::error;
}

std::string utc(Time time) {
  const auto micros =
      std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(micros % 1'000'000));
  return text;
}

// Bytes outside printable ASCII that could steer a terminal or break a line become \uXXXX; bytes
// from 0x80 are kept only in text whose UTF-8 a cut cannot have broken, else shown as \u00XX too.
void escape(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool is_cut = text.size() > log_field_bytes_max;
  for (const char c : text.substr(0, log_field_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  if (is_cut) out += "...";
}

void append_value(std::string& out, const Field& field, LogFormat format) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const bool is_quoted =
        format == LogFormat::json || text->empty() || text->find_first_of(" =\"\\") != text->npos;
    if (is_quoted) out += '"';
    escape(out, *text);
    if (is_quoted) out += '"';
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else if (const auto* count = std::get_if<std::uint64_t>(&field.value)) {
    out += std::to_string(*count);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

// What follows time, level and event. Fields that would pass the line's cap are left out whole, so
// that a JSON line stays JSON.
std::string body(LogFormat format, std::string_view message, Fields fields) {
  const bool is_json = format == LogFormat::json;
  std::string out;
  if (is_json) out += "\"msg\":\"";
  escape(out, message);
  if (is_json) out += '"';
  for (const Field& field : fields) {
    std::string part = is_json ? ",\"" : " ";
    escape(part, field.name);
    part += is_json ? "\":" : "=";
    append_value(part, field, format);
    if (out.size() + part.size() > log_line_bytes_max - 256) break;
    out += part;
  }
  return out;
}

std::string line(LogFormat format, Time time, Level level, std::string_view event,
                 std::string_view rest) {
  std::string out;
  if (format == LogFormat::json) {
    out = "{\"ts\":\"" + utc(time) + "\",\"level\":\"" + std::string(level_word(level)) +
          "\",\"event\":\"";
    escape(out, event.substr(0, 64));
    out.append("\",").append(rest).append("}\n");
  } else {
    out = utc(time) + ' ';
    out.append(level_word(level)).append(" ");
    escape(out, event.substr(0, 64));
    out.append(": ").append(rest).append("\n");
  }
  return out;
}

void to_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;  // nowhere is left to say so
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

// Everything below runs under the lock of spdlog's base_sink.
class Log::Sink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(LogFormat format, Output output, Clock clock)
      : format_(format), output_(std::move(output)), clock_(std::move(clock)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const Time now = clock_();
    const std::string_view event(message.logger_name.data(), message.logger_name.size());
    if (!admit(event, now)) return;
    output_(line(format_, now, from_spdlog(message.level), event,
                 std::string_view(message.payload.data(), message.payload.size())));
  }
  void flush_() override {}

 private:
  struct Window {
    Time start;
    std::uint32_t written = 0;
    std::uint64_t suppressed = 0;
  };

  bool admit(std::string_view event, Time now) {
    auto at = windows_.find(event);
    if (at == windows_.end()) {
      if (windows_.size() >= events_max) return true;
      at = windows_.emplace(std::string(event), Window{now}).first;
    }
    Window& window = at->second;
    if (now - window.start >= log_window || now < window.start) {
      const std::uint64_t count = std::exchange(window.suppressed, 0);
      window = {now};
      if (count > 0) {
        output_(line(format_, now, Level::warn, event,
                     body(format_, "suppressed " + std::to_string(count) + " lines of this event",
                          {{"suppressed", count}})));
      }
    }
    if (window.written < log_repeats_max) return ++window.written, true;
    ++window.suppressed;
    return false;
  }

  LogFormat format_;
  Output output_;
  Clock clock_;
  std::map<std::string, Window, std::less<>> windows_;
};

Log::Log(Level least, LogFormat format, Output output, Clock clock)
    : least_(least),
      format_(format),
      sink_(std::make_unique<Sink>(
          format, output ? std::move(output) : Output(to_stderr),
          clock ? std::move(clock) : Clock(std::chrono::system_clock::now))) {}

Log::~Log() = default;

void Log::write(Level level, std::string_view event, std::string_view message, Fields fields) {
  if (level < least_) return;
  const std::string text = body(format_, message, fields);
  sink_->log(spdlog::details::log_msg(spdlog::string_view_t(event.data(), event.size()),
                                      to_spdlog(level),
                                      spdlog::string_view_t(text.data(), text.size())));
}

Level level_of(std::string_view word) {
  if (word == "debug") return Level::debug;
  if (word == "warn") return Level::warn;
  return word == "error" ? Level::error : Level::info;
}

LogFormat format_of(std::string_view word) {
  if (word == "text") return LogFormat::text;
  return word == "auto" && ::isatty(STDERR_FILENO) == 1 ? LogFormat::text : LogFormat::json;
}

}  // namespace subnetd::observe
