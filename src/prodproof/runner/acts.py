"""What is done to the world in one step of a drill, each time as plain JSON that can be written down.

Nothing here decides what comes next, and nothing raises: a failure, a time that is over and a fault of ours are values
too, so that they are written down like everything else. The exceptions are `Stopped` and `Hangs`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from prodproof.drills.drill import (
    Do,
    Done,
    PersonStep,
    Plain,
    Proven,
    Refuted,
    Scene,
    SteadyState,
    Step,
    StepError,
    Todo,
    Values,
)
from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import canonical
from prodproof.jobs.store import Message
from prodproof.reach.marked import end_marked
from prodproof.runner.bounded import Bounded, OverrunError
from prodproof.runner.durable import Hangs, Stopped
from prodproof.runner.steady import Watch

ASK_SECONDS = 0.2
"""How often it is looked whether a person has answered."""

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Event:
    """What a drill does at the moment, for whoever follows it."""

    step: str
    doing: str
    """`looking`, `doing`, `proving`, `waiting`, `undoing`; or how the step ended: a `Happened`."""

    detail: str = ""
    until: datetime | None = None
    """When nobody needs to answer any more."""

    whom: str = ""
    """Who is to answer: a person's id or a role; anybody if empty."""


class Desk(Protocol):
    """What a drill asks of whoever carries it out."""

    def answer(self, step: str) -> Message | None:
        """What a person answered."""
        ...

    def undo_wanted(self) -> Message | None:
        """Who wants it to be undone."""
        ...

    def tell(self, event: Event) -> None:
        """Follow what it does."""
        ...

    def crashed(self, step: str, error: BaseException) -> str:
        """Write a report of a fault of ours, without any value; returns what to call it in one line."""
        ...


class Deadline:
    """When the time of one attempt is over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; never so few that an answer had no chance."""
        return max(1.0, self._end - time.monotonic())


class Acts:
    """The acts of one drill."""

    def __init__(self, desk: Desk, stopping: Callable[[], bool]) -> None:
        self._desk = desk
        self._stopping = stopping

    def look(self, step: Step, scene: Scene, watch: Watch, deadline: Deadline) -> Plain:
        """What the world is like before a step: `todo`, `done`, `unseen`, or `abort`."""
        watch.begin()
        if abort := self.abort(watch):
            return abort
        self._desk.tell(Event(step.name, "looking"))
        match self._reading(step.name, step.check, scene, deadline.left()):
            case Todo(was):
                return {"is": "todo", "was": _plain(was)}
            case Done(gave, says):
                return {"is": "done", "gave": _plain(gave), "detail": says}
            case Unseen() as unseen:
                return _unseen(unseen)

    def do(self, step: Step, scene: Scene, watch: Watch, deadline: Deadline, first: bool) -> Plain:
        """Carry a step out: `done`, `failed` or `unseen`. `first`: no earlier attempt can have acted."""
        watch.begin()
        if not first:
            # What an attempt that was cut off started may still run, and what it did may be done.
            end_marked(scene.key)
            match self._reading(step.name, step.check, scene, deadline.left()):
                case Done(before, says):
                    detail = says or "done by an attempt that was cut off"
                    return {"is": "done", "gave": _plain(before), "detail": detail}
                case Unseen() as unseen:
                    return _unseen(unseen)
                case Todo():
                    pass
        self._desk.tell(Event(step.name, "doing"))
        do: Do = step.do
        try:
            gave = self._acting(step.name, do, scene, deadline.left(), watch)
            return _unseen(gave) if isinstance(gave, Unseen) else {"is": "done", "gave": _plain(gave), "detail": ""}
        except StepError as error:
            return {"is": "failed", "detail": str(error)}
        except TimeoutError:
            return _unseen(Unseen(Reason.TIMED_OUT, f"did not end within {step.time_limit:g} s"))
        except Exception as error:  # a fault of the step costs the drill, not what is to be undone
            return _unseen(Unseen(Reason.CRASHED, self._desk.crashed(step.name, error)))

    def prove(self, step: Step, scene: Scene, watch: Watch, deadline: Deadline) -> Plain:
        """Whether a step worked: `proven`, `refuted` or `unseen`."""
        watch.begin()
        self._desk.tell(Event(step.name, "proving"))
        return _seen(self._reading(step.name, step.prove, scene, deadline.left()))

    def undo(self, step: Step, scene: Scene) -> Plain:
        """Put back what a step did, and see that it is gone: `undone` or `left`."""
        assert step.undo is not None
        self._desk.tell(Event(step.name, "undoing", step.undo_says))
        end_marked(scene.key)
        try:
            self._acting(step.name, step.undo, scene, step.time_limit)
        except StepError as error:
            return {"is": "left", "detail": str(error)}
        except TimeoutError:
            return {"is": "left", "detail": f"undoing it did not end within {step.time_limit:g} s"}
        except Exception as error:  # what else can be undone still is
            return {"is": "left", "detail": self._desk.crashed(step.name, error)}
        match self._reading(step.name, step.check, scene, step.time_limit):
            case Todo():
                return {"is": "undone", "detail": step.undo_says}
            case Done():
                return {"is": "left", "detail": "undone, and yet it is still there"}
            case Unseen(_, detail):
                return {"is": "left", "detail": f"nobody can see whether it is gone: {detail}"}

    def ask(self, watch: Watch) -> Plain:
        """Whether a person is to be asked now: `asked` or `abort`."""
        watch.begin()
        return self.abort(watch) or {"is": "asked"}

    def answer(self, step: PersonStep, watch: Watch, until: datetime) -> Plain:
        """Wait for a person: `answered`, `unseen` when nobody did, or `abort`. Raises Stopped when it is to stop."""
        watch.begin()
        self._desk.tell(Event(step.name, "waiting", step.says, until, step.whom))
        while (message := self._desk.answer(step.name)) is None:
            if self._stopping():
                raise Stopped("stopped while it waits for a person")
            if abort := self.abort(watch):
                return abort
            if datetime.now(UTC) >= until:
                return _unseen(Unseen(Reason.TIMED_OUT, f"nobody answered within {step.time_limit:g} s"))
            time.sleep(ASK_SECONDS)
        answer, _, note = message.text.partition(" ")
        return {"is": "answered", "answer": answer, "by": message.by, "detail": note, "why": Reason.INCOMPLETE.value}

    def steady(self, states: "tuple[SteadyState, ...]", scene: Scene) -> Plain:
        """Whether the system does its work: for each state `proven`, `refuted` or `unseen`."""
        return [{"name": state.name, **_seen(self.watched(state, scene))} for state in states]

    def watched(self, state: SteadyState, scene: Scene) -> Proven | Refuted | Unseen:
        """One look at a steady state."""
        return self._reading(state.name, state.look, replace(scene, step=state.name), state.time_limit)

    def abort(self, watch: Watch) -> dict[str, Plain] | None:
        """Why the drill is to go back now, or None."""
        if watch.broken:
            return {"is": "abort", "steady": watch.broken}
        if wish := self._desk.undo_wanted():
            return {"is": "abort", "by": wish.by}
        return None

    def _acting(
        self, name: str, work: Callable[[Scene], Seen], scene: Scene, seconds: float, watch: Watch | None = None
    ) -> Seen:
        def ending() -> bool:
            return bounded.over() or (watch is not None and watch.broken is not None)

        bounded: Bounded[Seen] = Bounded(lambda: work(replace(scene, ending=ending)))
        try:
            return bounded.run(seconds)
        except OverrunError:
            # It may still act, so nothing must be undone as long as this process lives.
            raise Hangs(f"cut off, for {name} does not end") from None

    def _reading(self, name: str, work: Callable[[Scene], Seen], scene: Scene, seconds: float) -> Seen | Unseen:
        bounded: Bounded[Seen] = Bounded(lambda: work(replace(scene, ending=lambda: bounded.over())))
        try:
            return bounded.run(seconds, grace=0)
        except (TimeoutError, OverrunError):
            return Unseen(Reason.TIMED_OUT, f"looking did not end within {seconds:.0f} s")
        except StepError as error:
            return Unseen(Reason.INCOMPLETE, str(error))
        except Exception as error:  # any fault of a look costs this answer only
            return Unseen(Reason.CRASHED, self._desk.crashed(name, error))


def _plain(values: Values) -> dict[str, Plain]:
    plain = dict(values)
    canonical(plain)  # raises for what JSON does not hold
    return plain


def _unseen(unseen: Unseen) -> dict[str, Plain]:
    return {"is": "unseen", "why": unseen.why.value, "detail": unseen.detail}


def _seen(seen: Proven | Refuted | Unseen) -> dict[str, Plain]:
    if isinstance(seen, Unseen):
        return _unseen(seen)
    return {"is": "proven" if isinstance(seen, Proven) else "refuted", "detail": seen.says}
