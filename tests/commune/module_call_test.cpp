// SPDX-License-Identifier: 0BSD
#include "commune/module_call.hpp"

#include <gtest/gtest.h>

#include "commune/timestamp.hpp"
#include "commune/vectors.hpp"

namespace subnetd::commune {
namespace {

TEST(ModuleCall, IsByteForByteWhatCommunexSends) {
  const json::Value all = vectors("module-request-vectors.json");
  for (const json::Value& each : all.as_array()) {
    const KeyPair key = KeyPair::from_mini_secret(mini_in(each, "signer_mini_secret"));
    const auto call =
        sign_call(key, text_of(each, "target_key"), text_of(each, "params_json"),
                  parse_timestamp(text_of(each, "timestamp")).value(),
                  array_in<32>(each, "rng_bytes"));
    ASSERT_TRUE(call) << text_of(each, "name");
    EXPECT_EQ(call->body, text_of(each, "body")) << text_of(each, "name");
    const json::Object& headers = each.at("headers").as_object();
    EXPECT_EQ(call->headers.size(), headers.size());
    for (const auto& [name, value] : call->headers) {
      EXPECT_EQ(value, text_of(each.at("headers"), name)) << text_of(each, "name");
    }
  }
}

TEST(ModuleCall, PutsItsTargetWhereACallerNamedAnother) {
  const auto call = sign_call(KeyPair::generate(), "5Real", R"({"target_key":"5Other","a":1})", 0);
  EXPECT_EQ(call->body, R"({"params": {"target_key": "5Real", "a": 1}})");
}

TEST(ModuleCall, SignsEachCallAnew) {
  const KeyPair key = KeyPair::generate();
  EXPECT_NE(sign_call(key, "5T", "{}", 1)->headers, sign_call(key, "5T", "{}", 1)->headers);
}

TEST(ModuleCall, RefusesParamsThatAreNoObject) {
  for (const char* params : {"", "[]", "7", "{", "null"}) {
    EXPECT_FALSE(sign_call(KeyPair::generate(), "5T", params, 0)) << params;
  }
}

}  // namespace
}  // namespace subnetd::commune
