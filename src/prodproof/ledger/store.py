"""Reads and writes one system's chain. Use it from one thread; `Ledger` sees to that."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prodproof.facts.codec import canonical
from prodproof.ledger.database import connect, place, prepare, translated
from prodproof.ledger.entry import About, Draft, Entry, EntryKind, body_of, genesis, link, parse, topic_name
from prodproof.ledger.errors import LedgerError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

BATCH = 512
_IN = 500
"""Parameters in one IN list; well under every SQLite's limit."""

Row = tuple[int, bytes, bytes, int]
"""Sequence, hash, body, topic."""


@dataclass(frozen=True)
class Head:
    """The end of a chain."""

    sequence: int
    hash: bytes


def raw(value: object) -> bytes:
    """A column's bytes, whatever somebody put there: SQLite does not hold columns to their type."""
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else b""


class Store:
    """One system in one database."""

    def __init__(self, alias: str, system: str | None) -> None:
        """Connect; with `system` None, the only one that the database holds. Raises LedgerError."""
        self.connection: BaseDatabaseWrapper = connect(alias)
        self._topics: dict[About, int] = {}
        try:
            prepare(self.connection)
            self.system, self.system_id = self._choose(system)
        except BaseException:
            self.connection.close()
            raise

    def _choose(self, system: str | None) -> tuple[str, int]:
        with self.writing() as cursor:
            cursor.execute("SELECT name FROM ledger_system ORDER BY name")
            names = [str(row[0]) for row in cursor.fetchall()]
            if system is None:
                if len(names) != 1:
                    found = f"holds {', '.join(names)}" if names else "holds nothing yet"
                    raise LedgerError(f"{self.place} {found}; name the system with --system")
                system = names[0]
            cursor.execute(
                "INSERT INTO ledger_system (name, sequence, head) VALUES (%s, 0, %s) ON CONFLICT (name) DO NOTHING",
                [system, genesis(system)],
            )
            cursor.execute("SELECT id FROM ledger_system WHERE name = %s", [system])
            return system, int(cursor.fetchone()[0])

    @property
    def place(self) -> str:
        """Which database, for messages."""
        return place(self.connection)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def writing(self) -> "Iterator[CursorWrapper]":
        """A transaction that is all or nothing; on SQLite it has the database for itself from its first line."""
        from django.db import transaction

        with translated(self.connection):
            try:
                with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
                    yield cursor
            except BaseException:
                # Numbers of topics made in a transaction that was rolled back mean nothing.
                self._topics.clear()
                raise

    @contextmanager
    def reading(self) -> "Iterator[CursorWrapper]":
        """One unchanging view of everything, which keeps no writer waiting."""
        sqlite = self.connection.vendor == "sqlite"
        with translated(self.connection), self.connection.cursor() as cursor:
            cursor.execute("BEGIN" if sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield cursor
            finally:
                cursor.execute("ROLLBACK")

    def append(self, make: Callable[[Head], Sequence[Draft]]) -> list[int]:
        """Append what `make` returns when it is given the chain's head, under the writer's lock.

        Returns the numbers of the new entries. Either all of them are in the ledger afterwards, or none.
        """
        with self.writing() as cursor:
            head = self.locked_head(cursor)
            return self.add(cursor, head, make(head))

    def append_drafts(self, drafts: Sequence[Draft]) -> list[int]:
        """Append entries that do not depend on the head; their content is serialised before the lock is taken."""
        whats = [canonical(draft.what) for draft in drafts]
        with self.writing() as cursor:
            return self.add(cursor, self.locked_head(cursor), drafts, whats)

    def locked_head(self, cursor: "CursorWrapper") -> Head:
        """The head, which nobody else can move until the transaction ends."""
        lock = "" if self.connection.vendor == "sqlite" else " FOR UPDATE"
        cursor.execute(f"SELECT sequence, head FROM ledger_system WHERE id = %s{lock}", [self.system_id])
        sequence, head = cursor.fetchone()
        return Head(sequence if isinstance(sequence, int) else -1, raw(head))

    def add(
        self, cursor: "CursorWrapper", head: Head, drafts: Sequence[Draft], whats: Sequence[bytes] | None = None
    ) -> list[int]:
        """Write entries after `head` within the caller's transaction."""
        whats = whats if whats is not None else [canonical(draft.what) for draft in drafts]
        rows: list[tuple[About, bytes, bytes]] = []
        sequence, previous = head.sequence, head.hash
        for draft, what in zip(drafts, whats, strict=True):
            sequence += 1
            body = body_of(draft, sequence, what)
            previous = link(previous, body)
            rows.append((draft.about, body, previous))
        self.put_payloads(cursor, ((key, body) for draft in drafts for key, body in draft.payloads.items()))
        self.put_entries(cursor, head.sequence, rows)
        return list(range(head.sequence + 1, sequence + 1))

    def put_entries(self, cursor: "CursorWrapper", after: int, rows: Sequence[tuple[About, bytes, bytes]]) -> None:
        """Write linked entries (what about, body, hash) with numbers from `after` + 1, and move the head."""
        if not rows:
            return
        cursor.executemany(
            "INSERT INTO ledger_entry (system_id, sequence, topic_id, body, hash) VALUES (%s, %s, %s, %s, %s)",
            [
                (self.system_id, sequence, self._topic(cursor, about), body, hash)
                for sequence, (about, body, hash) in enumerate(rows, after + 1)
            ],
        )
        self.move_head(cursor, Head(after + len(rows), rows[-1][2]))

    def move_head(self, cursor: "CursorWrapper", head: Head) -> None:
        """Say where the chain ends."""
        cursor.execute(
            "UPDATE ledger_system SET sequence = %s, head = %s WHERE id = %s",
            [head.sequence, head.hash, self.system_id],
        )

    def put_payloads(self, cursor: "CursorWrapper", payloads: Iterable[tuple[str, bytes]]) -> None:
        """Store payloads by digest; one that is there stays as it is."""
        rows = [(self.system_id, bytes.fromhex(digest), body) for digest, body in payloads]
        if rows:
            cursor.executemany(
                "INSERT INTO ledger_payload (system_id, digest, body) VALUES (%s, %s, %s) "
                "ON CONFLICT (system_id, digest) DO NOTHING",
                rows,
            )

    def drop_payloads(self, cursor: "CursorWrapper", digests: Iterable[str]) -> int:
        """Delete payloads; returns how many there were."""
        dropped = 0
        for digest in digests:
            cursor.execute(
                "DELETE FROM ledger_payload WHERE system_id = %s AND digest = %s",
                [self.system_id, bytes.fromhex(digest)],
            )
            dropped += cursor.rowcount
        return dropped

    def head(self, cursor: "CursorWrapper") -> Head:
        """The head as the database claims it."""
        cursor.execute("SELECT sequence, head FROM ledger_system WHERE id = %s", [self.system_id])
        sequence, head = cursor.fetchone()
        return Head(sequence if isinstance(sequence, int) else -1, raw(head))

    def hash_at(self, cursor: "CursorWrapper", sequence: int) -> bytes | None:
        """The stored hash of one entry; the genesis for 0; None when there is no such entry."""
        if sequence == 0:
            return genesis(self.system)
        cursor.execute(
            "SELECT hash FROM ledger_entry WHERE system_id = %s AND sequence = %s", [self.system_id, sequence]
        )
        row = cursor.fetchone()
        return raw(row[0]) if row else None

    def topics(
        self, cursor: "CursorWrapper", kind: str | None = None, environment: str | None = None
    ) -> dict[int, About]:
        """Topics by number, all or those of one kind and environment."""
        query = "SELECT id, kind, environment, name FROM ledger_topic WHERE system_id = %s"
        values: list[int | str] = [self.system_id]
        if kind is not None:
            query += " AND kind = %s"
            values.append(kind)
        if environment is not None:
            query += " AND environment = %s"
            values.append(environment)
        cursor.execute(query, values)
        return {int(row[0]): About(str(row[1]), str(row[2]), str(row[3])) for row in cursor.fetchall()}

    def rows(self, cursor: "CursorWrapper", after: int = 0) -> Iterator[list[Row]]:
        """Entries in the order of their numbers, in batches."""
        query = (
            "SELECT sequence, hash, body, topic_id FROM ledger_entry "
            "WHERE system_id = %s AND sequence > %s ORDER BY sequence"
        )
        if self.connection.vendor == "sqlite":
            # SQLite computes a row when it is fetched; a cursor of its own, because callers go on using theirs.
            with self.connection.cursor() as reader:
                reader.execute(query, [self.system_id, after])
                while batch := reader.fetchmany(BATCH):
                    yield batch
            return
        # By ranges rather than one long query: PostgreSQL would otherwise send everything before the first row.
        first = after
        while True:
            cursor.execute(f"{query} LIMIT %s", [self.system_id, first, BATCH])
            batch = cursor.fetchall()
            if not batch:
                return
            yield batch
            first = batch[-1][0]

    def payloads(self, cursor: "CursorWrapper") -> Iterator[list[tuple[bytes, bytes]]]:
        """Digest and body of every payload, in batches."""
        last = 0
        while True:
            cursor.execute(
                "SELECT id, digest, body FROM ledger_payload WHERE system_id = %s AND id > %s ORDER BY id LIMIT 512",
                [self.system_id, last],
            )
            batch = cursor.fetchall()
            if not batch:
                return
            yield [(raw(digest), raw(body)) for _, digest, body in batch]
            last = batch[-1][0]

    def newest(
        self, cursor: "CursorWrapper", kind: EntryKind, environment: str, names: Iterable[str] | None = None
    ) -> list[Entry]:
        """The newest entry of each topic of a kind, of all names or those given; raises LedgerError for a bad one."""
        wanted = None if names is None else {topic_name(name) for name in names}
        found: list[Entry] = []
        for topic, about in self.topics(cursor, kind, environment).items():
            if wanted is None or about.name in wanted:
                found += self.of_topic(cursor, topic, about, 1)
        return found

    def of_topic(self, cursor: "CursorWrapper", topic: int, about: About, limit: int) -> list[Entry]:
        """The newest entries of one topic, newest first."""
        cursor.execute(
            "SELECT sequence, body FROM ledger_entry WHERE topic_id = %s ORDER BY sequence DESC LIMIT %s",
            [topic, limit],
        )
        return [self._parsed(int(sequence), raw(body), about) for sequence, body in cursor.fetchall()]

    def payload_bodies(self, cursor: "CursorWrapper", digests: Iterable[str]) -> dict[str, bytes]:
        """Stored payloads by digest; what was pruned, erased or lost is left out."""
        wanted = sorted(set(digests))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), _IN):
            part = [bytes.fromhex(digest) for digest in wanted[start : start + _IN]]
            marks = ", ".join(["%s"] * len(part))
            cursor.execute(
                f"SELECT digest, body FROM ledger_payload WHERE system_id = %s AND digest IN ({marks})",
                [self.system_id, *part],
            )
            found |= {raw(digest).hex(): raw(body) for digest, body in cursor.fetchall()}
        return found

    def _parsed(self, sequence: int, body: bytes, about: About) -> Entry:
        # An entry that cannot be read must not be passed over: an older, better one would take its place.
        try:
            entry = parse(body)
        except ValueError:
            entry = None
        if entry is None or entry.sequence != sequence or entry.about != about:
            raise LedgerError(f"{self.place}: entry {sequence} has been altered; see: prodproof ledger verify")
        return entry

    def _topic(self, cursor: "CursorWrapper", about: About) -> int:
        if about not in self._topics:
            values: list[int | str] = [self.system_id, about.kind, about.environment, about.name]
            cursor.execute(
                "INSERT INTO ledger_topic (system_id, kind, environment, name) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (system_id, kind, environment, name) DO NOTHING",
                values,
            )
            cursor.execute(
                "SELECT id FROM ledger_topic WHERE system_id = %s AND kind = %s AND environment = %s AND name = %s",
                values,
            )
            self._topics[about] = int(cursor.fetchone()[0])
        return self._topics[about]
