// SPDX-License-Identifier: 0BSD
// What single texts of the configuration must look like. Each says what is wrong, or nothing.
#pragma once

#include <string>
#include <string_view>

namespace subnetd::config {

std::string non_empty_objection(std::string_view text);
std::string subnet_name_objection(std::string_view text);
std::string pattern_objection(std::string_view text);
std::string listen_objection(std::string_view text);  // v4:port, [v6]:port, localhost:port
std::string cidr_objection(std::string_view text);
std::string address_objection(std::string_view text);  // the shape of an SS58 address
std::string sha256_objection(std::string_view text);  // empty is good: not pinned

// Whether host:port names only this machine.
bool is_loopback_listen(std::string_view listen);

}  // namespace subnetd::config
