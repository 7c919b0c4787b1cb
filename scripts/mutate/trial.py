"""One mutant in a forked child: imported under its own name, then put before everything that may notice it."""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType

from scripts.mutate import killers
from scripts.mutate.mutants import ROOT, Mutant

MEMORY = 3 * 2**30
"""Bytes of address space that a mutant may take; more is noticed."""


@dataclass(frozen=True)
class Outcome:
    """Whether a mutant was noticed, and by what."""

    killed: bool
    by: str
    """`import`, `examples`, `tests`, `recordings`, `time` (it does not end) or `crash`; "" if it lives."""

    detail: str = ""


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, mutant: Mutant) -> None:
        self.name, self.path = mutant.module, ROOT / mutant.path
        self.code: CodeType = compile(mutant.source(), str(self.path), "exec")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        package = self.path.name == "__init__.py"
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=str(self.path), is_package=package)
        spec.submodule_search_locations = [str(self.path.parent)] if package else None
        return spec

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        exec(self.code, vars(module))  # the file itself, with one change


def run(mutant: Mutant | None, module: str, fresh: bool) -> Outcome:
    """Put a mutant (None: the file as it is) before its checks; `fresh` if nothing of the catalogue is imported yet."""
    try:
        if not fresh:
            killers.forget(module)
        if mutant is not None:
            sys.meta_path.insert(0, _Mutated(mutant))
        importlib.import_module(module)
        kinds = list(killers.of(module))
    except Exception as error:
        return Outcome(True, "import", f"{type(error).__name__}: {error}")
    for kind, checks in kinds:
        try:
            for name, check in checks:
                try:
                    check()
                except BaseException as error:  # pytest's own failures are no Exceptions
                    return Outcome(True, kind, f"{name}: {type(error).__name__}")
        except Exception as error:
            return Outcome(True, "import", f"{type(error).__name__}: {error}")
    return Outcome(False, "")


def fork(mutant: Mutant | None, module: str, fresh: bool, seconds: float) -> tuple[int, int]:
    """Start `run` in a child with a limit of processor time; returns its pid and the pipe that it answers on."""
    reader, writer = os.pipe()
    if pid := os.fork():
        os.close(writer)
        return pid, reader
    # Only the child gets here; it never returns into the parent's stack.
    try:
        os.close(reader)
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        outcome = run(mutant, module, fresh)
        os.write(writer, json.dumps([outcome.killed, outcome.by, outcome.detail[:300]]).encode())
    finally:
        os._exit(0)


def reap(pid: int, answer: bytes) -> Outcome:
    """The outcome of a child whose pipe has ended."""
    _, status = os.waitpid(pid, 0)
    if answer:
        return Outcome(*json.loads(answer))
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
        return Outcome(True, "time", "it does not end")
    return Outcome(True, "crash", f"ended with status {status}")
