# SPDX-License-Identifier: 0BSD
"""Key files of communex and of subnetd, each read by the other: communex_keys.py SUBNETD PYTHON."""

import os
import pathlib
import sys
import tempfile

import peer

PASSWORDS = '{"locked": "correct horse", "ours-locked": "b\\u00e4ttery \\"staple\\""}'


def check_theirs(subnetd, home):
    """subnetd reads what communex wrote, and signs and verifies as its keys."""
    import sr25519
    from communex.compat.key import classic_store_key
    from communex.compat.storage import classic_put
    from substrateinterface import Keypair

    plain = Keypair.create_from_mnemonic(Keypair.generate_mnemonic())
    locked = Keypair.create_from_mnemonic(Keypair.generate_mnemonic())
    classic_store_key(plain, "plain")
    classic_store_key(locked, "locked", password="correct horse")
    classic_put("key/key2address", {"plain": plain.ss58_address})
    (home / ".commune/key/node").write_bytes(b"\0junk")
    (home / ".commune/key/junk.json").write_bytes(b"\xff{")

    keys = {row["name"]: row for row in subnetd.ask("key", "list")}
    assert keys["plain"]["address"] == plain.ss58_address, keys
    assert keys["locked"]["address"] == locked.ss58_address and keys["locked"]["encrypted"], keys
    assert keys["junk"]["problem"] and not keys["junk"]["address"], keys
    nobody = peer.Subnetd(subnetd.binary, HOME=str(home), COMX_KEY_PASSWORDS="{}")
    shut = {row["name"]: row for row in nobody.ask("key", "list")}
    assert not shut["locked"]["address"] and "password" in shut["locked"]["problem"], shut
    assert shut["plain"]["address"] == plain.ss58_address, shut

    message = "a message ☃".encode()
    for name, pair in (("plain", plain), ("locked", locked)):
        shown = subnetd.ask("key", "show", name)
        assert "mnemonic" not in shown and "private_key" not in shown, shown
        secret = subnetd.ask("key", "show", name, "--secret")
        assert secret["mnemonic"] == pair.mnemonic, "another mnemonic"
        assert secret["private_key"] == pair.private_key.hex(), "another private key"
        signature = sr25519.sign((pair.public_key, pair.private_key), message)
        assert subnetd.verifies(pair.ss58_address, signature.hex(), message)
        ours = subnetd.ask("key", "sign", name, "--hex", given=message.hex())
        assert sr25519.verify(bytes.fromhex(ours["signature"]), message, pair.public_key)


def check_ours(subnetd):
    """communex reads what subnetd wrote."""
    from communex.compat.key import classic_load_key

    plain = subnetd.ask("key", "new", "ours")
    locked = subnetd.ask("key", "new", "ours-locked", "--encrypt")
    derived = subnetd.ask("key", "import", "derived", given="//Alice\n")
    assert classic_load_key("ours").ss58_address == plain["address"]
    opened = classic_load_key("ours-locked", password='bättery "staple"')
    assert opened.ss58_address == locked["address"]
    assert classic_load_key("derived").ss58_address == derived["address"]
    assert derived["address"] == "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
    assert oct(os.stat(locked["file"]).st_mode & 0o777) == "0o600", locked


def main():
    binary, python = sys.argv[1:]
    peer.run_within(python)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        subnetd = peer.Subnetd(binary, HOME=folder, COMX_KEY_PASSWORDS=PASSWORDS)
        check_theirs(subnetd, pathlib.Path(folder))
        check_ours(subnetd)
    print("communex: key files read both ways, plain and encrypted")


if __name__ == "__main__":
    main()
