"""What a range writes down, so that any process can go on from it: addresses, processes, faults that are on."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from prodproof.range.places import Form, Places
from prodproof.range.processes import Process
from prodproof.system.errors import UserError

FILE = "range.json"
SAVING = "range.new"


@dataclass(frozen=True)
class Broken:
    """A fault that is switched on."""

    guarantee: str
    variant: int = 0
    """0 is the catalogue's own fault, others are `Fault.variants` from 1 on."""


@dataclass
class State:
    """The content of `range.json`."""

    identity: str
    """Marks its processes, and names its namespaces."""

    form: Form
    places: Places
    processes: dict[str, list[Process]] = field(default_factory=dict)
    """By component, those that it started itself."""

    broken: list[Broken] = field(default_factory=list)
    settled: dict[str, str] = field(default_factory=dict)
    """By component, the digest of its files when it took them up last."""

    def save(self, directory: Path) -> None:
        """Write it whole or not at all."""
        temporary = directory / SAVING
        temporary.write_bytes(_STATE.dump_json(self, indent=1))
        temporary.replace(directory / FILE)


_STATE = TypeAdapter(State)


def load(directory: Path) -> State:
    """The state of a range. Raises UserError when there is none, or one that this version cannot read."""
    try:
        return _STATE.validate_json((directory / FILE).read_bytes())
    except FileNotFoundError:
        raise UserError(f"no range at {directory}: prodproof range up") from None
    except ValidationError:
        raise UserError(
            f"{directory / FILE} is of another version of prodproof, or damaged: end the range with that version, "
            f"or stop what works in {directory} and remove the folder"
        ) from None
