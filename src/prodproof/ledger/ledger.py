"""The ledger as other rooms use it: append what a run saw and judged, and read the newest of everything."""

import os
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from prodproof.facts import Observation, Subject, Survey, Unseen
from prodproof.facts.declared import Declared
from prodproof.ledger import carry, export, retention
from prodproof.ledger.database import database_url as url_from
from prodproof.ledger.database import postgres_alias, sqlite_alias
from prodproof.ledger.entry import About, Draft, EntryKind, storable, topic_name
from prodproof.ledger.errors import LedgerError
from prodproof.ledger.findings import Verification
from prodproof.ledger.keys import Signer, signer
from prodproof.ledger.statement import Checkpoint
from prodproof.ledger.store import Head, Store
from prodproof.ledger.stored import (
    Run,
    StoredResult,
    StoredRun,
    dump_result,
    dump_run,
    dump_survey,
    load_declaration,
    load_observation,
    load_result,
    load_run,
    load_surveys,
    observations_of,
    put_fact,
    references,
    with_digests,
)
from prodproof.ledger.verification import verify
from prodproof.verdicts import Result

Out = TypeVar("Out")
LOOK_BACK = 20
"""How many earlier looks of a step are searched for the last time that a subject was seen."""


def open_ledger(
    state_dir: Path | None,
    database_url: str | None = None,
    *,
    system: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> "Ledger":
    """Open a system's ledger, making it if it is not there.

    Args:
        state_dir: the directory of `ledger.sqlite3`; ignored when there is a database URL.
        database_url: a PostgreSQL database; PRODPROOF_DATABASE_URL if None.
        system: the declared system's name; None: the only one that the database holds.
        environ: where the URL and the place of the keys are read from.

    Raises LedgerError when the database cannot be opened or was written by a newer version.
    """
    url = database_url or url_from(environ)
    if url:
        alias = postgres_alias(url)
    elif state_dir is not None:
        alias = sqlite_alias(state_dir)
    else:
        raise LedgerError("no place for the ledger: name a state directory with --state, or PRODPROOF_DATABASE_URL")
    return Ledger(alias, system, environ)


class Ledger:
    """One system's evidence. May be used from any thread, and within an event loop.

    Every call is carried out in one thread of its own, which holds the connection. Everything that is appended by one
    call is in the ledger afterwards, or nothing of it is. All methods raise LedgerError with one line for a person.
    """

    def __init__(self, alias: str, system: str | None, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._closing = threading.Lock()
        self._closed = False
        self._closer: threading.Thread | None = None
        try:
            self._store = self._do(lambda: Store(alias, system))
        except BaseException:
            self._thread.shutdown()
            raise
        self.system = self._store.system
        self.place = self._store.place

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what was appended stays."""
        with self._closing:
            if self._closed:
                return
            self._closed, self._closer = True, threading.current_thread()
        self._do(self._store.close)
        self._thread.shutdown()

    # Appending

    def start_run(
        self,
        environment: str,
        at: datetime,
        *,
        tool_version: str = "",
        commit: str | None = None,
        release: str | None = None,
        vantages: Sequence[str] = (),
        id: str | None = None,
    ) -> Run:
        """Say that a run begins. `at` is its clock reading; `id` is made up if None."""
        run = Run(id or uuid.uuid4().hex, environment, at, tool_version, commit, release, tuple(vantages))
        self._append([self._draft(EntryKind.RUN, run, "", dump_run(run))])
        return run

    def finish_run(self, run: Run, at: datetime, outcome: str = "finished") -> None:
        """Say that a run came to its end; `outcome` is one word or line for a person."""
        what = {"phase": "finished", "outcome": storable(outcome)}
        self._append([Draft(_about(EntryKind.RUN, run.environment), at, what, run.id)])

    def append_surveys(self, run: Run, step_key: str, surveys: Iterable[Survey[Any]]) -> tuple[Survey[Any], ...]:
        """Append what one step of the plan saw.

        Returns the surveys as the ledger will give them back: each observation with its digest. An observation that
        cannot be stored comes back unseen, since no verdict may rest on it.
        """
        given = tuple(surveys)
        payloads: dict[str, bytes] = {}
        dumped = [dump_survey(survey, payloads) for survey in given]
        self._append([self._draft(EntryKind.FACTS, run, step_key, {"surveys": dumped}, payloads)])
        return tuple(with_digests(survey, data) for survey, data in zip(given, dumped, strict=True))

    def append_results(self, run: Run, results: Iterable[Result]) -> None:
        """Append verdicts, one entry for each guarantee, referring to their evidence by digest."""
        drafts = []
        for result in results:
            payloads: dict[str, bytes] = {}
            what = dump_result(result, payloads)
            drafts.append(self._draft(EntryKind.VERDICT, run, result.guarantee.id, what, payloads))
        self._append(drafts)

    def append_declaration(self, declared: Declared, at: datetime, run: Run | None = None) -> str:
        """Append what was declared when a run judged by it; returns its digest."""
        payloads: dict[str, bytes] = {}
        digest = put_fact(payloads, declared)
        if isinstance(digest, Unseen):
            raise LedgerError(f"the declaration of {declared.system} cannot be stored: {digest.detail}")
        about = _about(EntryKind.DECLARATION, declared.environment.name)
        self._append([Draft(about, at, {"digest": digest}, run.id if run else "", payloads)])
        return digest

    # Reading

    def latest_surveys(self, step_keys: Iterable[str], environment: str) -> dict[str, tuple[Survey[Any], ...]]:
        """The newest surveys of each step that has any.

        Evidence that was pruned, erased or altered, or is of a form that this version does not read, comes back as
        an unseen observation of its subject, so that a verdict on it is unknown.
        """
        keys = {topic_name(key): key for key in step_keys}

        def read() -> dict[str, tuple[Survey[Any], ...]]:
            with self._store.reading() as cursor:
                entries = self._store.newest(cursor, EntryKind.FACTS, storable(environment), keys)
                try:
                    wanted = {digest for entry in entries for digest in references(entry)}
                    payloads = self._store.payload_bodies(cursor, wanted)
                    return {keys[entry.about.name]: load_surveys(entry, payloads) for entry in entries}
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise self._unreadable(error) from error

        return self._do(read)

    def latest_results(self, environment: str) -> dict[str, StoredResult]:
        """The newest result of each guarantee that was ever judged for an environment, by the guarantee's id."""

        def read() -> dict[str, StoredResult]:
            with self._store.reading() as cursor:
                entries = self._store.newest(cursor, EntryKind.VERDICT, storable(environment))
                try:
                    payloads = self._store.payload_bodies(cursor, (str(entry.what["digest"]) for entry in entries))
                    return {entry.about.name: load_result(entry, payloads) for entry in entries}
                except (ValueError, KeyError, TypeError) as error:
                    raise self._unreadable(error) from error

        return self._do(read)

    def latest_declaration(self, environment: str) -> Declared | None:
        """What was declared at the last run; None when nothing was stored, or it can no longer be read."""

        def read() -> Declared | None:
            with self._store.reading() as cursor:
                for entry in self._store.newest(cursor, EntryKind.DECLARATION, storable(environment)):
                    digest = str(entry.what.get("digest"))
                    return load_declaration(digest, self._store.payload_bodies(cursor, [digest]))
            return None

        return self._do(read)

    def history(self, guarantee: str, environment: str, limit: int = 100) -> tuple[StoredResult, ...]:
        """Results of one guarantee, newest first."""

        def read() -> tuple[StoredResult, ...]:
            about = _about(EntryKind.VERDICT, environment, guarantee)
            with self._store.reading() as cursor:
                topics = self._store.topics(cursor, about.kind, about.environment)
                number = next((number for number, found in topics.items() if found == about), None)
                entries = [] if number is None else self._store.of_topic(cursor, number, about, limit)
                payloads = self._store.payload_bodies(cursor, (str(entry.what["digest"]) for entry in entries))
                return tuple(load_result(entry, payloads) for entry in entries)

        return self._do(read)

    def runs(self, environment: str, limit: int = 20) -> tuple[StoredRun, ...]:
        """Runs, newest first; one without an end was interrupted, or is still going on."""

        def read() -> tuple[StoredRun, ...]:
            about = _about(EntryKind.RUN, environment)
            with self._store.reading() as cursor:
                topics = self._store.topics(cursor, about.kind, about.environment)
                entries = [
                    entry for number in topics for entry in self._store.of_topic(cursor, number, about, 2 * limit)
                ]
            ends = {entry.run: entry for entry in entries if entry.what.get("phase") == "finished"}
            found = []
            for entry in entries:
                if entry.what.get("phase") == "started":
                    end = ends.get(entry.run)
                    outcome = str(end.what.get("outcome", "")) if end else ""
                    found.append(StoredRun(load_run(entry), end.at if end else None, outcome))
            return tuple(found[:limit])

        return self._do(read)

    def previous(self, fact: type[Any], subject: Subject, environment: str) -> Observation[Any] | None:
        """The last time that a subject was seen: its newest observation of that fact that is still there, or None."""

        def read() -> Observation[Any] | None:
            best: Observation[Any] | None = None
            with self._store.reading() as cursor:
                for number, about in self._store.topics(cursor, EntryKind.FACTS, storable(environment)).items():
                    for entry in self._store.of_topic(cursor, number, about, LOOK_BACK):
                        told = observations_of(entry, fact, subject)
                        if told is None:
                            break  # a step that observes other facts
                        payloads = self._store.payload_bodies(cursor, (item["digest"] for item in told))
                        seen = [load_observation(fact, item, payloads) for item in told]
                        seen = [item for item in seen if not isinstance(item.seen, Unseen)]
                        if seen:
                            newest = max(seen, key=lambda item: item.at)
                            best = newest if best is None or newest.at > best.at else best
                            break
            return best

        return self._do(read)

    def head(self) -> Head:
        """Number and hash of the last entry."""

        def read() -> Head:
            with self._store.reading() as cursor:
                return self._store.head(cursor)

        return self._do(read)

    # Keeping

    def checkpoint(self, at: datetime) -> Checkpoint:
        """Sign the head and append the signature; the returned copy is to be kept elsewhere."""
        by = self._signer()
        made: list[Checkpoint] = []

        def sign(head: Head) -> list[Draft]:
            made.append(Checkpoint.sign(self.system, head.sequence, head.hash, at, by))
            return [Draft(About(EntryKind.CHECKPOINT), at, made[0].as_data())]

        self._do(lambda: self._store.append(sign))
        return made[0]

    def verify(self, keys: Collection[str] = (), checkpoint: Checkpoint | None = None) -> Verification:
        """Verify everything; see `verification.verify`."""

        def read() -> Verification:
            with self._store.reading() as cursor:
                return verify(export.StoreSource(self._store, cursor), keys, checkpoint)

        return self._do(read)

    def export(self, path: Path) -> Head:
        """Write everything into one file that can be verified by itself; returns the head that it ends in."""

        def write() -> Head:
            with self._store.reading() as cursor:
                export.write_whole(path, export.lines(self._store, cursor))
                return self._store.head(cursor)

        return self._do(write)

    def merge(self, path: Path, at: datetime, keys: Collection[str] = (), join: bool = False) -> carry.Merged:
        """Take over what an export has and this ledger lacks; see `carry.merge`."""
        return self._do(lambda: carry.merge(self._store, export.ExportSource(path), at, keys, join))

    def may_replace(self, theirs: Head | None) -> None:
        """Raise MovedError unless this ledger has everything of one that ends in `theirs`."""
        self._do(lambda: carry.may_replace(self._store, theirs))

    def prune(self, before: datetime, at: datetime) -> int:
        """Remove payloads that nothing since `before` refers to; see `retention.prune`."""
        by = self._signer()
        return self._do(lambda: retention.prune(self._store, before, at, by))

    def erase(self, digest: str, reason: str, at: datetime) -> str:
        """Remove one payload for good; see `retention.erase`."""
        by = self._signer()
        return self._do(lambda: retention.erase(self._store, digest, reason, at, by))

    def _signer(self) -> Signer:
        return signer(self.system, self._environ)

    def _append(self, drafts: Sequence[Draft]) -> None:
        if drafts:
            self._do(lambda: self._store.append_drafts(drafts))

    def _do(self, work: Callable[[], Out]) -> Out:
        if self._closed and threading.current_thread() is not self._closer:
            raise LedgerError(f"{self.place}: this ledger was closed")
        # A thread of its own: Django refuses its connections in an event loop, and binds them to their thread.
        return self._thread.submit(work).result()

    def _unreadable(self, error: Exception) -> LedgerError:
        return LedgerError(f"{self.place}: an entry cannot be read ({error}); see: prodproof ledger verify")

    def _draft(
        self, kind: EntryKind, run: Run, name: str, what: dict[str, Any], payloads: dict[str, bytes] | None = None
    ) -> Draft:
        return Draft(_about(kind, run.environment, name), run.started_at, what, run.id, payloads or {})


def _about(kind: EntryKind, environment: str, name: str = "") -> About:
    return About(kind.value, storable(environment)[:200], topic_name(name))
