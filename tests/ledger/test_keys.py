"""Keys are private, made once, and never half-written."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prodproof.ledger import LedgerError, NotALedgerError, fingerprint_key, known_public_key, read_public_key, signer
from prodproof.ledger.keys import key_directory, verify_signature


def test_a_key_is_made_on_first_use_and_kept(keys: Path) -> None:
    assert known_public_key("shop") is None
    first = signer("shop")
    assert signer("shop").public == first.public == known_public_key("shop")
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert verify_signature(first.public, first.sign(b"message"), b"message")
    assert not verify_signature(first.public, first.sign(b"message"), b"another")


def test_the_fingerprint_key_is_another_one() -> None:
    key = fingerprint_key("shop")
    assert len(key) == 32 and fingerprint_key("shop") == key != fingerprint_key("blog")
    assert key.hex() not in signer("shop").path.read_text()


def test_systems_with_odd_names_have_files_of_their_own(keys: Path) -> None:
    names = ["../../etc/passwd", "a/b", "a_b", "a%2fb", "Ä", "."]
    assert len({signer(name).public for name in names}) == len(names)
    assert {path.parent for path in keys.rglob("*")} == {keys}


def test_processes_that_start_at_once_get_the_same_key() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: signer("shop").public, range(32)))) == 1


def test_a_key_that_others_can_read_is_refused() -> None:
    signer("shop").path.chmod(0o640)
    with pytest.raises(LedgerError, match="chmod 600"):
        signer("shop")


@pytest.mark.parametrize("content", ["", "short", "z" * 64, "0" * 63])
def test_a_damaged_key_is_refused_and_not_replaced(content: str) -> None:
    path = signer("shop").path
    path.write_text(content)
    with pytest.raises(LedgerError, match="not a key"):
        signer("shop")
    assert path.read_text() == content


def test_where_keys_lie(tmp_path: Path) -> None:
    assert key_directory({"PRODPROOF_KEY_DIR": str(tmp_path)}) == tmp_path
    assert key_directory({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "prodproof" / "keys"
    assert key_directory({"XDG_CONFIG_HOME": "relative"}) == Path.home() / ".config" / "prodproof" / "keys"


def test_a_public_key_is_read_from_text_or_a_file(tmp_path: Path) -> None:
    key = signer("shop").public
    (tmp_path / "key.pub").write_text(key + "\n")
    assert read_public_key(key.upper()) == read_public_key(str(tmp_path / "key.pub")) == key
    for wrong in ("abc", str(tmp_path), str(signer("shop").path) + "x", "nul\0"):
        with pytest.raises(NotALedgerError):
            read_public_key(wrong)
