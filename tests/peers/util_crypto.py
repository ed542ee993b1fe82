# SPDX-License-Identifier: 0BSD
"""Keys and signatures against @polkadot/util-crypto: util_crypto.py SUBNETD NODE_MODULES."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import peer

MESSAGES = (b"", b"x", b"<Bytes>wrapped</Bytes>", bytes(range(256)), b"y" * 5000)
PATHS = ("", "//Alice", "//0", "//4294967296", "//one//two", "//" + "long" * 20)


class Polkadot:
    """The peer, asked line by line."""

    def __init__(self, modules):
        script = pathlib.Path(__file__).with_name("util_crypto.cjs")
        self.process = subprocess.Popen(["node", str(script)], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        env=os.environ | {"NODE_PATH": modules})

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def check_scheme(subnetd, polkadot, folder, scheme):
    """Both derive the same keys, and each verifies what the other signed."""
    for number, path in enumerate(PATHS):
        words = polkadot.ask(ask="mnemonic", words=(12, 15, 18, 21, 24)[number % 5])["mnemonic"]
        uri = words + path
        theirs = polkadot.ask(ask="pair", uri=uri, scheme=scheme)
        name = f"{scheme}-{number}"
        ours = subnetd.ask("key", "import", name, "--folder", folder, "--scheme", scheme, given=uri)
        assert ours["address"] == theirs["address"], (uri, ours, theirs)
        assert ours["public_key"] == theirs["publicKey"], (uri, ours, theirs)
        message = MESSAGES[number % len(MESSAGES)]
        signed = polkadot.ask(ask="sign", uri=uri, scheme=scheme, message=message.hex())
        assert subnetd.verifies(ours["address"], signed["signature"], message, scheme), uri
        assert not subnetd.verifies(ours["address"], signed["signature"], message + b"!", scheme)
        mine = subnetd.ask("key", "sign", name, "--folder", folder, "--hex", given=message.hex())
        question = {"ask": "verify", "address": ours["address"], "scheme": scheme,
                    "signature": mine["signature"]}
        assert polkadot.ask(**question, message=message.hex())["valid"], uri
        assert not polkadot.ask(**question, message=(message + b"!").hex())["valid"], uri


def main():
    binary, modules = sys.argv[1:]
    if shutil.which("node") is None or not (pathlib.Path(modules) / "@polkadot").exists():
        peer.skip("@polkadot/util-crypto")
    subnetd, polkadot = peer.Subnetd(binary), Polkadot(modules)
    with tempfile.TemporaryDirectory() as folder:
        for scheme in ("sr25519", "ed25519"):
            check_scheme(subnetd, polkadot, folder, scheme)
        made = subnetd.ask("key", "new", "made", "--folder", folder, "--show-mnemonic")
        theirs = polkadot.ask(ask="pair", uri=made["mnemonic"], scheme="sr25519")
        assert theirs["address"] == made["address"], (theirs, made)
    assert polkadot.end() == 0
    print(f"util-crypto: {2 * len(PATHS)} keys, signed and verified both ways")


if __name__ == "__main__":
    main()
