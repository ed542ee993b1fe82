// SPDX-License-Identifier: 0BSD
// What a module server says when it does not answer 200, in one of its three shapes:
// {"error":{"code","message"}}, {"error":text}, {"detail":text or list}.
#pragma once

#include <subnet/json.hpp>

#include <string>
#include <string_view>

namespace remote {

inline constexpr size_t refusal_bytes_max = 200;

// Printable ASCII; empty for a body of another shape.
inline std::string refusal_of(std::string_view body) {
  subnet::json::value answer;
  std::string ignored;
  if (!subnet::json::parse(body, answer, ignored)) return {};
  const subnet::json::value* said = answer.find("error");
  if (said == nullptr) said = answer.find("detail");
  if (said != nullptr && said->is(subnet::json::kind::array) && !said->items.empty())
    said = &said->items.front();  // FastAPI's list of misfits: the first one
  if (said != nullptr && said->is(subnet::json::kind::object)) {
    const subnet::json::value* message = said->find("message");
    said = message != nullptr ? message : said->find("msg");
  }
  if (said == nullptr || !said->is(subnet::json::kind::string)) return {};
  std::string line = said->text.substr(0, refusal_bytes_max);
  for (char& c : line)
    if (c < 0x20 || c > 0x7E) c = '?';
  return line;
}

}  // namespace remote
