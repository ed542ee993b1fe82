// SPDX-License-Identifier: 0BSD
// An answer of the API, and a field of its body by path.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "json/json.hpp"
#include "net/http_types.hpp"

namespace subnetd::api::testing {

struct Answer {
  int status = 0;
  net::HttpHeaders headers;
  std::string text;

  json::Value body() const {
    auto value = json::parse(text, 1 << 24);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value();
  }
  // A field by its path: at("error.code"), at("items.0.id").
  std::string at(std::string_view path) const {
    json::Value value = body();
    while (!path.empty()) {
      const std::string_view name = path.substr(0, path.find('.'));
      path.remove_prefix(std::min(path.size(), name.size() + 1));
      json::Value next;
      if (auto* object = value.if_object(); object != nullptr && object->contains(name)) {
        next = object->at(name);
      } else if (auto* array = value.if_array();
                 array != nullptr && std::stoul(std::string(name)) < array->size()) {
        next = array->at(std::stoul(std::string(name)));
      } else {
        return "(absent)";
      }
      value = std::move(next);
    }
    if (value.is_string()) return std::string(value.get_string());
    return json::serialize(value);
  }
  // `name` in lower case.
  std::string header(std::string_view name) const {
    for (const auto& [field, value] : headers) {
      if (field == name) return value;
    }
    return {};
  }
};

}  // namespace subnetd::api::testing
