"""Verdicts and waivers to go or no-go."""

from prodproof.gate.decision import Decision, decide_gate
from prodproof.gate.standing import Standing, StandingRow, State, Summary, Verification, stand, summarise

__all__ = [
    "Decision",
    "Standing",
    "StandingRow",
    "State",
    "Summary",
    "Verification",
    "decide_gate",
    "stand",
    "summarise",
]
