"""Programs run as children: bounded in time and output, without our environment, without core dumps."""

import atexit
import fcntl
import os
import select
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from prodproof.facts import Reason, Unseen

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What a child inherits; HOME and every credential stay behind."""

MAX_OUTPUT = 64 * 1024 * 1024
MAX_ERROR = 1024 * 1024
_CHUNK = 1 << 16
_PIPE = 1 << 20
"""Bytes that a pipe holds (pipe(7): the most that anybody may ask for), so that both sides seldom wait."""


@dataclass(frozen=True)
class Finished:
    """A program that ended by itself."""

    code: int
    stdout: bytes
    stderr: bytes

    def error_line(self) -> str:
        """The last line that it wrote to standard error, shortened, for a message."""
        return _last_line(self.stderr) or f"exit code {self.code}"


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child: the few harmless variables and `extra`."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | dict(extra or {})


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    timeout: float,
    cwd: Path | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    max_output: int = MAX_OUTPUT,
    inherit: Sequence[int] = (),
    ending: Callable[[], bool] = lambda: False,
) -> Finished | Unseen:
    """Run a program to its end.

    Args:
        command: program and arguments; no shell is involved.
        timeout: seconds until the whole process group is killed.
        env: variables beside the few that are always passed on.
        max_output: bytes of standard output after which it is killed.
        inherit: file descriptors that it gets under the same numbers.
        ending: asked every second; True ends it (timed-out).

    Returns:
        What it wrote and its exit code, or why there is none: tool-missing, denied, timed-out or incomplete.
    """
    name = os.path.basename(os.fspath(command[0]))
    child = _spawn(command, cwd, env, subprocess.PIPE, subprocess.PIPE, inherit=inherit)
    if isinstance(child, Unseen):
        return child
    try:
        return _communicate(child, name, stdin, timeout, max_output, ending)
    finally:
        _end(child)
        _running.discard(child)


class Child:
    """A program that is read while it runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
        assert process.stdout is not None
        self._process = process
        self._errors = errors
        self._poll = select.poll()
        self._out = process.stdout.fileno()
        self._poll.register(self._out, select.POLLIN)
        with suppress(OSError, AttributeError):  # over the user's bound for pipes, or not on Linux: it is slower
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, _PIPE)
        self._in: int | None = None
        if process.stdin is not None:
            self._in = process.stdin.fileno()
            os.set_blocking(self._in, False)
            self._poll.register(self._in, select.POLLOUT)

    def wait(self, idle: float) -> tuple[bool, bool]:
        """Wait until there is something to do.

        Args:
            idle: seconds after which TimeoutError is raised.

        Returns:
            Whether it takes input and whether there is output (or its end) to read.
        """
        events = dict(self._poll.poll(idle * 1000))
        if not events:
            raise TimeoutError
        return self._in in events, self._out in events

    def write(self, data: bytes | memoryview) -> int:
        """Give it input, as much as it takes at once; returns how many bytes. All, if it has ended meanwhile."""
        assert self._in is not None
        try:
            return os.write(self._in, data)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            return len(data)

    def end_input(self) -> None:
        """There is no more input."""
        if self._in is not None and self._process.stdin is not None:
            self._poll.unregister(self._in)
            self._process.stdin.close()
            self._in = None

    def read_into(self, view: memoryview) -> int:
        """Fill the start of a buffer; waits for output. Returns how many bytes, 0 at the end."""
        return os.readv(self._out, [view])

    def ends(self, seconds: float) -> bool:
        """Whether it ends by itself in time, once its output has ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def code(self) -> int:
        """The exit code, once its output has ended; negative for a signal."""
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            _end(self._process)
            return self._process.returncode

    def error_line(self) -> str:
        """As `Finished.error_line`."""
        return _last_line(self._messages()) or "it ended early"

    def messages(self) -> str:
        """What it wrote to standard error, the end of it if that is long."""
        return self._messages().decode("utf-8", "replace")

    def _messages(self) -> bytes:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - MAX_ERROR))
        return self._errors.read(MAX_ERROR)


@contextmanager
def started(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> Iterator[Child | Unseen]:
    """A program that is read while it runs; it and its group are killed when the block ends.

    Args:
        command: program and arguments; no shell is involved.
        env: variables beside the few that are always passed on.
        stdin: a file descriptor, or subprocess.PIPE for `Child.write`.
    """
    with tempfile.TemporaryFile() as errors:
        child = _spawn(command, cwd, env, stdin, errors.fileno())
        if isinstance(child, Unseen):
            yield child
            return
        try:
            yield Child(child, errors)
        finally:
            _end(child)
            _running.discard(child)


class Filling:
    """A program that writes into a file which is read in the meantime, and written over again and again.

    Program and reader share the place where is written, so that one can set it back while the other waits.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", descriptor: int) -> None:
        assert process.stdin is not None
        self._process = process
        self._input = process.stdin.fileno()
        self._descriptor = descriptor

    def tell(self, data: bytes) -> bool:
        """Give it input, waiting until it has taken it; False if it has ended."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._input, rest) :]
        except BrokenPipeError:
            return False
        return True

    def written(self) -> int:
        """Where it writes next, in bytes."""
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def rewind(self) -> None:
        """Let it write at the start again; only while it waits for input."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    def over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None


@contextmanager
def filling(
    command: Sequence[str | os.PathLike[str]],
    descriptor: int,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Filling | Unseen]:
    """A program that fills a file; it and its group are killed when the block ends. Its errors are not kept.

    Args:
        command: program and arguments; no shell is involved.
        descriptor: of the file.
        env: variables beside the few that are always passed on.
    """
    child = _spawn(command, cwd, env, subprocess.PIPE, subprocess.DEVNULL, descriptor)
    if isinstance(child, Unseen):
        yield child
        return
    try:
        yield Filling(child, descriptor)
    finally:
        _end(child)
        _running.discard(child)


def _spawn(
    command: Sequence[str | os.PathLike[str]],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdin: int,
    stderr: int,
    stdout: int = subprocess.PIPE,
    inherit: Sequence[int] = (),
) -> "subprocess.Popen[bytes] | Unseen":
    name = os.path.basename(os.fspath(command[0]))
    try:
        child = subprocess.Popen(
            [os.fspath(part) for part in command],
            cwd=cwd,
            env=child_environment(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            pass_fds=inherit,
        )
    except FileNotFoundError:
        return Unseen(Reason.TOOL_MISSING, f"{name} is not installed")
    except (PermissionError, OSError) as error:
        return Unseen(Reason.DENIED, f"{name} cannot be started: {error.strerror or error}")
    _running.add(child)
    return child


def _last_line(errors: bytes) -> str:
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


_running: "set[subprocess.Popen[bytes]]" = set()


@atexit.register
def end_all() -> None:
    """Kill what still runs; a thread that is abandoned at exit must not leave its child behind."""
    for child in tuple(_running):
        _end(child)


def _communicate(
    child: "subprocess.Popen[bytes]",
    name: str,
    stdin: bytes,
    timeout: float,
    max_output: int,
    ending: Callable[[], bool],
) -> Finished | Unseen:
    assert child.stdin and child.stdout and child.stderr
    deadline = time.monotonic() + timeout
    out, err = bytearray(), bytearray()
    pending = memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ, out)
        selector.register(child.stderr, selectors.EVENT_READ, err)
        if stdin:
            os.set_blocking(child.stdin.fileno(), False)
            selector.register(child.stdin, selectors.EVENT_WRITE)
        else:
            child.stdin.close()
        while selector.get_map():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return Unseen(Reason.TIMED_OUT, f"{name} did not end within {timeout:g} s")
            if ending():
                return Unseen(Reason.TIMED_OUT, f"{name} was ended early")
            for key, _ in selector.select(min(remaining, 1.0)):
                if key.fileobj is child.stdin:
                    try:
                        pending = pending[os.write(key.fd, pending[:_CHUNK]) :]
                    except BrokenPipeError:
                        pending = pending[len(pending) :]
                    if not pending:
                        selector.unregister(child.stdin)
                        child.stdin.close()
                    continue
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.data is err:
                    err.extend(chunk[: max(0, MAX_ERROR - len(err))])
                else:
                    out.extend(chunk)
                    if len(out) > max_output:
                        return Unseen(Reason.INCOMPLETE, f"{name} wrote more than {max_output // 2**20} MB")
    try:
        code = child.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return Unseen(Reason.TIMED_OUT, f"{name} did not end within {timeout:g} s")
    return Finished(code, bytes(out), bytes(err))


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            child.kill()
        child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream and not stream.closed:
            try:
                stream.close()
            except BrokenPipeError:
                pass
