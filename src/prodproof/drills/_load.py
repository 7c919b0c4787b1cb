"""The load under which a drill does its work: begun by the first look at it, counted until the last."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from prodproof.drills.drill import Proven, Refuted, Scene, SteadyState
from prodproof.facts import Unseen
from prodproof.facts.declared import Secret, SecretRotation
from prodproof.reach.load import Count, Load, of_command, of_url, unowned

FIRST_REQUESTS = 10
FIRST_SECONDS = 20.0
SLOW_RATE = 1.0
"""Requests a second."""

MAX_RATE = 1000.0
_lock = threading.Lock()
_loads: dict[str, list[Load]] = {}
"""By the drill, the last one under way. Only counts are kept; a process that goes on with a drill counts anew."""


def counted(scene: Scene) -> Count | Unseen:
    """What has come of the load of this drill; it begins when it does not run."""
    with _lock:
        loads = _loads.setdefault(scene.drill, [])
        if not loads or loads[-1].over:
            begun = _begun(scene)
            if isinstance(begun, Unseen):
                return begun
            loads.append(begun)
        counts = [load.look() for load in loads]
    return Count(
        sum(count.made for count in counts),
        sum(count.failed for count in counts),
        tuple(text for count in counts for text in count.failures),
        sum(count.seconds for count in counts),
        sum(count.throttled for count in counts),
    )


def slow_down(scene: Scene) -> None:
    """Enough was counted: what comes may take long (a person is asked), and is watched by one request a second."""
    with _lock:
        loads = _loads.get(scene.drill, [])
        slow = _begun(scene, SLOW_RATE) if loads else None
        if isinstance(slow, Load):
            loads[-1].end()
            loads.append(slow)


def end(drill: str) -> None:
    """End the load of a drill at once; one that was cut off ends when nobody looks at it any more.

    What was counted stays: a drill that goes on in this process adds to it.
    """
    with _lock:
        loads = _loads.get(drill, [])
    for load in loads:
        load.end()


def steady(rotation: SecretRotation) -> SteadyState:
    """The steady state: everybody who asks is answered."""
    what = rotation.load_url or rotation.load_command[0]
    return SteadyState(
        name="load",
        says=f"every request is answered: {rotation.load_rate:g} a second to {what}",
        look=_look,
        every=0.5,
        tolerate=0,
        leave=end,
        time_limit=FIRST_SECONDS + 10,
    )


def enough(scene: Scene, seconds: float) -> Count | Unseen:
    """Wait until as many requests were made as there must be, or the time is over, or one failed."""
    wanted = _rotation(scene).load_requests
    count = counted(scene)

    def there() -> bool:
        nonlocal count
        count = counted(scene)
        return isinstance(count, Unseen) or count.made >= wanted or count.failed > 0

    polled(there, seconds, scene.ending)
    return count


def _look(scene: Scene) -> Proven | Refuted | Unseen:
    count = counted(scene)

    def begun() -> bool:
        nonlocal count
        count = counted(scene)
        return isinstance(count, Unseen) or count.made >= FIRST_REQUESTS or count.failed > 0

    polled(begun, FIRST_SECONDS, scene.ending)
    if isinstance(count, Unseen):
        return count
    if count.failed:
        return Refuted(f"{count.failed} of {count.made} requests failed: {'; '.join(count.failures[:2])}")
    if count.made == 0:
        throttled = f"; {count.throttled} were throttled" if count.throttled else ""
        return Refuted(f"no request was answered{throttled}")
    return Proven(f"{count.made} requests, none failed")


def _rotation(scene: Scene) -> SecretRotation:
    secret = scene.target
    assert isinstance(secret, Secret) and secret.rotation is not None
    return secret.rotation


def _begun(scene: Scene, most: float = MAX_RATE) -> Load | Unseen:
    rotation, settings = _rotation(scene), scene.world.settings
    rate = min(rotation.load_rate, most)
    if rotation.load_url is None:
        return Load(of_command(rotation.load_command, Path(scene.declared.root or ".")), rate)
    refused = asyncio.run(unowned(rotation.load_url, scene.declared, settings))
    return refused or Load(of_url(rotation.load_url, settings, scene.declared), rate)


def polled(question: Callable[[], bool], seconds: float, ending: Callable[[], bool]) -> bool:
    """Whether something comes to be so in time."""
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until or ending():
            return False
        time.sleep(0.1)
    return True
