"""A verifier written from `docs/ledger.md` alone, with nothing of prodproof, agrees with the program's own."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from prodproof.ledger import signer
from prodproof.ledger.export import ExportSource
from prodproof.ledger.verification import verify
from tests.ledger.conftest import Make
from tests.ledger.samples import AT, fill
from tests.ledger.test_carrying import add
from tests.ledger.test_verification import edit, rehash, replaced, without


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def signed(what: dict[str, Any], statement: dict[str, Any], key: str) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(what["signature"]), rfc8785.dumps(statement))
    except (InvalidSignature, ValueError):
        return False
    return bool(what["public_key"] == key)


def mentioned(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["digest"]} if isinstance(value.get("digest"), str) else set()
        return own.union(*(mentioned(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(mentioned(item) for item in value))
    return set()


def joined_well(what: dict[str, Any], moved: list[dict[str, Any]], hashes: list[bytes]) -> bool:
    base, old = what["base"], what["head"]
    if hashes[base["sequence"]].hex() != base["hash"]:
        return False
    inside = {item["sequence"]: item for item in what["inside"]}
    head, rest = bytes.fromhex(base["hash"]), iter(moved)
    for number in range(base["sequence"] + 1, old["sequence"] + 1):
        body = inside[number] if number in inside else {**next(rest), "sequence": number}
        head = sha256(head + rfc8785.dumps(body))
    return bool(head.hex() == old["hash"])


def is_as_written(path: Path, key: str) -> bool:
    """The steps of the page."""
    header, *lines, last = [json.loads(line) for line in path.read_bytes().splitlines()]
    system = header["system"]
    hashes = [sha256(rfc8785.dumps({"schema": "prodproof/ledger/1", "system": system}))]
    entries: list[dict[str, Any]] = []
    due: set[str] = set()
    gone: set[str] = set()
    for line in lines:
        if "entry" not in line:
            continue
        entry, number = line["entry"], len(hashes)
        kind, what = entry["about"][0], entry["what"]
        hashes.append(sha256(hashes[-1] + rfc8785.dumps(entry)))
        if entry["sequence"] != number or hashes[-1].hex() != line["hash"]:
            return False
        if kind == "checkpoint":
            statement = {name: what[name] for name in ("schema", "system", "sequence", "hash", "at")}
            if not signed(what, statement, what["public_key"]):
                return False
            covers = (what["sequence"], what["hash"]) == (number - 1, hashes[-2].hex())
            if what["public_key"] == key and not covers:
                return False
        if kind in ("prune", "erase"):
            statement = {"schema": "prodproof/removal/1", "system": system, "kind": kind, "at": entry["at"],
                         "digests": what["digests"], "reason": what["reason"]}  # fmt: skip
            if not signed(what, statement, key):
                return False
            due -= set(what["digests"])
            gone |= set(what["digests"])
        if kind == "joined" and not joined_well(what, entries[len(entries) - what["count"] :], hashes):
            return False
        entries.append(entry)
        due |= mentioned(what)
        gone -= mentioned(what)
    if last.get("end") != {"entries": len(entries), "hash": hashes[-1].hex()}:
        return False
    payloads = {line["digest"]: line["payload"] for line in lines if "payload" in line}
    right = all(sha256(rfc8785.dumps(payload)).hex() == digest for digest, payload in payloads.items())
    return right and due <= set(payloads) and not gone & set(payloads)


@pytest.fixture
def eventful(make: Make, tmp_path: Path) -> Path:
    """An export with everything in it: facts, verdicts, a checkpoint, a prune, a joined segment."""
    first, second = make("first"), make("second")
    fill(first)
    first.checkpoint(AT)
    first.export(tmp_path / "a.jsonl")
    add(second, "second")
    second.checkpoint(AT)
    second.merge(tmp_path / "a.jsonl", AT, join=True)
    second.prune(AT.replace(year=2030), AT)
    second.checkpoint(AT)
    second.export(tmp_path / "b.jsonl")
    return tmp_path / "b.jsonl"


def test_both_verifiers_accept_what_was_written(eventful: Path) -> None:
    key = signer("shop").public
    found = verify(ExportSource(eventful), (key,))
    assert is_as_written(eventful, key) and found.ok
    assert found.removed and found.joined and found.checkpoints == 2


@pytest.mark.parametrize("number", range(1, 21))  # 21, the last checkpoint, is covered by nothing
def test_both_verifiers_refuse_the_same_damage(eventful: Path, number: int) -> None:
    key, whole = signer("shop").public, eventful.read_bytes()
    for change in (
        lambda lines: replaced(lines, number, b'"at":"2026', b'"at":"2025'),
        lambda lines: rehash(replaced(lines, number, b'"at":"2026', b'"at":"2025')),
        lambda lines: without(lines, number),
        lambda lines: rehash(without(lines, number)),
    ):
        eventful.write_bytes(whole)
        edit(eventful, change)
        assert not is_as_written(eventful, key)
        assert not verify(ExportSource(eventful), (key,)).ok
