// SPDX-License-Identifier: 0BSD
#include "net/node_address.hpp"

#include <gtest/gtest.h>

namespace subnetd::net {
namespace {

TEST(NodeAddress, ReadsWhatStandsOnTheChainAsAUrl) {
  const std::pair<const char*, const char*> read[] = {
      {"203.0.113.7:8000", "http://203.0.113.7:8000"},
      {"2a01:4f8::2:8099", "http://[2a01:4f8::2]:8099"},
      {"2a01:4f9:c010:1:2:3:4:5:50001", "http://[2a01:4f9:c010:1:2:3:4:5]:50001"},
      {"::1:80", "http://[::1]"},
      {"[2a01::2]:8099", "http://[2a01::2]:8099"},
      {"node.example:8000", "http://node.example:8000"},
      {"203.0.113.7:8000/", "http://203.0.113.7:8000"},
      {"https://node.example/a/", "https://node.example/a"}};
  for (const auto& [text, url] : read) {
    const auto at = parse_node_address(text);
    ASSERT_TRUE(at) << text << ": " << at.error().message;
    EXPECT_EQ(at->url(), url);
  }
}

TEST(NodeAddress, RefusesTheRestAndSaysWhy) {
  const std::pair<const char*, const char*> refused[] = {
      {"", "endpoint: it is empty"},
      {"None:50099", "endpoint: no host was given (None)"},
      {"None:None", "endpoint: no host was given (None)"},
      {"None", "endpoint: no host was given (None)"},
      {"1.2.3.4:None", "endpoint: no port was given (None)"},
      {"1.2.3.4", "endpoint: the port is missing"},
      {"2a01:4f8::2", "endpoint: the port is missing"},
      {"2a01:4f8::beef", "endpoint: the port is missing"},
      {"[2a01::2]", "endpoint: the port is missing"},
      {"junk", "endpoint: the port is missing"},
      {"a:b:c", "endpoint: not an address with a port"},
      {"1.2.3.4:99999", "endpoint: the port is not 1..65535"},
      {"1.2.3.4:0", "endpoint: the port is not 1..65535"},
      {"1.2.3.4:80x", "endpoint: the port is not 1..65535"},
      {"127.1:80", "endpoint: write the address as four numbers"},
      {"user@host:80", "endpoint: no user name"},
      {":8000", "endpoint: the host is missing"},
      {"1.2.3.4 :80", "endpoint: only printable ASCII without spaces"},
      {"1.2.3.4:80?x", "endpoint: no query and no fragment"},
      {"ftp://1.2.3.4:80", "endpoint: must begin with http:// or https://"}};
  for (const auto& [text, reason] : refused) {
    const auto at = parse_node_address(text);
    ASSERT_FALSE(at) << text;
    EXPECT_EQ(at.error().message, reason) << text;
  }
}

}  // namespace
}  // namespace subnetd::net
