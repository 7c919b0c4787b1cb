"""What makes a drill survive: each thing that it does is written down, and never done again once it is.

The only module that knows DBOS. What it must not be trusted with is kept from it:

- It is imported late: without a drill nobody pays for it.
- Values are JSON. Reading its other form, pickle, would let whoever can write into the database run code; that is
  switched off.
- Every value carries a seal, so that nobody else's is taken for what a step gave.
- No exception gets to it, for it would store the text; a step gives its failure as a value.
- It is told a version of its own: a new release of ours must not strand what an older one began.
- Each process has an executor id that no other one ever has, and a queue of that name. So nothing that was cut off goes
  on by itself: a person, or a worker that takes it over, resumes it.
- It logs nothing: its lines are not written for our readers, and may repeat what a database says.
"""

import contextvars
import hmac
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from prodproof.drills.drill import Plain
from prodproof.jobs.errors import JobError
from prodproof.jobs.order import seal
from prodproof.system.errors import UserError

if TYPE_CHECKING:
    from dbos import DBOS

APPLICATION = "prodproof"
PROTOCOL = "1"
"""Changes only when the order of a drill's records does, so that nothing that an older version began can go on."""

SCHEMA = "prodproof_dbos"
"""Of PostgreSQL."""

_POLL = 0.05
_SILENCE = logging.NullHandler()
_RUNNING = ("PENDING", "ENQUEUED")

Out = TypeVar("Out")


@dataclass(frozen=True)
class Record:
    """What one act gave."""

    value: Plain
    by: str
    started: datetime
    ended: datetime
    executor: str
    """The process that did it."""

    clock: float
    """Seconds when it was done, by a clock of that process that is never set."""

    took: float
    """Seconds, by the same clock."""

    fresh: bool
    """Whether it was done just now; False: it was written down before an interruption."""


class Recorder(Protocol):
    """Writes down what is done."""

    def once(self, name: str, act: Callable[[], Plain]) -> Record:
        """Do something and write down what it gave; what was written down before is given back and not done again.

        An act that was cut off before its record was written is carried out again: it looks at the world first.
        Acts come in the same order each time, and `name` says which one is meant.
        """
        ...

    def stopping(self) -> bool:
        """Whether the drill is to stop at the next safe point; an act that waits raises Parked then."""
        ...


class Parked(BaseException):
    """The drill stops at a safe point. Nothing is lost; it can be resumed or undone.

    No error, so that whoever turns errors into values lets it through.
    """


class Stopped(Parked):
    """It stops because somebody wants it to."""


class Hangs(Parked):
    """A step of it does not end; this process must, before anybody may go on with the drill or undo it."""


class JournalEnds(Exception):  # noqa: N818 (no error: where acting begins)
    """There are no more records."""


class Journal:
    """The records of a drill that nobody carries out any more: gives them back, and does nothing."""

    def __init__(self, records: Sequence[tuple[str, Record]]) -> None:
        self._left = iter(records)

    def once(self, name: str, act: Callable[[], Plain]) -> Record:
        """The next record. Raises JournalEnds where there is none of that name."""
        for recorded, record in self._left:
            if recorded == name:
                return record
            break
        raise JournalEnds

    def stopping(self) -> bool:
        return False


class Durable:
    """This process's place for drills that survive it. A process has one at a time."""

    def __init__(
        self,
        url: str,
        executor: str,
        *,
        who: str,
        key: bytes,
        work: Callable[[str, Recorder], Plain],
        halted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Args:
        url: `sqlite:///…` or `postgresql://…`.
        executor: a name that no other process ever has.
        who: stands in every record as the one who did it.
        key: of the seals.
        work: carries a drill out; called with its id.
        halted: whether others may take this process for dead, so that it must not act any more.

        Raises JobError when the database cannot be used.
        """
        self.who, self.key = who, key
        self._executor, self._work, self._halted = executor, work, halted
        self._stop = threading.Event()
        self._parked: dict[str, Parked] = {}
        self._dbos, self._workflow = _launch(url, executor, self._run)

    def close(self) -> None:
        """End it. What is under way is cut off as by a crash: let it stop first."""
        try:
            if not self._halted():
                self._dbos.delete_queue(self._executor)
        finally:
            self._dbos.destroy(destroy_registry=True)

    def start(self, id: str) -> None:
        """Begin a drill, or go on with it where it was cut off. Only who has claimed it may; see `Store.claim`."""
        from dbos import SetWorkflowID

        self._parked.pop(id, None)
        if self.begun(id):
            self._dbos.resume_workflow(id, queue_name=self._executor)
        else:
            with SetWorkflowID(id):
                self._dbos.start_workflow(self._workflow, id)

    def stop(self) -> None:
        """Let every drill of this process stop at its next safe point."""
        self._stop.set()

    def wait(self, id: str, seconds: float) -> Parked | bool:
        """Whether it has come to its end within so many seconds; `Parked` if it stopped before.

        Raises JobError when it ended by a fault of ours.
        """
        deadline = time.monotonic() + seconds
        while True:
            status = self._dbos.get_workflow_status(id)
            state = status.status if status else "GONE"
            if state == "SUCCESS":
                return True
            if state == "CANCELLED" or id in self._parked:
                return self._parked.get(id) or Parked("another process took it over")
            if state not in _RUNNING:
                raise JobError(f"{id}: prodproof failed ({state.lower()}); prodproof drill undo {id}")
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL)

    def begun(self, id: str) -> bool:
        """Whether anybody ever began a drill."""
        return self._dbos.get_workflow_status(id) is not None

    def under_way(self, id: str) -> bool:
        """Whether this process carries a drill out at the moment."""
        status = self._dbos.get_workflow_status(id)
        return status is not None and status.status in _RUNNING and id not in self._parked

    def journal(self, id: str) -> Journal | None:
        """The records of a drill, to which nobody can add any more; None if nobody began it."""

        def read() -> Journal | None:
            if self._dbos.get_workflow_status(id) is None:
                return None
            self._dbos.cancel_workflow(id)
            return Journal(tuple(self._records(id)))

        return _apart(read)

    def _records(self, id: str) -> Iterator[tuple[str, Record]]:
        steps = sorted(self._dbos.list_workflow_steps(id), key=lambda step: step["function_id"])
        for number, step in enumerate(steps):
            name = step["function_name"]
            yield name, _record(step["output"], _place(id, number, name), self.key, fresh=False)

    def _run(self, id: str) -> Plain:
        from dbos import error as of_dbos

        try:
            return self._work(id, _Recorder(self, id))
        except (of_dbos.DBOSWorkflowConflictIDError, of_dbos.DBOSWorkflowCancelledError):
            # Nothing is to be cancelled: it is somebody else's now. See `park` for what is raised.
            self._parked[id] = Parked("another process took it over")
            raise self._parked[id] from None
        except Exception as error:  # its text must not be stored, and the drill must stay one that can be undone
            self.park(id, _fault(error))

    # For recorders

    def once(self, place: str, name: str, id: str, act: Callable[[], Plain]) -> Record:
        """Carry an act out as a step of DBOS; see `Recorder.once`."""
        fresh = False

        def step() -> dict[str, Plain]:
            nonlocal fresh
            fresh = True
            if self._halted():
                self.park(id, Parked("cut off from the database; others may have gone on with it"))
            if self._stop.is_set():
                self.park(id, Stopped("stopped at a safe point"))
            started, began = time.time(), time.monotonic()
            try:
                value = act()
                body: dict[str, Plain] = {
                    "value": value,
                    "by": self.who,
                    "in": self._executor,
                    "started": started,
                    "clock": began,
                    "took": time.monotonic() - began,
                }
                return body | {"seal": seal(self.key, place, body)}
            except Parked as parked:
                self.park(id, parked)
            except Exception as error:  # see `_run`
                self.park(id, _fault(error))

        return _record(self._dbos.run_step({"name": name}, step), place, self.key, fresh)

    def stopping(self) -> bool:
        """See `Recorder.stopping`."""
        return self._stop.is_set() or self._halted()

    def park(self, id: str, parked: Parked) -> NoReturn:
        """Stop between two records, in a state from which it can go on."""
        self._parked[id] = parked
        if not self._halted():  # else somebody may have taken it over, whose work must not be cancelled
            _apart(lambda: self._dbos.cancel_workflow(id))
        # No exception that DBOS catches: it would wait, in a thread that keeps this process from ending, for what
        # comes of the drill elsewhere.
        raise parked


class _Recorder:
    def __init__(self, durable: Durable, id: str) -> None:
        self._durable = durable
        self._id = id
        self._number = 0

    def once(self, name: str, act: Callable[[], Plain]) -> Record:
        place = _place(self._id, self._number, name)
        self._number += 1
        return self._durable.once(place, name, self._id, act)

    def stopping(self) -> bool:
        return self._durable.stopping()


def _launch(url: str, executor: str, run: Callable[[str], Plain]) -> "tuple[type[DBOS], Callable[[str], Plain]]":
    import sqlalchemy
    from dbos import DBOS, DBOSPortableJSONSerializer

    _without_unpickling()
    # Where there is a handler, DBOS adds none of its own, which would write to the terminal.
    logging.getLogger("dbos").addHandler(_SILENCE)

    @DBOS.workflow(name="drill")
    def workflow(id: str) -> Plain:
        return run(id)

    try:
        path = sqlalchemy.make_url(url).database
        if url.startswith("sqlite") and path:
            with closing(sqlite3.connect(path, timeout=30)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # the file keeps it
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": url,
                "dbos_system_schema": SCHEMA,
                "sys_db_pool_size": 5,
                "application_version": PROTOCOL,
                "executor_id": executor,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "CRITICAL",
            }
        )
        DBOS.listen_queues([executor])
        DBOS.launch()
        DBOS.register_queue(executor, polling_interval_sec=_POLL)
    except Exception as error:
        DBOS.destroy(destroy_registry=True)
        raise JobError(f"the store of drills cannot be used ({type(error).__name__})") from error
    return DBOS, workflow


def _apart(work: Callable[[], Out]) -> Out:
    """Call DBOS so that it does not write the call down as an act of the drill that is under way here."""
    return contextvars.Context().run(work)


def _without_unpickling() -> None:
    # DBOS unpickles whatever a row of its tables says is pickled, whichever serializer it was given.
    from dbos import _serialization

    def refuse(*_: object) -> NoReturn:
        raise ValueError("pickle is switched off")

    _serialization.DefaultSerializer.deserialize = refuse  # type: ignore[assignment, method-assign]  # see above


def _fault(error: Exception) -> Parked:
    return Parked(str(error) if isinstance(error, UserError) else f"prodproof failed ({type(error).__name__})")


def _place(id: str, number: int, name: str) -> str:
    return f"record {id} {number} {name}"


def _record(written: Any, place: str, key: bytes, fresh: bool) -> Record:
    """A record as it was read back. Raises JobError for one that we did not write, or not there."""
    body = dict(written) if isinstance(written, dict) else {}
    sealed = str(body.pop("seal", ""))
    if not hmac.compare_digest(sealed, seal(key, place, body)):
        raise JobError(f"{place}: this was not written by prodproof with this system's key; it is not followed")
    started = datetime.fromtimestamp(body["started"], UTC)
    ended = datetime.fromtimestamp(body["started"] + body["took"], UTC)
    return Record(
        value=body["value"],
        by=str(body["by"]),
        started=started,
        ended=ended,
        executor=str(body["in"]),
        clock=float(body["clock"]),
        took=float(body["took"]),
        fresh=fresh,
    )
