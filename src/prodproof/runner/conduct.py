"""Conducts drills: takes orders, carries them out in this process, and goes on with those that another one left."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from prodproof import __version__
from prodproof.drills.drill import Plain, registered
from prodproof.drills.permission import needs_approval, refusals
from prodproof.drills.plan import DrillPlan, plan_for
from prodproof.facts import Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.codec import encode
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.jobs.errors import JobError
from prodproof.jobs.order import DrillOrder, read, sealing_key, write
from prodproof.jobs.store import FILE_NAME, Message, Store, StoredRun, engine_for, sqlite_url
from prodproof.ledger import LedgerError, open_ledger
from prodproof.ledger.database import database_url
from prodproof.ledger.keys import fingerprint_key
from prodproof.plan import drill_key
from prodproof.reach.world import Settings, World
from prodproof.runner.acts import Event
from prodproof.runner.approval import not_approved
from prodproof.runner.crash import write_report
from prodproof.runner.drill import Carried
from prodproof.runner.durable import Durable, Journal, Parked, Recorder
from prodproof.runner.presence import FilePresence, PostgresPresence, Presence, executor_name

_UNDO = ".undo"
Listener = Callable[[str, Event], None]
"""Follows drills: told the id of one, and what it does."""


@dataclass(frozen=True)
class Place:
    """Where drills of one system are kept."""

    system: str
    state: Path
    environ: Mapping[str, str]

    @property
    def url(self) -> str:
        """The database: PostgreSQL by PRODPROOF_DATABASE_URL, else a file in the state directory."""
        return database_url(self.environ) or sqlite_url(self.state)

    @property
    def says(self) -> str:
        """The database, for a person."""
        url = database_url(self.environ)
        return "the database of PRODPROOF_DATABASE_URL" if url else str(self.state / FILE_NAME)

    def store(self) -> Store:
        """Open the store."""
        return Store(engine_for(self.url), self.system, self.key())

    def presence(self, name: str | None = None) -> Presence:
        """Who is there; with a name, be there oneself."""
        url = database_url(self.environ)
        return PostgresPresence(url, name) if url else FilePresence(self.state / "executors", name)

    def keyed(self, settings: Settings) -> Settings:
        """With the key under which drills make digests. Raises LedgerError when keys cannot be kept."""
        return replace(settings, fingerprint_key=fingerprint_key(self.system, self.environ))

    def key(self) -> bytes:
        """The key of the seals. Raises LedgerError when keys cannot be kept."""
        return sealing_key(fingerprint_key(self.system, self.environ))


class Conductor:
    """This process, as one that carries drills out."""

    def __init__(
        self,
        place: Place,
        who: str,
        *,
        settings: Settings | None = None,
        tools: Callable[[str], str | None] = lambda name: None,
        listener: Listener = lambda run, event: None,
    ) -> None:
        """Args:
        place: where the drills are kept.
        who: the person, or the account, that answers for what is done here.
        settings: how others are treated.
        tools: path of an installed program, or None.
        listener: told what is done.
        """
        self._place, self._tools, self._listener = place, tools, listener
        self._settings = place.keyed(settings or Settings())
        self.who = who
        self._key = place.key()
        self._name = executor_name()
        self.store = place.store()
        self._presence = place.presence(self._name)
        try:
            self._durable = Durable(
                place.url,
                self._name,
                who=who,
                key=self._key,
                work=self._carry_out,
                halted=lambda: self._presence.lost,
            )
        except BaseException:
            self._presence.close()
            self.store.close()
            raise

    def __enter__(self) -> "Conductor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; let what is under way stop first."""
        self._durable.close()
        self._presence.close()
        self.store.close()

    # ---- orders

    def begin(self, order: DrillOrder, plan: DrillPlan, now: datetime) -> str:
        """Begin a drill; returns what to `wait` for.

        Raises JobError when it must not begin, BusyError when another drill has its target.
        """
        self._ask(order, plan, now, self._name)
        self._durable.start(order.id)
        return order.id

    def queue(self, order: DrillOrder, plan: DrillPlan, now: datetime) -> None:
        """Leave a drill to whichever worker comes first. Raises what `begin` does; whoever begins it looks again."""
        self._ask(order, plan, now, None)

    def _ask(self, order: DrillOrder, plan: DrillPlan, now: datetime, executor: str | None) -> None:
        if refused := self._refused(order, plan, now):
            raise JobError(*refused)
        text, sealed = write(order, self._key)
        self.store.ask(order.id, text, sealed, plan.touches, order.approval, executor)

    def _refused(self, order: DrillOrder, plan: DrillPlan, now: datetime) -> list[str]:
        if refused := [*refusals(plan, now, accepted=order.irreversible), *self._unapproved(order, plan, now)]:
            return refused
        return [f"{plan.drill.name} is not begun: {line}" for line in plan.exercise.lacks(self._world(order))]

    def resume(self, id: str, now: datetime, *, trusted: bool) -> str:
        """Go on with a drill that was cut off or stopped, in the direction it went; returns what to `wait` for.

        Args:
            id: of the drill.
            now: the clock reading.
            trusted: whether the system file is trusted as it is now; going back needs no more than going did.

        Raises JobError when there is nothing to go on with, or it may not go on now.
        """
        stored = self._dead(id)
        if stored.result is not None:
            raise JobError(f"{id} has come to its end, and left something behind; prodproof drill undo {id}")
        if stored.undoing:
            self.store.say(id, "resume", self.who)
            return self._take(id, stored.executor, stored.undoing)
        order = self.order(stored)
        order = replace(order, declared=replace(order.declared, trusted=trusted))
        plan = self._plan(order)
        if plan.digest != order.plan:
            raise JobError(
                f"{id}: this version of prodproof would do it otherwise than the plan that was shown; "
                f"go on with the version that began it, or prodproof drill undo {id}"
            )
        # Once it was begun, the two persons have agreed, and what is missing shows at its next step.
        begun = self._durable.begun(id)
        refused = list(refusals(plan, now, accepted=order.irreversible)) if begun else self._refused(order, plan, now)
        if refused:
            raise JobError(*refused)
        self.store.say(id, "resume", self.who)
        return self._take(id, stored.executor)

    def undo(self, id: str, by: str) -> str | None:
        """Undo a drill; returns what to `wait` for, or None when the process that carries it out was told to.

        Raises JobError when there is nothing to undo.
        """
        stored = self._known(id)
        if stored.finished:
            raise JobError(f"{id} has come to its end; nothing is left to undo")
        self.store.say(id, "undo", by)
        if self._under_way(stored):
            return None
        number = stored.undoing
        if number == 0 or stored.result is not None:
            number += 1
        return self._take(id, stored.executor, number)

    def give_up(self, id: str, why: str) -> None:
        """End a drill that nobody could begin, as not proven. Raises JobError when somebody has begun it."""
        stored = self._known(id)
        if not self.store.claim(id, self._name, None):
            raise JobError(f"another process has just taken {id} over")
        order = self.order(stored)
        now = datetime.now(UTC)
        run = DrillRun(
            id=id,
            drill=order.drill,
            target=order.target,
            plan=order.plan,
            ordered_by=order.by,
            approved_by=order.approved_by,
            started=now,
            ended=now,
            outcome=DrillOutcome.NOT_PROVEN,
            reason=Reason.NOT_PERMITTED,
            detail=why,
            timeline=(),
        )
        self._remember(order, ((DrillRun, run),), run)
        self.store.finish(id, encode(run))

    def wait(self, workflow: str, seconds: float) -> Parked | bool:
        """See `Durable.wait`."""
        return self._durable.wait(workflow, seconds)

    def stop(self) -> None:
        """Let everything stop at its next safe point."""
        self._durable.stop()

    def order(self, stored: StoredRun) -> DrillOrder:
        """The order of a stored drill. Raises JobError for one that is not ours."""
        return read(stored.id, stored.order, stored.seal, self._key)

    def alive(self, executor: str | None) -> bool:
        """Whether a process is there."""
        return executor is not None and self._presence.alive(executor)

    @property
    def name(self) -> str:
        """Of this process."""
        return self._name

    @property
    def lost(self) -> bool:
        """Whether others may take this process for dead, so that it acts no more."""
        return self._presence.lost

    def _unapproved(self, order: DrillOrder, plan: DrillPlan, now: datetime) -> list[str]:
        if not needs_approval(plan):
            return []
        why = not_approved(order, plan, now)
        return [f"production needs two persons: {why}"] if why else []

    def _known(self, id: str) -> StoredRun:
        stored = self.store.run(id)
        if stored is None:
            raise JobError(f"there is no drill {id}; prodproof drill status lists them")
        self.order(stored)
        return stored

    def _dead(self, id: str) -> StoredRun:
        stored = self._known(id)
        if stored.finished:
            raise JobError(f"{id} has come to its end")
        if self._under_way(stored):
            raise JobError(f"{id} is being carried out by {stored.executor}; see prodproof drill status {id}")
        return stored

    def _under_way(self, stored: StoredRun) -> bool:
        if stored.result is not None or stored.executor is None:
            return False
        if stored.executor != self._name:
            return self._presence.alive(stored.executor)
        return self._durable.under_way(_undo_of(stored.id, stored.undoing) if stored.undoing else stored.id)

    def _take(self, id: str, instead_of: str | None, undo: int = 0) -> str:
        """Take a drill over, and go on with it: forward, or with the attempt of that number to undo it."""
        if instead_of not in (None, self._name):
            self._presence.outlast()
        if not self.store.claim(id, self._name, instead_of):
            raise JobError(f"another process has just taken {id} over")
        workflow = id
        if undo:
            workflow = _undo_of(id, undo)
            self.store.begin_undo(id, undo)
        self._durable.start(workflow)
        return workflow

    # ---- carrying out

    def _carry_out(self, workflow: str, recorder: Recorder) -> Plain:
        id, _, undo = workflow.partition(_UNDO)
        stored = self._known(id)
        order = self.order(stored)
        plan = self._plan(order)
        carried = Carried(order, plan, self._world(order), _Desk(self, id), recorder)
        if undo:
            before = [id, *(_undo_of(id, number) for number in range(1, int(undo)))]
            carried.replay([self._durable.journal(name) or Journal(()) for name in before])
            wishes = self.store.said(id, "undo")
            run = carried.backward(wishes[-1].by if wishes else order.by)
        else:
            run = carried.forward()
        recorder.once("ledger", lambda: self._remember(order, _told(plan, run, carried), run))
        recorder.once("finish", lambda: self.store.finish(id, encode(run)))
        return None

    def _world(self, order: DrillOrder) -> World:
        return World(declared=order.declared, now=datetime.now(UTC), settings=self._settings, tools=self._tools)

    def _plan(self, order: DrillOrder) -> DrillPlan:
        drill = registered().get(order.drill)
        if drill is None:
            raise JobError(f"{order.id}: this version of prodproof knows no drill {order.drill}")
        plan = plan_for(drill, order.target, order.declared, order.documents, order.moment)
        if isinstance(plan, Unseen):
            raise JobError(f"{order.id}: {plan.detail}")
        return plan

    def _remember(self, order: DrillOrder, seen: "Iterable[tuple[type[Any], Any]]", run: DrillRun) -> None:
        """Tell the ledger. After a crash it may be told twice; the later entry says the same."""
        surveys = tuple(
            Survey(kind, (Observation(run.target, fact, run.ended, "inside", Proof.DRILL),)) for kind, fact in seen
        )
        environment = order.declared.environment.name
        try:
            with open_ledger(self._place.state, system=self._place.system, environ=self._place.environ) as ledger:
                entry = ledger.start_run(environment, run.started, tool_version=__version__, vantages=("inside",))
                ledger.append_surveys(entry, drill_key(order.drill, run.target, order.moment), surveys)
                ledger.finish_run(entry, run.ended, f"drill {order.id}: {run.outcome}")
                ledger.checkpoint(run.ended)
        except LedgerError as error:
            raise Parked(f"the ledger cannot be told, so it is not finished: {error}") from error

    # ---- for desks

    def told(self, id: str, event: Event) -> None:
        """Follow a drill: here, and for whoever asks the store."""
        at = datetime.now(UTC).isoformat()
        until = event.until.isoformat() if event.until else None
        data = {"step": event.step, "doing": event.doing, "detail": event.detail, "until": until, "at": at}
        self.store.progress(id, data | {"whom": event.whom})
        self._listener(id, event)

    def crashed(self, id: str, step: str, error: BaseException) -> str:
        """Report a fault of ours."""
        about = (f"drill {id.rpartition('-')[0]}", f"step {step}")
        return write_report(self._place.state / "crashes", f"{id}-{step}.txt", about, error, datetime.now(UTC))


class _Desk:
    def __init__(self, conductor: Conductor, id: str) -> None:
        self._conductor, self._id = conductor, id

    def answer(self, step: str) -> Message | None:
        said = self._conductor.store.said(self._id, "answer", step)
        return said[0] if said else None

    def undo_wanted(self) -> Message | None:
        said = self._conductor.store.said(self._id, "undo")
        return said[0] if said else None

    def tell(self, event: Event) -> None:
        self._conductor.told(self._id, event)

    def crashed(self, step: str, error: BaseException) -> str:
        return self._conductor.crashed(self._id, step, error)


def _told(plan: DrillPlan, run: DrillRun, carried: Carried) -> "Iterator[tuple[type[Any], Any]]":
    """What a drill answers with, by type."""
    yield DrillRun, run
    if plan.drill.fact is not None and plan.exercise.tell is not None:
        yield plan.drill.fact, plan.exercise.tell(run, carried.gave)


def _undo_of(id: str, number: int) -> str:
    return f"{id}{_UNDO}{number}"
