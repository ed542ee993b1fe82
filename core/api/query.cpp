// SPDX-License-Identifier: 0BSD
#include "api/query.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <vector>

#include "domain/hash.hpp"
#include "domain/limits.hpp"
#include "domain/text.hpp"

namespace subnetd::api {
namespace {

constexpr std::size_t check_digits = 8;

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void append_hex(std::string& out, std::uint64_t value, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0;) out += "0123456789abcdef"[value >> (4 * i) & 15];
}

std::string check_of(std::string_view list, std::string_view place) {
  std::string out;
  append_hex(out, hash64(place, hash64(list)), check_digits);
  return out;
}

// YYYY-MM-DDThh:mm:ss, perhaps with a fraction, then Z.
std::optional<std::int64_t> rfc3339_ms(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() < shape.size() + 1 || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const auto part = [text](std::size_t at, std::size_t size) {
    return *whole_number<unsigned>(text.substr(at, size));
  };
  const year_month_day date{year(static_cast<int>(part(0, 4))), month(part(5, 2)), day(part(8, 2))};
  const unsigned h = part(11, 2), m = part(14, 2), s = part(17, 2);
  if (!date.ok() || h > 23 || m > 59 || s > 60) return std::nullopt;
  std::string_view fraction = text.substr(shape.size(), text.size() - shape.size() - 1);
  std::int64_t ms = 0;
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() < 2) return std::nullopt;
    fraction.remove_prefix(1);
    if (fraction.find_first_not_of("0123456789") != fraction.npos) return std::nullopt;
    for (std::size_t i = 0; i < 3; ++i) {
      ms = ms * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
  }
  const auto seconds_of_day = hours(h) + minutes(m) + seconds(s);
  return duration_cast<milliseconds>(sys_days(date).time_since_epoch() + seconds_of_day).count() +
         ms;
}

}  // namespace

Result<Query> Query::read(std::string_view raw, std::span<const Param> known) {
  Query query;
  SUBNETD_TRY(query.pairs_, net::parse_query(raw));
  std::vector<std::string_view> names;
  for (const Param& param : known) names.push_back(param.name);
  for (std::size_t i = 0; i < query.pairs_.size(); ++i) {
    const std::string& name = query.pairs_[i].first;
    if (!is_valid_utf8(name) || !is_valid_utf8(query.pairs_[i].second)) {
      return fail(Errc::malformed, "the query is not UTF-8");
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      Error error{Errc::malformed, "unknown query parameter \"" + name.substr(0, 64) + "\"", ""};
      if (const auto meant = did_you_mean(name, names)) {
        error.hint = "did you mean \"" + std::string(*meant) + "\"?";
      }
      return std::unexpected(std::move(error));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (query.pairs_[j].first == name) {
        return fail(Errc::malformed, "query parameter \"" + name + "\" is given twice");
      }
    }
  }
  return query;
}

std::string_view Query::text(std::string_view name) const {
  for (const auto& [field, value] : pairs_) {
    if (field == name) return value;
  }
  return {};
}

Result<std::size_t> Query::limit(std::size_t otherwise) const {
  const std::string_view given = text("limit");
  if (given.empty()) return otherwise;
  const auto value = whole_number<std::size_t>(given);
  if (!value || *value < 1 || *value > limits::read_rows_max) {
    return fail(Errc::malformed,
                "limit must be an integer 1.." + std::to_string(limits::read_rows_max));
  }
  return *value;
}

Result<std::string> Query::cursor(std::string_view list) const {
  const std::string_view given = text("cursor");
  if (given.empty()) return std::string();
  return read_cursor(list, given);
}

Result<std::optional<std::uint64_t>> Query::cursor_number(std::string_view list) const {
  SUBNETD_TRY(const std::string place, cursor(list));
  if (place.empty()) return std::nullopt;
  return whole_number<std::uint64_t>(place);
}

Result<std::int64_t> Query::time_ms(std::string_view name) const {
  return read_time_ms(name, text(name));
}

Result<std::int64_t> read_time_ms(std::string_view name, std::string_view given) {
  if (given.empty()) return 0;
  if (const auto ms = whole_number<std::int64_t>(given); ms && *ms >= 0) return *ms;
  if (const auto ms = rfc3339_ms(given)) return *ms;
  return fail(Errc::malformed,
              std::string(name) + " must be UTC milliseconds or a time like 2026-01-02T03:04:05Z");
}

std::string make_cursor(std::string_view list, std::string_view place) {
  std::string out = check_of(list, place);
  for (const char c : place) append_hex(out, static_cast<unsigned char>(c), 2);
  return out;
}

Result<std::string> read_cursor(std::string_view list, std::string_view cursor) {
  std::string place;
  for (std::size_t i = check_digits; i + 2 <= cursor.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, ec] = std::from_chars(cursor.data() + i, cursor.data() + i + 2, byte, 16);
    if (ec != std::errc{} || end != cursor.data() + i + 2) break;
    place += static_cast<char>(byte);
  }
  if (place.empty() || make_cursor(list, place) != cursor) {
    return fail(Errc::malformed, "cursor is none that this list gave",
                "take next_cursor of the page before, or leave it out");
  }
  return place;
}

}  // namespace subnetd::api
