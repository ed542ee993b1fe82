// SPDX-License-Identifier: 0BSD
// JSON as the text that Python's json.dumps(json.loads(text)) gives with its default settings: what
// Commune clients sign. Boost.JSON cannot carry it: members keep their order, of doubled keys the
// last value stands at the first one's place, integers have any size, lone surrogates and NaN pass.
// Beyond what Python refuses, so is nesting over limits::json_depth_max and text that is not UTF-8.
// Pure: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::commune {

// Errc::malformed with the byte and the reason.
Result<std::string> canonical_json(std::string_view text);

// An object taken apart: each value is canonical text already.
class CanonicalObject {
 public:
  struct Member {
    std::string key;  // as in the text, with its quotes
    std::string value;
    std::vector<Member> members;  // of a value that is an object itself; one level deep
  };

  // Errc::malformed also when the text is JSON but no object.
  static Result<CanonicalObject> read(std::string_view text);

  const std::vector<Member>& members() const { return members_; }
  // The value of a key of plain ASCII without quotes and backslashes; null when absent.
  const std::string* find(std::string_view key) const;
  // Such a value, when it is an object, taken apart as well. Once: its text alone stays.
  std::optional<CanonicalObject> take_object(std::string_view key);
  // Sets a value that is canonical text; a new key goes to the end.
  void set(std::string_view key, std::string value);
  std::string text() const;

 private:
  std::vector<Member> members_;
};

// A string as json.dumps writes it, quotes included: ASCII alone. `latin1`: each byte is a
// character, as Python's servers read headers; otherwise the text is UTF-8.
std::string canonical_string(std::string_view text, bool latin1 = false);

}  // namespace subnetd::commune
