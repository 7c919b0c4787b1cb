"""Exact values, in every encoding."""

from prodproof.trace.values.matcher import ValueMatcher
from prodproof.trace.values.wanted import NotSearchableError, Wanted

__all__ = ["NotSearchableError", "ValueMatcher", "Wanted"]
