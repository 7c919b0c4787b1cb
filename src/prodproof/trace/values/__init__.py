"""Exact values, in every encoding."""
