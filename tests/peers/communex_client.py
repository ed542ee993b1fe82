# SPDX-License-Identifier: 0BSD
"""The SDK of Commune as a client of subnetd: communex_client.py SUBNETD VALIDATOR PYTHON.

PYTHON is the interpreter that the set-up gave communex. Where it could not, this exits 77, which
ctest shows as skipped; in CI that is a failure. VALIDATOR is the example validator node.
"""

import asyncio
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Miner(http.server.BaseHTTPRequestHandler):
    """Answers whatever it is asked."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"answer": "hello"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def eventually(ask, good):
    for _ in range(300):
        answer = await ask()
        if good(answer):
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"a minute passed, and still {answer}")


async def refused(call, status, words):
    try:
        answer = await call
    except Exception as error:  # communex raises no narrower one
        assert f"status code: {status}" in str(error) and words in str(error), error
        return
    raise AssertionError(f"not refused: {answer}")


async def story(port, agent, miner_url, validator_url):
    from communex.module.client import ModuleClient
    from substrateinterface import Keypair

    def client(uri):
        return ModuleClient("127.0.0.1", port, Keypair.create_from_uri(uri))

    alice, bob = client("//Alice"), client("//Bob")
    judge = await bob.call("register_validator", agent, {
        "id": "judge", "endpoint": validator_url, "specializations": ["chat"], "capacity": 5})
    assert judge["key"] == bob.key.ss58_address and judge["status"] == "active", judge
    ada = {"id": "ada", "namespace": "demo/gpt-ünïcode ☃", "endpoint": miner_url}
    made = await alice.call("register_miner", agent, ada)
    assert made["key"] == alice.key.ss58_address and made["model_type"] == "chat", made
    assert made["endpoint"] == miner_url and made["namespace"] == ada["namespace"], made
    assert await alice.call("register_miner", agent, ada) == made | {"matches": made["matches"]}

    matched = await eventually(lambda: alice.call("get_match", agent, {"id": "ada"}),
                               lambda rows: rows[0]["validator"] is not None)
    assert matched[0]["miner"] == "ada" and matched[0]["validator"] == "judge", matched
    scored = await eventually(lambda: alice.call("get_node", agent, {"id": "ada"}),
                              lambda node: node["score_ppm"] is not None)
    assert scored["score_ppm"] == 1_000_000, scored
    modules = await bob.call("list_modules", agent)
    assert [module["id"] for module in modules["items"]] == ["ada"], modules
    assert "endpoint" not in modules["items"][0], modules

    await refused(bob.call("deregister", agent, {"id": "ada", "confirm": True}), 403, "detail")
    await refused(alice.call("get_node", bob.key.ss58_address, {"id": "ada"}), 401, "target_key")
    await refused(alice.call("register_miner", agent, {"id": "x"}), 422, "Field required")
    await refused(alice.call("generate", agent), 404, "Not Found")
    changed = await alice.call("update_node", agent, {"id": "ada", "changes": {"region": "eu"}})
    assert changed["region"] == "eu", changed
    status = await alice.call("set_status", agent, {"id": "ada", "status": "draining"})
    assert status["status"] == "draining", status
    assert await alice.call("deregister", agent, {"id": "ada", "confirm": True}) is True
    await refused(alice.call("get_node", agent, {"id": "ada"}), 404, "ada")


def serve(subnetd, folder):
    port = free_port()
    config = pathlib.Path(folder) / "subnetd.toml"
    config.write_text(f'http.listen = "127.0.0.1:{port}"\njournal.path = "{folder}/j.db"\n'
                      'auth.registration = "signed"\nauth.calls_per_minute_key = 0\n'
                      "prober.allow_private = true\nvalidation.interval_s = 1\n", encoding="utf-8")
    daemon = subprocess.Popen([subnetd, "run", "--config", str(config)])
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/subnet") as reply:
                return daemon, port, json.load(reply)["key"]
        except OSError:
            assert daemon.poll() is None, "the daemon ended"
            time.sleep(0.1)
    raise AssertionError("the daemon does not serve")


def run(subnetd, validator):
    miner = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Miner)
    threading.Thread(target=miner.serve_forever, daemon=True).start()
    judge_port = free_port()
    judge = subprocess.Popen([sys.executable, validator, str(judge_port)],
                             stderr=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        daemon, port, agent = serve(subnetd, folder)
        try:
            asyncio.run(story(port, agent, f"http://127.0.0.1:{miner.server_port}",
                              f"http://127.0.0.1:{judge_port}"))
        finally:
            daemon.terminate()
            daemon.wait()
            judge.terminate()
            judge.wait()
    print("communex: registered, matched, validated, read back, changed and left")


def main():
    subnetd, validator, python = sys.argv[1:]
    if os.path.realpath(sys.prefix) == os.path.realpath(pathlib.Path(python).parent.parent):
        return run(subnetd, validator)
    if subprocess.run([python, "-c", "import communex"], check=False,
                      capture_output=True).returncode != 0:
        print("peers: no communex: run config/debian/setup.sh where a package index is in reach")
        return 1 if os.environ.get("CI") else 77
    return subprocess.run([python, *sys.argv], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
