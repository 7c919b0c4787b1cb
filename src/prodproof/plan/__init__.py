"""Declared system and catalogue to an ordered, printable plan."""

from prodproof.plan.plan import Plan, Step, make_plan

__all__ = ["Plan", "Step", "make_plan"]
