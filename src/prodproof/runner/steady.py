"""Watches whether the system still does its work while a drill runs."""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from prodproof.drills.drill import Proven, Refuted, SteadyState
from prodproof.facts import Unseen

Look = Callable[[SteadyState], Proven | Refuted | Unseen]


class Watch:
    """Looks again and again, each state in a thread of its own, from `begin` on until it is left."""

    def __init__(self, states: Sequence[SteadyState], look: Look) -> None:
        self._states = states
        self._look = look
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._broken: str | None = None
        self.looks = 0
        self.bad = 0

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def begin(self) -> None:
        """Begin, unless it has begun."""
        if not self._threads:
            self._threads = [threading.Thread(target=self._watch, args=(state,), daemon=True) for state in self._states]
            for thread in self._threads:
                thread.start()

    @property
    def broken(self) -> str | None:
        """What is not well any more, in one line; None as long as all is."""
        return self._broken

    def _watch(self, state: SteadyState) -> None:
        in_a_row = 0
        while not self._ended.is_set():
            began = time.monotonic()
            seen = self._look(state)
            well = isinstance(seen, Proven)
            in_a_row = 0 if well else in_a_row + 1
            self.looks += 1
            self.bad += not well
            if in_a_row > state.tolerate and self._broken is None:
                self._broken = f"{state.name}: {troubled(seen)}"
            self._ended.wait(max(0.0, began + state.every - time.monotonic()))


def troubled(seen: Proven | Refuted | Unseen) -> str:
    """What a look said, in one line."""
    return f"{seen.why}: {seen.detail}" if isinstance(seen, Unseen) else seen.says
