"""Signatures made with people's SSH keys: `ssh-keygen -Y sign` and `-Y verify` (PROTOCOL.sshsig of OpenSSH)."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import Finished, run

_SECONDS = 30.0
MAX_SIGNATURE = 20_000


def sign(text: str, key: Path, namespace: str) -> str | Unseen:
    """Sign a text.

    Args:
        text: what is signed.
        key: a private key without a passphrase, or the public half of one that the agent holds.
        namespace: what the signature is for.

    Returns the armored signature, or why there is none.
    """
    agent = {name: os.environ[name] for name in ("SSH_AUTH_SOCK",) if name in os.environ}
    ran = run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace],
        timeout=_SECONDS,
        stdin=text.encode(),
        env={**agent, "SSH_ASKPASS_REQUIRE": "never"},
        max_output=MAX_SIGNATURE,
    )
    if isinstance(ran, Unseen):
        return ran
    if ran.code != 0:
        return Unseen(Reason.DENIED, f"{key} cannot sign: {ran.error_line()}; if it has a passphrase, ssh-add it first")
    return ran.stdout.decode("ascii", "replace")


def verified(text: str, signature: str, keys: Sequence[str], namespace: str) -> bool | Unseen:
    """Whether one of the keys (`ssh-ed25519 AAAA…`) signed the text for that purpose; Unseen if it cannot be told."""
    if len(signature) > MAX_SIGNATURE or not keys:
        return False
    with tempfile.TemporaryDirectory(prefix="prodproof-") as folder:
        allowed, given = Path(folder) / "allowed", Path(folder) / "signature"
        allowed.write_text("".join(f'signer namespaces="{namespace}" {key}\n' for key in keys))
        given.write_text(signature)
        command = ["ssh-keygen", "-q", "-Y", "verify", "-I", "signer", "-n", namespace]
        ran = run([*command, "-f", str(allowed), "-s", str(given)], timeout=_SECONDS, stdin=text.encode())
    return ran.code == 0 if isinstance(ran, Finished) else ran
