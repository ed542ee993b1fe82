// SPDX-License-Identifier: 0BSD
#include "agent/identity.hpp"

#include "commune/key_folder.hpp"
#include "commune/mnemonic.hpp"

namespace subnetd::agent {
namespace {

namespace fs = std::filesystem;
using commune::KeyFolder;
using commune::KeyPair;
using commune::StoredKey;

bool is_file(const std::string& key) {
  return key.find('/') != key.npos || key.ends_with(".json");
}

Result<fs::path> file_of(const std::string& key) {
  if (is_file(key)) {
    std::error_code ec;
    const bool whole = key.ends_with(".json") || fs::exists(key, ec);
    return fs::path(whole ? key : key + ".json");  // as it will be named once it is made
  }
  SUBNETD_TRY(auto folder, KeyFolder::default_path());
  return KeyFolder(std::move(folder)).find(key);
}

struct Opened {
  StoredKey key;
  fs::path file;
};

Result<Opened> open_or_make(const std::string& key) {
  SUBNETD_TRY(commune::Passwords passwords, commune::Passwords::from_environment());
  SUBNETD_TRY(fs::path file, file_of(key));
  const std::string name = is_file(key) ? file.stem().string() : key;
  std::error_code ec;
  if (fs::exists(file, ec)) {
    SUBNETD_TRY(StoredKey stored, commune::read_key(file, name, passwords));
    return Opened{std::move(stored), std::move(file)};
  }
  commune::SecretText words = commune::new_mnemonic();  // so that it can be written down
  SUBNETD_TRY(KeyPair pair, KeyPair::from_mnemonic(words.view()));
  StoredKey made{std::move(pair), std::move(words)};
  const fs::path folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  SUBNETD_CHECK(KeyFolder(folder).write(made, name, nullptr));
  return Opened{std::move(made), std::move(file)};
}

}  // namespace

Result<Identity> open_identity(const std::string& given, const std::string& journal) {
  const std::string key = given.empty() ? journal + ".key.json" : given;
  auto opened = open_or_make(key);
  if (!opened) {
    return fail(Errc::config, "[identity] key = \"" + key + "\": " + opened.error().message,
                opened.error().hint);
  }
  KeyPair& pair = opened->key.pair;
  if (pair.scheme() != commune::Scheme::sr25519) {
    return fail(Errc::config, "[identity] key = \"" + key + "\" is not sr25519");
  }
  std::error_code ec;
  const fs::perms others = fs::perms::group_all | fs::perms::others_all;
  const bool open = (fs::status(opened->file, ec).permissions() & others) != fs::perms::none;
  return Identity{std::move(pair), std::move(opened->file), !ec && open};
}

}  // namespace subnetd::agent
