"""A program whose output is read as it comes: no bound on its length, but on the silence between two bytes."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from prodproof.reach.process import child_environment

MAX_MESSAGES = 64 * 1024
"""Bytes of standard error that are kept."""


class Piped:
    """A running child; a context manager that kills its process group at the end.

    Args:
        command: program and arguments; no shell is involved.
        silence: seconds without a byte after which it is given up.
        env: variables beside the few that are always passed on.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], *, silence: float, env: Mapping[str, str] | None = None) -> None:
        self._silence = silence
        self._messages = bytearray()
        self.silent = False
        """Whether it was given up."""

        self._child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(env),
            start_new_session=True,
        )
        assert self._child.stdout and self._child.stderr
        self._output = self._child.stdout.fileno()
        self._errors = self._child.stderr.fileno()
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._output, self._errors):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)

    def __enter__(self) -> "Piped":
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        if self._child.poll() is None:
            try:
                os.killpg(self._child.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._child.kill()
            self._child.wait()
        for stream in (self._child.stdout, self._child.stderr):
            if stream:
                stream.close()

    def readinto(self, into: memoryview) -> int:
        """Fill the start of a buffer with what comes next; 0 at the end, or when it was given up."""
        deadline = time.monotonic() + self._silence
        while self._selector.get_map():
            ready = {key.fd for key, _ in self._selector.select(max(0.0, deadline - time.monotonic()))}
            if not ready:
                self.silent = True
                return 0
            if self._errors in ready:
                self._take_message()
            if self._output in ready:
                count = os.readv(self._output, [into])
                if count:
                    return count
                self._selector.unregister(self._output)
        return 0

    def code(self) -> int | None:
        """Its exit code after the output's end; None if it does not end."""
        try:
            return self._child.wait(self._silence)
        except subprocess.TimeoutExpired:
            return None

    @property
    def messages(self) -> str:
        """What it wrote to standard error."""
        return self._messages.decode("utf-8", "replace")

    def _take_message(self) -> None:
        message = os.read(self._errors, 1 << 16)
        if not message:
            self._selector.unregister(self._errors)
        self._messages += message[: MAX_MESSAGES - len(self._messages)]
