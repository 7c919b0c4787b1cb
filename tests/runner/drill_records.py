"""Records of a drill in memory, which can be cut off anywhere: the engine without a database."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prodproof.drills.drill import Plain
from prodproof.drills.plan import DrillPlan
from prodproof.facts.codec import canonical
from prodproof.facts.drills import DrillRun
from prodproof.jobs.store import Message
from prodproof.reach.world import World
from prodproof.runner.acts import Event
from prodproof.runner.drill import Carried
from prodproof.runner.durable import Journal, Record
from prodproof.runner.unkept import Unattended
from tests.drills.exercises import order

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = 2.0
"""What every act takes by the clock of these records."""


class CutError(BaseException):
    """The process was killed."""


@dataclass
class Memory:
    """Keeps records; a new process goes on with the same one."""

    executor: str = "one"
    records: list[tuple[str, Record]] = field(default_factory=list)
    cut: Callable[[int, str], None] = lambda number, when: None
    """Told before, during and after each act that is not recorded yet; may raise CutError."""

    stop: bool = False
    position: int = 0
    acted: list[str] = field(default_factory=list)
    """Names of the acts that were carried out, also those whose record was cut off."""

    def once(self, name: str, act: Callable[[], Plain]) -> Record:
        number, self.position = self.position, self.position + 1
        if number < len(self.records):
            recorded, record = self.records[number]
            assert recorded == name, "acts must come in the same order each time"
            return replace(record, fresh=False)
        self.cut(number, "before")
        self.acted.append(name)
        value = act()
        canonical(value)
        self.cut(number, "acted")
        clock = number * SECONDS
        started = START + timedelta(seconds=clock)
        ended = started + timedelta(seconds=SECONDS)
        record = Record(value, "ana", started, ended, self.executor, clock, SECONDS, True)
        self.records.append((name, record))
        self.cut(number, "after")
        return record

    def stopping(self) -> bool:
        return self.stop

    def again(self, executor: str = "two") -> "Memory":
        """What another process finds."""
        return Memory(executor, self.records)

    def journal(self) -> Journal:
        """What an undo finds."""
        return Journal([(name, replace(record, fresh=False)) for name, record in self.records])


@dataclass
class Desk(Unattended):
    """Remembers what it was told, and answers what it was given."""

    answers: dict[str, Message] = field(default_factory=dict)
    wish: Message | None = None
    events: list[Event] = field(default_factory=list)

    def answer(self, step: str) -> Message | None:
        return self.answers.get(step)

    def undo_wanted(self) -> Message | None:
        return self.wish

    def tell(self, event: Event) -> None:
        self.events.append(event)


def carried(plan: DrillPlan, memory: Memory, desk: Desk | None = None, id: str = "") -> Carried:
    """A drill, ready to be carried out with these records."""
    memory.position = 0
    made = order(plan, id, at=START)
    return Carried(made, plan, World(declared=made.declared, now=START), desk or Desk(), memory)


def forward(plan: DrillPlan, memory: Memory | None = None, desk: Desk | None = None) -> DrillRun:
    """Carry a drill out."""
    return carried(plan, memory or Memory(), desk).forward()


def undone(plan: DrillPlan, *before: Memory, memory: Memory | None = None, id: str = "") -> DrillRun:
    """Undo what other processes left."""
    going_back = carried(plan, memory or Memory("back"), id=id)
    going_back.replay([item.journal() for item in before])
    return going_back.backward("ben")


def said(kind: str, text: str = "", step: str = "", by: str = "ben") -> Message:
    """A message to a drill."""
    return Message(kind, step, by, START, text)


def names(root: Path) -> list[str]:
    """What lies in a folder beside its book."""
    return sorted(item.name for item in root.iterdir() if item.name != "book")
