"""Holds, broken, unknown: what a judge answers, how answers fold, and how a guarantee is written down."""

from prodproof.verdicts.engine import Evidence, Result, Row, decide
from prodproof.verdicts.example import Example
from prodproof.verdicts.guarantee import Guarantee, Severity, guarantee, planned
from prodproof.verdicts.verdict import Finding, Kind, Verdict, broken, holds, not_applicable, unknown

__all__ = [
    "Evidence",
    "Example",
    "Finding",
    "Guarantee",
    "Kind",
    "Result",
    "Row",
    "Severity",
    "Verdict",
    "broken",
    "decide",
    "guarantee",
    "holds",
    "not_applicable",
    "planned",
    "unknown",
]
