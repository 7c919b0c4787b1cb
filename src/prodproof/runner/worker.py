"""A worker: carries out what was ordered and waits, and what a dead process left, until it is told to stop."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from prodproof.jobs.errors import JobError
from prodproof.jobs.store import StoredRun
from prodproof.runner.conduct import Conductor
from prodproof.runner.durable import Hangs, Parked, Stopped
from prodproof.runner.presence import machine_name, machine_of

LOOK_SECONDS = 1.0
"""How often it is looked for work."""

QUEUED_FOR = timedelta(days=1)
"""How long an order waits until it may begin; after that it is answered as not proven."""

MOST_TAKEN = 10
"""How often a drill that was cut off is taken over before a person must look at it."""


class Ending(Enum):
    """Why a worker ends."""

    STOPPED = "stopped"
    """It was told to, or nothing was left to do."""

    CUT_OFF = "cut off from the database"
    """Others may go on with what it does; it must begin anew, under another name."""

    HANGS = "a step does not end"
    """Nobody may go on with that drill before this process has ended."""


class Worker:
    """Takes drills of one system, several at once, each on other targets."""

    def __init__(
        self,
        conductor: Conductor,
        *,
        trusted: bool,
        say: Callable[[str], object],
        environment: str | None = None,
        other_machines: bool = False,
        at_once: int = 4,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Args:
        conductor: this process, as one that carries drills out.
        trusted: whether the system file is trusted here.
        say: told in one line what it does.
        environment: whose drills it carries out; every one's if None.
        other_machines: whether it takes over what processes of other machines left.
        at_once: how many drills it carries out at the same time.
        clock: tells the time.
        """
        self._conductor, self._trusted, self._say = conductor, trusted, say
        self._environment, self._other_machines = environment, other_machines
        self._at_once, self._clock = at_once, clock
        self._stop = threading.Event()
        self._mine: dict[str, str] = {}
        self._aside: set[tuple[str, str | None]] = set()
        # With who had it: once that changes, it is looked at again.
        self._said: dict[str, str] = {}

    def stop(self) -> None:
        """Stop at the next safe point of each drill; may be called by a signal handler."""
        self._stop.set()

    def run(self, *, once: bool = False) -> Ending:
        """Work; with `once`, until nothing is left that it can take."""
        while not self._stop.is_set():
            try:
                hangs = self._settle()
                took = self._take_all()
            except JobError as error:
                if not self._conductor.lost:
                    raise
                self._say(str(error))
                return Ending.CUT_OFF
            if hangs:
                return self._cease(Ending.HANGS)
            if self._conductor.lost:
                return Ending.CUT_OFF
            if once and not took and not self._mine:
                return Ending.STOPPED
            self._stop.wait(LOOK_SECONDS)
        return self._cease(Ending.STOPPED)

    def _cease(self, ending: Ending) -> Ending:
        self._conductor.stop()
        while self._mine:
            if self._conductor.lost:
                return Ending.CUT_OFF
            if self._settle(LOOK_SECONDS):
                ending = Ending.HANGS
        return ending

    # ---- what it carries out

    def _settle(self, seconds: float = 0.0) -> bool:
        """Let go of what has come to its end; True if a step of one hangs."""
        hangs = False
        for id, workflow in tuple(self._mine.items()):
            try:
                ended = self._conductor.wait(workflow, seconds)
            except JobError as error:
                ended = Parked(str(error))
            if ended is False:
                continue
            del self._mine[id]
            if isinstance(ended, Parked):
                self._say(f"{id}: {ended}")
                if isinstance(ended, Hangs):
                    self._conductor.store.say(id, "stop", self._conductor.name, text=str(ended))
                    hangs = True
                elif not isinstance(ended, Stopped):
                    self._say(f"{id}: a person must look at it: prodproof drill resume {id}, or undo")
                continue
            stored = self._conductor.store.run(id)
            result = {} if stored is None or stored.result is None else stored.result
            left = "; something is left behind" if result.get("left") else ""
            self._say(f"{id}: {result.get('outcome')}: {result.get('detail')}{left}")
        return hangs

    # ---- what it takes

    def _take_all(self) -> int:
        """Take what it can; how many it took."""
        took = 0
        for stored in self._conductor.store.unfinished():
            if len(self._mine) >= self._at_once or self._stop.is_set():
                break
            if stored.id in self._mine or (stored.id, stored.executor) in self._aside or stored.result is not None:
                continue
            took += self._begin(stored) if stored.executor is None else self._take_over(stored)
        return took

    def _begin(self, stored: StoredRun) -> bool:
        if not self._here(stored):
            return False
        try:
            self._go_on(stored, "begins")
        except JobError as error:
            self._not_now(stored, error)
            return False
        return True

    def _take_over(self, stored: StoredRun) -> bool:
        assert stored.executor is not None
        here = self._other_machines or machine_of(stored.executor) == machine_name()
        store = self._conductor.store
        if not here or not self._here(stored) or self._conductor.alive(stored.executor):
            return False
        try:
            if store.last_said(stored.id, ("stop", "resume", "undo")) == "stop":
                return False  # whoever stopped it wants it to wait
            if len(store.said(stored.id, "taken")) >= MOST_TAKEN:
                self._put_aside(stored, f"was cut off {MOST_TAKEN} times; a person must look at it")
                return False
            store.say(stored.id, "taken", self._conductor.name)
            self._go_on(stored, f"takes over from {stored.executor}")
        except JobError as error:
            self._put_aside(stored, str(error))
            return False
        return True

    def _go_on(self, stored: StoredRun, how: str) -> None:
        self._mine[stored.id] = self._conductor.resume(stored.id, self._clock(), trusted=self._trusted)
        self._say(f"{stored.id}: {how}")

    def _not_now(self, stored: StoredRun, error: JobError) -> None:
        """It cannot begin yet: say so, and after some time, that it was not proven."""
        why = "; ".join(str(error).splitlines())
        if self._clock() - stored.asked_at < QUEUED_FOR:
            self._tell(stored.id, f"{stored.id}: waits: {why}")
            return
        try:
            self._conductor.give_up(stored.id, f"not begun within a day: {why}")
            self._say(f"{stored.id}: not begun within a day: {why}")
        except JobError as again:
            self._put_aside(stored, str(again))

    def _here(self, stored: StoredRun) -> bool:
        """Whether the order is for us, and its repository lies on this machine."""
        try:
            declared = self._conductor.order(stored).declared
        except JobError as error:
            self._put_aside(stored, str(error))
            return False
        if self._environment not in (None, declared.environment.name):
            return False
        root = declared.root
        if root is None or Path(root).is_dir():
            return True
        self._put_aside(stored, f"its repository lies at {root}, which is not on this machine")
        return False

    def _put_aside(self, stored: StoredRun, why: str) -> None:
        self._aside.add((stored.id, stored.executor))
        self._say(f"{stored.id}: {why}")

    def _tell(self, id: str, line: str) -> None:
        """Say something once, and again when it changes."""
        if self._said.get(id) != line:
            self._said[id] = line
            self._say(line)
