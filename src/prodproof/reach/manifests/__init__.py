"""Readers of package manifests and lock files. They parse; nothing of them is installed or run."""

from prodproof.reach.manifests.collect import Collected, collect

__all__ = ["Collected", "collect"]
