"""What the ledger remembers that waivers must respect."""

from collections.abc import Collection
from typing import Protocol

from prodproof.facts import Subject
from prodproof.facts.declared import Waiver
from prodproof.gate.standing import Seen
from prodproof.ledger.stored import StoredResult
from prodproof.verdicts import Kind


class History(Protocol):
    """What is asked of the ledger."""

    def history(self, guarantee: str, environment: str, limit: int = 100) -> tuple[StoredResult, ...]: ...


def last_broken(history: History, waivers: Collection[Waiver], environment: str) -> frozenset[Seen]:
    """Claims with a waiver of unknown, and the subjects whose last conclusive verdict was broken."""
    found: set[Seen] = set()
    for guarantee in {waiver.guarantee for waiver in waivers if waiver.covers == "unknown"}:
        settled: set[Subject] = set()
        for result in history.history(guarantee, environment):
            broken = {row.subject for row in result.rows if row.verdict.kind is Kind.BROKEN}
            held = {row.subject for row in result.rows if row.verdict.kind is Kind.HOLDS}
            found |= {(guarantee, subject) for subject in broken - settled}
            settled |= broken | held
    return frozenset(found)
