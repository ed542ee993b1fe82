# SPDX-License-Identifier: 0BSD
"""Runs programs that were built with --coverage and counts the lines of a room that they reached.

coverage.py --room core/engine --objects DIR --build DIR --least 95 --run "PROGRAM ARGS" [--run …]

Prints a line a file and the lines that nobody reached; ends with 1 below the least percentage.
"""

import argparse
import collections
import json
import pathlib
import shlex
import subprocess
import sys


def run(commands, objects):
    for counts in objects.rglob("*.gcda"):
        counts.unlink()
    for command in commands:
        subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)


def count(room, objects, build):
    """file -> line -> how often; a header's lines are summed over the sources that include it.

    Names are relative to `build` where ccache shares objects between trees.
    """
    lines = collections.defaultdict(collections.Counter)
    for notes in sorted(objects.rglob("*.gcno")):
        text = subprocess.run(["gcov", "--json-format", "--stdout", str(notes)], check=True,
                              capture_output=True, cwd=objects).stdout
        for part in json.loads(text)["files"]:
            name = (build / part["file"]).resolve()
            if not name.is_relative_to(room):
                continue
            for line in part["lines"]:
                lines[name.relative_to(room).as_posix()][line["line_number"]] += line["count"]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--room", type=lambda text: pathlib.Path(text).resolve(), required=True)
    parser.add_argument("--objects", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--least", type=float, required=True)
    parser.add_argument("--run", action="append", default=[])
    options = parser.parse_args()
    run(options.run, options.objects)
    lines = count(options.room, options.objects, options.build)
    total = sum(len(counts) for counts in lines.values())
    if total == 0:
        sys.exit("no line of the room was counted: is it built with --coverage?")
    reached = 0
    for name, counts in sorted(lines.items()):
        missed = sorted(number for number, times in counts.items() if times == 0)
        reached += len(counts) - len(missed)
        print(f"{100 * (len(counts) - len(missed)) / len(counts):6.2f} %  {name}"
              + (f"  not: {', '.join(map(str, missed))}" if missed else ""))
    percent = 100 * reached / total
    print(f"{percent:6.2f} %  of {total} lines; at least {options.least:g} % are wanted")
    return 0 if percent >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
