"""One part of the demo system: its files, its processes, and how one sees that it is well.

A component is one file in `components/` that names its class as `COMPONENT`; nothing else lists it.
"""

import importlib
import pkgutil
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from prodproof.range.places import Form

if TYPE_CHECKING:
    from prodproof.range.range import Range

SERVERS = frozenset({Form.FULL, Form.ISOLATED})
EVERYWHERE = frozenset(Form)


@dataclass(frozen=True)
class Command:
    """A process that a component starts."""

    name: str
    """Of its log, `var/log/<name>.log`."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside PATH and the few variables that every process gets."""

    user: str | None = None
    """Who runs it, where the starter is root; the starter if None."""


class Component:
    """Base of all components. Every method may be called again; none of them asks the person anything."""

    name: ClassVar[str]
    """Of its folder `etc/<name>/` and in what people read."""

    after: ClassVar[tuple[str, ...]] = ()
    """Components that must be well first (those that are not part of the form are passed over)."""

    forms: ClassVar[frozenset[Form]] = EVERYWHERE
    programs: ClassVar[tuple[str, ...]] = ()
    """Programs of the machine that it needs."""

    packages: ClassVar[tuple[str, ...]] = ()
    """Their Debian packages, for the message when one is missing."""

    seen_by: ClassVar[frozenset[type]] = frozenset()
    """Kinds of declared thing (EntryPoint, Host ...) whose probes see a change of it."""

    def __init__(self, range: "Range") -> None:
        self.range = range

    @property
    def etc(self) -> Path:
        """Its configuration; restored when a fault is mended."""
        return self.range.etc / self.name

    @property
    def var(self) -> Path:
        """Its data; kept when a fault is mended."""
        return self.range.var / self.name

    def configure(self) -> None:
        """Write its configuration and prepare its data, once, before it is started for the first time."""

    def commands(self) -> Sequence[Command]:
        """The processes to start."""
        return ()

    def trouble(self) -> str | None:
        """What keeps it from serving, in a few words; None when it is well. Waited for after every start."""
        return None

    def watched(self) -> Iterable[Path]:
        """Files and folders of which a change means that it must be reloaded."""
        return (self.etc,)

    def reload(self) -> None:
        """Take a changed configuration up."""
        self.range.restart(self)

    def drifted(self) -> bool:
        """Whether data that lies in none of its files is not as it was at first, since a drill has changed it."""
        return False

    def put_back(self) -> None:
        """Put such data back; asked whenever faults are mended."""

    def stop(self) -> None:
        """Stop it, as a withdrawal of access; `mend` starts it again."""
        self.range.stop(self)


@cache
def components() -> tuple[type[Component], ...]:
    """Every component, those first that others come after. Raises TypeError for a circle."""
    import prodproof.range.components as folder

    found: dict[str, list[type[Component]]] = {}
    for info in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        component = getattr(importlib.import_module(info.name), "COMPONENT", None)
        if component is not None:
            found.setdefault(component.name, []).append(component)
    ordered: list[type[Component]] = []
    waiting = dict(sorted(found.items()))
    while waiting:
        ready = [
            name
            for name, kinds in waiting.items()
            if not any(other in waiting for kind in kinds for other in kind.after)
        ]
        if not ready:
            raise TypeError(f"components come after each other in a circle: {', '.join(waiting)}")
        for name in ready:
            ordered += waiting.pop(name)
    return tuple(ordered)


def missing_programs(form: Form) -> dict[str, tuple[str, ...]]:
    """Programs that a form needs and this machine lacks, each with the Debian packages that bring it."""
    found = {}
    for component in components():
        if form in component.forms:
            for program in component.programs:
                if program_path(program) is None:
                    found[program] = component.packages
    return found


def program_path(name: str) -> str | None:
    """Where a server program lies; also where only root looks as a rule, and beside PostgreSQL's versions."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: path.parts[4].zfill(3))
        found = str(versions[-1]) if versions else None
    return found
