// SPDX-License-Identifier: 0BSD
#include "plugin/lock_file.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "domain/limits.hpp"
#include "json/json.hpp"
#include "plugin/durable_file.hpp"
#include "plugin/note.hpp"
#include "plugin/quarantine.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::size_t lock_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t plugins_max = 4096;
constexpr std::size_t kinds_max = 256;
constexpr std::size_t path_bytes_max = 4096;

Result<LockedPlugin> read_plugin(const json::Value& value, std::string_view where) {
  constexpr std::array<std::string_view, 6> known{"id",  "version", "sha256",
                                                  "abi", "kinds",   "file"};
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value, where));
  SUBNETD_CHECK(fields.only(known));
  LockedPlugin out;
  SUBNETD_TRY(out.id, fields.text("id", 1, limits::id_bytes_max));
  SUBNETD_TRY(out.version, fields.text("version", 1, limits::id_bytes_max));
  SUBNETD_TRY(out.sha256, fields.text("sha256", 1, path_bytes_max));
  SUBNETD_TRY(out.abi, fields.text("abi", 1, limits::id_bytes_max));
  SUBNETD_TRY(out.file, fields.text("file", 0, path_bytes_max));
  SUBNETD_TRY(const json::Array* kinds, fields.array("kinds", kinds_max));
  for (const json::Value& kind : *kinds) {
    if (!kind.is_string()) return fail(Errc::malformed, "a kind is a text");
    out.kinds.emplace_back(kind.get_string());
  }
  if (!is_sha256(out.sha256)) {
    return fail(Errc::malformed, "sha256 wants 64 lower-case hexadecimal digits");
  }
  return out;
}

std::string line_of(const LockedPlugin& plugin) {
  json::Object object;
  object["id"] = plugin.id;
  object["version"] = plugin.version;
  object["sha256"] = plugin.sha256;
  object["abi"] = plugin.abi;
  object["kinds"] = json::Array(plugin.kinds.begin(), plugin.kinds.end());
  object["file"] = plugin.file;
  return json::serialize(object);
}

}  // namespace

Result<LockFile> LockFile::read(const std::filesystem::path& path) {
  LockFile out;
  out.path_ = path;
  const auto wrong = [&](const Error& error) {
    return fail(Errc::config, path.string() + ": " + error.message,
                "correct it, or move it away and make it anew: subnetd plugin lock");
  };
  auto text = read_small_file(path, lock_bytes_max);
  if (!text && text.error().code == Errc::not_found) return out;
  if (!text) return std::unexpected(text.error());
  const auto value = json::parse(*text, lock_bytes_max);
  if (!value) return wrong(value.error());
  const auto fields = json::Fields::of(*value, "the lock");
  if (!fields) return wrong(fields.error());
  const auto plugins = fields->array("plugins", plugins_max);
  if (!plugins) return wrong(plugins.error());
  std::set<std::string> seen;
  for (const json::Value& each : **plugins) {
    auto plugin = read_plugin(each, "plugins[" + std::to_string(seen.size()) + "]");
    if (!plugin) return wrong(plugin.error());
    if (!seen.insert(plugin->id).second) {
      return wrong({Errc::malformed, plugin->id + " is there twice", {}});
    }
    out.plugins_.push_back(*std::move(plugin));
  }
  return out;
}

const LockedPlugin* LockFile::find(std::string_view id) const {
  const auto at = std::ranges::find(plugins_, id, &LockedPlugin::id);
  return at == plugins_.end() ? nullptr : &*at;
}

void LockFile::put(LockedPlugin plugin) {
  std::erase_if(plugins_, [&](const LockedPlugin& each) { return each.id == plugin.id; });
  plugins_.push_back(std::move(plugin));
  std::ranges::sort(plugins_, {}, &LockedPlugin::id);
}

Result<void> LockFile::write() const {
  std::string text = "{\"plugins\":[";
  for (const LockedPlugin& plugin : plugins_) {
    text += (&plugin == &plugins_.front() ? "\n" : ",\n") + line_of(plugin);
  }
  return write_durably(std::filesystem::absolute(path_), text + "\n]}\n");
}

}  // namespace subnetd::plugin
