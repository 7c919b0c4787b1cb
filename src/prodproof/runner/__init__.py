"""Carries plans out: observations become facts, whatever fails becomes `Unseen`, progress is data."""
