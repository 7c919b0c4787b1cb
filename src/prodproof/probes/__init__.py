"""Probes observe, change nothing and answer with facts: one file per thing observed. They never judge.

There is no list of them: `registered()` walks this folder.
"""

from prodproof.probes.probe import Probe, probe, registered

__all__ = ["Probe", "probe", "registered"]
