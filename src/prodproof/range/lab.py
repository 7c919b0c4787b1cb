"""A healthy system in one folder, whose parts start when they are first asked for."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from prodproof.facts.declared import Declared, Environment, Repository
from prodproof.range.components.repo import Repo
from prodproof.reach.programs import find_program
from prodproof.reach.world import Settings


class Lab:
    """The range in small: each component is one attribute and one file in `components/`.

    Use it as a context manager; leaving it stops what was started and removes nothing outside `directory`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.declared = Declared(
            system="harbour",
            environment=Environment(name="production"),
            trusted=True,
            root=str(directory),
            repositories=(Repository(path="harbour", name="harbour"),),
        )
        self.settings = Settings()
        self.missing_tools: set[str] = set()
        self._stops: list[Callable[[], None]] = []

    def __enter__(self) -> "Lab":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._stops:
            self._stops.pop()()

    def declare(self, **changes: Any) -> None:
        """Replace parts of what is declared (fields of `Declared`)."""
        self.declared = replace(self.declared, **changes)

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Register what stops a component; carried out in reverse order."""
        self._stops.append(stop)

    def tool(self, name: str) -> str | None:
        """Path of a program, unless it was taken away."""
        if name in self.missing_tools:
            return None
        return find_program(name)

    @cached_property
    def repo(self) -> Repo:
        """The repository, healthy."""
        return Repo(self.directory / "harbour")

