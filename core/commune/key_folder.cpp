// SPDX-License-Identifier: 0BSD
#include "commune/key_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "commune/ss58.hpp"
#include "domain/limits.hpp"
#include "json/json.hpp"

namespace subnetd::commune {
namespace fs = std::filesystem;

namespace {

std::unexpected<Error> failed(std::string_view what, const fs::path& file, int code) {
  return fail(code == ENOENT ? Errc::not_found : Errc::io,
              std::string(what) + " " + file.string() + ": " + std::strerror(code));
}

// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Result<SecretText> contents(const fs::path& file) {
  // Not a pipe that nobody writes to, nor a device.
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.number() < 0) return failed("cannot read", file, errno);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) return failed("cannot read", file, errno);
  if (!S_ISREG(status.st_mode)) return fail(Errc::malformed, file.string() + " is not a file");
  SecretText text(std::string(limits::key_file_bytes_max + 1, '\0'));
  std::size_t size = 0;
  while (size < text.text().size()) {
    const ssize_t got =
        ::read(descriptor.number(), text.text().data() + size, text.text().size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read", file, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.text().resize(size);
  return text;
}

Result<void> write_all(int descriptor, std::string_view text, const fs::path& file) {
  while (!text.empty()) {
    const ssize_t put = ::write(descriptor, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed("cannot write", file, errno);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(descriptor) != 0) return failed("cannot write", file, errno);
  return {};
}

bool is_key_file_name(const fs::path& file) {
  return file.extension() == ".json" && !file.filename().string().starts_with('.');
}

// The files NAME/SCHEME/ADDRESS.json below a folder NAME.
std::vector<fs::path> nested_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it.depth() == 1 && is_key_file_name(it->path())) files.push_back(it->path());
    if (it.depth() == 1) it.disable_recursion_pending();
    if (files.size() > limits::key_files_max) break;
  }
  std::ranges::sort(files);
  return files;
}

KeyEntry entry_of(const fs::path& file, std::string name, const Passwords& passwords) {
  KeyEntry entry;
  entry.name = std::move(name);
  entry.file = file;
  const auto text = contents(file);
  if (!text) {
    entry.objection = text.error().message;
    return entry;
  }
  entry.encrypted = is_encrypted_key_file(text->view()).value_or(false);
  const auto key = read_key_file(text->view(), passwords.known(entry.name));
  if (!key) {
    entry.objection = key.error().message;
    return entry;
  }
  entry.address = key->pair.address();
  entry.scheme = scheme_name(key->pair.scheme());
  return entry;
}

}  // namespace

Result<Passwords> Passwords::from_environment(Asker ask) {
  Passwords out;
  out.ask_ = std::move(ask);
  if (const char* universal = std::getenv("COMX_UNIVERSAL_PASSWORD")) {
    out.universal_ = SecretText(universal);
  }
  if (const char* by_name = std::getenv("COMX_KEY_PASSWORDS")) {
    const auto parsed = json::parse(by_name, limits::key_file_bytes_max);
    const json::Object* object = parsed ? parsed->if_object() : nullptr;
    if (object == nullptr) {
      return fail(Errc::config, "COMX_KEY_PASSWORDS is not a JSON object",
                  "write it as {\"name\": \"password\"}");
    }
    for (const auto& member : *object) {
      if (!member.value().is_string()) {
        return fail(Errc::config, "COMX_KEY_PASSWORDS: a password is not text");
      }
      out.by_name_.emplace(member.key(), SecretText(std::string(member.value().as_string())));
    }
  }
  return out;
}

const SecretText* Passwords::known(std::string_view name) const {
  if (const auto it = by_name_.find(name); it != by_name_.end()) return &it->second;
  return universal_.empty() ? nullptr : &universal_;
}

const SecretText* Passwords::ask(std::string_view name) {
  if (!ask_) return nullptr;
  auto answer = ask_(name);
  if (!answer) return nullptr;
  asked_ = std::move(*answer);
  return &asked_;
}

Result<void> check_key_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  if (name.empty() || name.size() > limits::key_name_bytes_max || name.starts_with('.') ||
      !std::ranges::all_of(name, plain)) {
    return fail(Errc::malformed, "not a name for a key: \"" + std::string(name) + "\"",
                "use 1 to 64 letters, digits, dots, dashes and underscores, no dot in front");
  }
  return {};
}

Result<StoredKey> read_key(const fs::path& file, std::string_view name, Passwords& passwords) {
  SUBNETD_TRY(const SecretText text, contents(file));
  const SecretText* password = passwords.known(name);
  auto key = read_key_file(text.view(), password);
  if (!key && key.error().code == Errc::unauthorized && password == nullptr) {
    if (const SecretText* asked = passwords.ask(name)) key = read_key_file(text.view(), asked);
  }
  if (!key) key.error().message = "key " + std::string(name) + ": " + key.error().message;
  return key;
}

Result<fs::path> KeyFolder::default_path() {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return fail(Errc::config, "there is no home for the key folder: HOME is not set",
                "name the key folder or the key file");
  }
  return fs::path(home) / ".commune" / "key";
}

Result<std::vector<KeyEntry>> KeyFolder::list(const Passwords& passwords) const {
  std::vector<KeyEntry> entries;
  std::error_code error;
  if (!fs::exists(path_, error)) return entries;
  for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
    const fs::path& at = it->path();
    std::error_code ignored;
    if (fs::is_directory(at, ignored)) {
      for (const fs::path& file : nested_files(at)) {
        entries.push_back(entry_of(file, at.filename().string(), passwords));
      }
    } else if (is_key_file_name(at)) {
      entries.push_back(entry_of(at, at.stem().string(), passwords));
    }
    if (entries.size() > limits::key_files_max) {
      return fail(Errc::too_large, path_.string() + " holds more than " +
                                       std::to_string(limits::key_files_max) + " key files");
    }
  }
  if (error) return fail(Errc::io, "cannot read " + path_.string() + ": " + error.message());
  std::ranges::sort(entries, {}, [](const KeyEntry& e) { return std::tie(e.name, e.file); });
  return entries;
}

Result<fs::path> KeyFolder::find(std::string_view name) const {
  SUBNETD_CHECK(check_key_name(name));
  std::error_code error;
  const fs::path plain = path_ / (std::string(name) + ".json");
  if (fs::exists(plain, error)) return plain;
  const std::vector<fs::path> nested = nested_files(path_ / name);
  if (nested.size() == 1) return nested.front();
  if (nested.empty()) {
    return fail(Errc::not_found, "there is no key " + std::string(name) + " in " + path_.string(),
                "subnetd key list; subnetd key new " + std::string(name));
  }
  return fail(Errc::conflict, std::string(name) + " stands for " + std::to_string(nested.size()) +
                                  " keys in " + path_.string(),
              "name one of its files, such as " + nested.front().string());
}

Result<StoredKey> KeyFolder::read(std::string_view name, Passwords& passwords) const {
  SUBNETD_TRY(const fs::path file, find(name));
  return read_key(file, name, passwords);
}

Result<fs::path> KeyFolder::write(const StoredKey& key, std::string_view name,
                                  const SecretText* password) const {
  SUBNETD_CHECK(check_key_name(name));
  std::error_code error;
  const bool made = fs::create_directories(path_, error);
  if (error) return fail(Errc::io, "cannot make " + path_.string() + ": " + error.message());
  if (made) ::chmod(path_.c_str(), 0700);

  // Whole or not at all, and never over another key: a finished file is given its name.
  const fs::path file = path_ / (std::string(name) + ".json");
  std::string draft = (path_ / ("." + std::string(name) + ".XXXXXX")).string();
  const Descriptor descriptor(::mkostemp(draft.data(), O_CLOEXEC));  // 0600
  if (descriptor.number() < 0) return failed("cannot write", draft, errno);
  const SecretText text = write_key_file(key, name, password, std::time(nullptr));
  const auto written = write_all(descriptor.number(), text.view(), draft);
  const bool named = written && ::link(draft.c_str(), file.c_str()) == 0;
  const int code = errno;
  ::unlink(draft.c_str());
  SUBNETD_CHECK(written);
  if (!named && code == EEXIST) {
    return fail(Errc::conflict, "there is a key " + std::string(name) + " already: " +
                                    file.string());
  }
  if (!named) return failed("cannot write", file, code);
  return file;
}

}  // namespace subnetd::commune
