# SPDX-License-Identifier: 0BSD
"""What the tests with real peers share: skipping, the binary, a daemon."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

SKIPPED = 77


def skip(peer):
    """No peer: skipped for a person, a failure in CI."""
    print(f"peers: {peer} is not installed: run config/debian/setup.sh where its index is in reach")
    sys.exit(1 if os.environ.get("CI") else SKIPPED)


def run_within(python):
    """Runs this script again with the interpreter that the set-up gave communex."""
    if os.path.realpath(sys.prefix) == os.path.realpath(pathlib.Path(python).parent.parent):
        return
    asked = [python, "-c", "import communex"]
    if not os.path.exists(python) or subprocess.run(asked, check=False).returncode != 0:
        skip("communex")
    os.execv(python, [python, *sys.argv])


class Subnetd:
    """The binary: calls give the parsed JSON."""

    def __init__(self, binary, **environment):
        self.binary = binary
        self.environment = os.environ | environment

    def run(self, *words, given=""):
        return subprocess.run([self.binary, *words], input=given, text=True, check=False,
                              capture_output=True, env=self.environment)

    def ask(self, *words, given=""):
        done = self.run(*words, "--output", "json", given=given)
        assert done.returncode == 0, (words, done.stderr)
        return json.loads(done.stdout)

    def verifies(self, address, signature, message, scheme="sr25519"):
        done = self.run("key", "verify", address, signature, "--hex", "--scheme", scheme,
                        given=message.hex())
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0

    @contextlib.contextmanager
    def daemon(self, folder, more):
        """A running daemon; gives its URL."""
        config = pathlib.Path(folder) / "subnetd.toml"
        config.write_text(f'http.listen = "127.0.0.1:0"\njournal.path = "{folder}/j.db"\n{more}',
                          encoding="utf-8")
        log = pathlib.Path(folder) / "log"
        with log.open("w", encoding="utf-8") as err:
            process = subprocess.Popen([self.binary, "run", "--config", str(config)], stderr=err,
                                       env=self.environment)
        try:
            yield eventually(lambda: serving(process, log))
        finally:
            process.terminate()
            assert process.wait(30) in (128 + 15, 0), log.read_text(encoding="utf-8")


def serving(process, log):
    text = log.read_text(encoding="utf-8")
    assert process.poll() is None, text
    for line in text.splitlines():
        if '"event":"serving"' in line:
            return "http://" + json.loads(line)["listen"]
    return None


def eventually(ask, good=bool):
    """Asks until the answer is good; gives that answer."""
    answer = None
    for _ in range(600):
        answer = ask()
        if good(answer):
            return answer
        time.sleep(0.1)
    raise AssertionError(f"a minute passed, and still {answer}")


def http(url, body=None):
    """GET, or POST of a JSON body."""
    text = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, text, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)
