"""For how long something did not answer."""

import time
from collections.abc import Callable

from prodproof.reach.answering import Answered, Watch


class Service:
    """Answers, or says why not; every request is counted."""

    def __init__(self) -> None:
        self.down = ""
        self.asked = 0

    async def request(self) -> str | None:
        self.asked += 1
        return self.down or None


def until(watch: Watch, so: Callable[[Answered], bool], seconds: float = 30.0) -> Answered:
    """What the watch says once it is so."""
    end = time.monotonic() + seconds
    while not so(seen := watch.look()):
        assert time.monotonic() < end, seen
        time.sleep(0.005)
    return seen


def test_only_the_time_without_an_answer_is_counted() -> None:
    service = Service()
    watch = Watch(service.request, every=0.01)
    before = until(watch, lambda seen: seen.asked >= 3)
    assert (before.failed, before.seconds, before.well) == (0, 0.0, True)
    service.down, gone = "refused", time.monotonic()
    during = until(watch, lambda seen: seen.failed >= 3)
    assert not during.well and during.seconds > 0 and during.why == "refused"
    service.down = ""
    after = until(watch, lambda seen: seen.well)
    assert during.seconds <= after.seconds <= time.monotonic() - gone + 0.1
    later = until(watch, lambda seen: seen.asked >= after.asked + 5)
    assert later.seconds == after.seconds, "it goes on to answer, and nothing is added"
    watch.end()
    assert watch.over


def test_two_silences_add_up() -> None:
    service = Service()
    watch = Watch(service.request, every=0.005)
    total = 0.0
    for _ in range(2):
        service.down = "away"
        until(watch, lambda seen: not seen.well and seen.failed > 0)
        service.down = ""
        seen = until(watch, lambda seen: seen.well)
        assert seen.seconds > total
        total = seen.seconds
    watch.end()


def test_nothing_is_well_before_somebody_asked() -> None:
    async def never() -> str | None:
        return "no answer"

    watch = Watch(never, every=0.01)
    assert not until(watch, lambda seen: seen.asked > 0).well
    watch.end()


def test_it_ends_when_nobody_looks() -> None:
    service = Service()
    watch = Watch(service.request, every=0.01, lease=0.2)
    end = time.monotonic() + 30
    while not watch.over:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert service.asked > 0
