"""Facts to JSON and back: what the ledger stores, and what its digests are over.

Canonical form is RFC 8785 (JCS), so that equal facts have equal digests on every machine.
"""

import dataclasses
import hashlib
import importlib
import math
import pkgutil
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

import rfc8785
from pydantic import TypeAdapter

LARGEST = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 8785, RFC 7493)."""

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def name_of(kind: type[Any]) -> str:
    """The stored name of a fact type: its module within `facts` and its class, `http.HttpsAnswers`."""
    return f"{kind.__module__.removeprefix('prodproof.facts.').partition('.')[0]}.{kind.__name__}"


@cache
def type_of(name: str) -> type[Any]:
    """The fact type that a stored name means; raises KeyError for one that this version does not know."""
    module, _, cls = name.partition(".")
    package = importlib.import_module("prodproof.facts")
    if module not in {info.name for info in pkgutil.iter_modules(package.__path__)}:
        raise KeyError(name)
    found = getattr(importlib.import_module(f"prodproof.facts.{module}"), cls, None)
    if not isinstance(found, type):
        raise KeyError(name)
    return found


def encode(fact: object) -> dict[str, Any]:
    """A fact (or any frozen dataclass of this room) as plain JSON values.

    Sets are sorted, so that equal facts are equal texts; integers that JSON numbers cannot hold (certificate serials)
    are written as text, which `decode` takes for a number where the type says so.
    """
    encoded = _plain(fact)
    assert isinstance(encoded, dict)
    return encoded


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST else str(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, (frozenset, set)):
        return sorted((_plain(item) for item in value), key=canonical)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"a fact holds {type(value).__name__}, which has no stored form")


def decode(kind: type[Any], data: dict[str, Any]) -> Any:
    """The fact that `encode` wrote; raises pydantic.ValidationError when the stored form does not fit the type."""
    return _adapter(kind).validate_python(data)


def canonical(data: Any) -> bytes:
    """RFC 8785 bytes of plain JSON values."""
    return rfc8785.dumps(data)


def digest(data: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(data)).hexdigest()
