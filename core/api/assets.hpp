// SPDX-License-Identifier: 0BSD
// The pages of web/, embedded by assets.S.
#pragma once

#include <string_view>

namespace subnetd::api {

struct Asset {
  std::string_view path;
  const char* content_type;
  const char* begin;
  const char* end;

  std::string_view bytes() const { return {begin, static_cast<std::size_t>(end - begin)}; }
};

const Asset* find_asset(std::string_view path);  // null when there is none

}  // namespace subnetd::api
