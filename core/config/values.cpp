// SPDX-License-Identifier: 0BSD
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "config/checks.hpp"
#include "config/format.hpp"
#include "config/schema.hpp"
#include "domain/limits.hpp"
#include "domain/text.hpp"

namespace subnetd::config {
namespace {

constexpr std::size_t text_bytes_max = 4'096;
constexpr std::size_t list_items_max = 1'024;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As the sockets read it, so that what is good here is good there.
bool is_address(int family, std::string_view text) {
  in6_addr address{};
  return text.find('\0') == text.npos &&
         ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_ipv4(std::string_view text) { return is_address(AF_INET, text); }
bool is_ipv6(std::string_view text) { return is_address(AF_INET6, text); }

struct HostPort {
  std::string_view host, port;
};

HostPort split_listen(std::string_view listen) {
  const auto colon = listen.rfind(':');
  if (colon == listen.npos) return {listen, {}};
  return {listen.substr(0, colon), listen.substr(colon + 1)};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string text_objection(const Key& key, const std::string& text) {
  if (text.size() > text_bytes_max) return format("has over {} bytes", text_bytes_max);
  if (!is_valid_utf8(text)) return "is not UTF-8";
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) return "holds a control character";
  if (!key.allowed.empty()) {
    const auto words = split(key.allowed, '|');
    if (std::ranges::find(words, text) != words.end()) return {};
    std::string list;
    for (const auto word : words) list += format("{}\"{}\"", list.empty() ? "" : ", ", word);
    const auto meant = did_you_mean(text, words);
    return format("must be {}{}, not \"{}\"{}", words.size() > 1 ? "one of " : "", list, text,
                  meant ? format("; did you mean \"{}\"?", *meant) : "");
  }
  return key.objection ? key.objection(text) : std::string();
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string non_empty_objection(std::string_view text) {
  return text.empty() ? "must not be empty" : "";
}

std::string subnet_name_objection(std::string_view text) {
  return text.empty() || text.size() > 64 ? "must have 1 to 64 bytes" : "";
}

std::string pattern_objection(std::string_view text) {
  const bool good = !text.empty() && text.size() <= limits::pattern_bytes_max;
  return good ? "" : format("must have 1 to {} bytes each", limits::pattern_bytes_max);
}

std::string listen_objection(std::string_view text) {
  const auto [host, port] = split_listen(text);
  const auto value = number<unsigned>(port);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  const bool host_ok = bracketed ? is_ipv6(host.substr(1, host.size() - 2))
                                 : host == "localhost" || is_ipv4(host);
  if (host_ok && value && *value <= 65'535) return {};
  return format(
      "must be address:port such as \"127.0.0.1:8080\" or \"[::1]:8080\", not \"{}\"{}", text,
      value && !host_ok ? "; of names only localhost" : "");
}

std::string cidr_objection(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const bool v4 = is_ipv4(address);
  const auto bits = slash == text.npos ? std::nullopt : number<unsigned>(text.substr(slash + 1));
  if (bits && ((v4 && *bits <= 32) || (is_ipv6(address) && *bits <= 128))) return {};
  return format("must be a network such as \"10.1.0.0/16\", not \"{}\"", text);
}

std::string address_objection(std::string_view text) {
  constexpr std::string_view digits =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const bool good = (text.size() == 47 || text.size() == 48) &&
                    text.find_first_not_of(digits) == text.npos;
  return good ? "" : format("must be an SS58 address, not \"{}\"", text);
}

std::string sha256_objection(std::string_view text) {
  const bool good = text.empty() ||
                    (text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos);
  return good ? "" : "must be 64 lower case hex digits";
}

bool is_loopback_listen(std::string_view listen) {
  const std::string_view host = split_listen(listen).host;
  return host == "localhost" || host == "[::1]" || (is_ipv4(host) && host.starts_with("127."));
}

Result<Value> read_text(const Key& key, std::string_view text) {
  Value value;
  switch (key.type) {
    case Type::text: value = std::string(text); break;
    case Type::integer: {
      const auto read = number<std::int64_t>(text);
      if (!read) return fail(Errc::config, format("must be an integer, not \"{}\"", text));
      value = *read;
      break;
    }
    case Type::boolean:
      if (text != "true" && text != "false") {
        return fail(Errc::config, format("must be true or false, not \"{}\"", text));
      }
      value = text == "true";
      break;
    case Type::text_list: {
      std::vector<std::string> items;
      for (const auto part : split(text, ',')) items.emplace_back(part);
      value = std::move(items);
      break;
    }
    case Type::settings: value = Settings{}; break;
  }
  if (std::string objection = objection_to(key, value); !objection.empty()) {
    return fail(Errc::config, std::move(objection));
  }
  return value;
}

std::string objection_to(const Key& key, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text_objection(key, *text);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (*integer >= key.min && *integer <= key.max) return {};
    return format("must be {} to {}, not {}", key.min, key.max, *integer);
  }
  if (const auto* items = std::get_if<std::vector<std::string>>(&value)) {
    if (items->size() > list_items_max) return format("has over {} items", list_items_max);
    for (const std::string& item : *items) {
      if (std::string objection = text_objection(key, item); !objection.empty()) return objection;
    }
  }
  return {};
}

std::string literal(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* settings = std::get_if<Settings>(&value)) return settings->json;
  std::string out = "[";
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    out += (out.size() > 1 ? ", " : "") + quoted(item);
  }
  return out + ']';
}

}  // namespace subnetd::config
