# SPDX-License-Identifier: 0BSD
"""Runs the README's ```sh blocks as pasted: readme_blocks.py README FOLDER [folder of binaries].

All blocks run in order in one shell that stops at the first failure, in FOLDER. A block is left out
only when the line before it is `<!-- not run: reason -->`. What the shell left running is ended.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys

NOT_RUN = re.compile(r"<!-- not run: \S.* -->")


def blocks(text):
    """(line, script) of each block that is to be run."""
    script, first, before = None, 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if script is not None:
            if line.strip() == "```":
                yield first, "\n".join(script) + "\n"
                script = None
            else:
                script.append(line)
        elif line.strip() == "```sh" and not NOT_RUN.fullmatch(before.strip()):
            script, first = [], number + 1
        if line.strip():
            before = line
    if script is not None:
        raise ValueError(f"README line {first}: the block has no end")


def run(text, folder, binaries=""):
    """0 when every block succeeds."""
    script = "set -eu\n"
    for line, block in blocks(text):
        script += f"echo '--- README line {line}'\n{block}"
    environment = dict(os.environ)
    if binaries:
        environment["PATH"] = f"{binaries}:{environment['PATH']}"
    shell = subprocess.Popen(["sh", "-c", script], cwd=folder, env=environment,
                             start_new_session=True)
    try:
        return shell.wait(timeout=600)
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)  # the group that this call started
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    sys.exit(run(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), *sys.argv[2:]))
