"""What pydantic found wrong, as lines that say the place, what was expected and what to write."""

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from prodproof.system.errors import MAX_SHOWN, Problem, SystemFileError, inert
from prodproof.system.schema import ARRAYS, SINGLES, SystemTables, table_of
from prodproof.system.source import Path_, Source

MAX_NAMED = 2000
"""Errors that are looked at one by one; a file with more is not the work of a person."""

_TYPES = {
    "string_type": "expected text in quotes",
    "bool_type": "expected true or false, without quotes",
    "int_type": "expected a whole number, without quotes",
    "list_type": 'expected a list: ["…"]',
    "dict_type": 'expected a table: { name = "…" }',
    "model_type": 'expected a table: { name = "…" }',
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "too_short": "is an empty list",
    "string_pattern_mismatch": "holds characters that are not allowed here",
    "greater_than_equal": "expected a number from 1 to 65535",
    "less_than_equal": "expected a number from 1 to 65535",
}


def told(error: ValidationError, source: Source) -> SystemFileError:
    """All errors of one file, sorted by line."""
    found = error.errors(include_url=False, include_context=True, include_input=False)
    problems = {_told(item, source) for item in found[:MAX_NAMED]}
    ordered = sorted(problems)
    return SystemFileError(tuple(ordered[:MAX_SHOWN]), len(ordered[MAX_SHOWN:]) + max(0, len(found) - MAX_NAMED))


def key_of(path: Path_) -> str:
    """A path as a person would say it: `entry_point.url`."""
    return inert(".".join(str(part) for part in path if isinstance(part, str)))


def _told(item: Any, source: Source) -> Problem:
    path = _within(item["loc"], source.data)
    kind = item["type"]
    line = source.line(path)
    if kind == "extra_forbidden":
        message = _unknown_key(path)
    elif kind == "missing":
        message = _missing(path)
        line = source.line(path[:-1]) or 1
    elif kind == "prodproof":
        message = item["msg"]
    elif kind == "string_too_short" and item["ctx"]["min_length"] > 1:
        message = f"expected at least {item['ctx']['min_length']} characters"
    elif kind == "literal_error":
        message = f"expected {item['ctx']['expected']}"
        if path == ("version",):
            message = "expected version = 1"
    elif kind == "list_type" and len(path) == 1 and path[0] in ARRAYS:
        message = f"a system can have several: write [[{path[0]}]] with two brackets"
    elif kind in ("model_type", "model_attributes_type") and path and path[0] in SINGLES:
        message = f"there is one of these: write [{path[0]}] with one bracket"
    elif kind in ("model_type", "model_attributes_type") and len(path) == 2 and path[0] in ARRAYS:
        message = f"expected tables: write [[{path[0]}]]"
    else:
        message = _TYPES.get(kind, "is not of the form that is expected here")
    return Problem(source.shown, line, key_of(path), message)


def _within(loc: tuple[str | int, ...], data: Any) -> Path_:
    """The part of a pydantic location that names places of the file, not branches of a type."""
    path: Path_ = ()
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(data, dict) and isinstance(part, str) and (part in data or last):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            continue
        path = (*path, part)
    return path


def _unknown_key(path: Path_) -> str:
    name = str(path[-1])
    known = _known(path[:-1])
    top = SystemTables.model_fields
    if len(path) > 1 and name in top and name not in ARRAYS:
        return "belongs to the top of the file, before the first [table]"
    if len(path) > 1 and name in ARRAYS:
        return f"unknown key here; write [[{name}]]"
    if near := _nearest(name, known):
        return f'unknown key; did you mean "{near}"?'
    if len(path) > 1 and (near := _nearest(name, top)):
        return f'unknown key here; did you mean "{near}", at the top of the file?'
    return f"unknown key; expected one of {', '.join(sorted(known))}" if known else "unknown key"


def _nearest(name: str, known: Any) -> str | None:
    singular = name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")
    candidates = [name.lower().replace("-", "_"), singular.lower().replace("-", "_")]
    for candidate in candidates:
        if candidate in known:
            return candidate
    if len(name) > 60:
        return None
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def _known(path: Path_) -> list[str]:
    model: Any = SystemTables
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        model = _model_in(field.annotation) if field is not None else None
        if model is None:
            return []
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for item in get_args(annotation) if (found := _model_in(item))), None)


def _missing(path: Path_) -> str:
    if path == ("version",):
        return "is missing; write version = 1 as the first line"
    if path == ("name",):
        return 'is missing; write name = "…", what you call the system'
    table, field = str(path[0]), str(path[-1])
    about = _known(path[:-1])
    if len(path) == 3 and field in about:
        description = table_of(table).model_fields[field].description or ""
        return f"is missing. {description}"
    return "is missing"
