"""Facts to JSON and back: what the ledger stores, and what its digests are over.

Canonical form is RFC 8785 (JCS), so that equal facts have equal digests on every machine.
"""

import hashlib
import importlib
import pkgutil
from functools import cache
from typing import Any

import rfc8785
from pydantic import TypeAdapter

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def name_of(kind: type[Any]) -> str:
    """The stored name of a fact type: its module within `facts` and its class, `http.HttpsAnswers`."""
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


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
    """A fact (or any frozen dataclass of this room) as plain JSON values."""
    encoded = _adapter(type(fact)).dump_python(fact, mode="json")
    assert isinstance(encoded, dict)
    return encoded


def decode(kind: type[Any], data: dict[str, Any]) -> Any:
    """The fact that `encode` wrote; raises pydantic.ValidationError when the stored form does not fit the type."""
    return _adapter(kind).validate_python(data)


def canonical(data: Any) -> bytes:
    """RFC 8785 bytes of plain JSON values."""
    return rfc8785.dumps(data)


def digest(data: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(data)).hexdigest()
