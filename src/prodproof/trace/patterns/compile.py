"""Builds the hyperscan database of a rule set, and keeps it for the next start."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import hyperscan

from prodproof.trace.patterns.confirm import Compiled
from prodproof.trace.patterns.rule import RuleError

MAX_DATABASE = 256 * 1024 * 1024
_FORM = 1
"""Raised when the way in which rules become expressions changes."""


def database_of(rules: Sequence[Compiled], folder: Path | None) -> "hyperscan.Database":
    """The database in which rule number n has the id n.

    Args:
        folder: where databases are kept between runs; None: nowhere. A damaged one is built again.

    Raises:
        RuleError: hyperscan does not take a rule.
    """
    expressions = [rule.expression.encode() for rule in rules]
    flags = [hyperscan.HS_FLAG_MULTILINE | (hyperscan.HS_FLAG_CASELESS if rule.caseless else 0) for rule in rules]
    if folder is None:
        return _built(rules, expressions, flags)
    told = repr((_FORM, version("hyperscan"), expressions, flags)).encode()
    file = folder / f"rules-{hashlib.sha256(told).hexdigest()[:32]}.hs"
    database = _read(file)
    if database is None:
        database = _built(rules, expressions, flags)
        _write(file, hyperscan.dumpb(database))
    return database


def _built(rules: Sequence[Compiled], expressions: list[bytes], flags: list[int]) -> "hyperscan.Database":
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=expressions, ids=list(range(len(rules))), elements=len(rules), flags=flags)
    except hyperscan.error as error:
        for rule, expression, flag in zip(rules, expressions, flags, strict=True):
            try:
                hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(expressions=[expression], flags=[flag])
            except hyperscan.error as own:
                raise RuleError(f"{rule.rule.id}: pattern: hyperscan does not take it: {own}") from None
        raise RuleError(f"the rules are too large together: {error}") from None
    return database


def _read(file: Path) -> "hyperscan.Database | None":
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_DATABASE + 1)
    except OSError:
        return None
    digest, body = data[:32], data[32:]
    if len(data) > MAX_DATABASE or hashlib.sha256(body).digest() != digest:
        return None
    try:
        return hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
    except hyperscan.error:
        return None


def _write(file: Path, body: bytes) -> None:
    """Keep a database. Where that cannot be, the next run builds it again."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".rules-")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(hashlib.sha256(body).digest() + body)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
