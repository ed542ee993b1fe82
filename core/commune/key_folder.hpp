// SPDX-License-Identifier: 0BSD
// The folder of key files, ~/.commune/key by default. Two layouts stand side by side: NAME.json,
// and NAME/SCHEME/ADDRESS.json as `commune` of 2025 writes it. A file that is no key is an entry
// that says why; it hides no other. Blocking file I/O: not on the io thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "commune/key_file.hpp"

namespace subnetd::commune {

// Who knows the passwords: COMX_KEY_PASSWORDS (a JSON object, by key name), then
// COMX_UNIVERSAL_PASSWORD, then whoever can be asked.
class Passwords {
 public:
  using Asker = std::function<std::optional<SecretText>(std::string_view name)>;

  static Result<Passwords> from_environment(Asker ask = {});
  // Null when nobody knows one. The pointer holds until the next call.
  const SecretText* known(std::string_view name) const;
  const SecretText* ask(std::string_view name);

 private:
  std::map<std::string, SecretText, std::less<>> by_name_;
  SecretText universal_;
  SecretText asked_;
  Asker ask_;
};

struct KeyEntry {
  std::string name;
  std::filesystem::path file;
  bool encrypted = false;
  std::string address;  // empty when it could not be read
  std::string scheme;
  std::string objection;  // why it could not; empty otherwise
};

class KeyFolder {
 public:
  explicit KeyFolder(std::filesystem::path path) : path_(std::move(path)) {}
  // $HOME/.commune/key; Errc::config without a home.
  static Result<std::filesystem::path> default_path();

  // By name. Encrypted keys are opened with the passwords that are known; nobody is asked.
  Result<std::vector<KeyEntry>> list(const Passwords& passwords) const;
  // By name, in either layout. Errc::not_found, Errc::unauthorized.
  Result<StoredKey> read(std::string_view name, Passwords& passwords) const;
  // The new file NAME.json, for its owner's eyes only (0600). Errc::conflict when there is one.
  Result<std::filesystem::path> write(const StoredKey& key, std::string_view name,
                                      const SecretText* password) const;

  const std::filesystem::path& path() const { return path_; }
  // The file of a name, in either layout. Errc::not_found.
  Result<std::filesystem::path> find(std::string_view name) const;

 private:
  std::filesystem::path path_;
};

// One key file. `name` chooses its password.
Result<StoredKey> read_key(const std::filesystem::path& file, std::string_view name,
                           Passwords& passwords);
// A name that is one plain file name: 1..64 letters, digits, dots, dashes and underscores, no dot
// in front.
Result<void> check_key_name(std::string_view name);

}  // namespace subnetd::commune
