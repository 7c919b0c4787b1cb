"""Whether anything in a repository uses the packages that it asks for."""

from dataclasses import dataclass

from prodproof.facts.dependencies import Ecosystem


@dataclass(frozen=True, kw_only=True)
class AskedPackage:
    """One package that a manifest asks for, to run with."""

    name: str
    described: bool
    """Its installed metadata (or lock entry) was read, so that its modules and commands are known."""

    used: str = ""
    """What uses it: `imported in shop/views.py`; empty when nothing was found."""

    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class DependencyUse:
    """The packages of one manifest."""

    path: str
    ecosystem: Ecosystem
    packages: tuple[AskedPackage, ...]
    metadata: str = ""
    """Where the metadata was read: `.venv/lib/python3.12/site-packages`; empty when there was none."""
