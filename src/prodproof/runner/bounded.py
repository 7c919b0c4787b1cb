"""Work that may not last longer than it said."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Out = TypeVar("Out")
GRACE = 10.0
"""Seconds in which work whose time is over may still give up by itself."""


class OverrunError(Exception):
    """The time is over, and the work goes on."""


class Bounded(Generic[Out]):
    """One piece of work beside the caller, in a daemon thread: one that hangs does not keep the process from ending."""

    def __init__(self, work: Callable[[], Out]) -> None:
        self._work = work
        self._over = threading.Event()
        self._done = threading.Event()
        self._result: Out | None = None
        self._error: BaseException | None = None

    def over(self) -> bool:
        """Whether its time is over, so that it should give up."""
        return self._over.is_set()

    def run(self, seconds: float, grace: float = GRACE) -> Out:
        """What the work gives; raises what it raises.

        Raises:
            TimeoutError: it took longer, but has ended by now.
            OverrunError: it took longer, and still goes on after another `grace` seconds.
        """
        deadline = time.monotonic() + seconds
        threading.Thread(target=self._carry_out, daemon=True).start()
        if not self._done.wait(max(0.0, deadline - time.monotonic())):
            self._over.set()
            raise TimeoutError if self._done.wait(grace) else OverrunError
        if self._error is not None:
            raise self._error
        result: Out = self._result  # type: ignore[assignment]  # a result without an error is of type Out
        return result

    def _carry_out(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:
            self._error = error
        self._done.set()
