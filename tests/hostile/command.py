"""The real command as a process of its own, with what it cost."""

import atexit
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prodproof.trace.patterns import PatternMatcher, load_pack, without_doubles
from scripts.prove.cached import stand_in

MAX_MEMORY = 500 * 1024 * 1024
PATIENCE = 300.0
"""Seconds after which a run counts as hung; only machines that do much else come near it."""

ADDRESS_SPACE = 8 * 1024**3
"""What a run may map; a bomb that unpacks hits this before it hits the machine."""

START = """\
import sys
from functools import partial
import prodproof.cli.session, prodproof.cli.settings
for module in (prodproof.cli.session, prodproof.cli.settings):
    module.Settings = partial(module.Settings, connect_timeout={connect}, total_timeout={total})
from prodproof.cli.main import run
run()
"""

WATCH = """\
import json, os, sys
told = int(sys.argv[1])
os.set_inheritable(told, False)
child = os.fork()
if not child:
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
_, status, used = os.wait4(child, 0)
os.write(told, json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024]).encode())
"""
"""A small process between the tests and the command: a peak counts what a process held before it became the command,
and that would be whatever the tests hold."""


@dataclass(frozen=True)
class Ran:
    """How the command ended."""

    code: int
    out: str
    err: str
    peak: int
    """Bytes of memory at most, of the command or of a program that it started."""

    hung: bool

    @property
    def report(self) -> dict[str, dict[str, Any]]:
        """The guarantees of a JSON report by their id."""
        return {item["id"]: item for item in json.loads(self.out)["guarantees"]}


@cache
def _compiled() -> Path:
    """The rules for secrets, compiled: what the command would otherwise do for each of its homes, for seconds."""
    folder = Path(tempfile.mkdtemp(prefix="prodproof-compiled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    PatternMatcher(without_doubles(load_pack()), b"k" * 32, folder)
    return folder


@cache
def _programs() -> str:
    """Where programs are looked for: checkov, which takes seconds, gives its earlier answer for the very same files."""
    path, found = os.environ["PATH"], shutil.which("checkov")
    if found is None:
        return path
    folder = Path(tempfile.mkdtemp(prefix="prodproof-answers-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return os.pathsep.join((os.fspath(Path(stand_in(found, folder)).parent), path))


def prodproof(*arguments: object, home: Path, cwd: Path | None = None, connect: float = 0.5, total: float = 1.0) -> Ran:
    """Run the command.

    Args:
        home: where it keeps its configuration, keys and state.
        connect: seconds for a connection.
        total: seconds for one exchange; users wait longer than tests.
    """
    start = START.format(connect=connect, total=total)
    environment = {
        "PATH": _programs(),
        "HOME": os.fspath(home),
        "XDG_CONFIG_HOME": os.fspath(home / "config"),
        "XDG_STATE_HOME": os.fspath(home / "state"),
        "XDG_CACHE_HOME": os.fspath(home / "cache"),
        "TMPDIR": os.fspath(home),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    home.mkdir(exist_ok=True)
    if not (home / "cache").exists():
        shutil.copytree(_compiled(), home / "cache" / "prodproof")
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(reading, "rb") as told:
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WATCH, str(writing), "-c", start, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            cwd=cwd or home,
            pass_fds=(writing,),
            start_new_session=True,
            preexec_fn=_limit,
        )
        os.close(writing)
        hung = threading.Event()

        def end() -> None:
            hung.set()
            os.killpg(child.pid, signal.SIGKILL)

        watch = threading.Timer(PATIENCE, end)
        watch.start()
        try:
            child.wait()
        finally:
            watch.cancel()
        code, peak = (-signal.SIGKILL, 0) if hung.is_set() else json.loads(told.read())
        out.seek(0)
        err.seek(0)
        return Ran(
            code,
            out.read().decode("utf-8", "surrogateescape"),
            err.read().decode("utf-8", "surrogateescape"),
            peak,
            hung.is_set(),
        )


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def is_inert(text: str) -> bool:
    """Whether a terminal, a browser's address bar or a log viewer finds nothing to obey in it."""
    return not any(
        (ord(char) < 32 and char != "\n")  # terminal escapes
        or 0x7F <= ord(char) < 0xA0
        or char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"  # overrides of the direction of text
        or 0xD800 <= ord(char) < 0xE000  # bytes that are not UTF-8
        for char in text
    )


def check_manners(ran: Ran) -> None:
    """What holds for every run, whatever it was given."""
    assert not ran.hung, f"hung: {ran.err[-500:]}"
    assert "Traceback" not in ran.out + ran.err, ran.err[-2000:]
    assert ran.code in (0, 1, 2, 3), f"exit code {ran.code}: {ran.err[-500:]}"
    assert is_inert(ran.out) and is_inert(ran.err)
    assert ran.peak < MAX_MEMORY, f"{ran.peak // 2**20} MB"
