# SPDX-License-Identifier: 0BSD
"""What guards the ABI, and that it can fail: guard.py SDK_INCLUDE GOLDEN_INC GOLDEN_TXT FROZEN.

Two guards: the golden text knows every size, offset, constant and type; abidiff compares with the
frozen headers and lets nothing but appended fields pass. Each change below is made to a copy of
the headers and has to be found by the guards named for it. 77: abidiff is not installed.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HEADERS = ("host", "detector", "matcher", "validator", "emission")

# name, header, what stands there, what is put in its place, guards that must object
CHANGES = [
    ("a field inserted in the middle", "abi.h", "  uint64_t call_id;\n",
     "  uint64_t call_id;\n  uint64_t priority;\n", {"golden", "abidiff"}),
    ("a field retyped", "detector.h", "  uint32_t *confidence_ppm;", "  float *confidence_ppm;",
     {"golden", "abidiff"}),
    ("a slot's signature changed", "validator.h", "void (*forget)(void* self, uint64_t request);",
     "void (*forget)(void* self, uint64_t request, uint32_t why);", {"golden", "abidiff"}),
    ("two fields swapped", "matcher.h", "  uint32_t miner;\n  uint32_t copy;",
     "  uint32_t copy;\n  uint32_t miner;", {"golden", "abidiff"}),
    ("a status renumbered", "abi.h", "#define SBN_E_NOMEM (-4)", "#define SBN_E_NOMEM (-14)",
     {"golden"}),
    ("a frozen struct grown", "matcher.h", "  uint32_t reason;\n} sbn_match_move;",
     "  uint32_t reason;\n  uint32_t price;\n} sbn_match_move;", {"golden", "abidiff"}),
    ("a field appended", "emission.h", "  const uint64_t *registered_block;",
     "  const uint64_t *registered_block;\n  const uint64_t *later;", {"golden"}),
]

FROZEN = {"sbn_str", "sbn_sink", "sbn_error", "sbn_note", "sbn_match_event", "sbn_match_move",
          "sbn_csr16", "sbn_param"}

C_TYPES = """
#include <subnet/host.h>
#include <subnet/detector.h>
#include <subnet/matcher.h>
#include <subnet/validator.h>
#include <subnet/emission.h>
"""


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def anchors(include, rows, folder):
    """A library with one function a struct and one a member, so that each is compared alone."""
    text = C_TYPES
    for struct in sorted({struct for struct, _ in rows}):
        text += f"{struct} *anchor_{struct}(void) {{ return 0; }}\n"
    for struct, field in rows:
        text += (f"__typeof__((({struct} *)0)->{field}) *anchor_{struct}_{field}(void) "
                 "{ return 0; }\n")
    source = folder / "anchors.c"
    source.write_text(text)
    library = folder / "libanchors.so"
    made = run("gcc", "-std=gnu11", "-g", "-shared", "-fPIC", "-w", f"-I{include}", "-o", library,
               source)
    if made.returncode != 0:
        raise SystemExit(f"anchors do not compile:\n{made.stderr}")
    return library


def only_appends(report):
    """Whether growable structs got new fields behind their old end, and nothing else changed."""
    end = None
    for line in filter(None, map(str.strip, report.splitlines())):
        if re.match(r"(Leaf changes|Changed leaf|Removed/Changed/Added) .*summary", line):
            if "Removed/Changed" in line and not re.search(r"0 Removed, 0 Changed, 0 Added", line):
                return False
        elif struct := re.match(r"'struct (\w+) at [\w.]+:\d+:\d+' changed:$", line):
            if struct[1] in FROZEN:
                return False
            end = None
        elif size := re.match(r"type size changed from (\d+) to \d+ \(in bits\)$", line):
            end = int(size[1])
        elif insertion := re.match(r"'.*', at offset (\d+) \(in bits\)", line):
            if end is None or int(insertion[1]) < end:
                return False
        elif not re.match(r"\d+ data member insertions?:$", line):
            return False
    return True


def abidiff_objects(frozen, include, rows):
    with tempfile.TemporaryDirectory() as old, tempfile.TemporaryDirectory() as new:
        ran = run("abidiff", "--leaf-changes-only", anchors(frozen, rows, pathlib.Path(old)),
                  anchors(include, rows, pathlib.Path(new)))
        report = ran.stdout + ran.stderr
        return ran.returncode != 0 and not only_appends(report), report


def golden_text(include, inc):
    """What the headers say of themselves, or why they no longer compile with what they promised."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "golden"
        made = run("g++", "-std=c++20", "-w", f"-I{include}", f"-I{inc.parent}", "-o", program,
                   inc.with_suffix(".cpp"))
        return run(program).stdout if made.returncode == 0 else made.stderr


def changed_copy(include, folder, header, before, after):
    target = pathlib.Path(folder) / "subnet"
    target.mkdir()
    for name in include.glob("subnet/*.h"):
        text = name.read_text()
        if name.name == header:
            if text.count(before) != 1:
                raise SystemExit(f"{header}: \"{before}\" is there {text.count(before)} times")
            text = text.replace(before, after)
            # Its own assertions would object first; here the guards have to.
            text = re.sub(r"^SBN_STATIC_ASSERT\(.*\);$", "", text, flags=re.M)
        (target / name.name).write_text(text)
    return pathlib.Path(folder)


def report(faults):
    for fault in faults:
        print(f"FAILED: {fault}")
    return 1 if faults else 0


def main():
    include, inc, golden, frozen = map(pathlib.Path, sys.argv[1:5])
    rows = re.findall(r"^AT\((\w+), (\w+)\);$", inc.read_text(), flags=re.M)
    faults = []
    if golden_text(include, inc) != golden.read_text():
        faults.append(f"the headers differ from {golden}: a new minor writes a new one")
    minor = re.search(r"#define SBN_ABI_MINOR (\d+)", (include / "subnet/abi.h").read_text())
    for name in frozen.glob("subnet/*.h") if minor and minor[1] == "0" else []:
        if name.read_text() != (include / "subnet" / name.name).read_text():
            faults.append(f"{name.name} is not what was frozen, and the minor is still 0")
    if shutil.which("abidiff") is None:
        print("skipped: abidiff is not installed (Debian: abigail-tools)")
        return report(faults) or 77
    objects, text = abidiff_objects(frozen, include, rows)
    if objects:
        faults.append(f"the headers break what was frozen:\n{text}")
    for what, header, before, after, wanted in CHANGES:
        with tempfile.TemporaryDirectory() as folder:
            copy = changed_copy(include, folder, header, before, after)
            found = set()
            if golden_text(copy, inc) != golden.read_text():
                found.add("golden")
            objects, text = abidiff_objects(frozen, copy, rows)
            if objects:
                found.add("abidiff")
        print(f"{what}: found by {', '.join(sorted(found)) or 'nobody'}")
        if not wanted <= found or (what == "a field appended" and "abidiff" in found):
            faults.append(f"{what}: wanted {sorted(wanted)}, found by {sorted(found)}\n{text}")
    return report(faults)


if __name__ == "__main__":
    raise SystemExit(main())
