// SPDX-License-Identifier: 0BSD
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <vector>

#include "domain/limits.hpp"
#include "json/json.hpp"

namespace subnetd::json {
namespace {

namespace bj = boost::json;
using bj::error_code;
using bj::string_view;

// Builds the value as Boost.JSON's own parser does, and refuses what that one forgives.
class Strict {
 public:
  static constexpr std::size_t max_object_size = bj::object::max_size();
  static constexpr std::size_t max_array_size = bj::array::max_size();
  static constexpr std::size_t max_key_size = bj::string::max_size();
  static constexpr std::size_t max_string_size = bj::string::max_size();

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    stack_.push_array(count);
    return true;
  }
  bool on_object_end(std::size_t count, error_code& ec) {
    if (count > 1 && repeats(count, ec)) return false;
    if (count > 0) {
      const std::size_t first = starts_.size() - count;
      keys_.resize(starts_[first]);
      starts_.resize(first);
    }
    stack_.push_object(count);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    add_key(part);
    stack_.push_chars(part);
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code&) {
    add_key(part);
    key_open_ = false;
    stack_.push_key(part);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(string_view part, std::size_t, error_code&) {
    stack_.push_string(part);
    return true;
  }
  bool on_number_part(string_view part, error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t value, string_view, error_code&) {
    number_.clear();
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, string_view, error_code&) {
    number_.clear();
    stack_.push_uint64(value);
    return true;
  }
  bool on_double(double value, string_view part, error_code& ec) {
    number_.append(part.data(), part.size());
    if (number_.find_first_of(".eE") == std::string::npos) {
      return stop(ec, "an integer that does not fit 64 bits");
    }
    // Boost's own conversion may be off by one unit in the last place; this one is exact.
    double exact = 0;
    const auto read = std::from_chars(number_.data(), number_.data() + number_.size(), exact);
    if (read.ec == std::errc{}) value = exact;
    number_.clear();
    if (!std::isfinite(value)) return stop(ec, "a number that is not finite");
    stack_.push_double(value);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

  Value release() { return stack_.release(); }
  void reset() { stack_.reset({}); }
  const std::string& reason() const { return reason_; }

 private:
  bool stop(error_code& ec, std::string reason) {
    reason_ = std::move(reason);
    ec = bj::error::syntax;
    return false;
  }
  void add_key(string_view part) {
    if (!key_open_) starts_.push_back(keys_.size());
    key_open_ = true;
    keys_.append(part.data(), part.size());
  }
  // True when two of the innermost open object's `count` keys are the same bytes.
  bool repeats(std::size_t count, error_code& ec) {
    const std::string_view all = keys_;
    const std::size_t first = starts_.size() - count;
    sorted_.clear();
    for (std::size_t i = first; i < starts_.size(); ++i) {
      const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] : all.size();
      sorted_.push_back(all.substr(starts_[i], end - starts_[i]));
    }
    std::sort(sorted_.begin(), sorted_.end());
    const auto twin = std::adjacent_find(sorted_.begin(), sorted_.end());
    if (twin == sorted_.end()) return false;
    std::string reason = "duplicate key ";
    append_string(reason, twin->substr(0, 64));
    stop(ec, std::move(reason));
    return true;
  }

  bj::value_stack stack_;
  std::string keys_;                 // bytes of the keys of all open objects
  std::vector<std::size_t> starts_;  // where each of them begins
  std::vector<std::string_view> sorted_;
  std::string number_;
  std::string reason_;
  bool key_open_ = false;
};

std::string reason_of(const Strict& strict, const error_code& ec) {
  if (!strict.reason().empty()) return strict.reason();
  if (ec == bj::error::too_deep) {
    return "nested deeper than " + std::to_string(limits::json_depth_max) + " levels";
  }
  return ec.message();
}

}  // namespace

Result<Value> parse(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return fail(Errc::too_large, "JSON of " + std::to_string(text.size()) + " bytes, at most " +
                                     std::to_string(bytes_max) + " are allowed");
  }
  bj::parse_options options;
  options.max_depth = limits::json_depth_max;
  bj::basic_parser<Strict> parser(options);
  parser.handler().reset();
  error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) {
    return fail(Errc::malformed,
                "JSON at byte " + std::to_string(used) + ": " + reason_of(parser.handler(), ec));
  }
  if (used < text.size()) {
    return fail(Errc::malformed,
                "JSON at byte " + std::to_string(used) + ": bytes after the value");
  }
  return parser.handler().release();
}

}  // namespace subnetd::json
