"""For how long an address did not answer: asked again and again, from a thread of its own.

It lives as long as somebody looks at it, like a load: a drill that was cut off leaves none behind.
"""

import asyncio
import threading
import time
from dataclasses import dataclass

from prodproof.reach.load import LEASE, Request

EVERY = 0.1
"""Seconds between two requests."""


@dataclass(frozen=True)
class Answered:
    """What has come of it so far."""

    asked: int
    failed: int
    seconds: float
    """From each first request without a good answer to the next one with it, together."""

    well: bool
    """Whether the last one was answered."""

    why: str = ""
    """Why the last bad one was not, in a few words."""


class Watch:
    """One address that is watched.

    Args:
        request: asks it once; None when it was answered well.
        every: seconds between two requests.
        lease: seconds without a look after which it ends.
    """

    def __init__(self, request: Request, every: float = EVERY, lease: float = LEASE) -> None:
        self._request, self._every, self._lease = request, every, lease
        self._lock = threading.Lock()
        self._asked = self._failed = 0
        self._gone = 0.0
        self._since: float | None = None
        self._why = ""
        self._looked = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True, name="watch")
        self._thread.start()

    def look(self) -> Answered:
        """What has come of it so far; keeps it going."""
        with self._lock:
            self._looked = time.monotonic()
            now = 0.0 if self._since is None else self._looked - self._since
            well = self._since is None and self._asked > 0
            return Answered(self._asked, self._failed, self._gone + now, well, self._why)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def end(self) -> None:
        """End it."""
        self._over.set()
        self._thread.join(self._lease)

    async def _run(self) -> None:
        while not self._over.is_set() and time.monotonic() - self._looked <= self._lease:
            begun = time.monotonic()
            failure = await self._request()
            with self._lock:
                self._asked += 1
                if failure is not None:
                    self._failed += 1
                    self._why = failure
                    # It did not answer whoever asked then, however long it took to say so.
                    self._since = begun if self._since is None else self._since
                elif self._since is not None:
                    self._gone += time.monotonic() - self._since
                    self._since = None
            await asyncio.sleep(self._every)
