"""Builds the hyperscan database of a rule set, and keeps it for the next start."""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import astuple
from importlib.metadata import version
from pathlib import Path

import hyperscan

from prodproof.trace.patterns import kept
from prodproof.trace.patterns.confirm import Plan, plan_of
from prodproof.trace.patterns.rule import Rule, RuleError

_FORM = 2
"""Raised when the way in which rules become expressions changes."""

_HEAD = 8
"""Bytes that say how long the plans are."""


def prepared(rules: Sequence[Rule], folder: Path | None) -> "tuple[tuple[Plan, ...], hyperscan.Database]":
    """A plan for each rule, and the database in which rule number n has the id n.

    Args:
        folder: where both are kept between runs; None: nowhere.

    Raises:
        RuleError: a rule's pattern cannot be used.
    """
    if folder is None:
        return _made(rules)
    told = json.dumps([(rule.pattern, rule.keywords, rule.near) for rule in rules])
    tag = f"{_FORM} {version('hyperscan')} {platform.machine()} {told}"
    file = folder / f"rules-{hashlib.sha256(tag.encode()).hexdigest()[:32]}"
    known = kept.read(file)
    if known is not None:
        try:
            return _read(known)
        except (hyperscan.error, ValueError, TypeError):
            # Of another processor, or not ours: it is written anew.
            pass
    plans, database = _made(rules)
    head = json.dumps([astuple(plan) for plan in plans]).encode()
    kept.write(file, len(head).to_bytes(_HEAD, "big") + head + hyperscan.dumpb(database))
    return plans, database


def _read(body: bytes) -> "tuple[tuple[Plan, ...], hyperscan.Database]":
    end = _HEAD + int.from_bytes(body[:_HEAD], "big")
    plans = tuple(Plan(*row) for row in json.loads(body[_HEAD:end]))
    return plans, hyperscan.loadb(body[end:], hyperscan.HS_MODE_BLOCK)


def _made(rules: Sequence[Rule]) -> "tuple[tuple[Plan, ...], hyperscan.Database]":
    plans = tuple(plan_of(rule) for rule in rules)
    try:
        return plans, _database(plans)
    except hyperscan.error as error:
        for rule, plan in zip(rules, plans, strict=True):
            try:
                _database([plan])
            except hyperscan.error as own:
                raise RuleError(f"{rule.id}: pattern: hyperscan does not take it: {own}") from None
        raise RuleError(f"the rules are too large together: {error}") from None


def _database(plans: Sequence[Plan]) -> "hyperscan.Database":
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[plan.expression.encode() for plan in plans],
        ids=list(range(len(plans))),
        elements=len(plans),
        flags=[hyperscan.HS_FLAG_MULTILINE | (plan.caseless and hyperscan.HS_FLAG_CASELESS) for plan in plans],
    )
    return database
