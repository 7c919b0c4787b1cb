"""A steady load on one entry point, from a thread of its own: it counts what fails.

The load lives as long as somebody looks at it: without a look for `LEASE` seconds it ends by itself, as it does after
its bounds. So nobody has to end it, and a drill that was cut off leaves none behind.
"""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared
from prodproof.reach.http.client import HttpClient
from prodproof.reach.process import child_environment
from prodproof.reach.world import Settings

LEASE = 10.0
"""Seconds."""

MAX_SECONDS = 4 * 3600.0
MAX_REQUESTS = 1_000_000
MAX_WAITING = 32
"""Requests that are under way at once. Beyond that the load waits, and its rate is what the count says. Many servers
let one visitor have no more than 100 connections."""

MAX_BODY = 64 * 1024
REQUEST_SECONDS = 10.0
KEPT_FAILURES = 5

Request = Callable[[], Coroutine[Any, Any, str | None]]
"""Makes one request; None when it was answered well, else why not in a few words."""


class Throttled(str):
    """Why a request was not answered: there were too many of them. That is the load's doing, and no failure."""


@dataclass(frozen=True)
class Count:
    """What has come of the requests so far."""

    made: int
    failed: int
    failures: tuple[str, ...]
    """The first few, in a few words each."""

    seconds: float
    """Since the first request."""

    throttled: int = 0
    """Requests that were turned away because there were too many; they are in none of the other counts."""

    @property
    def rate(self) -> float:
        """Requests a second, as they were answered."""
        return self.made / self.seconds if self.seconds > 0 else 0.0


class Load:
    """One load that is under way.

    Args:
        request: makes one request.
        rate: requests a second.
        lease: seconds without a look after which it ends.
    """

    def __init__(self, request: Request, rate: float, lease: float = LEASE) -> None:
        self._request, self._rate, self._lease = request, rate, lease
        self._lock = threading.Lock()
        self._made = self._failed = self._throttled = 0
        self._failures: list[str] = []
        self._began = time.monotonic()
        self._looked = self._began
        self._latest = self._began
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="load")
        self._thread.start()

    def look(self) -> Count:
        """What has come of it so far; keeps it going."""
        with self._lock:
            self._looked = time.monotonic()
            seconds = self._latest - self._began
            return Count(self._made, self._failed, tuple(self._failures), seconds, self._throttled)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def end(self) -> Count:
        """End it, and wait for the requests that are under way."""
        self._over.set()
        self._thread.join(REQUEST_SECONDS + 5)
        return self.look()

    def _run(self) -> None:
        asyncio.run(self._keep_going())

    async def _keep_going(self) -> None:
        waiting: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        began, count = due, 0
        while not self._ended(began, count):
            now = time.monotonic()
            if now < due:
                await asyncio.sleep(min(due - now, 0.2))
                continue
            if len(waiting) >= MAX_WAITING:
                # A server that answers none of them is seen when their time is over; a slow client is no failure.
                await asyncio.wait(waiting, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
                continue
            # A machine that stood still makes up for no lost time.
            due = max(due + 1 / self._rate, now - 1.0)
            count += 1
            task = asyncio.create_task(self._one())
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        if waiting:
            await asyncio.wait(waiting, timeout=REQUEST_SECONDS + 2)

    def _ended(self, began: float, count: int) -> bool:
        now = time.monotonic()
        tired = now - self._looked > self._lease
        return self._over.is_set() or tired or now - began > MAX_SECONDS or count >= MAX_REQUESTS

    async def _one(self) -> None:
        self._tell(await self._request())

    def _tell(self, failure: str | None) -> None:
        with self._lock:
            if isinstance(failure, Throttled):
                self._throttled += 1
                return
            self._made += 1
            self._latest = time.monotonic()
            if failure is not None:
                self._failed += 1
                if len(self._failures) < KEPT_FAILURES:
                    self._failures.append(failure)


def of_url(url: str, settings: Settings, declared: Declared) -> Request:
    """Requests for an address; only an answer of 2xx is a good one."""
    hosts = {host.name.lower(): frozenset(host.addresses) for host in declared.all_hosts or declared.hosts}
    # The load has a rate of its own.
    client = HttpClient(replace(settings, rate=0.0, total_timeout=REQUEST_SECONDS), hosts)

    async def request() -> str | None:
        answer = await client.ask(url, max_body=MAX_BODY)
        if isinstance(answer, Unseen):
            return answer.detail
        says = f"{urlsplit(url).hostname} answered {answer.status}"
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return Throttled(says)
        return None if 200 <= answer.status < 300 else says

    return request


def of_command(command: Sequence[str], root: Path) -> Request:
    """Requests by a program that makes one each time it is run; exit code 0 is a good answer."""

    async def request() -> str | None:
        try:
            child = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=root,
                env=child_environment(),
                start_new_session=True,
            )
        except OSError as error:
            return f"{command[0]} cannot be started: {error.strerror}"
        try:
            code = await asyncio.wait_for(child.wait(), REQUEST_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()
            return f"no end within {REQUEST_SECONDS:g} s"
        return None if code == 0 else f"exit code {code}"

    return request


async def unowned(url: str, declared: Declared, settings: Settings) -> Unseen | None:
    """Why an address may not be loaded: nothing shows that it is the team's own. None when it may."""
    from prodproof.reach.dns.resolver import Resolver
    from prodproof.reach.ownership import unproven

    client = HttpClient(settings, {host.name.lower(): frozenset(host.addresses) for host in declared.all_hosts})
    host = urlsplit(url).hostname or ""
    addresses = await client.addresses(host)
    if isinstance(addresses, Unseen):
        return addresses

    async def fetch(path: str) -> bytes | Unseen:
        answer = await client.ask(f"https://{host}{path}", max_body=MAX_BODY)
        if isinstance(answer, Unseen):
            return answer
        return answer.body if answer.status == 200 else Unseen(Reason.NOT_CONFIGURED, "there is none")

    resolver = Resolver(settings, next((zone.nameserver for zone in declared.zones), None))
    return await unproven(host, addresses, declared.ownership, resolver.texts, fetch)
