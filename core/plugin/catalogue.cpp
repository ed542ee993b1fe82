// SPDX-License-Identifier: 0BSD
#include "plugin/catalogue.hpp"

#include <algorithm>

#include "domain/text.hpp"
#include "plugin/plugin_file.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::string_view suffix = ".sbn.so";

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

Result<Catalogue> Catalogue::open(const std::vector<std::filesystem::path>& folders,
                                  const std::vector<Pin>& files) {
  Catalogue catalogue;
  for (const Pin& pin : files) catalogue.add(pin.file, pin.sha256);
  for (const std::filesystem::path& folder : folders) {
    std::error_code ec;
    std::vector<std::filesystem::path> found;
    std::filesystem::directory_iterator entry(folder, ec);
    for (; !ec && entry != std::filesystem::directory_iterator(); entry.increment(ec)) {
      if (entry->path().filename().string().ends_with(suffix)) {
        found.push_back(std::filesystem::absolute(entry->path()));
      }
    }
    if (ec) {
      return fail(Errc::config, "[plugins] search: " + folder.string() + ": " + ec.message(),
                  "name a folder that holds .sbn.so files");
    }
    std::sort(found.begin(), found.end());
    for (const auto& file : found) {
      // A file that is named is opened once, by its entry, whose pin holds.
      const auto named = std::find_if(files.begin(), files.end(), [&](const Pin& pin) {
        return std::filesystem::equivalent(pin.file, file, ec);
      });
      if (named == files.end()) catalogue.add(file, {});
    }
  }
  return catalogue;
}

void Catalogue::add(const std::filesystem::path& file, const std::string& sha256) {
  if (auto taken = check_id_is_free(file); !taken) {
    refusals_.push_back({file, taken.error()});
    return;
  }
  auto library = Library::open(file, sha256);
  if (!library) {
    refusals_.push_back({file, library.error()});
    return;
  }
  libraries_.push_back(std::move(*library));
}

// By the note alone: the second file of an id runs no code.
Result<void> Catalogue::check_id_is_free(const std::filesystem::path& file) const {
  SUBNETD_TRY(const std::vector<std::uint8_t> bytes, read_plugin_file(file));
  const auto note = read_note(bytes);
  if (!note) return {};  // opening it says why
  for (const auto& known : libraries_) {
    if (known->id() != note->id) continue;
    return refused(file, "plugin id " + note->id + " is already taken by " + known->path().string(),
                   "remove one of the two files");
  }
  return {};
}

std::vector<Offer> Catalogue::offers(std::string_view kind) const {
  std::vector<Offer> out;
  for (const auto& library : libraries_) {
    for (const ComponentView& component : library->components()) {
      if (kind.empty() || component.kind == kind) out.push_back({library, &component});
    }
  }
  return out;
}

Result<Offer> Catalogue::find(std::string_view kind, std::string_view use) const {
  const std::vector<Offer> all = offers(kind);
  std::vector<Offer> hits;
  std::vector<std::string> ids, bare;
  for (const Offer& offer : all) {
    ids.push_back(offer.id());
    bare.push_back(offer.component->id);
    if (ids.back() == use) return offer;
    if (bare.back() == use) hits.push_back(offer);
  }
  if (hits.size() == 1) return hits.front();
  if (hits.size() > 1) {
    std::vector<std::string> names;
    for (const Offer& hit : hits) names.push_back(hit.id());
    return fail(Errc::config, "\"" + std::string(use) + "\" is offered by several plugins",
                "write one of " + list_of(names));
  }
  std::vector<std::string_view> known(ids.begin(), ids.end());
  known.insert(known.end(), bare.begin(), bare.end());
  std::string hint = "installed: " + (ids.empty() ? std::string("none") : list_of(ids));
  if (auto guess = did_you_mean(use, known))
    hint = "did you mean \"" + std::string(*guess) + "\"? " + hint;
  return fail(Errc::config,
              "no installed plugin offers \"" + std::string(use) + "\" as " + std::string(kind),
              hint);
}

}  // namespace subnetd::plugin
