"""How a drill is written down, and where it is found.

A drill is a list of steps. Each looks at the world before it acts, proves that it worked, and can be undone or says why
not. Nothing here knows how a step is made durable: the runner writes down what each step gave, and after a crash hands
it to the steps that follow. So a step keeps nothing in memory, and what it gives is plain JSON without any secret.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from prodproof.facts import Subject, Unseen
from prodproof.facts.declared import Declared
from prodproof.facts.drills import DrillRun
from prodproof.reach.world import World

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What JSON holds. A secret is told by its reference, never by its value."""

Values = Mapping[str, Plain]
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Todo:
    """The step has not been done."""

    was: Values = field(default_factory=dict)
    """How the world is before it, as far as `undo` must know it; written down before the step acts."""


@dataclass(frozen=True)
class Done:
    """The step has been done: before the drill began, or by an attempt that was cut off."""

    gave: Values = field(default_factory=dict)
    """The same that `do` would give."""

    says: str = ""


@dataclass(frozen=True)
class Proven:
    """It is so; a steady state: well."""

    says: str = ""


@dataclass(frozen=True)
class Refuted:
    """It is not so."""

    says: str
    """One line for a person. Never holds a secret."""


class StepError(Exception):
    """A step was carried out and did not work. Its text is kept and shown, so it never holds a secret."""


@dataclass(frozen=True)
class Scene:
    """What a step sees."""

    drill: str
    """Id of this run; marks whatever the drill makes."""

    declared: Declared
    target: Any
    """The declared thing that the drill is about."""

    world: World
    step: str = ""
    was: Values = field(default_factory=dict)
    """What `check` wrote down before the first attempt of this step."""

    gave: Mapping[str, Values] = field(default_factory=dict)
    """What steps gave, by their names."""

    ending: Callable[[], bool] = lambda: False
    """Whether a long step should give up: its time is over, or the drill is to stop."""

    @property
    def key(self) -> str:
        """Identity of the step: the same at each attempt, and never used by another drill."""
        return f"{self.drill}.{self.step}"


Check = Callable[[Scene], Todo | Done | Unseen]
Do = Callable[[Scene], Values | Unseen]
Prove = Callable[[Scene], Proven | Refuted | Unseen]
Undo = Callable[[Scene], None]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that is done. Its functions block; none of them may outlast `time_limit`."""

    name: str
    says: str
    """What it does, in one line for a person."""

    check: Check
    """Looks at the world and changes nothing. Asked before the step acts, again after an interruption, and after an
    undo, when it must say `Todo`."""

    do: Do
    """Acts. Raises StepError when it did not work; gives Unseen when it could not be tried."""

    prove: Prove
    """Shows that it worked, by another way than the one that did it."""

    undo: Undo | None = None
    """Puts back what `do` changed, also when `do` was cut off in the middle, or has been undone already."""

    undo_says: str = ""
    """What undoing does, in one line."""

    irreversible: str = ""
    """Why there is no way back. What was done before such a step is not undone any more once it was tried."""

    changes: bool = True
    """False: it only looks or measures, so that nothing is to be undone."""

    lasting: bool = False
    """Whether what it does stays after a drill that went well; all else is put back."""

    time_limit: float = 60.0
    """Seconds for one attempt."""

    objective: float | None = None
    """Seconds that it may take."""

    touches: tuple[Subject, ...] = ()
    """What it changes, beside the drill's target."""

    def __post_init__(self) -> None:
        ways = (self.undo is not None, bool(self.irreversible), not self.changes)
        if sum(ways) != 1:
            raise ValueError(f"step {self.name}: has an undo, or is irreversible, or changes nothing: one of these")
        if self.undo is not None and not self.undo_says:
            raise ValueError(f"step {self.name}: says nothing about its undo")


@dataclass(frozen=True, kw_only=True)
class PersonStep:
    """One thing that a person does, with a clock; answered with `prodproof drill answer`."""

    name: str
    says: str
    """What the person is to do."""

    time_limit: float
    """Seconds after which nobody has answered."""

    objective: float | None = None
    whom: str = ""
    """A person's id or a role; anybody if empty."""

    touches: tuple[Subject, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SteadyState:
    """What must stay so while the drill runs; when it breaks, the drill undoes itself."""

    name: str
    says: str
    look: Prove
    every: float = 2.0
    """Seconds between two looks."""

    tolerate: int = 2
    """Bad looks in a row that are borne with during the drill; none before and after it."""

    time_limit: float = 10.0

    leave: Callable[[str], None] = lambda drill: None
    """Ends what the looks keep going, once the drill of that id is over or stops."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A drill for one target: what would be done, built from the declaration alone."""

    steps: tuple[Step | PersonStep, ...]
    blast_radius: str
    """What is worse off if it goes wrong, in one line."""

    steady: tuple[SteadyState, ...] = ()
    objective: float | None = None
    """Seconds that the whole may take."""

    lacks: Callable[[World], Iterable[str]] = lambda world: ()
    """Looks, before anything is done, for what is missing (space, programs, files); one line for each."""

    tell: Callable[[DrillRun, Mapping[str, Values]], object] | None = None
    """The fact that it answers with, from the run and what its steps gave; Unseen where it saw nothing."""

    def __post_init__(self) -> None:
        names = [step.name for step in (*self.steps, *self.steady)]
        for name in names:
            if not _NAME.fullmatch(name) or len(name) > 60:
                raise ValueError(f"{name!r}: a step's name is of small letters, digits and hyphens")
        if len(set(names)) != len(names):
            raise ValueError(f"two steps have the same name: {names}")
        if not self.steps:
            raise ValueError("a drill without steps proves nothing")


Documents = Mapping[str, str]
"""Texts by their paths in the repository."""

Design = Callable[..., Exercise | Unseen]
Reads = Callable[[Any, Declared], tuple[str, ...]]
About = Callable[[Any, Declared], bool]


@dataclass(frozen=True)
class Drill:
    """A drill that can be asked for by its name."""

    name: str
    says: str
    """What it exercises, in one line."""

    per: type[Any]
    """The kind of declared thing that it is about, or `Declared` for the whole system."""

    design: Design
    """The steps for one target: a pure function of what is declared, and of the documents that it reads."""

    reads: Reads | None = None
    """The documents that it follows. They are kept with the order: what is undone is what was read then."""

    fact: type[Any] | None = None
    """The type of fact that it answers with, beside `DrillRun`."""

    about: About | None = None
    """Which declared things of that kind it has anything to ask of; all of them if None. What it has to ask and cannot
    (nothing says how) is for `design` to say, so that it is unknown and not left out."""

    one_stands_for_all: bool = False
    """Whether it is enough that one target was exercised: a process is practised, not each thing that it is for."""

    moments: bool = False
    """Whether it can be asked for a moment of the past; `design` then takes it as `moment`, None for the newest."""


def drill(
    name: str,
    *,
    per: type[Any],
    reads: Reads | None = None,
    fact: type[Any] | None = None,
    about: About | None = None,
    one_stands_for_all: bool = False,
    moments: bool = False,
) -> Callable[[Design], Drill]:
    """Declare a drill: `design(target, declared) -> Exercise | Unseen`; its docstring says what it exercises.

    With `reads`, the texts of those documents come as a third argument, `Documents`. The rest: see `Drill`.
    """

    def decorate(design: Design) -> Drill:
        says = (design.__doc__ or "").strip().partition("\n")[0]
        if not says or not _NAME.fullmatch(name):
            raise ValueError(f"drill {name!r}: needs a docstring, and a name of small letters, digits and hyphens")
        return Drill(name, says, per, design, reads, fact, about, one_stands_for_all, moments)

    return decorate


@cache
def registered() -> Mapping[str, Drill]:
    """Every drill in this folder (and its sub-folders), by name. Two of one name are an error."""
    import prodproof.drills as room

    found: dict[str, Drill] = {}
    for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        if info.name.rpartition(".")[2].startswith("_"):
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Drill) and found.setdefault(value.name, value) is not value:
                raise TypeError(f"two drills are called {value.name}")
    return dict(sorted(found.items()))


def targets(drill: Drill, declared: Declared) -> tuple[Any, ...]:
    """The declared things that a drill can be about, in the order of their subjects."""
    if drill.per is Declared:
        return (declared,)
    found = (declared.find(drill.per, subject) for subject in sorted(declared.subjects(drill.per)))
    return tuple(item for item in found if drill.about is None or drill.about(item, declared))
