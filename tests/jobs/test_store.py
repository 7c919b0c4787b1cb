"""The store of orders: a target has one drill, a drill has one process; on SQLite and on PostgreSQL."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodproof.facts import Subject
from prodproof.jobs.errors import BusyError, JobError
from prodproof.jobs.statement import Purpose, Signed, Statement
from prodproof.jobs.store import FILE_NAME, SCHEMA, Store, engine_for, sqlite_url
from tests.servers.postgres import PostgresServer, running

SHOP, HOST = Subject("store", "shop"), Subject("host", "a.example")
AT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "state")
    made: PostgresServer = request.getfixturevalue("server")
    return made.create_database(f"d{abs(hash(tmp_path))}")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(engine_for(url), "shop", KEY)
    yield made
    made.close()


def ask(store: Store, id: str, *touches: Subject, approval: Signed | None = None) -> None:
    store.ask(id, "{}", f"seal of {id}", touches or (SHOP,), approval)


def approval(plan: str = "p" * 64, until: datetime = AT + timedelta(days=1)) -> Signed:
    said = Statement(
        purpose=Purpose.APPROVAL, system="shop", environment="production", drill="d", target="store:shop", plan=plan,
        author="ana", person="ben", until=until,
    )  # fmt: skip
    return Signed(said, "signature")


def test_an_order_is_kept_as_it_was_given(store: Store) -> None:
    store.ask("d-1", '{"a": "ü"}', "seal", (SHOP,), None)
    kept = store.run("d-1")
    assert kept is not None
    assert (kept.order, kept.seal, kept.system, kept.executor, kept.undoing) == ('{"a": "ü"}', "seal", "shop", None, 0)
    assert (kept.result, kept.finished, dict(kept.progress)) == (None, False, {})
    assert store.run("d-2") is None


def test_two_drills_never_have_one_target(store: Store) -> None:
    ask(store, "d-1", SHOP, HOST)
    with pytest.raises(BusyError, match=r"host:a\.example is held by the drill d-1"):
        ask(store, "d-2", HOST)
    assert store.run("d-2") is None, "neither the order nor a part of its locks is left"
    ask(store, "d-3", Subject("store", "other"))
    assert (store.holder(SHOP), store.holder(HOST)) == ("d-1", "d-1")
    assert [item.id for item in store.unfinished()] == ["d-1", "d-3"]


def test_a_target_is_free_when_nothing_is_left_of_its_drill(store: Store) -> None:
    ask(store, "d-1")
    store.finish("d-1", {"outcome": "failed", "left": ["a folder"]})
    kept = store.run("d-1")
    assert kept is not None and kept.result is not None and not kept.finished
    with pytest.raises(BusyError):
        ask(store, "d-2")
    store.finish("d-1", {"outcome": "failed", "left": []})
    kept = store.run("d-1")
    assert kept is not None and kept.finished
    ask(store, "d-2")


def test_an_order_that_is_given_twice_is_one(store: Store) -> None:
    ask(store, "d-1")
    ask(store, "d-1")
    assert [item.id for item in store.runs()] == ["d-1"]


def test_the_same_target_of_another_system_is_another(store: Store, url: str) -> None:
    other = Store(engine_for(url), "blog", KEY)
    ask(store, "d-1")
    ask(other, "d-2")
    assert [item.id for item in store.runs()] == ["d-1"] and [item.id for item in other.runs()] == ["d-2"]
    assert other.run("d-1") is None and [item.id for item in other.unfinished()] == ["d-2"]
    other.close()


def test_only_one_process_takes_a_drill_over(store: Store) -> None:
    ask(store, "d-1")
    assert store.claim("d-1", "one", None)
    assert not store.claim("d-1", "two", None)
    assert store.claim("d-1", "one", None), "the answer to the first attempt may have been lost"
    assert store.claim("d-1", "two", "one") and not store.claim("d-1", "three", "one")
    kept = store.run("d-1")
    assert kept is not None and kept.executor == "two"


def test_of_many_that_ask_at_once_one_gets_the_target(store: Store, url: str) -> None:
    got: list[str] = []
    ready = threading.Barrier(6)

    def work(number: int) -> None:
        mine = Store(engine_for(url), "shop", KEY)
        ready.wait()
        try:
            ask(mine, f"d-{number}", SHOP, HOST)
            got.append(f"d-{number}")
        except BusyError:
            pass
        mine.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 1 and store.holder(SHOP) == store.holder(HOST) == got[0]
    assert [item.id for item in store.runs()] == got


def test_an_undo_takes_the_result_back(store: Store) -> None:
    ask(store, "d-1")
    store.finish("d-1", {"left": ["x"]})
    store.begin_undo("d-1", 2)
    kept = store.run("d-1")
    assert kept is not None and (kept.undoing, kept.result) == (2, None)


def test_messages_come_in_their_order(store: Store) -> None:
    ask(store, "d-1")
    store.say("d-1", "answer", "ana", "call", "done fine")
    store.say("d-1", "answer", "ben", "call", "failed")
    store.say("d-1", "undo", "ben")
    assert [(item.by, item.text) for item in store.said("d-1", "answer", "call")] == [
        ("ana", "done fine"),
        ("ben", "failed"),
    ]
    assert store.said("d-1", "answer", "other") == () and store.said("d-1", "undo")[0].by == "ben"
    assert store.said("d-1", "undo")[0].at.tzinfo is not None


def test_progress_is_kept_for_others(store: Store) -> None:
    ask(store, "d-1")
    store.progress("d-1", {"step": "fill", "doing": "doing"})
    kept = store.run("d-1")
    assert kept is not None and kept.progress["step"] == "fill"


def test_an_approval_is_used_once(store: Store) -> None:
    given = approval()
    store.approve(given)
    store.approve(given)
    assert store.approvals("p" * 64) == (given,) and store.approvals("q" * 64) == ()
    ask(store, "d-1", approval=given)
    assert store.approvals("p" * 64) == ()
    with pytest.raises(JobError, match="this approval was used for an earlier run"):
        ask(store, "d-2", HOST, approval=replace(given, signature="the same, signed again"))
    assert store.run("d-2") is None
    ask(store, "d-3", HOST, approval=approval(until=AT + timedelta(days=2)))


def test_what_others_wrote_is_not_heard(store: Store, url: str) -> None:
    ask(store, "d-1")
    store.say("d-1", "answer", "ana", "call", "failed")
    other = Store(engine_for(url), "shop", b"x" * 32)
    other.say("d-1", "undo", "eve")
    other.close()
    with pytest.raises(JobError, match="was not written by prodproof"):
        store.said("d-1", "undo")
    with pytest.raises(JobError, match="was not written by prodproof"):
        store.last_said("d-1", ("stop", "undo"))
    assert [item.text for item in store.said("d-1", "answer", "call")] == ["failed"]
    engine = engine_for(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table(url)} SET text = 'done' WHERE kind = 'answer'")
    engine.dispose()
    with pytest.raises(JobError, match="was not written by prodproof"):
        store.said("d-1", "answer", "call")


def table(url: str) -> str:
    return "drill_message" if url.startswith("sqlite") else f"{SCHEMA}.drill_message"


def test_newest_first(store: Store) -> None:
    for number in range(4):
        ask(store, f"d-{number}", Subject("store", str(number)))
    assert [item.id for item in store.runs(2)] == ["d-3", "d-2"]


def test_a_store_that_cannot_be_used_is_told_without_its_password(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(JobError, match=r"the store of drills cannot be used: file is not a database"):
        Store(engine_for(sqlite_url(tmp_path)), "shop", KEY)


def test_a_server_that_is_not_there_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodproof.jobs.store.OPENING", 0.0)
    with pytest.raises(JobError) as caught:
        Store(engine_for("postgresql://u:hunter2@127.0.0.1:1/x"), "shop", KEY)
    assert "hunter2" not in str(caught.value) and "cannot be used" in str(caught.value)
