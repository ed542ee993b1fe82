// SPDX-License-Identifier: 0BSD
#include "cli/key_source.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace subnetd::cli {
namespace {

constexpr std::size_t password_bytes_max = 1024;

// One line from the terminal, unseen. Empty without a terminal.
std::optional<commune::SecretText> hidden_line(const std::string& prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return std::nullopt;
  termios shown{};
  if (::tcgetattr(terminal, &shown) != 0) {
    ::close(terminal);
    return std::nullopt;
  }
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(terminal, TCSAFLUSH, &hidden);
  (void)!::write(terminal, prompt.data(), prompt.size());
  commune::SecretText line;
  line.text().reserve(password_bytes_max);
  char c = 0;
  while (line.view().size() < password_bytes_max && ::read(terminal, &c, 1) == 1 && c != '\n') {
    line.text().push_back(c);
  }
  ::tcsetattr(terminal, TCSAFLUSH, &shown);
  (void)!::write(terminal, "\n", 1);
  ::close(terminal);
  return line;
}

}  // namespace

void add_key_folder_option(CLI::App& command, KeyFolderOptions& options) {
  command.add_option("--folder", options.folder, "Where the key files are (~/.commune/key)")
      ->type_name("DIR");
}

Result<commune::KeyFolder> folder_of(const KeyFolderOptions& options) {
  if (!options.folder.empty()) return commune::KeyFolder(options.folder);
  SUBNETD_TRY(auto path, commune::KeyFolder::default_path());
  return commune::KeyFolder(std::move(path));
}

Result<commune::Passwords> passwords_of_terminal() {
  return commune::Passwords::from_environment([](std::string_view name) {
    return hidden_line("Password of key " + std::string(name) + ": ");
  });
}

Result<commune::SecretText> new_password(std::string_view name) {
  SUBNETD_TRY(const commune::Passwords known, commune::Passwords::from_environment());
  if (const commune::SecretText* password = known.known(name)) {
    return commune::SecretText(std::string(password->view()));
  }
  auto first = hidden_line("New password of key " + std::string(name) + ": ");
  if (!first) {
    return fail(Errc::malformed, "no password is known for key " + std::string(name),
                "set COMX_KEY_PASSWORDS or COMX_UNIVERSAL_PASSWORD, or run this on a terminal");
  }
  if (first->empty()) return fail(Errc::malformed, "an empty password protects nothing");
  const auto second = hidden_line("Once more: ");
  if (!second || second->view() != first->view()) {
    return fail(Errc::malformed, "the two passwords differ");
  }
  return std::move(*first);
}

Result<commune::StoredKey> stored_key(const KeyFolderOptions& options, const std::string& name) {
  SUBNETD_TRY(commune::Passwords passwords, passwords_of_terminal());
  if (name.find('/') != std::string::npos || name.ends_with(".json")) {
    const std::filesystem::path file(name);
    return commune::read_key(file, file.stem().string(), passwords);
  }
  SUBNETD_TRY(const commune::KeyFolder folder, folder_of(options));
  return folder.read(name, passwords);
}

}  // namespace subnetd::cli
