// SPDX-License-Identifier: 0BSD
// key new, import, list, show, sign, verify: Commune keys in a folder of key files. Nothing prints
// a secret unless it was asked for by name.
#include <unistd.h>

#include <iostream>

#include "cli/command.hpp"
#include "cli/input_text.hpp"
#include "cli/key_source.hpp"
#include "commune/mnemonic.hpp"
#include "commune/sr25519.hpp"
#include "commune/ss58.hpp"
#include "domain/limits.hpp"

namespace subnetd::cli {
namespace {

using commune::KeyPair;
using commune::SecretText;
using commune::StoredKey;

constexpr std::size_t message_bytes_max = 64 * 1024 * 1024;

struct NewOptions : KeyFolderOptions {
  std::string name, scheme = "sr25519", from = "-";
  bool encrypt = false, show_mnemonic = false;
  OutputChoice output;
};

struct ListOptions : KeyFolderOptions {
  OutputChoice output;
};

struct ShowOptions : KeyFolderOptions {
  std::string name;
  bool secret = false;
  OutputChoice output;
};

struct MessageOptions : KeyFolderOptions {
  std::string name, message = "-", signature, scheme = "sr25519";
  bool hex = false;
  OutputChoice output;
};

void print_key(const OutputChoice& output, json::Object shown) {
  print_object(std::cout, style_of(output), shown);
}

json::Object described(const StoredKey& key, const std::string& name) {
  return {{"name", name},
          {"address", key.pair.address()},
          {"public_key", commune::hex_encode(key.pair.public_key())},
          {"scheme", commune::scheme_name(key.pair.scheme())}};
}

Result<void> store(const NewOptions& options, const StoredKey& key) {
  SUBNETD_TRY(const commune::KeyFolder folder, folder_of(options));
  std::optional<SecretText> password;
  if (options.encrypt) {
    SUBNETD_TRY(password, new_password(options.name));
  }
  SUBNETD_TRY(const auto file,
              folder.write(key, options.name, password ? &*password : nullptr));
  json::Object shown = described(key, options.name);
  shown["encrypted"] = options.encrypt;
  shown["file"] = file.string();
  if (options.show_mnemonic) shown["mnemonic"] = key.mnemonic.view();
  print_key(options.output, std::move(shown));
  return {};
}

Result<void> make(const NewOptions& options) {
  SUBNETD_TRY(const auto scheme, commune::parse_scheme(options.scheme));
  SecretText words = commune::new_mnemonic();
  SUBNETD_TRY(KeyPair pair, KeyPair::from_mnemonic(words.view(), {}, scheme));
  return store(options, StoredKey{std::move(pair), std::move(words)});
}

// A mnemonic, with or without a derivation path, a 32-byte seed, a 64-byte private key or the text
// of a key file.
Result<StoredKey> key_of_text(std::string_view text, const NewOptions& options) {
  SUBNETD_TRY(const auto scheme, commune::parse_scheme(options.scheme));
  if (text.starts_with('{')) {
    SUBNETD_TRY(commune::Passwords passwords, passwords_of_terminal());
    auto key = commune::read_key_file(text, passwords.known(options.name));
    if (!key && key.error().code == Errc::unauthorized) {
      if (const SecretText* asked = passwords.ask(options.name)) {
        return commune::read_key_file(text, asked);
      }
    }
    return key;
  }
  std::string_view hex = text;
  if (hex.starts_with("0x")) hex.remove_prefix(2);
  if (hex.size() == 128 && scheme == commune::Scheme::sr25519) {
    commune::Secret<64> bytes;
    SUBNETD_CHECK(commune::hex_decode_into(hex, bytes.span()));
    SUBNETD_TRY(KeyPair pair, KeyPair::from_private_key(bytes.span()));
    return StoredKey{std::move(pair), {}};
  }
  if (hex.size() == 64 && hex.find(' ') == std::string_view::npos) {
    commune::MiniSecret seed;
    SUBNETD_CHECK(commune::hex_decode_into(hex, seed.span()));
    return StoredKey{KeyPair::from_mini_secret(seed, scheme), {}};
  }
  SUBNETD_TRY(KeyPair pair, KeyPair::from_uri(text, scheme));
  const bool plain = text.find('/') == std::string_view::npos;  // else the words are another's
  return StoredKey{std::move(pair), plain ? SecretText(std::string(text)) : SecretText()};
}

Result<void> import(const NewOptions& options) {
  if (options.from == "-" && isatty(STDIN_FILENO) == 1) {
    note("mnemonic, derivation URI, seed or private key in hex, or a key file's text; then ^D:");
  }
  SUBNETD_TRY(std::string given, whole_text(options.from, limits::key_file_bytes_max));
  const SecretText text(std::move(given));
  std::string_view trimmed = text.view();
  while (!trimmed.empty() && std::isspace(static_cast<unsigned char>(trimmed.back())) != 0) {
    trimmed.remove_suffix(1);
  }
  if (trimmed.empty()) return fail(Errc::malformed, "nothing was given to import");
  SUBNETD_TRY(const StoredKey key, key_of_text(trimmed, options));
  return store(options, key);
}

Result<void> list(const ListOptions& options) {
  SUBNETD_TRY(const commune::KeyFolder folder, folder_of(options));
  SUBNETD_TRY(const commune::Passwords passwords, commune::Passwords::from_environment());
  SUBNETD_TRY(const auto entries, folder.list(passwords));
  Rows rows(std::cout, style_of(options.output),
            {"name", "address", "scheme", "encrypted", "file", "problem"});
  for (const commune::KeyEntry& entry : entries) {
    rows.add({entry.name, entry.address, entry.scheme, entry.encrypted, entry.file.string(),
              entry.objection});
  }
  rows.finish();
  return {};
}

Result<void> show(const ShowOptions& options) {
  SUBNETD_TRY(const StoredKey key, stored_key(options, options.name));
  json::Object shown = described(key, options.name);
  if (options.secret) {
    shown["mnemonic"] = key.mnemonic.view();
    const auto& seed = key.pair.mini_secret();
    shown["seed"] = seed ? commune::hex_encode(seed->span()) : std::string();
    shown["private_key"] = commune::hex_encode(key.pair.private_key().span());
  }
  print_key(options.output, std::move(shown));
  return {};
}

Result<std::vector<std::uint8_t>> message_of(const MessageOptions& options) {
  std::string text = options.message;
  if (text == "-") {
    SUBNETD_TRY(text, whole_text("-", message_bytes_max));
  }
  if (options.hex) {
    while (text.ends_with('\n')) text.pop_back();
    return commune::hex_decode(text.starts_with("0x") ? text.substr(2) : text);
  }
  return std::vector<std::uint8_t>(text.begin(), text.end());
}

Result<void> sign(const MessageOptions& options) {
  SUBNETD_TRY(const StoredKey key, stored_key(options, options.name));
  SUBNETD_TRY(const auto message, message_of(options));
  json::Object shown = described(key, options.name);
  shown["signature"] = commune::hex_encode(key.pair.sign(message));
  print_key(options.output, std::move(shown));
  return {};
}

Result<commune::PublicKey> public_key_of(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  if (text.size() == 64) return commune::hex_array<32>(text);
  return commune::ss58_decode(text);
}

Result<int> verify(const MessageOptions& options) {
  SUBNETD_TRY(const auto scheme, commune::parse_scheme(options.scheme));
  SUBNETD_TRY(const auto key, public_key_of(options.name));
  std::string_view hex = options.signature;
  if (hex.starts_with("0x")) hex.remove_prefix(2);
  SUBNETD_TRY(const auto signature, commune::hex_array<64>(hex));
  SUBNETD_TRY(const auto message, message_of(options));
  const bool valid = commune::verify(scheme, key, message, signature);
  print_key(options.output, {{"address", commune::ss58_encode(key)},
                             {"scheme", commune::scheme_name(scheme)},
                             {"valid", valid}});
  return number(valid ? ExitCode::ok : ExitCode::failed);
}

void add_scheme(CLI::App& command, std::string& scheme) {
  one_of(command.add_option("--scheme", scheme, "The kind of signature"), {"sr25519", "ed25519"});
}

void add_new_options(CLI::App& command, NewOptions& options) {
  command.add_option("NAME", options.name, "The key's name")->required();
  add_scheme(command, options.scheme);
  command.add_flag("--encrypt", options.encrypt,
                   "Under a password: COMX_KEY_PASSWORDS, COMX_UNIVERSAL_PASSWORD, or asked for");
  command.add_flag("--show-mnemonic", options.show_mnemonic, "Print its words, to be written down");
  add_key_folder_option(command, options);
  add_output_options(command, options.output);
}

void add_message_options(CLI::App& command, MessageOptions& options) {
  command.add_option("MESSAGE", options.message, "What is signed; \"-\", or none, reads stdin");
  command.add_flag("--hex", options.hex, "The message is given in hex");
  add_output_options(command, options.output);
}

}  // namespace

void add_key(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("key", "Commune keys: the key files in ~/.commune/key");
  group->require_subcommand(1);

  CLI::App* new_command = group->add_subcommand("new", "Make a key and its file");
  auto new_options = std::make_shared<NewOptions>();
  add_new_options(*new_command, *new_options);
  on_chosen(*new_command, chosen, new_options, make);

  CLI::App* import_command =
      group->add_subcommand("import", "Make a key file of a mnemonic, seed, private key or URI");
  auto import_options = std::make_shared<NewOptions>();
  add_new_options(*import_command, *import_options);
  import_command
      ->add_option("--from", import_options->from, "Where the secret is read; \"-\": stdin")
      ->type_name("FILE");
  on_chosen(*import_command, chosen, import_options, import);

  CLI::App* list_command = group->add_subcommand("list", "All keys; files that are none say why");
  auto list_options = std::make_shared<ListOptions>();
  add_key_folder_option(*list_command, *list_options);
  add_output_options(*list_command, list_options->output);
  on_chosen(*list_command, chosen, list_options, list);

  CLI::App* show_command = group->add_subcommand("show", "One key");
  auto show_options = std::make_shared<ShowOptions>();
  show_command->add_option("NAME", show_options->name, "A key's name, or a file")->required();
  show_command->add_flag("--secret", show_options->secret, "Print what must stay secret as well");
  add_key_folder_option(*show_command, *show_options);
  add_output_options(*show_command, show_options->output);
  on_chosen(*show_command, chosen, show_options, show);

  CLI::App* sign_command = group->add_subcommand("sign", "Sign a message");
  auto sign_options = std::make_shared<MessageOptions>();
  sign_command->add_option("NAME", sign_options->name, "A key's name, or a file")->required();
  add_message_options(*sign_command, *sign_options);
  add_key_folder_option(*sign_command, *sign_options);
  on_chosen(*sign_command, chosen, sign_options, sign);

  CLI::App* verify_command =
      group->add_subcommand("verify", "Check a signature; exit code 1 when it is not the key's");
  auto verify_options = std::make_shared<MessageOptions>();
  verify_command->add_option("ADDRESS", verify_options->name, "SS58, or the public key in hex")
      ->required();
  verify_command->add_option("SIGNATURE", verify_options->signature, "128 hex digits")->required();
  add_message_options(*verify_command, *verify_options);
  add_scheme(*verify_command, verify_options->scheme);
  on_chosen(*verify_command, chosen, verify_options, verify);
}

}  // namespace subnetd::cli
