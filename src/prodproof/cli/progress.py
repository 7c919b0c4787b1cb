"""Shows a run's progress on a terminal; quiet everywhere else."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from prodproof.runner.progress import Progressed


class Display:
    """A bar on standard error, with what is being looked at; nothing when that is no terminal."""

    def __init__(self, total: int, quiet: bool = False) -> None:
        shown = sys.stderr.isatty() and not quiet
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not shown,
        )
        self._task = self._progress.add_task("reading", total=total)
        self._under_way: list[str] = []

    def __enter__(self) -> "Display":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Progressed) -> None:
        """Follow one event of a run."""
        name = f"{event.step.probe.name} {event.step.scope.name}"[:60]
        if event.state == "started":
            self._under_way.append(name)
        elif name in self._under_way:
            self._under_way.remove(name)
        shown = self._under_way[-1] if self._under_way else "judging"
        self._progress.update(self._task, completed=event.done, total=event.total, description=f"{shown:<60}")
