"""The service while it restarts: watched from before the runbook is followed until it answers again."""

import asyncio
import threading
import time

from prodproof.drills._restore_steps import looking
from prodproof.drills.drill import Proven, Refuted, Scene, SteadyState, Step, Values
from prodproof.facts import Unseen
from prodproof.facts.declared import Scenario
from prodproof.reach.answering import Answered, Watch
from prodproof.reach.load import of_url, unowned

ANSWER = "answer"
GOOD = 3
"""Good answers, one after the other, that show that it is back."""

_BORNE = 10**6
_lock = threading.Lock()
_watches: dict[str, Watch] = {}
"""By the drill. A process that goes on with a drill counts anew, which the drill's own record tells."""


def watching(scenario: Scenario) -> SteadyState:
    """It answers before and afterwards; while it restarts it may be silent, and that is counted."""
    return SteadyState(
        name="service",
        says=f"{scenario.health} answers; for how long it does not is counted",
        look=lambda scene: _look(scenario, scene),
        every=2.0,
        tolerate=_BORNE,
        time_limit=30,
        leave=_leave,
    )


def answer_step(scenario: Scenario, limit: float) -> Step:
    """The proof that the service is back."""
    return looking(
        ANSWER,
        "wait until the service answers, and say for how long it did not",
        lambda scene: _waited(scenario, scene, limit),
        lambda scene: _back(scene.gave[ANSWER]),
        limit + 60,
    )


def _watch(scenario: Scenario, scene: Scene) -> Watch | Unseen:
    assert scenario.health is not None
    with _lock:
        watch = _watches.get(scene.drill)
        if watch is None or watch.over:
            settings = scene.world.settings
            refused = asyncio.run(unowned(scenario.health, scene.declared, settings))
            if refused is not None:
                return refused
            watch = _watches[scene.drill] = Watch(of_url(scenario.health, settings, scene.declared))
        return watch


def _leave(drill: str) -> None:
    with _lock:
        watch = _watches.pop(drill, None)
    if watch is not None:
        watch.end()


def _look(scenario: Scenario, scene: Scene) -> Proven | Refuted | Unseen:
    watch = _watch(scenario, scene)
    if isinstance(watch, Unseen):
        return watch
    seen = _fresh(watch, scene, 15.0)
    return Proven("it answers") if seen.well else Refuted(f"it does not answer: {seen.why}")


def _waited(scenario: Scenario, scene: Scene, limit: float) -> Values | Unseen:
    watch = _watch(scenario, scene)
    if isinstance(watch, Unseen):
        return watch
    until, good, last = time.monotonic() + limit, 0, watch.look()
    while good < GOOD and time.monotonic() < until and not scene.ending():
        seen = _fresh(watch, scene, max(until - time.monotonic(), 0.0))
        good = good + 1 if seen.well and seen.asked > last.asked else 0
        last = seen
    return {"well": good >= GOOD, "unanswered": round(last.seconds, 3), "asked": last.asked, "why": last.why}


def _fresh(watch: Watch, scene: Scene, seconds: float) -> Answered:
    """What it says after one more request."""
    before, until = watch.look(), time.monotonic() + seconds
    seen = before
    while seen.asked <= before.asked and time.monotonic() < until and not scene.ending():
        time.sleep(0.02)
        seen = watch.look()
    return seen


def _back(gave: Values) -> Proven | Refuted:
    if not gave["well"]:
        return Refuted(f"the service does not answer: {gave['why']}")
    return Proven(f"it answers; it did not for {gave['unanswered']} s")
