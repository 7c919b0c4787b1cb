"""A switch that breaks one guarantee, and one that takes away the access by which it is verified."""

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from prodproof.facts import Reason
from prodproof.range.range import Range
from prodproof.system.errors import UserError, inert

Switch = Callable[[Range], None]


@dataclass(frozen=True)
class Fault:
    """How one guarantee is seen to fail. A file `faults/<area>/<name>.py` holds one as `FAULT`."""

    guarantee: str
    breaks: Switch
    """The fault that the catalogue names in `broken_by`."""

    withdraws: Switch
    """Takes the access away that its probe needs."""

    reason: Reason
    """What it must then be unknown for."""

    says: str = ""
    """A part of the message that names the cause, once broken."""

    subject: str = ""
    """The subject that must be the broken one, `host:harbour.example`; its name may go on (a port, a path)."""

    alone: bool = False
    """Whether the demo system shows it of that subject only: the matrix then judges nothing else, and its page says
    so."""

    variants: tuple[Switch, ...] = ()
    """Further ways to break it; at least one for critical and high severities."""

    needs: tuple[str, ...] = ("repo",)
    """Components without which it cannot be shown."""

    touches: tuple[str, ...] = ()
    """Other guarantees whose verdict the fault, or a variant, truly changes too."""

    drills: tuple[str, ...] = ()
    """Drills that are carried out anew once it is switched on, and when access is withdrawn: `restore store:database`;
    of all others what they told of the healthy system stands."""

    @property
    def ways(self) -> tuple[Switch, ...]:
        """Every way to break it, by number: the catalogue's own, then the variants."""
        return (self.breaks, *self.variants)


def words(switch: Switch) -> str:
    """What a switch does, in a few words: the name of its function."""
    return switch.__name__.replace("_", " ")


@cache
def all_faults() -> tuple[Fault, ...]:
    """Every fault, sorted by guarantee. Raises TypeError for a file whose place and guarantee differ."""
    import prodproof.range.faults as folder

    found = []
    for info in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}."):
        if info.ispkg:
            continue
        fault = importlib.import_module(info.name).FAULT
        area, name = info.name.split(".")[-2:]
        if fault.guarantee != f"{area}.{name.replace('_', '-')}":
            raise TypeError(f"{info.name} holds the fault of {fault.guarantee}")
        found.append(fault)
    return tuple(sorted(found, key=lambda fault: fault.guarantee))


def fault_of(guarantee: str) -> Fault:
    """The fault of a guarantee. Raises UserError when there is none."""
    area, _, name = guarantee.partition(".")
    place = f"prodproof.range.faults.{area}.{name.replace('-', '_')}"
    missing = UserError(f"there is no fault for {inert(guarantee)}: prodproof range faults lists those that there are")
    if not re.fullmatch(r"[a-z]+\.[a-z0-9-]+", guarantee):
        raise missing
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not place.startswith(error.name):
            raise  # the file is there, and needs something that is not
        raise missing from None
    fault = module.FAULT
    assert isinstance(fault, Fault)
    return fault
