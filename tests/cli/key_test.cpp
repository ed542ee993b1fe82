// SPDX-License-Identifier: 0BSD
#include <sys/stat.h>

#include "cli/transcript.hpp"

namespace subnetd::cli {
namespace {

constexpr const char* alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
constexpr const char* words =
    "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

// The value behind "NAME\t".
std::string field(const Transcript& shown, const std::string& name) {
  std::istringstream lines(shown.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + "\t")) return line.substr(name.size() + 1);
  }
  return {};
}

Transcript key(const Scratch& folder, std::vector<std::string> arguments,
               const std::string& input = {}, const std::vector<std::string>& environment = {}) {
  arguments.insert(arguments.begin(), "key");
  if (arguments[1] != "verify") {
    arguments.insert(arguments.end(), {"--folder", folder.file("keys")});
  }
  return subnetd(arguments, input, environment);
}

TEST(Key, NewMakesAFileForItsOwnerAndShowsNoSecret) {
  const Scratch folder;
  const Transcript made = key(folder, {"new", "mine"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(field(made, "name"), "mine");
  EXPECT_EQ(field(made, "address").size(), 48u);
  EXPECT_EQ(field(made, "mnemonic"), "");
  struct stat status {};
  ASSERT_EQ(::stat(field(made, "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(key(folder, {"new", "mine"}).exit_code, 1) << "the same name again";
  EXPECT_EQ(key(folder, {"new", "../mine"}).exit_code, 2);
}

TEST(Key, ImportTakesAMnemonicAPathASeedAndAPrivateKey) {
  const Scratch folder;
  const Transcript root = key(folder, {"import", "root"}, std::string(words) + "\n");
  ASSERT_EQ(root.exit_code, 0) << root.err;
  EXPECT_EQ(field(key(folder, {"import", "a"}, "//Alice"), "address"), alice);
  EXPECT_EQ(field(key(folder, {"import", "b"}, std::string(words) + "//Alice"), "address"), alice);
  const Transcript secret = key(folder, {"show", "root", "--secret"});
  EXPECT_EQ(field(secret, "mnemonic"), words);
  EXPECT_EQ(field(key(folder, {"import", "c"}, "0x" + field(secret, "seed")), "address"),
            field(root, "address"));
  EXPECT_EQ(field(key(folder, {"import", "d"}, field(secret, "private_key")), "address"),
            field(root, "address"));
  EXPECT_EQ(field(key(folder, {"import", "e"}, slurp(field(root, "file"))), "address"),
            field(root, "address"));
  for (const char* wrong : {"", "not a mnemonic", "0x12", "{}"}) {
    EXPECT_NE(key(folder, {"import", "f"}, wrong).exit_code, 0) << wrong;
  }
}

TEST(Key, SignsAndVerifiesInEitherScheme) {
  const Scratch folder;
  for (const std::string scheme : {"sr25519", "ed25519"}) {
    const std::string address =
        field(key(folder, {"new", scheme, "--scheme", scheme}), "address");
    const std::string signature = field(key(folder, {"sign", scheme, "a message"}), "signature");
    ASSERT_EQ(signature.size(), 128u);
    const std::vector<std::string> check{"verify", address, signature, "a message",
                                         "--scheme", scheme};
    EXPECT_EQ(key(folder, check).exit_code, 0);
    std::vector<std::string> other = check;
    other[3] = "another message";
    const Transcript refused = key(folder, other);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(field(refused, "valid"), "false");
    other = check;
    other[2] += "00";
    EXPECT_EQ(key(folder, other).exit_code, 2);
  }
}

TEST(Key, ListShowsEncryptedKeysWithTheirPasswordAndFilesThatAreNone) {
  const Scratch folder;
  const std::vector<std::string> password{"COMX_UNIVERSAL_PASSWORD=secret"};
  ASSERT_EQ(key(folder, {"new", "locked", "--encrypt"}, {}, password).exit_code, 0);
  ASSERT_EQ(key(folder, {"new", "open"}).exit_code, 0);
  folder.write("keys/key2address.json", R"({"data":{"a":"5G"},"encrypted":false,"timestamp":1})");
  const Transcript shut = key(folder, {"list", "--output", "tsv"});
  EXPECT_EQ(shut.exit_code, 0);
  EXPECT_NE(shut.out.find("\nkey2address\t\t\tfalse\t"), std::string::npos) << shut.out;
  EXPECT_NE(shut.out.find("\nlocked\t\t\ttrue\t"), std::string::npos) << shut.out;
  EXPECT_NE(shut.out.find("\nopen\t5"), std::string::npos) << shut.out;
  const Transcript opened = key(folder, {"list", "--output", "tsv"}, {}, password);
  EXPECT_NE(opened.out.find("\nlocked\t5"), std::string::npos) << opened.out;
}

TEST(Key, AWrongPasswordIsSaidAndSignsNothing) {
  const Scratch folder;
  const std::vector<std::string> right{"COMX_UNIVERSAL_PASSWORD=a"};
  ASSERT_EQ(key(folder, {"new", "locked", "--encrypt"}, {}, right).exit_code, 0);
  const Transcript wrong =
      key(folder, {"sign", "locked", "m"}, {}, {"COMX_UNIVERSAL_PASSWORD=b"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(wrong.out, "");
  EXPECT_NE(wrong.err.find("password"), std::string::npos);
}

}  // namespace
}  // namespace subnetd::cli
