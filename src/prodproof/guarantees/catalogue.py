"""Walks the folders of the catalogue and reads each claim with its page of prose."""

import difflib
import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from prodproof.verdicts import Example, Guarantee

_SECTION = re.compile(r"^(Risk|Verified|Mend): ", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A claim of the catalogue with everything that is written about it."""

    guarantee: Guarantee
    must_be_true: str
    risk: str
    verified_by: str
    remedy: str
    examples: tuple[Example, ...]

    @property
    def id(self) -> str:
        return self.guarantee.id


class CatalogueError(Exception):
    """A file of the catalogue that breaks its rules; says which, and how to mend it."""


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every claim, sorted by area and name. Raises CatalogueError for a file that breaks the rules."""
    import prodproof.guarantees as room

    entries: dict[str, Entry] = {}
    for area in pkgutil.iter_modules(room.__path__):
        if not area.ispkg:
            continue
        package = importlib.import_module(f"{room.__name__}.{area.name}")
        for file in pkgutil.iter_modules(package.__path__):
            if file.name.startswith("_"):
                continue
            made = _read(importlib.import_module(f"{package.__name__}.{file.name}"))
            entries[made.id] = made
    return tuple(entries[id] for id in sorted(entries))


def entry(id: str) -> Entry:
    """The claim with that id; raises KeyError with a suggestion for an id that does not exist."""
    by_id = {item.id: item for item in catalogue()}
    if id in by_id:
        return by_id[id]
    near = difflib.get_close_matches(id, by_id, n=1)
    raise KeyError(f"no guarantee {id!r}" + (f"; did you mean {near[0]}?" if near else "; see prodproof guarantees"))


def _read(module: ModuleType) -> Entry:
    found = [
        value for value in vars(module).values() if isinstance(value, Guarantee) and value.module == module.__name__
    ]
    if len(found) != 1:
        raise CatalogueError(f"{module.__name__}: one file declares one guarantee, this one {len(found)}")
    area, name = module.__name__.split(".")[-2:]
    expected = f"{area}.{name.replace('_', '-')}"
    if found[0].id != expected:
        raise CatalogueError(f"{module.__name__}: declares {found[0].id}, but its place says {expected}")
    claim, sections = _prose(module)
    return Entry(
        guarantee=found[0],
        must_be_true=claim,
        risk=sections["Risk"],
        verified_by=sections["Verified"],
        remedy=sections["Mend"],
        examples=tuple(getattr(module, "EXAMPLES", ())),
    )


def _prose(module: ModuleType) -> tuple[str, dict[str, str]]:
    text = inspect.getdoc(module) or ""
    parts = _SECTION.split(text)
    sections = dict(zip(parts[1::2], (_joined(part) for part in parts[2::2]), strict=True))
    missing = {"Risk", "Verified", "Mend"} - sections.keys()
    if missing or not parts[0].strip():
        raise CatalogueError(f"{module.__name__}: its docstring lacks {', '.join(sorted(missing)) or 'the claim'}")
    return _joined(parts[0]), sections


def _joined(text: str) -> str:
    return " ".join(text.split())
