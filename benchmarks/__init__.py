"""Benchmarks: each runs both sides in one run and prints ratios. Never a timed test."""
