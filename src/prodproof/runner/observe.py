"""Carries one step of a plan out, and turns whatever happens into surveys."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from prodproof.facts import Reason, Survey, Unseen, lost
from prodproof.plan import Step
from prodproof.probes.probe import Answer
from prodproof.reach.world import World

Crashed = Callable[[Step, BaseException], str]
"""Writes a redacted report of a crash and returns what to call it in one line."""

Out = TypeVar("Out")


async def observe(step: Step, world: World, crashed: Crashed) -> tuple[Survey[Any], ...]:
    """Run one step within its time limit; one survey for each type of fact of its probe, whatever happens."""
    if step.why_not is not None:
        return nothing(step, step.why_not)
    try:
        async with asyncio.timeout(step.probe.time_limit):
            answer = await _call(step, world)
    except TimeoutError:
        return nothing(step, Unseen(Reason.TIMED_OUT, f"did not end within {step.probe.time_limit:g} s"))
    except Exception as error:  # any fault of a probe costs its own answer only
        return nothing(step, Unseen(Reason.CRASHED, crashed(step, error)))
    surveys = answer if isinstance(answer, tuple) else (answer,)
    seen = {survey.fact for survey in surveys}
    missing = [fact for fact in step.probe.facts if fact not in seen]
    return surveys + tuple(lost(fact, Reason.INCOMPLETE, "the probe did not answer for this") for fact in missing)


def nothing(step: Step, unseen: Unseen) -> tuple[Survey[Any], ...]:
    """The surveys of a step that saw nothing."""
    return tuple(lost(fact, unseen.why, unseen.detail) for fact in step.probe.facts)


async def _call(step: Step, world: World) -> Answer:
    observe = step.probe.observe
    if step.probe.is_async:
        answer = observe(step.about, world)
    else:
        answer = await in_daemon_thread(lambda: observe(step.about, world))
    return await answer if isinstance(answer, Awaitable) else answer


async def in_daemon_thread(work: Callable[[], Out]) -> Out:
    """Run blocking work beside the event loop.

    A daemon thread, because one that hangs past its time limit must not keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Out] = loop.create_future()

    def finish(result: Out | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # a result without an error is of type Out

    def target() -> None:
        try:
            result = work()
        except BaseException as error:
            outcome: tuple[Out | None, BaseException | None] = (None, error)
        else:
            outcome = (result, None)
        try:
            loop.call_soon_threadsafe(finish, *outcome)
        except RuntimeError:
            pass  # the loop has ended; nobody waits for this any more

    threading.Thread(target=target, daemon=True).start()
    return await done
