// SPDX-License-Identifier: 0BSD
// Headers, path and body of a signed request from hostile bytes, five lines and the rest: judged
// without a crash, never let in unmatched, and what is opened names the key of its header.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "commune/signed_request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd::commune;
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  std::array<std::string_view, 5> line;
  for (std::string_view& part : line) {
    part = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  const SentRequest sent{line[0], line[1], line[2], line[3], rest};
  KeyLists lists;
  const SentWrite write{sent, "POST", line[4]};
  for (const auto& opened : {open_request(sent, lists), open_write(write, lists)}) {
    if (!opened) {
      if (opened.error().status < 400 || opened.error().message.empty()) std::abort();
      continue;
    }
    if (hex_array<32>(line[0]).value() != opened->key) std::abort();
    for (const Form form : {Form::none, Form::canonical, Form::raw}) {
      const auto caller = close_request(*opened, form, "5FHneW46", 1'735'787'045'678);
      if (form == Form::none && caller) std::abort();
    }
  }
  return 0;
}
