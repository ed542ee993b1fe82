# SPDX-License-Identifier: 0BSD
"""CPU of a signed request: communex's ModuleServer doing nothing, subnetd registering a miner.

communex_speed.py SUBNETD PYTHON. PYTHON is the interpreter that the set-up gave communex; without
it there is nothing to compare with, and this says so. The requests are signed beforehand, and the
client's CPU is not counted.
"""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

REQUESTS = 1000
SERVER = """
import sys, uvicorn
from substrateinterface import Keypair
from communex.module.module import Module, endpoint
from communex.module.server import ModuleServer, IpLimiterParams
class Nothing(Module):
    @endpoint
    def register_miner(self, id: str, namespace: str, endpoint: str) -> bool:
        return True
server = ModuleServer(Nothing(), Keypair.create_from_uri("//Agent"),
                      limiter=IpLimiterParams(bucket_size=1_000_000, refill_rate=1_000_000))
uvicorn.run(server.get_fastapi_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def signed_calls(agent, count):
    from communex.module._protocol import create_request_data
    from substrateinterface import Keypair

    key = Keypair.create_from_uri("//Alice")
    for number in range(count):
        miner = {"id": f"m{number}", "namespace": "bench/gpt", "endpoint": "http://127.0.0.1:9"}
        body, headers = create_request_data(key, agent, miner)
        yield body, headers


def us_each(pid, port, agent):
    calls = list(signed_calls(agent, REQUESTS))
    connection = http.client.HTTPConnection("127.0.0.1", port)
    before = cpu_s(pid)
    for body, headers in calls:
        connection.request("POST", "/method/register_miner", body, headers)
        reply = connection.getresponse()
        answer = reply.read()
        assert reply.status == 200, answer
    return 1e6 * (cpu_s(pid) - before) / REQUESTS


def wait_for(url):
    for _ in range(600):
        try:
            with urllib.request.urlopen(url) as reply:
                return json.load(reply)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nobody serves {url}")


def measure(command, port, page, agent_of):
    with subprocess.Popen(command) as server:
        try:
            return us_each(server.pid, port, agent_of(wait_for(f"http://127.0.0.1:{port}{page}")))
        finally:
            server.terminate()


def compare(subnetd):
    from substrateinterface import Keypair

    port = free_port()
    theirs = measure([sys.executable, "-c", SERVER, str(port)], port, "/openapi.json",
                     lambda _: Keypair.create_from_uri("//Agent").ss58_address)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "subnetd.toml"
        config.write_text(f'http.listen = "127.0.0.1:{port}"\njournal.path = "{folder}/j.db"\n'
                          "prober.allow_private = true\nlog.level = \"error\"\n"
                          'auth.registration = "signed"\nauth.calls_per_minute_ip = 0\n'
                          "auth.calls_per_minute_key = 0\nauth.calls_per_minute_staked = 0\n",
                          encoding="utf-8")
        ours = measure([subnetd, "run", "--config", str(config)], port, "/api/v1/subnet",
                       lambda subnet: subnet["key"])
    print(f"signed requests, one at a time: communex ModuleServer {theirs:.0f} us of CPU for a "
          f"no-op, subnetd {ours:.0f} us for a registration, ratio {theirs / ours:.1f}")


def main():
    subnetd, python = sys.argv[1:]
    if os.path.realpath(sys.prefix) == os.path.realpath(pathlib.Path(python).parent.parent):
        compare(subnetd)
        return 0
    if subprocess.run([python, "-c", "import communex"], check=False,
                      capture_output=True).returncode != 0:
        print("communex_speed: no communex: run config/debian/setup.sh")
        return 0
    return subprocess.run([python, *sys.argv], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
