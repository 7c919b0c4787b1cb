"""Signatures with people's SSH keys, made and verified by OpenSSH itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.ssh_signature import MAX_SIGNATURE, sign, verified

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


def key(folder: Path, name: str, kind: str = "ed25519", passphrase: str = "") -> tuple[Path, str]:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path], check=True)
    return path, " ".join(path.with_suffix(".pub").read_text().split()[:2])


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_what_one_signs_the_other_verifies(tmp_path: Path, kind: str) -> None:
    private, public = key(tmp_path, "a", kind)
    signature = sign("the plan\n", private, "approval")
    assert isinstance(signature, str)
    assert verified("the plan\n", signature, [public], "approval") is True


def test_nothing_else_is_verified(tmp_path: Path) -> None:
    private, public = key(tmp_path, "a")
    _, other = key(tmp_path, "b")
    signature = sign("the plan", private, "approval")
    assert isinstance(signature, str)
    assert verified("another plan", signature, [public], "approval") is False
    assert verified("the plan", signature, [other], "approval") is False
    assert verified("the plan", signature, [public], "order") is False, (
        "what is signed for one thing is not for another"
    )
    assert verified("the plan", signature, [], "approval") is False
    assert verified("the plan", "", [public], "approval") is False
    assert verified("the plan", "x" * (MAX_SIGNATURE + 1), [public], "approval") is False
    assert verified("the plan", signature, [other, public], "approval") is True, "one of the person's keys is enough"


def test_a_key_that_cannot_sign_is_told(tmp_path: Path) -> None:
    said = sign("x", tmp_path / "gone", "approval")
    assert isinstance(said, Unseen) and said.why is Reason.DENIED and "cannot sign" in said.detail
    private, _ = key(tmp_path, "locked", passphrase="long enough")
    said = sign("x", private, "approval")
    assert isinstance(said, Unseen) and "ssh-add it first" in said.detail


def test_without_openssh_it_is_unseen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(sign("x", tmp_path / "a", "approval"), Unseen)
    said = verified("x", "signature", ["ssh-ed25519 AAAA"], "approval")
    assert isinstance(said, Unseen) and said.why is Reason.TOOL_MISSING
