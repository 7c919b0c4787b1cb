"""Tells an application to read its secrets anew: by a program, an address, a signal, or not at all."""

import asyncio
import os
import signal
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, SecretRotation
from prodproof.reach.http.client import HttpClient
from prodproof.reach.load import unowned
from prodproof.reach.marked import MARK
from prodproof.reach.process import run
from prodproof.reach.world import Settings

MAX_OUTPUT = 1024 * 1024


def way_of(rotation: SecretRotation) -> str:
    """How it is told: `command`, `url`, `signal` or `waiting`."""
    if rotation.pick_up:
        return "command"
    if rotation.pick_up_url:
        return "url"
    return "signal" if rotation.pick_up_pid_file else "waiting"


def tell(rotation: SecretRotation, declared: Declared, settings: Settings, mark: str, seconds: float) -> Unseen | None:
    """Tell it. None when it was told; whether it listened is another question.

    Args:
        mark: of the step, for the program.
        seconds: for which the program may run.
    """
    root = Path(declared.root or ".")
    match way_of(rotation):
        case "command":
            ran = run(rotation.pick_up, timeout=seconds, cwd=root, env={MARK: mark}, max_output=MAX_OUTPUT)
            if isinstance(ran, Unseen):
                return ran
            name = os.path.basename(rotation.pick_up[0])
            # What it says is not repeated: it has just handled secrets.
            return None if ran.code == 0 else Unseen(Reason.INCOMPLETE, f"{name} ended with exit code {ran.code}")
        case "url":
            return asyncio.run(_posted(rotation.pick_up_url or "", declared, settings))
        case "signal":
            return _signalled(root / (rotation.pick_up_pid_file or ""), rotation.pick_up_signal)
        case _:
            return None


async def _posted(url: str, declared: Declared, settings: Settings) -> Unseen | None:
    if refused := await unowned(url, declared, settings):
        return refused
    hosts = {host.name.lower(): frozenset(host.addresses) for host in declared.all_hosts or declared.hosts}
    answer = await HttpClient(settings, hosts).ask(url, "POST")
    if isinstance(answer, Unseen):
        return answer
    return None if 200 <= answer.status < 300 else Unseen(Reason.INCOMPLETE, f"{url} answered {answer.status}")


def _signalled(file: Path, name: str) -> Unseen | None:
    try:
        pid = int(file.read_text(encoding="ascii")[:20])
        if pid <= 1:
            raise ValueError
        os.kill(pid, signal.Signals[f"SIG{name}"])
    except (ValueError, OverflowError):
        return Unseen(Reason.INCOMPLETE, f"{file} holds no number of a process")
    except ProcessLookupError:
        return Unseen(Reason.UNREACHABLE, f"the process in {file} does not run")
    except PermissionError:
        return Unseen(Reason.DENIED, f"the process in {file} may not be signalled")
    except OSError as error:
        return Unseen(Reason.NOT_CONFIGURED, f"{file} cannot be read: {error.strerror}")
    return None
