"""Declared system and catalogue to an ordered, printable plan."""

from prodproof.plan.plan import DrillNeeded, Plan, Step, drill_key, make_plan

__all__ = ["DrillNeeded", "Plan", "Step", "drill_key", "make_plan"]
