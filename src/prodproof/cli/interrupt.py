"""Running on the event loop so that Ctrl-C always ends it."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

Out = TypeVar("Out")


def run(work: Coroutine[Any, Any, Out]) -> Out:
    """Run to the end. Raises KeyboardInterrupt when interrupted, after everything under way was cancelled.

    `asyncio.run` alone can miss the signal: one that arrives just before the loop goes to sleep is noticed only at the
    loop's next event, which may be minutes away. A signal handler of the loop's own wakes it.
    """

    async def interruptible() -> Out:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        try:
            loop.add_signal_handler(signal.SIGINT, task.cancel)
        except (RuntimeError, ValueError):  # not the main thread: whoever runs us there gets the signal
            return await work
        try:
            return await work
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    return asyncio.run(interruptible())
