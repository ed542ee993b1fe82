# SPDX-License-Identifier: 0BSD
"""The rules of the house, read from the sources: house.py TREE [--engine libsubnetd_engine.a].

Each check takes the tree's root and yields complaints as "file:line: words".
"""

import argparse
import pathlib
import re
import subprocess
import sys

SOURCES = {".c", ".cc", ".cpp", ".h", ".hpp", ".py"}
ROOMS = ("core", "plugins", "sdk", "tests")

# room of core/ -> what it may include of core/. A path names one header, a word a whole room.
ALLOWED = {
    "domain": set(),
    "engine": {"domain"},
    "json": {"domain"},
    "plugin": {"domain", "json", "net"},
    "config": {"domain"},
    "observe": {"domain"},
    "journal": {"domain", "json", "engine/fact.hpp", "engine/state.hpp"},
    "net": {"domain", "json"},
    "commune": {"domain", "json", "net"},
    "prober": {"domain", "net", "commune", "observe"},
    "api": {"domain", "json", "engine/state.hpp", "engine/input.hpp", "engine/answer.hpp", "net",
            "commune", "journal/history.hpp"},
    "demo": {"domain", "json", "net"},
    "agent": {"domain", "engine", "json", "plugin", "config", "observe", "journal", "net",
              "commune", "prober", "api"},
    "embed": {"agent", "config", "domain", "json", "net"},
    "cli": {"domain", "engine/engine.hpp", "json", "plugin", "config", "observe", "journal", "net",
            "commune", "prober", "api", "demo", "agent"},
}

# library prefix -> the rooms that may include it; the C headers of the SDK are free for all of core
LIBRARIES = {
    "boost/json": {room for room, may in ALLOWED.items() if "json" in may} | {"json"},
    "boost/dll": {"plugin"},
    "boost/": {"net", "json", "plugin", "prober", "api", "demo", "agent", "cli"},
    "openssl/": {"net", "plugin", "journal"},
    "toml++/": {"config"},
    "spdlog/": {"observe"},
    "fmt/": {"observe"},
    "prometheus/": {"observe"},
    "seccomp.h": {"plugin"},
    "sqlite3.h": {"journal"},
    "zstd.h": {"journal"},
    "sodium.h": {"agent", "plugin", "commune"},
    "decaf.h": {"commune"},
    "CLI/": {"cli"},
}

BANNED = ("Manager", "Helper", "Util", "Common", "Impl", "Data", "Info", "Base")
LINES_MAX = 500
COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
# file -> why it may be longer
LONG_FILES = {}

ENGINE_FORBIDDEN = re.compile(
    r"\b(clock_gettime|gettimeofday|time|localtime\w*|gmtime\w*|nanosleep|usleep|sleep|open|open64|"
    r"openat|fopen|fopen64|creat|socket|connect|bind|listen|accept|send|recv|getaddrinfo|"
    r"pthread_create|pthread_mutex_\w+|getenv|secure_getenv|setenv|rand|srand|random|rand_r|"
    r"drand48|getrandom|arc4random\w*|getentropy|dlopen|dlsym|fork|execve|system|std::thread.*|"
    r"std::chrono::_V2::\w+_clock::now.*|std::random_device.*|std::basic_[io]?f(stream|ilebuf).*)$")


def sources(root, folders=ROOMS, suffixes=SOURCES):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and "corpus" not in path.parts:
                yield path


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def name_of(path, root):
    return path.relative_to(root).as_posix()


def without_text(source):
    """The source with comments and literals blanked, lines kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                         r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), source)


def includes(path):
    for number, line in enumerate(lines_of(path), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1), found.group(2)


def check_includes(root):
    for path in sources(root, ("core",), {".h", ".hpp", ".cpp", ".c"}):
        room = path.relative_to(root / "core").parts[0]
        if room == "main.cpp":
            continue
        may = ALLOWED.get(room)
        if may is None:
            yield f"{name_of(path, root)}:1: room {room} is not in the include table"
            continue
        for number, kind, target in includes(path):
            where = f"{name_of(path, root)}:{number}"
            other = target.split("/")[0]
            if kind == '"' and "/" in target and other in ALLOWED:
                if other != room and other not in may and target not in may:
                    yield f"{where}: {room} may not include {target}"
            elif room in ("domain", "engine") and not re.fullmatch(r"[a-z_0-9]+", target):
                yield f"{where}: {room} includes std and domain only, not {target}"
            else:
                for prefix, rooms in LIBRARIES.items():
                    if target.startswith(prefix):
                        if room not in rooms:
                            yield f"{where}: {room} may not include {target}"
                        break
    for path in sources(root, ("plugins",), {".h", ".hpp", ".cpp", ".c"}):
        for number, _, target in includes(path):
            if target.split("/")[0] in ALLOWED and not (path.parent / target).exists():
                yield f"{name_of(path, root)}:{number}: a plugin may not include {target} of core"
    for path in sources(root, ("sdk/include",), {".h", ".hpp"}):
        for number, kind, target in includes(path):
            if kind == '"' and (path.parent / target).exists():
                continue
            if path.name == "testing.hpp" and target == "dlfcn.h":
                continue  # the fake host loads a plugin as the real one does
            is_std = re.fullmatch(r"[a-z_0-9]+", target) and path.suffix == ".hpp"
            if not (is_std or target in ("stdint.h", "stddef.h") or target.startswith("subnet/")):
                yield f"{name_of(path, root)}:{number}: an SDK header may not include {target}"


def check_names(root):
    word = "|".join(BANNED)
    declared = re.compile(r"\b(?:class|struct|enum class|enum|union|concept|using|namespace)\s+"
                          rf"(\w*(?:{word})(?![a-z])\w*)")
    called = re.compile(r"\b(do_\w+|process_\w+|process)\s*\([^;{]*\)"
                        r"\s*(?:const\s*)?(?:noexcept\s*)?\{")
    for path in sources(root, suffixes=SOURCES - {".py"}):
        file_word = re.search(r"(?:^|_)(manager|helpers?|utils?|common|impl)(?:_|$)", path.stem)
        if file_word:
            yield f"{name_of(path, root)}:1: a file is not called {file_word.group(1)}"
        text = without_text("\n".join(lines_of(path)))
        for number, line in enumerate(text.splitlines(), 1):
            for found in list(declared.finditer(line)) + list(called.finditer(line)):
                yield f"{name_of(path, root)}:{number}: banned in a name: {found.group(1)}"


def function_sizes(source):
    """(first line, lines) of each function body: a block whose head ends in a parameter list."""
    after = re.compile(r"\)\s*(const|noexcept|override|final|mutable|->[^;{}]*|\s)*$")
    text = without_text(source)
    stack, line, head = [], 1, ""
    for c in text:
        if c == "\n":
            line += 1
        if c == "{":
            is_function = bool(after.search(head))
            is_scope = bool(re.search(r"\b(namespace|class|struct|enum|union|extern)\b", head))
            stack.append((line, is_function and not is_scope))
            head = ""
        elif c == "}":
            if stack:
                first, is_function = stack.pop()
                if is_function and not any(outer for _, outer in stack):
                    yield first, line - first + 1
            head = ""
        elif c == ";":
            head = ""
        else:
            head += c


def check_sizes(root):
    for path in sources(root):
        lines = lines_of(path)
        name = name_of(path, root)
        if len(lines) > LINES_MAX and name not in LONG_FILES:
            yield f"{name}:{len(lines)}: over {LINES_MAX} lines"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                yield f"{name}:{number}: {len(line)} columns, over {COLUMNS_MAX}"
        if path.suffix in (".cpp", ".hpp"):
            for first, size in function_sizes("\n".join(lines)):
                if size > FUNCTION_LINES_MAX:
                    yield f"{name}:{first}: a function of {size} lines, over {FUNCTION_LINES_MAX}"


def check_targets(root):
    for path in sources(root, suffixes={".c", ".cc", ".cpp"}):
        if root / "sdk/template" in path.parents:
            continue  # built where `subnetd plugin new` has put them
        folder, found = path.parent, False
        while not found and root in (folder, *folder.parents):
            lists = folder / "CMakeLists.txt"
            if lists.exists():
                relative = path.relative_to(folder).as_posix()
                words = re.sub(r"#[^\n]*", "", lists.read_text(encoding="utf-8"))
                found = bool(re.search(rf"(?<![\w/.]){re.escape(relative)}(?![\w.])", words)
                             or re.search(rf"\}}/{re.escape(relative)}(?![\w.])", words))
            if folder == root:
                break
            folder = folder.parent
        if not found:
            yield f"{name_of(path, root)}:1: in no CMake target"


def check_licence(root):
    for path in sources(root):
        lines = lines_of(path)
        if not lines or "SPDX-License-Identifier: 0BSD" not in "\n".join(lines[:2]):
            yield f"{name_of(path, root)}:1: first line is not the SPDX tag"


def check_machine_paths(root):
    pattern = re.compile(r"(?<![\w.$}/])/(?:home|root|work|Users|mnt)/[\w.-]+")
    suffixes = SOURCES | {".txt", ".cmake", ".toml", ".sh", ".md"}
    for path in sources(root, ROOMS + ("config",), suffixes):
        if path.name in ("house.py", "house_test.py"):
            continue
        for number, line in enumerate(lines_of(path), 1):
            if pattern.search(line):
                yield f"{name_of(path, root)}:{number}: a path of one machine"


def check_config_keys(root):
    """Every key of a TOML file in config/ is in the schema's table."""
    table = root / "core/config/schema.cpp"
    if not table.exists():
        return
    text = table.read_text(encoding="utf-8")
    known = set(re.findall(r'Key\{"([\w.]*)",\s*"(\w+)"', text))
    known |= set(re.findall(r'\.section = "([\w.]+)",\s*\.name = "(\w+)"', text))
    files = [*(root / "config").glob("*.toml"), *(root / "config/examples").glob("*.toml")]
    for path in files:
        section = ""
        for number, line in enumerate(lines_of(path), 1):
            header = re.match(r"\s*\[\[?([\w.]+)\]\]?", line)
            key = re.match(r"\s*(\w+)\s*=", line)
            if header:
                section = header.group(1)
            elif key and ".settings." not in section + ".":
                if (section, key.group(1)) not in known:
                    where = f"{name_of(path, root)}:{number}"
                    yield f"{where}: [{section}] {key.group(1)} is not in the schema"


CHECKS = {
    "includes": check_includes,
    "names": check_names,
    "sizes": check_sizes,
    "targets": check_targets,
    "licence": check_licence,
    "machine paths": check_machine_paths,
    "config keys": check_config_keys,
}


def check_engine(undefined):
    """`undefined` is the text of `nm -uC`."""
    for line in undefined.splitlines():
        symbol = re.sub(r"@.*", "", line.strip().removeprefix("U ").removeprefix("w ")).strip()
        bare = re.sub(r"\(.*", "", symbol)
        if ENGINE_FORBIDDEN.match(bare):
            yield f"engine: {symbol} is not pure"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tree", type=pathlib.Path)
    parser.add_argument("--engine", default="", nargs="?")
    arguments = parser.parse_args()
    found = 0
    for title, check in CHECKS.items():
        for complaint in check(arguments.tree.resolve()):
            print(f"{complaint}  [{title}]")
            found += 1
    if arguments.engine:
        undefined = subprocess.run(["nm", "-uC", arguments.engine], check=True, text=True,
                                   capture_output=True).stdout
        for complaint in check_engine(undefined):
            print(f"{complaint}  [engine]")
            found += 1
    print(f"house: {found} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
