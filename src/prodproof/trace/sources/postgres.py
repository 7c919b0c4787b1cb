"""A live PostgreSQL database: every table that the role may read, and what stands beside the tables.

One snapshot for all connections, so that a row that moves while it is read is neither missed nor read twice. Everything
happens in read-only transactions; values come by binary COPY as the bytes that they are. Columns of numbers, dates,
addresses and the like are left out, for they hold no text.
"""

import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import psycopg

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret
from prodproof.trace.finding import Finding
from prodproof.trace.sources._postgres_catalog import CatalogReader
from prodproof.trace.sources._postgres_link import Link, meaning
from prodproof.trace.sources._postgres_tables import (
    COLUMNS,
    TABLES,
    Column,
    Pages,
    Table,
    TableReader,
    column_of,
    quoted,
)
from prodproof.trace.stream import Item, Sink

SHARE = 64 * 1024 * 1024
"""Bytes of a part, at least; each part has a connection of its own."""

SHARES = 16
"""Parts for each thread in a large database."""

OLDEST = 140000
"""The first server version that finds a range of pages without reading the whole table, and says what is compressed."""

CONTROL = b"prodproof: this text is read in the way in which tables are read"


@dataclass(frozen=True)
class _Plan:
    """What there is to read."""

    tables: tuple[Table, ...] = ()
    gaps: tuple[tuple[str, Reason, str], ...] = ()
    snapshot: str | None = None
    block: int = 8192


class PostgresSource:
    """One database.

    Args:
        place: as it was asked for: `postgres:main`.
        dsn: libpq's connection string or URL; it is never shown.
    """

    left_out = (
        "the other databases of the server, foreign tables, rows that were deleted and not yet cleared away, "
        "and columns of numbers, dates and network addresses",
    )
    """What is not read on purpose."""

    def __init__(self, place: str, dsn: Secret) -> None:
        self.place = place
        self._dsn = dsn
        self._lock = threading.Lock()
        self._plan: _Plan | Unseen | None = None
        self._finalizer: weakref.finalize[..., PostgresSource] | None = None
        self._waiting = 0
        """Parts that have not begun, and one while there may be more."""

    def control(self) -> Unseen | None:
        """The positive control: a known text is read by the same kind of connection and COPY. None when it came."""
        link = Link.open(self._dsn)
        if isinstance(link, Unseen):
            return link
        try:
            read = [value for (value,) in link.rows(f"SELECT textsend('{CONTROL.decode()}')", 1)]
        except psycopg.Error as error:
            return meaning(error)
        finally:
            link.close()
        return None if read == [CONTROL] else Unseen(Reason.INCOMPLETE, "a known text did not come as it was sent")

    def parts(self, count: int) -> Iterator["PostgresPart"]:
        """The catalogue, and shares of the tables of about equal size."""
        plan = self._planned()
        if isinstance(plan, Unseen):
            yield PostgresPart(self, plan, ())
            return
        pages = [piece for table in plan.tables for piece in _pieces(table, self._share(plan, count))]
        shares = [pages] if plan.snapshot is None else list(_shares(pages, self._share(plan, count)))
        self._waiting += 1 + len(shares)
        yield PostgresPart(self, plan, (), catalog=True)
        for share in shares:
            yield PostgresPart(self, plan, tuple(share))

    def size(self) -> int | None:
        """Bytes on disk by the server's own last count."""
        plan = self._planned()
        return None if isinstance(plan, Unseen) else sum(table.size for table in plan.tables)

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are: the path names table and column."""
        return findings

    def close(self) -> None:
        """Give the first connection back; for a search that ends before all parts were read."""
        with self._lock:
            if self._finalizer is not None:
                self._finalizer()

    def connect(self, snapshot: str | None) -> Link | Unseen:
        """A connection for a part that begins; the one that holds the snapshot ends with the last of these."""
        link = Link.open(self._dsn, snapshot)
        with self._lock:
            self._waiting -= 1
            done = self._waiting <= 0
        if done:
            self.close()
        return link

    def _share(self, plan: _Plan, count: int) -> int:
        return max(SHARE, sum(table.size for table in plan.tables) // (SHARES * max(1, count)))

    def _planned(self) -> _Plan | Unseen:
        with self._lock:
            if self._plan is None:
                self._plan = self._look()
            return self._plan

    def _look(self) -> _Plan | Unseen:
        link = Link.open(self._dsn)
        if isinstance(link, Unseen):
            return link
        if link.version < OLDEST:
            link.close()
            return Unseen(Reason.INCOMPLETE, f"PostgreSQL before {OLDEST // 10000} cannot be read by this version")
        try:
            block = int(str(link.ask("SELECT current_setting('block_size')")[0][0]))
            tables, gaps = _tables(link.ask(TABLES), link.ask(COLUMNS), block)
            tables = tuple(_counted(link, table) for table in tables)
        except psycopg.Error as error:
            link.close()
            return meaning(error)
        snapshot = link.export_snapshot()
        self._finalizer = weakref.finalize(self, link.close)
        return _Plan(tables, gaps, snapshot, block)


@dataclass(frozen=True)
class PostgresPart:
    """Some ranges of tables, or the catalogue."""

    source: PostgresSource
    plan: _Plan | Unseen
    pages: tuple[Pages, ...]
    catalog: bool = False

    def read(self, sink: Sink) -> None:
        """Feed them through a connection of its own."""
        plan = self.plan
        if isinstance(plan, Unseen):
            sink.gap("", plan.why, plan.detail)
            return
        link = self.source.connect(plan.snapshot)
        if isinstance(link, Unseen):
            for name in sorted({pages.table.name for pages in self.pages}) or ["catalogue"]:
                sink.gap(name, link.why, link.detail)
            return
        try:
            if self.catalog:
                for path, why, detail in plan.gaps:
                    sink.gap(path, why, detail)
                CatalogReader(link, sink).read()
            reader = TableReader(link, sink, plan.block)
            for pages in self.pages:
                reader.read(pages)
        except psycopg.Error as error:
            unseen = meaning(error)
            sink.gap("", unseen.why, unseen.detail)
        finally:
            link.close()


def _tables(
    tables: Sequence[Sequence[object]], columns: Sequence[Sequence[object]], block: int
) -> tuple[tuple[Table, ...], tuple[tuple[str, Reason, str], ...]]:
    """What can be read, and the gaps."""
    readable: dict[object, list[Column]] = {}
    denied: dict[object, list[str]] = {}
    for row in columns:
        column = column_of(row)
        if column is None:
            continue
        if row[-1]:
            readable.setdefault(row[0], []).append(column)
        else:
            denied.setdefault(row[0], []).append(column.name)
    found: list[Table] = []
    gaps: list[tuple[str, Reason, str]] = []
    for oid, schema, relation, kind, heap, beside, usable, policies, temporary, wholly in tables:
        name = f"{schema}.{relation}"
        if kind == "f":
            gaps.append((name, Reason.NOT_PERMITTED, "a foreign table: its data lie on another server"))
        elif temporary:
            gaps.append((name, Reason.INCOMPLETE, "a temporary table of another session"))
        elif not usable and (oid in readable or oid in denied):
            gaps.append((name, Reason.DENIED, f"the role may not use the schema {schema}"))
        elif policies:
            gaps.append((name, Reason.INCOMPLETE, "row-level security may hide rows from this role"))
        else:
            if oid in denied:
                which = "it" if oid not in readable else f"the columns {', '.join(denied[oid])}"
                gaps.append((name, Reason.DENIED, f"the role may not read {which}"))
            if oid in readable:
                pages = max(0, int(str(heap)))
                size = (pages + max(0, int(str(beside)))) * block
                full = f"{quoted(str(schema))}.{quoted(str(relation))}"
                found.append(Table(int(str(oid)), name, full, pages, size, tuple(readable[oid]), bool(wholly)))
    return tuple(found), tuple(gaps)


def _counted(link: Link, table: Table) -> Table:
    """A table that was never counted with its size; as it is, if somebody has locked it."""
    if table.pages:
        return table
    try:
        with link.attempt():
            query = f"SELECT pg_relation_size({table.oid}), pg_table_size({table.oid}), current_setting('block_size')"
            heap, size, block = (int(str(value or 0)) for value in link.ask(query)[0])
    except psycopg.Error:
        return table
    return replace(table, pages=heap // block, size=size)


def _pieces(table: Table, share: int) -> Iterator[Pages]:
    """A table in ranges of about one share; the last one is open, since the count of pages is an old one."""
    if table.size <= share or not table.pages or not table.placed:
        yield Pages(table, 0, None, table.size)
        return
    step = max(1, int(table.pages * share / table.size))
    for first in range(0, table.pages, step):
        last = first + step >= table.pages
        yield Pages(table, first, None if last else first + step, share)


def _shares(pages: Sequence[Pages], share: int) -> Iterator[list[Pages]]:
    """Ranges put together to parts."""
    gathered: list[Pages] = []
    size = 0
    for piece in sorted(pages, key=lambda piece: -piece.size):
        gathered.append(piece)
        size += piece.size
        if size >= share:
            yield gathered
            gathered, size = [], 0
    if gathered:
        yield gathered
