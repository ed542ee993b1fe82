// SPDX-License-Identifier: 0BSD
#include "commune/timestamp.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace subnetd::commune {
namespace {

using namespace std::chrono;

// Takes digits and separators off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool empty() const { return text_.empty(); }
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly this many digits.
  std::optional<int> number(std::size_t digits) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }
  // Any count of digits from one up, as millionths; what is finer is cut off.
  std::optional<int> fraction() {
    int value = 0;
    std::size_t digits = 0;
    for (; number_ahead(); ++digits) {
      if (digits < 6) value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 6; ++digits) value *= 10;
    return value;
  }

 private:
  bool number_ahead() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }
  std::string_view text_;
};

// Where the date ends: YYYY-MM-DD, YYYYMMDD, YYYY-Www, YYYY-Www-D, YYYYWww, YYYYWwwD.
std::size_t date_bytes(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  const auto digit = [&](std::size_t i) { return at(i) >= '0' && at(i) <= '9'; };
  if (at(4) == '-') {
    if (at(5) != 'W') return 10;
    return at(8) == '-' && digit(9) && !digit(10) ? 10 : 8;
  }
  if (at(4) != 'W') return 8;
  std::size_t end = 7;
  while (digit(end)) ++end;
  return end < 9 ? end : end % 2 == 0 ? 7 : 8;
}

std::optional<sys_days> read_date(std::string_view text) {
  Cursor in(text);
  const auto y = in.number(4);
  if (!y || *y < 1) return std::nullopt;
  const bool dashes = in.take('-');
  if (in.take('W')) {
    const auto week = in.number(2);
    int of_week = 1;
    if (week && !in.empty()) {
      if (dashes && !in.take('-')) return std::nullopt;
      of_week = in.number(1).value_or(0);
    }
    if (!week || *week < 1 || *week > 53 || of_week < 1 || of_week > 7 || !in.empty()) {
      return std::nullopt;
    }
    // Week 1 is the one with January 4th; weeks begin on Mondays.
    const auto monday_of_week_1 = [](int of) {
      const sys_days fourth = year(of) / January / 4;
      return fourth - days(weekday(fourth).iso_encoding() - 1);
    };
    const sys_days day = monday_of_week_1(*y) + weeks(*week - 1) + days(of_week - 1);
    if (day >= monday_of_week_1(*y + 1)) return std::nullopt;
    return day;
  }
  const auto m = in.number(2);
  if (dashes && !in.take('-')) return std::nullopt;
  const auto d = in.number(2);
  if (!m || !d || !in.empty()) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

// HH[:MM[:SS[.ffffff]]], with colons or without.
std::optional<microseconds> read_clock(std::string_view text) {
  Cursor in(text);
  const auto h = in.number(2);
  int m = 0, s = 0, fraction = 0;
  const bool colons = in.take(':');
  if (colons || (!in.empty() && h)) {
    const auto minute = in.number(2);
    if (!minute) return std::nullopt;
    m = *minute;
    const bool more = colons ? in.take(':') : !in.empty();
    if (more) {
      const auto second = in.number(2);
      if (!second) return std::nullopt;
      s = *second;
      if (in.take('.') || in.take(',')) {
        const auto parts = in.fraction();
        if (!parts) return std::nullopt;
        fraction = *parts;
      }
    }
  }
  if (!h || *h > 23 || m > 59 || s > 59 || !in.empty()) return std::nullopt;
  return hours(*h) + minutes(m) + seconds(s) + microseconds(fraction);
}

}  // namespace

Result<std::int64_t> parse_timestamp(std::string_view text) {
  const auto refused = [] { return fail(Errc::malformed, "not an ISO 8601 time"); };
  if (text.size() < 7 || text.size() > 64) return refused();
  const std::size_t date_end = date_bytes(text);
  if (text.size() < date_end) return refused();
  const auto date = read_date(text.substr(0, date_end));
  if (!date) return refused();
  const auto naive = [] { return fail(Errc::malformed, "a time without its offset from UTC"); };
  if (text.size() == date_end) return naive();
  // Whatever byte stands between date and time.
  const std::string_view rest = text.substr(date_end + 1);
  const std::size_t zone = rest.find_first_of("+-Z");
  const auto clock = read_clock(rest.substr(0, zone));
  if (!clock) return refused();
  if (zone == rest.npos) return naive();
  microseconds offset{};
  if (rest[zone] == 'Z') {
    if (zone + 1 != rest.size()) return refused();
  } else {
    const auto given = read_clock(rest.substr(zone + 1));
    if (!given) return refused();
    offset = rest[zone] == '-' ? -*given : *given;
  }
  return (date->time_since_epoch() + *clock - offset).count();
}

std::string format_timestamp(std::int64_t utc_us) {
  const sys_time<microseconds> at{microseconds(utc_us)};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  const auto append = [](std::string& out, std::int64_t number, std::size_t digits, char then) {
    const std::string text = std::to_string(number);
    out.append(digits - std::min(digits, text.size()), '0').append(text);
    if (then != 0) out += then;
  };
  std::string out;
  append(out, int{date.year()}, 4, '-');
  append(out, unsigned{date.month()}, 2, '-');
  append(out, unsigned{date.day()}, 2, 'T');
  append(out, time.hours().count(), 2, ':');
  append(out, time.minutes().count(), 2, ':');
  append(out, time.seconds().count(), 2, 0);
  if (const auto fraction = time.subseconds().count(); fraction != 0) {
    out += '.';
    append(out, fraction, 6, 0);
  }
  return out + "+00:00";
}

}  // namespace subnetd::commune
