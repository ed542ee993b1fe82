// SPDX-License-Identifier: 0BSD
#include "net/address_guard.hpp"

#include <gtest/gtest.h>

#include "loopback.hpp"

namespace subnetd::net {
namespace {

tcp::endpoint at(const char* address, std::uint16_t port = 80) {
  return {asio::ip::make_address(address), port};
}

TEST(AddressGuard, DeniesEveryRangeAtBothItsEnds) {
  const AddressPolicy policy;
  for (const char* denied : {"0.0.0.0",
                             "0.255.255.255",
                             "10.0.0.0",
                             "10.255.255.255",
                             "100.64.0.0",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.0.0",
                             "169.254.169.254",
                             "172.16.0.0",
                             "172.31.255.255",
                             "192.0.0.0",
                             "192.0.0.255",
                             "192.0.2.1",
                             "192.168.0.0",
                             "192.168.255.255",
                             "198.18.0.0",
                             "198.19.255.255",
                             "198.51.100.7",
                             "203.0.113.7",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.0",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "fc00::",
                             "fdff::1",
                             "fe80::1",
                             "febf::1",
                             "fec0::1",
                             "ff02::1",
                             "2001:db8::1",
                             "64:ff9b:1::a00:1"}) {
    EXPECT_FALSE(policy.permits(at(denied))) << denied;
  }
  for (const char* open :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "198.17.255.255", "198.20.0.0",
        "223.255.255.255", "2606:4700::1111", "2a00::1"}) {
    EXPECT_TRUE(policy.permits(at(open))) << open;
  }
}

TEST(AddressGuard, UnwrapsIpv6FormsThatCarryAnIpv4Address) {
  const AddressPolicy policy;
  for (const char* denied :
       {"::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2001:0:102:304::80ff:fffe", "::ffff:0:0"}) {
    EXPECT_FALSE(policy.permits(at(denied))) << denied;
  }
  for (const char* open : {"::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"}) {
    EXPECT_TRUE(policy.permits(at(open))) << open;
  }
}

TEST(AddressGuard, DeniesAllWhenAnyAnswerIsDenied) {
  const AddressPolicy policy;
  const std::vector<tcp::endpoint> mixed{at("1.1.1.1"), at("127.0.0.1")};
  const auto denied = check_answers(mixed, policy);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().message, endpoint_unreachable);
  EXPECT_FALSE(check_answers({}, policy));
  EXPECT_TRUE(check_answers(std::span(mixed).first(1), policy));
}

TEST(AddressGuard, AllowPrivateOpensLocalRangesAndNothingElse) {
  const AddressPolicy policy{.allow_private = true, .allow_cidrs = {}, .own_listeners = {}};
  for (const char* open : {"127.0.0.1", "10.1.2.3", "192.168.1.1", "fd00::1", "::1"}) {
    EXPECT_TRUE(policy.permits(at(open))) << open;
  }
  for (const char* denied :
       {"0.0.0.0", "169.254.169.254", "224.0.0.1", "::", "fe80::1", "240.0.0.1"}) {
    EXPECT_FALSE(policy.permits(at(denied))) << denied;
  }
}

TEST(AddressGuard, AllowCidrsOpensJustTheRangeNamed) {
  const AddressPolicy policy{
      .allow_private = false, .allow_cidrs = {*parse_cidr("10.1.0.0/16")}, .own_listeners = {}};
  EXPECT_TRUE(policy.permits(at("10.1.255.255")));
  EXPECT_TRUE(policy.permits(at("::ffff:10.1.0.1")));
  EXPECT_FALSE(policy.permits(at("10.2.0.0")));
  for (const char* bad : {"10.0.0.0/33", "10.0.0/8", "x", "::/129", "10.0.0.0/", "10.0.0.0/-1"}) {
    EXPECT_FALSE(parse_cidr(bad)) << bad;
  }
}

TEST(AddressGuard, NeverPermitsOurOwnListenersUnderAnyName) {
  AddressPolicy policy{
      .allow_private = true, .allow_cidrs = {}, .own_listeners = {at("127.0.0.1", 8080)}};
  EXPECT_FALSE(policy.permits(at("127.0.0.1", 8080)));
  EXPECT_FALSE(policy.permits(at("::ffff:127.0.0.1", 8080)));
  EXPECT_TRUE(policy.permits(at("127.0.0.1", 8081)));
  policy.own_listeners = {at("0.0.0.0", 8080)};
  EXPECT_FALSE(policy.permits(at("127.0.0.2", 8080)));
  EXPECT_TRUE(policy.permits(at("10.0.0.5", 8080)));
  EXPECT_FALSE(
      policy.permits_connection(at("10.0.0.5", 8080), at("10.0.0.5", 40000), at("10.0.0.5", 8080)));
  EXPECT_TRUE(
      policy.permits_connection(at("10.0.0.5", 8080), at("10.0.0.9", 40000), at("10.0.0.5", 8080)));
  EXPECT_FALSE(
      policy.permits_connection(at("10.0.0.5", 8080), at("10.0.0.9", 40000), at("10.0.0.6", 8080)));
}

TEST(ParseEndpoint, TakesSchemeHostPortAndPrefixApart) {
  EXPECT_EQ(*parse_endpoint("HTTP://Node.Example:8000/api/"),
            (Endpoint{false, "node.example", 8000, "/api"}));
  EXPECT_EQ(*parse_endpoint("https://a"), (Endpoint{true, "a", 443, ""}));
  EXPECT_EQ(*parse_endpoint("http://[2606:4700::1]:81"), (Endpoint{false, "2606:4700::1", 81, ""}));
  EXPECT_EQ(parse_endpoint("http://[::1]:81/x")->url(), "http://[::1]:81/x");
  EXPECT_EQ(parse_endpoint("https://a:443")->authority(), "a");
}

TEST(ParseEndpoint, RefusesWhatIsNoEndpointOrHidesAnAddress) {
  for (const char* bad : {"",
                          "a",
                          "ftp://a",
                          "http://",
                          "http:///x",
                          "http://u@a",
                          "http://u:p@a",
                          "http://a:0",
                          "http://a:65536",
                          "http://a:",
                          "http://a:8x",
                          "http://a b",
                          "http://a/b c",
                          "http://a#f",
                          "http://a/?q=1",
                          "http://a/\x01",
                          "http://\xC3\xA9",
                          "http://a\\b",
                          "http://.a",
                          "http://a..b",
                          "http://[::1",
                          "http://[::1]x",
                          "http://[fe80::1%25lo]",
                          "http://[g]",
                          "http://127.1",
                          "http://2130706433",
                          "http://0x7f000001",
                          "http://0177.0.0.1",
                          "http://0",
                          "http://1.2.3.4.5",
                          "http://a.0x7f",
                          "http://127.0.0.1.:80"}) {
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
  }
  const std::string fits = "http://a/" + std::string(limits::endpoint_bytes_max - 9, 'p');
  EXPECT_TRUE(parse_endpoint(fits));
  EXPECT_FALSE(parse_endpoint(fits + "p"));
}

// Every spelling under which a listener on 127.0.0.1 was reached, and those that look as if.
TEST(AddressGuard, RefusesEveryOddSpellingOfLoopbackWithOneText) {
  LoopbackServer server;
  const auto client = std::make_unique<HttpClient>(server.io().executor(), ClientOptions{});
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "2130706433",
                           "0x7f000001",
                           "0177.0.0.1",
                           "0",
                           "0.0.0.0",
                           "localhost",
                           "LOCALHOST",
                           "localhost.",
                           "[::1]",
                           "[::]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[2002:7f00:1::]",
                           "[64:ff9b::7f00:1]",
                           "127.0.0.1.",
                           "017700000001",
                           "127.0.1",
                           "0x7f.1"}) {
    FetchRequest request;
    request.url = "http://" + std::string(host) + ":" + std::to_string(server.port()) + "/";
    const auto reply = server.io().await(client->fetch(std::move(request)));
    ASSERT_FALSE(reply) << host;
    EXPECT_EQ(reply.error().message, endpoint_unreachable) << host;
    // A resolver may not know "localhost." at all; nobody outside sees the difference.
    if (std::string_view(host) == "localhost.") continue;
    EXPECT_EQ(reply.error().fault, FetchFault::refused) << host << " " << reply.error().detail;
  }
  EXPECT_EQ(server.stats().accepted, 0u);
}

}  // namespace
}  // namespace subnetd::net
