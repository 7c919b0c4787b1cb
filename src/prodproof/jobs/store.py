"""Where orders are kept: who carries each out, what it holds, what was said to it, what came of it.

A drill holds its targets from before its first step until nothing of it is left; the lock is its own, whatever process
carries it out, so that a crash frees nothing. A process takes a drill over by putting its own name in the place of the
one that it found dead, which only one can do.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from prodproof.facts import Subject
from prodproof.facts.codec import decode, encode
from prodproof.jobs.errors import BusyError, JobError
from prodproof.jobs.order import seal
from prodproof.jobs.statement import Purpose, Signed

FILE_NAME = "drills.sqlite3"
SCHEMA = "prodproof_drills"
"""Of PostgreSQL."""

_PREPARING = 0x6472696C6C
PATIENCE = 60.0
"""Seconds for which a database that does not answer any more is asked again."""

OPENING = 5.0
"""The same for one that has not answered yet: its address may be wrong."""

Out = TypeVar("Out")

_tables = sa.MetaData()
_runs = sa.Table(
    "drill_run",
    _tables,
    sa.Column("id", sa.String(100), primary_key=True),
    sa.Column("system", sa.String(400), nullable=False, index=True),
    sa.Column("order", sa.Text, nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.Column("asked_at", sa.String(40), nullable=False),
    sa.Column("approval", sa.String(64), unique=True),
    sa.Column("executor", sa.String(200)),
    sa.Column("undoing", sa.Integer, nullable=False),
    sa.Column("progress", sa.Text, nullable=False),
    sa.Column("result", sa.Text),
)
_locks = sa.Table(
    "drill_lock",
    _tables,
    sa.Column("system", sa.String(400), primary_key=True),
    sa.Column("subject", sa.String(700), primary_key=True),
    sa.Column("run", sa.String(100), nullable=False, index=True),
)
_messages = sa.Table(
    "drill_message",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.String(100), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("step", sa.String(100), nullable=False),
    sa.Column("by", sa.String(400), nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
)
_approvals = sa.Table(
    "drill_approval",
    _tables,
    sa.Column("signature", sa.String(64), primary_key=True),
    sa.Column("plan", sa.String(64), nullable=False, index=True),
    sa.Column("signed", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class StoredRun:
    """A drill as the store knows it."""

    id: str
    system: str
    order: str
    seal: str
    asked_at: datetime
    executor: str | None
    """The process that carries it out, or did when it ended; None: it waits for a worker."""

    undoing: int
    """How often an undo was begun; 0: it goes forward."""

    progress: Mapping[str, Any]
    """What it does, for whoever follows it."""

    result: Mapping[str, Any] | None
    """What came of it; None as long as it has not come to its end."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be done: it came to its end, and what it made is put back."""
        return self.result is not None and not self.result.get("left")


@dataclass(frozen=True)
class Message:
    """Something that a person said to a drill."""

    kind: str
    """`answer`, `stop`, `resume` or `undo`; and `taken`, which workers say."""

    step: str
    by: str
    at: datetime
    text: str


class Store:
    """The store in one database. May be used from any thread. Raises JobError with one line for a person."""

    def __init__(self, engine: sa.Engine, system: str, key: bytes) -> None:
        """`key` is of the seals of messages."""
        self.system = system
        self._key = key
        self._engine = engine
        self._do(_prepare, OPENING)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # Orders

    def ask(
        self,
        id: str,
        order: str,
        seal: str,
        touches: Iterable[Subject],
        approval: Signed | None,
        executor: str | None = None,
    ) -> None:
        """Write an order down, and give it its targets, or neither; `executor` is who begins it, None: any worker.

        Raises BusyError when another drill has one of them, JobError when the approval was used before.
        """
        signature = _name(approval) if approval else None
        row = {"id": id, "system": self.system, "order": order, "seal": seal, "asked_at": _now(),
               "approval": signature, "executor": executor, "undoing": 0, "progress": "{}"}  # fmt: skip

        def insert(connection: sa.Connection) -> None:
            if connection.execute(sa.select(_runs.c.id).where(_runs.c.id == id, _runs.c.seal == seal)).first():
                return  # the answer to an earlier attempt was lost
            if signature and connection.execute(sa.select(_runs.c.id).where(_runs.c.approval == signature)).first():
                raise JobError("this approval was used for an earlier run; each run needs its own")
            connection.execute(sa.insert(_runs).values(**row))
            for subject in sorted(set(touches)):
                self._lock(connection, id, subject)

        self._do(insert)

    def _lock(self, connection: sa.Connection, id: str, subject: Subject) -> None:
        mine = (_locks.c.system == self.system) & (_locks.c.subject == str(subject))
        holder = connection.execute(sa.select(_locks.c.run).where(mine)).scalar()
        if holder is not None:
            raise BusyError(
                f"{subject} is held by the drill {holder}; see prodproof drill status {holder}, then resume or undo it"
            )
        connection.execute(sa.insert(_locks).values(system=self.system, subject=str(subject), run=id))

    def run(self, id: str) -> StoredRun | None:
        """One drill, or None."""
        rows = self._select(sa.select(_runs).where(_runs.c.id == id, _runs.c.system == self.system))
        return rows[0] if rows else None

    def runs(self, limit: int = 50) -> tuple[StoredRun, ...]:
        """Drills of this system, newest first."""
        query = sa.select(_runs).where(_runs.c.system == self.system)
        return self._select(query.order_by(_runs.c.asked_at.desc(), _runs.c.id).limit(limit))

    def unfinished(self) -> tuple[StoredRun, ...]:
        """Drills that have not come to their end, or have left something behind; oldest first."""
        holding = sa.select(_locks.c.run).where(_locks.c.system == self.system)
        query = sa.select(_runs).where(_runs.c.system == self.system, _runs.c.id.in_(holding))
        return self._select(query.order_by(_runs.c.asked_at, _runs.c.id))

    def holder(self, subject: Subject) -> str | None:
        """Id of the drill that has a target, or None."""
        query = sa.select(_locks.c.run).where(_locks.c.system == self.system, _locks.c.subject == str(subject))
        return self._do(lambda connection: connection.execute(query).scalar())

    # Carrying out

    def claim(self, id: str, executor: str, instead_of: str | None) -> bool:
        """Put a process's name in the place of another one (None: nobody's); False if that stands there no more."""

        def take(connection: sa.Connection) -> bool:
            is_other = _runs.c.executor == instead_of if instead_of else _runs.c.executor.is_(None)
            update = sa.update(_runs).where(_runs.c.id == id, is_other).values(executor=executor)
            if connection.execute(update).rowcount == 1:
                return True
            # After a lost answer our own name stands there already.
            return connection.execute(sa.select(_runs.c.executor).where(_runs.c.id == id)).scalar() == executor

        return self._do(take)

    def begin_undo(self, id: str, number: int) -> None:
        """From now on the drill goes back, for the `number`th time; what came of it is open again."""
        self._update(id, undoing=number, result=None)

    def progress(self, id: str, data: Mapping[str, Any]) -> None:
        """Say what it does."""
        self._update(id, progress=json.dumps(data))

    def finish(self, id: str, result: Mapping[str, Any]) -> None:
        """Write down what came of it; its targets are free, unless it left something behind."""

        def write(connection: sa.Connection) -> None:
            connection.execute(sa.update(_runs).where(_runs.c.id == id).values(result=json.dumps(result)))
            if not result.get("left"):
                connection.execute(sa.delete(_locks).where(_locks.c.run == id))

        self._do(write)

    # Messages

    def say(self, id: str, kind: str, by: str, step: str = "", text: str = "") -> None:
        """Say something to a drill."""
        row = {"run": id, "kind": kind, "step": step, "by": by, "at": _now(), "text": text[:2000]}
        sealed = seal(self._key, "message", row)
        self._do(lambda connection: connection.execute(sa.insert(_messages).values(**row, seal=sealed)))

    def said(self, id: str, kind: str, step: str = "") -> tuple[Message, ...]:
        """What was said to a drill, oldest first. Raises JobError for what was not said by us."""
        return self._said(_messages.c.run == id, _messages.c.kind == kind, _messages.c.step == step)

    def last_said(self, id: str, kinds: Iterable[str]) -> str | None:
        """Which of these kinds of message came last, or None."""
        said = self._said(_messages.c.run == id, _messages.c.kind.in_(tuple(kinds)))
        return said[-1].kind if said else None

    def _said(self, *wanted: "sa.ColumnElement[bool]") -> tuple[Message, ...]:
        query = sa.select(_messages).where(*wanted).order_by(_messages.c.id)
        rows = self._do(lambda connection: connection.execute(query).mappings().all())
        return tuple(_message(row, self._key) for row in rows)

    # Approvals

    def approve(self, signed: Signed) -> None:
        """Keep an approval until it is used. Whether it is good is asked when it is."""
        row = {"signature": _name(signed), "plan": signed.statement.plan, "signed": json.dumps(encode(signed))}

        def insert(connection: sa.Connection) -> None:
            query = sa.select(_approvals.c.plan).where(_approvals.c.signature == row["signature"])
            if not connection.execute(query).first():
                connection.execute(sa.insert(_approvals).values(**row))

        self._do(insert)

    def approvals(self, plan: str) -> tuple[Signed, ...]:
        """Approvals of a plan that were not used yet."""
        used = sa.select(_runs.c.approval).where(_runs.c.approval.is_not(None))
        query = sa.select(_approvals.c.signed).where(_approvals.c.plan == plan, _approvals.c.signature.not_in(used))
        rows = self._do(lambda connection: connection.execute(query).scalars().all())
        return tuple(decode(Signed, json.loads(row)) for row in rows)

    # The database

    def _update(self, id: str, **values: object) -> None:
        self._do(lambda connection: connection.execute(sa.update(_runs).where(_runs.c.id == id).values(**values)))

    def _select(self, query: "sa.Select[Any]") -> tuple[StoredRun, ...]:
        return self._do(lambda connection: tuple(_stored(row) for row in connection.execute(query).mappings()))

    def _do(self, work: Callable[[sa.Connection], Out], patience: float = PATIENCE) -> Out:
        """In one transaction; again for a while if the connection is lost, since all of it can be repeated."""
        deadline = time.monotonic() + patience
        pause = 0.05
        while True:
            try:
                with self._engine.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                if not _passes(error) or time.monotonic() > deadline:
                    raise JobError(f"the store of drills cannot be used: {_first_line(error)}") from error
                time.sleep(pause)
                pause = min(2 * pause, 2.0)


def sqlite_url(state: Path) -> str:
    """The URL of the store's file in a state directory; makes the directory."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return sa.URL.create("sqlite", database=str((state / FILE_NAME).resolve())).render_as_string()


def engine_for(url: str) -> sa.Engine:
    """The connections to a database: SQLite with a write-ahead log and whole transactions, or PostgreSQL.

    Raises JobError for a URL that is none.
    """
    if not url.startswith("sqlite"):
        try:
            made = sa.make_url(url).set(drivername="postgresql+psycopg")
        except (ArgumentError, ValueError):  # its text may quote the URL, and the URL may hold a password
            raise JobError("PRODPROOF_DATABASE_URL is no URL; write postgresql://user@host/database") from None
        connections = sa.create_engine(made, pool_pre_ping=True, pool_size=2, connect_args={"connect_timeout": 10})
        return connections.execution_options(schema_translate_map={None: SCHEMA})
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # so that BEGIN below is ours
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _prepare(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Two processes that create the same schema at once would fail; the lock ends with the transaction.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PREPARING)))
        connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
    _tables.create_all(connection)


def _passes(error: SQLAlchemyError) -> bool:
    """Whether the same may work in a moment: the server restarts, or somebody was quicker."""
    if isinstance(error, IntegrityError):
        return True  # a look at what stands there now decides
    text = str(getattr(error, "orig", ""))
    locked = "database is locked" in text or "busy" in text
    return isinstance(error, DBAPIError) and (
        locked
        or error.connection_invalidated
        or (isinstance(error, OperationalError) and "sqlite" not in repr(error.orig))
    )


def _message(row: sa.RowMapping, key: bytes) -> Message:
    body = {name: row[name] for name in ("run", "kind", "step", "by", "at", "text")}
    if not hmac.compare_digest(row["seal"], seal(key, "message", body)):
        raise JobError(
            f"{row['run']}: a message was not written by prodproof with this system's key; it is not followed"
        )
    return Message(row["kind"], row["step"], row["by"], datetime.fromisoformat(row["at"]), row["text"])


def _stored(row: sa.RowMapping) -> StoredRun:
    return StoredRun(
        id=row["id"],
        system=row["system"],
        order=row["order"],
        seal=row["seal"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        executor=row["executor"],
        undoing=row["undoing"],
        progress=json.loads(row["progress"]),
        result=None if row["result"] is None else json.loads(row["result"]),
    )


def _name(signed: Signed) -> str:
    assert signed.statement.purpose is Purpose.APPROVAL
    return hashlib.sha256(signed.statement.text.encode()).hexdigest()


def _first_line(error: SQLAlchemyError) -> str:
    # The statement and its values follow in later lines; the URL, which may hold a password, is in none.
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0][:200]


def _now() -> str:
    return datetime.now(UTC).isoformat()
