// SPDX-License-Identifier: 0BSD
#include "plugin/quarantine.hpp"

#include <algorithm>
#include <chrono>

#include "domain/limits.hpp"
#include "json/json.hpp"
#include "plugin/durable_file.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::string_view suffix = ".json";
constexpr std::size_t record_bytes_max = 64 * 1024;
constexpr std::int64_t ms_max = std::int64_t{1} << 52;

std::int64_t utc_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<Quarantined> read_record(const std::filesystem::path& file, std::string_view sha256) {
  SUBNETD_TRY(const std::string text, read_small_file(file, record_bytes_max));
  SUBNETD_TRY(const json::Value value, json::parse(text, record_bytes_max));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  Quarantined record;
  record.sha256 = sha256;
  SUBNETD_TRY(record.file, fields.text("file", 0, record_bytes_max));
  SUBNETD_TRY(record.id, fields.text("id", 0, record_bytes_max));
  SUBNETD_TRY(record.reason, fields.text("reason", 0, record_bytes_max));
  SUBNETD_TRY(record.at_ms, fields.integer("at_ms", 0, ms_max));
  return record;
}

}  // namespace

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

Quarantine::Quarantine(std::filesystem::path state) : folder_(std::move(state) / "quarantine") {}

std::filesystem::path Quarantine::path_of(std::string_view sha256) const {
  return folder_ / (std::string(sha256) + std::string(suffix));
}

std::optional<Quarantined> Quarantine::find(std::string_view sha256) const {
  if (!is_sha256(sha256)) return std::nullopt;
  const std::filesystem::path file = path_of(sha256);
  auto record = read_record(file, sha256);
  if (record) return *std::move(record);
  if (record.error().code == Errc::not_found) return std::nullopt;
  return Quarantined{
      std::string(sha256), {}, {}, "its record is damaged: " + record.error().message, 0};
}

std::vector<Quarantined> Quarantine::all() const {
  std::vector<Quarantined> out;
  std::error_code ec;
  for (std::filesystem::directory_iterator at(folder_, ec), end; !ec && at != end;
       at.increment(ec)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(suffix)) continue;
    if (auto record = find(name.substr(0, name.size() - suffix.size()))) {
      out.push_back(*std::move(record));
    }
  }
  std::ranges::sort(out, {}, &Quarantined::sha256);
  return out;
}

Result<void> Quarantine::add(std::string_view sha256, std::string_view file, std::string_view id,
                             std::string_view reason) const {
  if (!is_sha256(sha256)) return fail(Errc::malformed, "no sha256: " + std::string(sha256));
  if (find(sha256)) return {};
  SUBNETD_CHECK(make_folder(folder_.parent_path()));
  SUBNETD_CHECK(make_folder(folder_));
  json::Object record;
  record["file"] = file;
  record["id"] = id;
  record["reason"] = reason.substr(0, limits::plugin_text_bytes_max);
  record["at_ms"] = utc_ms();
  return write_durably(path_of(sha256), json::serialize(record) + "\n");
}

Result<bool> Quarantine::clear(std::string_view sha256) const {
  if (!is_sha256(sha256)) return false;
  const auto removed = remove_durably(path_of(sha256));
  if (removed) return true;
  if (removed.error().code == Errc::not_found) return false;
  return std::unexpected(removed.error());
}

std::string quarantine_words(const Quarantined& record) {
  return "is in quarantine: " + record.reason;
}

std::string quarantine_hint(const Quarantined& record) {
  return "install a corrected version, or let it run again: subnetd plugin trust " +
         (record.file.empty() ? record.sha256 : record.file);
}

}  // namespace subnetd::plugin
