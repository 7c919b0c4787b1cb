"""Exercises as plain typed steps: check the world, do, prove, undo. They answer with facts and never judge."""
