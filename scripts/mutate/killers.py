"""What may notice a mutant: the examples, the tests of the same room, the recordings of the matrix.

Everything runs in the process that calls it; a test is called, not collected by pytest, so that it takes milliseconds.
"""

import ast
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

from scripts.mutate.mutants import ROOT, SOURCE, module_of

Check = tuple[str, Callable[[], object]]
"""A name, and what raises when it notices something."""

ROOM = "prodproof.guarantees"
EXAMPLES = "tests.guarantees.test_examples"
OF_DOCUMENTS = "tests.guarantees.test_catalogue"
"""Compares generated pages, one of which this run writes anew."""

CATALOGUE = ("prodproof.guarantees", "prodproof.guarantees.catalogue")


def of(module: str) -> Iterator[tuple[str, Iterator[Check]]]:
    """The kinds of checks that concern a module, cheapest first, with a name for each kind."""
    affected = dependents(module)
    kinds = [("examples", _examples(affected)), ("tests", _tests(module, affected))]
    # What the whole catalogue rests on has tests that take less time than all examples.
    yield from kinds if affected is not None else kinds[::-1]
    yield "recordings", _recordings(affected)


@cache
def dependents(module: str) -> frozenset[str] | None:
    """The modules of the catalogue that rest on this one, itself included; None: all of them."""
    if module in CATALOGUE or not module.startswith(ROOM):
        return None
    found = {module}
    while more := {name for name, used in _imports().items() if used & found} - found:
        found |= more
    return frozenset(found)


@cache
def _imports() -> dict[str, frozenset[str]]:
    paths = sorted((SOURCE / "prodproof" / "guarantees").rglob("*.py"))
    return {module_of(path): _imported(path) for path in paths if path.name not in ("__init__.py", "catalogue.py")}


def _imported(path: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{item.name}" for item in node.names)
    return frozenset(names)


def _examples(affected: frozenset[str] | None) -> Iterator[Check]:
    tests: Any = importlib.import_module(EXAMPLES)
    for entry in _entries(affected):
        for example in entry.examples:
            yield f"{entry.id}: {example.name}", partial(tests.test_example, entry, example)
        for name in (
            "test_examples_show_it_hold_and_break",
            "test_without_sight_it_is_unknown",
            "test_zero_subjects_never_hold",
        ):
            yield f"{entry.id}: {name}", partial(getattr(tests, name), entry)


def _entries(affected: frozenset[str] | None) -> list[Any]:
    room: Any = importlib.import_module("prodproof.guarantees.catalogue")
    room.catalogue.cache_clear()
    return [
        entry
        for entry in room.catalogue()
        if entry.guarantee.can_break and (affected is None or entry.guarantee.module in affected)
    ]


def _tests(module: str, affected: frozenset[str] | None) -> Iterator[Check]:
    for path in sorted((ROOT / "tests").glob("guarantees/test_*.py")):
        name = f"tests.guarantees.{path.stem}"
        if name not in (EXAMPLES, OF_DOCUMENTS) and _imported(path) & (affected or frozenset({module})):
            yield from _called(importlib.import_module(name))
    if not module.startswith(ROOM):
        # Backwards, for the property tests come first in the alphabet and take the longest.
        for path in sorted((ROOT / "tests").glob("verdicts/test_*.py"), reverse=True):
            yield from _called(importlib.import_module(f"tests.verdicts.{path.stem}"))


def _called(module: ModuleType) -> Iterator[Check]:
    for name, function in list(vars(module).items()):
        if not name.startswith("test_") or not callable(function):
            continue
        tables = [mark.args for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
        for case in product(*(_cases(names, values) for names, values in tables)):
            arguments = {key: value for part in case for key, value in part.items()}
            yield f"{module.__name__}.{name}", partial(function, **arguments)


def _cases(names: str | Sequence[str], values: Any) -> list[dict[str, object]]:
    listed = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = [getattr(value, "values", value) if type(value).__name__ == "ParameterSet" else value for value in values]
    if len(listed) == 1:
        rows = [row if isinstance(row, tuple) and type(row).__name__ == "ParameterSet" else (row,) for row in rows]
    return [dict(zip(listed, row, strict=True)) for row in rows]


def _recordings(affected: frozenset[str] | None) -> Iterator[Check]:
    recorded: Any = importlib.import_module("tests.range.recordings")
    by_id = {entry.id: entry for entry in _entries(affected)}
    for recording in recorded.recordings():
        for row in recording.rows if recording.guarantee in by_id else ():
            yield (
                f"{recording.guarantee}: {row.name}",
                partial(_same, row, by_id[recording.guarantee].guarantee),
            )


def _same(row: Any, guarantee: Any) -> None:
    judged = importlib.import_module("tests.range.recordings").judged_again(row, guarantee)
    if judged != row.answer:
        raise AssertionError(f"{row.name}: {judged}, recorded as {row.answer}")


def forget(module: str) -> None:
    """Drop a module and what rests on it from what is imported, so that it is read again."""
    names = dependents(module)
    assert names is not None, "what concerns the whole catalogue is imported in a process that has not imported it"
    tests = {name for name in sys.modules if name.startswith("tests.guarantees.") and name != EXAMPLES}
    for name in names | tests:
        sys.modules.pop(name, None)
        package, _, last = name.rpartition(".")
        if package in sys.modules and hasattr(sys.modules[package], last):
            delattr(sys.modules[package], last)
