"""Every way to tamper is found, and the first entry that it touched is named."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodproof.facts.codec import canonical
from prodproof.ledger import Checkpoint, Damage, Ledger, LedgerError, NotALedgerError, Verification, signer
from prodproof.ledger.entry import genesis, link
from prodproof.ledger.export import ExportSource
from prodproof.ledger.verification import verify
from tests.ledger.conftest import Make
from tests.ledger.samples import AT, fill

Lines = list[bytes]
ENTRIES = 15
OTHER_KEY = "11" * 32


@pytest.fixture
def filled(make: Make) -> Ledger:
    """Three runs: fifteen entries."""
    ledger = make()
    fill(ledger)
    return ledger


@pytest.fixture
def exported(filled: Ledger, tmp_path: Path) -> Path:
    path = tmp_path / "export.jsonl"
    filled.export(path)
    return path


def check(path: Path, keys: tuple[str, ...] = (), checkpoint: Checkpoint | None = None) -> Verification:
    return verify(ExportSource(path), keys, checkpoint)


def edit(path: Path, change: Callable[[Lines], Lines]) -> Path:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    return path


def rehash(lines: Lines) -> Lines:
    """What somebody does who has everything but the signing key: number and hash anew, and mend the last line."""
    head, made, number = genesis("shop"), [lines[0]], 0
    for line in lines[1:]:
        data = json.loads(line)
        if "entry" in data:
            number += 1
            data["entry"]["sequence"] = number
            body = canonical(data["entry"])
            head = link(head, body)
            line = b'{"entry":%b,"hash":"%b"}\n' % (body, head.hex().encode())
        elif "end" in data:
            line = canonical({"end": {"entries": number, "hash": head.hex()}}) + b"\n"
        made.append(line)
    return made


def without(lines: Lines, *numbers: int) -> Lines:
    return [line for index, line in enumerate(lines) if index not in numbers]


def swapped(lines: Lines, a: int, b: int) -> Lines:
    changed = list(lines)
    changed[a], changed[b] = lines[b], lines[a]
    return changed


def replaced(lines: Lines, number: int, old: bytes, new: bytes) -> Lines:
    assert old in lines[number]
    changed = list(lines)
    changed[number] = lines[number].replace(old, new)
    return changed


def test_a_whole_ledger_verifies_from_the_database_and_from_its_export(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    ledger.checkpoint(AT)
    ledger.export(tmp_path / "export.jsonl")
    keys = (signer("shop").public,)

    found = ledger.verify(keys)

    assert found.ok and found.trusted and (found.entries, found.signed_through, found.checkpoints) == (16, 15, 1)
    assert check(tmp_path / "export.jsonl", keys) == found


def test_an_empty_ledger_verifies(ledger: Ledger) -> None:
    found = ledger.verify()
    assert found.ok and (found.entries, found.head) == (0, genesis("shop").hex())


@pytest.mark.parametrize(
    ("change", "damage", "sequence"),
    [
        pytest.param(lambda x: replaced(x, 7, b"run-1", b"run-9"), Damage.ALTERED, 7, id="content"),
        pytest.param(lambda x: replaced(x, 1, b'"sequence":1', b'"sequence":2'), Damage.ALTERED, 1, id="number"),
        pytest.param(lambda x: replaced(x, 4, b'"hash":"', b'"hash":"0'), Damage.ALTERED, 4, id="hash made longer"),
        pytest.param(
            lambda x: [*x[:4], x[4][:-67] + b"0" * 64 + b'"}\n', *x[5:]], Damage.ALTERED, 4, id="hash replaced"
        ),
        pytest.param(lambda x: [*x[:3], b"garbage\n", *x[4:]], Damage.TRUNCATED, 3, id="line replaced"),
        pytest.param(lambda x: without(x, 5), Damage.MISSING, 5, id="one missing"),
        pytest.param(lambda x: without(x, 5, 6, 7), Damage.MISSING, 5, id="three missing"),
        pytest.param(lambda x: without(x, 1), Damage.MISSING, 1, id="the first missing"),
        pytest.param(lambda x: without(x, ENTRIES), Damage.TRUNCATED, ENTRIES, id="the last missing"),
        pytest.param(lambda x: swapped(x, 3, 4), Damage.REORDERED, 3, id="neighbours swapped"),
        pytest.param(lambda x: swapped(x, 2, 14), Damage.REORDERED, 2, id="far ones swapped"),
        pytest.param(lambda x: [*x[:5], x[4], *x[5:]], Damage.REORDERED, 5, id="one twice"),
        pytest.param(lambda x: x[:9], Damage.TRUNCATED, 9, id="cut between lines"),
        pytest.param(lambda x: [*x[:9], x[9][:40]], Damage.TRUNCATED, 9, id="cut within a line"),
        pytest.param(lambda x: x[:-1], Damage.TRUNCATED, 16, id="no last line"),
        pytest.param(lambda x: [*x, b"more\n"], Damage.TRUNCATED, 16, id="something after the end"),
        pytest.param(lambda x: replaced(x, -2, b"}", b" }"), Damage.PAYLOAD_ALTERED, None, id="payload altered"),
        pytest.param(lambda x: without(x, ENTRIES + 1), Damage.PAYLOAD_MISSING, 2, id="payload missing"),
    ],
)
def test_damage_to_an_export_is_named(
    exported: Path, change: Callable[[Lines], Lines], damage: Damage, sequence: int | None
) -> None:
    found = check(edit(exported, change)).problem

    assert found is not None and found.damage is damage
    assert sequence is None or found.sequence == sequence
    assert "\n" not in str(found)


@pytest.mark.parametrize(
    ("statement", "damage", "sequence"),
    [
        ("UPDATE ledger_entry SET body = replace(CAST(body AS TEXT), 'run-1', 'run-8') WHERE sequence = 8",
         Damage.ALTERED, 8),
        ("UPDATE ledger_entry SET hash = zeroblob(32) WHERE sequence = 8", Damage.ALTERED, 8),
        ("DELETE FROM ledger_entry WHERE sequence IN (8, 9)", Damage.MISSING, 8),
        ("DELETE FROM ledger_entry WHERE sequence > 11", Damage.TRUNCATED, 12),
        ("DELETE FROM ledger_entry", Damage.TRUNCATED, 1),
        ("UPDATE ledger_entry SET sequence = 85 WHERE sequence = 15", Damage.REORDERED, 15),
        ("UPDATE ledger_entry SET sequence = 'x' WHERE sequence = 15", Damage.REORDERED, 15),
        ("UPDATE ledger_entry SET body = '' WHERE sequence = 8", Damage.ALTERED, 8),
        ("UPDATE ledger_entry SET hash = 8 WHERE sequence = 8", Damage.ALTERED, 8),
        ("UPDATE ledger_system SET head = 'x', sequence = 'y'", Damage.ALTERED, 15),
        ("UPDATE ledger_payload SET digest = 'x' WHERE id = 1", Damage.PAYLOAD_ALTERED, None),
        ("UPDATE ledger_entry SET topic_id = (SELECT topic_id FROM ledger_entry WHERE sequence = 1) "
         "WHERE sequence = 3", Damage.MISFILED, 3),
        ("UPDATE ledger_topic SET environment = 'other' WHERE kind = 'facts'", Damage.MISFILED, 2),
        ("UPDATE ledger_system SET head = zeroblob(32)", Damage.ALTERED, 15),
        ("UPDATE ledger_payload SET body = replace(CAST(body AS TEXT), 'run 1', 'run 7')",
         Damage.PAYLOAD_ALTERED, None),
        ("DELETE FROM ledger_payload WHERE id = 1", Damage.PAYLOAD_MISSING, 2),
    ],
)  # fmt: skip
def test_damage_to_a_database_is_named(
    filled: Ledger, tmp_path: Path, statement: str, damage: Damage, sequence: int | None
) -> None:
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite3") as connection:
        connection.execute(statement)
    connection.close()

    found = filled.verify().problem

    assert found is not None and found.damage is damage
    assert sequence is None or found.sequence == sequence


def test_entries_that_were_renumbered_in_the_database_are_named(filled: Ledger, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite3") as connection:
        connection.execute("UPDATE ledger_entry SET sequence = 1000 WHERE sequence = 6")
        connection.execute("UPDATE ledger_entry SET sequence = 6 WHERE sequence = 9")
        connection.execute("UPDATE ledger_entry SET sequence = 9 WHERE sequence = 1000")
    connection.close()
    found = filled.verify().problem
    assert found is not None and (found.damage, found.sequence) == (Damage.REORDERED, 6)


def test_an_entry_that_says_another_number_than_its_place_is_named(filled: Ledger, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state" / "ledger.sqlite3") as connection:
        (before,) = connection.execute("SELECT hash FROM ledger_entry WHERE sequence = 14").fetchone()
        (body,) = connection.execute("SELECT body FROM ledger_entry WHERE sequence = 15").fetchone()
        forged = bytes(body).replace(b'"sequence":15,', b'"sequence":51,')
        assert forged != bytes(body)
        hash = link(bytes(before), forged)
        connection.execute("UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = 15", (forged, hash))
        connection.execute("UPDATE ledger_system SET head = ?", (hash,))
    connection.close()
    found = filled.verify().problem
    assert found is not None and found.sequence == 15


def test_a_checkpoint_in_the_chain_shows_that_what_is_before_it_was_rewritten(filled: Ledger, tmp_path: Path) -> None:
    filled.checkpoint(AT)
    path = tmp_path / "export.jsonl"
    filled.export(path)
    edit(path, lambda lines: rehash(replaced(lines, 7, b"run-1", b"run-9")))

    found = check(path, (signer("shop").public,))

    assert found.problem is not None and (found.problem.damage, found.problem.sequence) == (Damage.REWRITTEN, 16)


def test_a_checkpoint_kept_elsewhere_shows_truncation_and_rewriting(filled: Ledger, tmp_path: Path) -> None:
    kept = filled.checkpoint(AT)
    path, keys = tmp_path / "export.jsonl", (signer("shop").public,)
    filled.export(path)
    whole = path.read_bytes()
    assert check(path, keys, kept).signed_through == 15

    def after(change: Callable[[Lines], Lines]) -> Verification:
        path.write_bytes(whole)
        return check(edit(path, change), keys, kept)

    cut = after(lambda lines: rehash(without(lines, 14, 15, 16)))
    assert cut.problem is not None and (cut.problem.damage, cut.problem.sequence) == (Damage.TRUNCATED, 14)
    changed = after(lambda lines: rehash(replaced(without(lines, 16), 3, b"production", b"staging000")))
    assert changed.problem is not None and changed.problem.damage is Damage.REWRITTEN


def test_a_kept_checkpoint_of_an_empty_ledger_says_little_and_is_no_problem(filled: Ledger, make: Make) -> None:
    empty = make("another")
    kept = empty.checkpoint(AT)
    assert kept.sequence == 0
    assert filled.verify((), kept).ok


def test_a_forged_checkpoint_is_named(filled: Ledger, tmp_path: Path) -> None:
    kept = filled.checkpoint(AT)
    filled.export(tmp_path / "export.jsonl")
    forged = replace(kept, sequence=14)
    assert filled.verify((kept.public_key,), forged).problem is not None
    stranger = check(tmp_path / "export.jsonl", (OTHER_KEY,), kept)
    assert stranger.problem is not None and stranger.problem.damage is Damage.FORGED
    edit(tmp_path / "export.jsonl", lambda x: rehash(replaced(x, 16, b'"signature":"', b'"signature":"00')))
    found = check(tmp_path / "export.jsonl")
    assert found.problem is not None and (found.problem.damage, found.problem.sequence) == (Damage.FORGED, 16)


def test_checkpoints_of_other_keys_prove_nothing(filled: Ledger) -> None:
    filled.checkpoint(AT)
    found = filled.verify((OTHER_KEY,))
    assert found.ok and (found.checkpoints, found.foreign, found.signed_through) == (0, 1, 0)


def test_a_checkpoint_of_another_system_is_wrong_use(filled: Ledger, make: Make) -> None:
    other = make("blog", system="blog").checkpoint(AT)
    with pytest.raises(LedgerError, match="about blog"):
        filled.verify((), other)


def test_a_removal_counts_only_when_a_trusted_key_signed_it(filled: Ledger, tmp_path: Path) -> None:
    filled.prune(AT.replace(year=2030), AT)
    path, key = tmp_path / "export.jsonl", signer("shop").public
    filled.export(path)
    pruned = check(path, (key,))
    assert pruned.ok and pruned.removed > 0
    stranger = check(path, (OTHER_KEY,)).problem
    assert stranger is not None and (stranger.damage, stranger.sequence) == (Damage.FORGED, 16)
    edit(path, lambda lines: rehash(replaced(lines, 16, b"older than 2030", b"older than 2031")))
    forged = check(path).problem
    assert forged is not None and (forged.damage, forged.sequence) == (Damage.FORGED, 16)


def test_a_payload_that_was_removed_and_is_still_there_is_named(filled: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    filled.export(path)
    payload = next(line for line in path.read_bytes().splitlines(keepends=True) if b'"payload"' in line)
    filled.erase(json.loads(payload)["digest"], "a person asked", AT)
    filled.export(path)
    edit(path, lambda lines: [*lines[:-1], payload, lines[-1]])
    found = check(path).problem
    assert found is not None and found.damage is Damage.PAYLOAD_KEPT


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_of_an_export_goes_unnoticed(exported: Path, data: st.DataObject) -> None:
    whole = exported.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    try:
        exported.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
        try:
            assert not check(exported).ok
        except NotALedgerError:
            assert place < whole.index(b"\n") + 1
    finally:
        exported.write_bytes(whole)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_order_or_choice_of_entries_but_the_written_one_verifies(exported: Path, data: st.DataObject) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    entries = lines[1 : ENTRIES + 1]
    chosen = data.draw(st.lists(st.sampled_from(entries), max_size=ENTRIES + 2))
    if chosen == entries:
        return
    first = next((n for n, (a, b) in enumerate(zip(chosen, entries)) if a != b), min(len(chosen), len(entries)))
    try:
        exported.write_bytes(b"".join([lines[0], *chosen, *lines[ENTRIES + 1 :]]))
        found = check(exported)
        assert found.problem is not None and found.problem.sequence == first + 1 and found.entries == first
    finally:
        exported.write_bytes(b"".join(lines))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_arbitrary_bytes_are_no_export(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    for prefix in (b"", b'{"schema":"prodproof/ledger/1","system":"shop"}\n', b'{"schema":"prodproof/ledger/1"'):
        path.write_bytes(prefix + content)
        try:
            ok = check(path).ok
        except LedgerError:
            ok = False
        assert not ok
