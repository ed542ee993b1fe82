# SPDX-License-Identifier: 0BSD
"""communex's ModuleServer as miner and as validator node: communex_modules.py SUBNETD PYTHON.

Each lets in the keys that it lists alone, so only a call that the daemon signed gets an answer.
"""

import pathlib
import socket
import sys
import tempfile
import threading
from typing import Any

import peer

GOLDEN = """
[[validator]]
use = "remote"

[[validator]]
use = "golden"
model_types = ["embedding"]
[[validator.settings.cases]]
method = "generate"
params = {prompt = "ping ☃"}
expect = {answer = "PING ☃"}
"""


def serve(module, key, whitelist):
    """Serves a module on a free port; gives the port."""
    import uvicorn
    from communex.module._rate_limiters.limiters import IpLimiterParams
    from communex.module.server import ModuleServer

    server = ModuleServer(module, key, whitelist=whitelist, limiter=IpLimiterParams())
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    runner = uvicorn.Server(uvicorn.Config(server.get_fastapi_app(), log_level="warning"))
    threading.Thread(target=runner.run, args=([listener],), daemon=True).start()
    peer.eventually(lambda: runner.started)
    return listener.getsockname()[1]


def modules(validator_key):
    """A miner that shouts, and a validator node that calls it and scores."""
    from communex.module.client import ModuleClient
    from communex.module.module import Module, endpoint

    class Miner(Module):
        @endpoint
        def generate(self, prompt: str):
            return {"answer": prompt.upper()}

    class Judge(Module):
        @endpoint
        async def validate(self, contract: int, request_id: str, miner: dict[str, Any],
                           challenge: str, deadline_ms: int):
            assert contract == 1 and request_id and deadline_ms > 0
            host, port = miner["endpoint"].removeprefix("http://").split(":")
            client = ModuleClient(host, int(port), validator_key)
            answer = await client.call("generate", miner["key"], {"prompt": challenge})
            return {"score": 0.875 if answer == {"answer": challenge.upper()} else 0.0}

    return Miner(), Judge()


def story(url, ports, addresses):
    """Register over HTTP; the daemon matches and validates; the verdicts are read back."""
    miner, judge, wrong = (f"127.0.0.1:{port}" for port in ports)  # as on the chain
    miner_address, judge_address = addresses
    peer.http(f"{url}/api/v1/validators", {
        "id": "judge", "key": judge_address, "endpoint": f"http://{judge}",
        "specializations": ["chat"], "capacity": 5})
    made = peer.http(f"{url}/api/v1/miners", {
        "id": "shouter", "key": miner_address, "namespace": "model.llama", "endpoint": miner})
    assert made["endpoint"] == f"http://{miner}", made
    peer.http(f"{url}/api/v1/miners", {
        "id": "embedder", "key": miner_address, "namespace": "text-embedding", "endpoint": miner})
    matches = peer.eventually(lambda: peer.http(f"{url}/api/v1/matches?miner=shouter")["items"],
                              lambda rows: rows and rows[0]["validator"] == "judge")
    assert len(matches) == 1, matches

    verdict = peer.http(f"{url}/api/v1/miners/shouter/validate", {})
    assert verdict["score_ppm"] == 875_000 and verdict["validator"] == "judge", verdict
    direct = peer.http(f"{url}/api/v1/miners/embedder/validate", {})
    assert direct["score_ppm"] == 1_000_000, direct
    rows = peer.eventually(lambda: peer.http(f"{url}/api/v1/validations?miner=shouter")["items"])
    assert rows[0]["score_ppm"] == 875_000, rows

    # A node without a key is called unsigned, and this one does not take that.
    peer.http(f"{url}/api/v1/miners", {
        "id": "keyless", "namespace": "text-embedding-2", "endpoint": wrong})
    missed = peer.http(f"{url}/api/v1/miners/keyless/validate", {})
    assert missed.get("score_ppm") in (0, None), missed


def main():
    binary, python = sys.argv[1:]
    peer.run_within(python)
    from substrateinterface import Keypair

    miner_key, judge_key = (Keypair.create_from_uri(uri) for uri in ("//miner", "//judge"))
    subnetd = peer.Subnetd(binary)
    with tempfile.TemporaryDirectory() as folder:
        keys = pathlib.Path(folder) / "keys"
        agent = subnetd.ask("key", "new", "agent", "--folder", str(keys))["address"]
        miner, judge = modules(judge_key)
        ports = (serve(miner, miner_key, [agent, judge_key.ss58_address]),
                 serve(judge, judge_key, [agent]), serve(miner, miner_key, [agent]))
        more = ("prober.allow_private = true\nvalidation.interval_s = 86400\n"
                f'identity.key = "{keys}/agent.json"\n{GOLDEN}')
        with subnetd.daemon(folder, more) as url:
            story(url, ports, (miner_key.ss58_address, judge_key.ss58_address))
    print("communex: ModuleServers were matched, called signed and scored")


if __name__ == "__main__":
    main()
