# SPDX-License-Identifier: 0BSD
"""Each check of house.py is shown a bad tree and must complain, and a good one and must not."""

import pathlib
import tempfile
import unittest

import house
import readme_blocks

TAG = "// SPDX-License-Identifier: 0BSD\n"


class HouseTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name).resolve()
        self.write("CMakeLists.txt", "")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def complaints(self, check):
        return list(check(self.root))

    def bad(self, check, name, text, words):
        self.write(name, text)
        found = self.complaints(check)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def good(self, check, name, text):
        self.write(name, text)
        self.assertEqual(self.complaints(check), [])

    def test_engine_may_not_include_json(self):
        self.bad(house.check_includes, "core/engine/a.cpp", '#include "json/json.hpp"\n',
                 "engine may not include json/json.hpp")

    def test_engine_may_not_include_a_system_header(self):
        self.bad(house.check_includes, "core/engine/a.cpp", "#include <sys/socket.h>\n",
                 "std and domain only")

    def test_journal_may_include_only_two_headers_of_the_engine(self):
        self.good(house.check_includes, "core/journal/a.cpp", '#include "engine/fact.hpp"\n')
        self.bad(house.check_includes, "core/journal/b.cpp", '#include "engine/engine.hpp"\n',
                 "journal may not include")

    def test_only_config_may_include_its_parser(self):
        self.good(house.check_includes, "core/config/a.cpp", "#include <toml++/toml.h>\n")
        self.bad(house.check_includes, "core/net/a.cpp", "#include <toml++/toml.h>\n",
                 "net may not include")

    def test_a_room_that_the_table_lacks_is_named(self):
        self.bad(house.check_includes, "core/shed/a.cpp", "", "room shed")

    def test_a_plugin_may_not_include_core(self):
        self.bad(house.check_includes, "plugins/matchers/x/a.cpp", '#include "domain/error.hpp"\n',
                 "a plugin may not include")

    def test_an_sdk_header_may_not_include_boost(self):
        self.bad(house.check_includes, "sdk/include/subnet/a.hpp", "#include <boost/json.hpp>\n",
                 "an SDK header may not include")

    def test_a_c_header_of_the_sdk_may_not_include_cxx(self):
        self.bad(house.check_includes, "sdk/include/subnet/a.h", "#include <string>\n",
                 "an SDK header may not include")

    def test_banned_names_are_found_in_types_and_functions(self):
        self.good(house.check_names, "core/net/a.hpp",
                  "class Database {};\n// class PluginManager\n")
        self.bad(house.check_names, "core/net/b.hpp", "class PluginManager {};\n", "PluginManager")

    def test_banned_verbs_are_found(self):
        self.bad(house.check_names, "core/net/b.cpp", "void process_reply(int x) {}\n",
                 "process_reply")

    def test_banned_file_names_are_found(self):
        self.bad(house.check_names, "core/net/http_utils.cpp", "", "utils")

    def test_a_long_file_is_found(self):
        self.bad(house.check_sizes, "core/net/a.cpp", "\n" * (house.LINES_MAX + 1),
                 "over 500 lines")

    def test_a_long_line_is_found(self):
        self.bad(house.check_sizes, "core/net/a.cpp", "x" * 101 + "\n", "101 columns")

    def test_a_long_function_is_found(self):
        body = "  call();\n" * house.FUNCTION_LINES_MAX
        self.bad(house.check_sizes, "core/net/a.cpp",
                 "namespace a {\nint f(int x) const {\n" + body + "}\n}\n",
                 "a function of 72 lines")

    def test_a_long_table_is_no_function(self):
        table = "int table[] = {\n" + "  1,\n" * 200 + "};\n"
        self.good(house.check_sizes, "core/net/a.cpp", table)

    def test_a_source_in_no_target_is_found(self):
        self.write("core/net/CMakeLists.txt", "subnetd_room(net SOURCES a.cpp sub/c.cpp)\n")
        self.write("core/net/a.cpp", "")
        self.write("core/net/sub/c.cpp", "")
        self.bad(house.check_targets, "core/net/b.cpp", "", "in no CMake target")

    def test_a_source_named_only_in_a_comment_is_in_no_target(self):
        self.write("core/net/CMakeLists.txt", "# a.cpp\nsubnetd_room(net SOURCES aa.cpp)\n")
        self.bad(house.check_targets, "core/net/a.cpp", "", "in no CMake target")

    def test_a_source_without_the_tag_is_found(self):
        self.good(house.check_licence, "sdk/include/subnet/a.h", TAG)
        self.bad(house.check_licence, "sdk/include/subnet/b.h", "#pragma once\n", "SPDX")

    def test_a_path_of_one_machine_is_found(self):
        self.good(house.check_machine_paths, "core/net/a.cpp", '"/api/v1" "/usr/lib"\n')
        self.bad(house.check_machine_paths, "core/net/b.cpp", '"/home/ada/x"\n', "one machine")

    def test_a_key_outside_the_schema_is_found(self):
        self.write("core/config/schema.cpp", 'Key{"http", "listen", Type::text}\n')
        self.good(house.check_config_keys, "config/a.toml", "[http]\nlisten = 1\n")
        self.good(house.check_config_keys, "config/c.toml", "[[validator.settings.cases]]\nx = 1\n")
        self.bad(house.check_config_keys, "config/b.toml", "[http]\nport = 1\n", "[http] port")

    def test_an_impure_engine_is_found(self):
        pure = "U memcpy@GLIBC_2.14\n U operator new(unsigned long)"
        self.assertEqual(list(house.check_engine(pure)), [])
        for symbol in ("clock_gettime@GLIBC_2.17", "socket", "getenv", "open64", "pthread_create",
                       "std::chrono::_V2::system_clock::now()", "std::random_device::_M_getval()"):
            self.assertEqual(len(list(house.check_engine(f"    U {symbol}"))), 1, symbol)

    def test_readme_blocks_run_in_order_in_one_shell(self):
        text = "```sh\na=1\n```\nwords\n```sh\necho $a >out\n```\n```python\nfalse\n```\n"
        self.assertEqual(readme_blocks.run(text, self.root), 0)
        self.assertEqual((self.root / "out").read_text(encoding="utf-8"), "1\n")

    def test_a_readme_block_that_fails_is_found(self):
        self.assertNotEqual(readme_blocks.run("```sh\nfalse\ntrue\n```\n", self.root), 0)

    def test_a_readme_block_is_left_out_only_for_a_reason(self):
        block = "```sh\nfalse\n```\n"
        self.assertEqual(list(readme_blocks.blocks("<!-- not run: slow -->\n" + block)), [])
        self.assertEqual(len(list(readme_blocks.blocks("<!-- not run: -->\n" + block))), 1)


if __name__ == "__main__":
    unittest.main()
