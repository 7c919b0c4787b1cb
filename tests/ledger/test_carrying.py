"""Ledgers travel between machines: forward, refused, or joined, and each of it can be verified afterwards."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodproof.ledger import Damage, DivergedError, Ledger, LedgerError, MovedError, open_ledger, signer
from prodproof.ledger.export import ExportSource
from prodproof.ledger.folder import Folder
from prodproof.ledger.verification import verify
from tests.ledger.conftest import Make
from tests.ledger.samples import AT, HSTS, STEP, fill, observation, result, survey
from tests.ledger.test_verification import edit, rehash, replaced

LATER = AT + timedelta(days=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shared"


def push(ledger: Ledger, folder: Path) -> None:
    Folder(folder).push(ledger, "shop.jsonl")


def pull(ledger: Ledger, folder: Path, join: bool = False) -> tuple[int, int]:
    merged = ledger.merge(folder / "shop.jsonl", LATER, join=join)
    return merged.received, merged.joined


def add(ledger: Ledger, name: str) -> None:
    run = ledger.start_run("production", AT, id=name)
    ledger.append_surveys(run, f"{STEP} {name}", [survey(observation(f"{name}.example"))])


def test_a_new_machine_goes_on_where_the_last_one_stopped(
    location: tuple[Path | None, str | None], make: Make, folder: Path
) -> None:
    first = make("first")
    fill(first)
    push(first, folder)
    with open_ledger(*location, system="shop") as second:
        assert pull(second, folder) == (15, 0)
        assert second.verify() == first.verify()
        assert second.latest_surveys([STEP], "production") == first.latest_surveys([STEP], "production")
        assert second.latest_results("production") == first.latest_results("production")
        add(second, "second")
        push(second, folder)
    assert pull(first, folder) == (2, 0)
    assert pull(first, folder) == (0, 0)
    assert first.verify().ok and first.head().sequence == 17


def test_pulling_what_is_older_changes_nothing(make: Make, folder: Path) -> None:
    ledger = make()
    fill(ledger, runs=1)
    push(ledger, folder)
    add(ledger, "more")
    head = ledger.head()
    assert pull(ledger, folder) == (0, 0)
    assert ledger.head() == head


def test_a_push_never_overwrites_what_we_lack(make: Make, folder: Path) -> None:
    first, second = make("first"), make("second")
    fill(first, runs=1)
    push(first, folder)
    pull(second, folder)
    add(first, "first")
    push(first, folder)
    add(second, "second")
    before = (folder / "shop.jsonl").read_bytes()
    with pytest.raises(MovedError, match="pull --join"):
        push(second, folder)
    assert (folder / "shop.jsonl").read_bytes() == before


def test_two_that_went_on_are_refused_unless_joined(make: Make, folder: Path) -> None:
    first, second = make("first"), make("second")
    fill(first, runs=1)
    push(first, folder)
    pull(second, folder)
    add(first, "first")
    push(first, folder)
    add(second, "second")
    kept = second.checkpoint(LATER)
    head = second.head()

    with pytest.raises(DivergedError, match=r"since entry 5 \(3 entries here, 2 there\)"):
        pull(second, folder)
    assert second.head() == head

    assert pull(second, folder, join=True) == (2, 3)
    found = second.verify((signer("shop").public,), kept)
    assert found.ok and found.joined == 1 and found.entries == 10  # the checkpoint is kept inside the joining entry
    keys = [f"{STEP} {name}" for name in ("first", "second")]
    assert set(second.latest_surveys(keys, "production")) == set(keys)
    push(second, folder)
    assert pull(first, folder) == (3, 0)
    assert first.verify() == second.verify()


def test_ledgers_without_a_common_beginning_can_be_joined(make: Make, folder: Path) -> None:
    first, second = make("first"), make("second")
    add(first, "first")
    add(second, "second")
    push(first, folder)
    assert pull(second, folder, join=True) == (2, 2)
    assert second.verify().ok and second.head().sequence == 5


def test_a_joined_ledger_can_be_joined_again(make: Make, folder: Path) -> None:
    machines = [make(name) for name in ("a", "b", "c")]
    for number, machine in enumerate(machines):
        add(machine, f"m{number}")
    push(machines[0], folder)
    pull(machines[1], folder, join=True)
    pull(machines[2], folder, join=True)
    push(machines[2], folder)
    assert pull(machines[1], folder, join=True) == (3, 3)
    found = machines[1].verify()
    assert found.ok and found.joined == 2
    steps = [f"{STEP} m{number}" for number in range(3)]
    assert set(machines[1].latest_surveys(steps, "production")) == set(steps)


def test_a_joined_segment_that_was_altered_is_named(make: Make, folder: Path) -> None:
    first, second = make("first"), make("second")
    add(first, "first")
    add(second, "second")
    push(first, folder)
    pull(second, folder, join=True)
    path = folder / "joined.jsonl"
    second.export(path)
    edit(path, lambda lines: rehash(replaced(lines, 4, b"second.example", b"worse0.example")))
    found = verify(ExportSource(path)).problem
    assert found is not None and (found.damage, found.sequence) == (Damage.FORGED, 5)


def test_removals_travel(make: Make, folder: Path) -> None:
    first, second = make("first"), make("second")
    run = first.start_run("production", AT)
    seen = first.append_surveys(run, STEP, [survey()])
    digest = seen[0].observations[0].digest or ""
    first.append_results(run, [result(HSTS, evidence=(digest,))])
    push(first, folder)
    pull(second, folder)
    add(second, "second")
    first.erase(digest, "a person asked", LATER)
    push(first, folder)
    assert digest.encode() + b'","payload' not in (folder / "shop.jsonl").read_bytes()

    pull(second, folder, join=True)

    assert second.verify().ok and second.verify().removed == 2
    assert second.verify().payloads == 1


def test_a_damaged_or_foreign_export_is_not_taken_over(make: Make, folder: Path) -> None:
    first, second, blog = make("first"), make("second"), make("blog", system="blog")
    fill(first)
    push(first, folder)
    with pytest.raises(LedgerError, match="a ledger of shop, not of blog"):
        pull(blog, folder)
    edit(folder / "shop.jsonl", lambda lines: replaced(lines, 7, b"run-1", b"run-9"))
    with pytest.raises(LedgerError, match="altered: entry 7"):
        pull(second, folder)
    assert second.head().sequence == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["add", "push", "pull", "sign"])), max_size=25))
def test_whatever_machines_do_no_evidence_is_lost_and_all_verify(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, str]]
) -> None:
    base = tmp_path_factory.mktemp("machines")
    machines = [open_ledger(base / str(number), system="shop") for number in range(3)]
    names: list[set[str]] = [set(), set(), set()]
    shared: set[str] = set()
    try:
        for turn, (number, move) in enumerate(moves):
            machine = machines[number]
            if move == "add":
                add(machine, f"n{turn}")
                names[number].add(f"{STEP} n{turn}")
            elif move == "sign":
                machine.checkpoint(LATER)
            elif move == "pull" and (base / "shared" / "shop.jsonl").exists():
                pull(machine, base / "shared", join=True)
                names[number] |= shared
            elif move == "push":
                try:
                    push(machine, base / "shared")
                    shared = set(names[number])
                except MovedError:
                    assert (base / "shared" / "shop.jsonl").exists()
        for machine, known in zip(machines, names):
            found = machine.verify((signer("shop").public,))
            assert found.ok, found.problem
            assert set(machine.latest_surveys(known, "production")) == known
    finally:
        for machine in machines:
            machine.close()
