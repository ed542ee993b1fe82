// SPDX-License-Identifier: 0BSD
#include "api/object_text.hpp"

#include <charconv>
#include <chrono>

#include "json/json.hpp"

namespace subnetd::api {
namespace {

void append_digits(std::string& out, std::int64_t value, int width) {
  char digits[20];
  for (int i = width - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits, static_cast<std::size_t>(width));
}

}  // namespace

void append_number(std::string& out, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_time(std::string& out, std::int64_t utc_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> moment{milliseconds(utc_ms)};
  const auto midnight = floor<days>(moment);
  const year_month_day date{midnight};
  const hh_mm_ss<milliseconds> clock{moment - midnight};
  out += '"';
  append_digits(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_digits(out, clock.hours().count(), 2);
  out += ':';
  append_digits(out, clock.minutes().count(), 2);
  out += ':';
  append_digits(out, clock.seconds().count(), 2);
  out += '.';
  append_digits(out, clock.subseconds().count(), 3);
  out += "Z\"";
}

std::string& ObjectText::open(std::string_view field) {
  out_ += first_ ? "\"" : ",\"";
  first_ = false;
  out_ += field;
  out_ += "\":";
  return out_;
}

ObjectText& ObjectText::text(std::string_view field, std::string_view value) {
  json::append_string(open(field), value);
  return *this;
}

ObjectText& ObjectText::text_or_null(std::string_view field, std::string_view value) {
  return value.empty() ? null(field) : text(field, value);
}

ObjectText& ObjectText::number(std::string_view field, std::uint64_t value) {
  append_number(open(field), value);
  return *this;
}

ObjectText& ObjectText::flag(std::string_view field, bool value) {
  open(field) += value ? "true" : "false";
  return *this;
}

ObjectText& ObjectText::null(std::string_view field) {
  open(field) += "null";
  return *this;
}

ObjectText& ObjectText::time(std::string_view field, std::int64_t utc_ms) {
  append_time(open(field), utc_ms);
  return *this;
}

ObjectText& ObjectText::time_or_null(std::string_view field, std::int64_t utc_ms) {
  return utc_ms == 0 ? null(field) : time(field, utc_ms);
}

}  // namespace subnetd::api
