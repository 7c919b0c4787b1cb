"""Forks children over the cores, and says how far it is."""

import gc
import importlib
import os
import selectors
import sys
import time
from collections.abc import Iterable

from scripts.mutate import killers, trial
from scripts.mutate.mutants import Mutant
from scripts.mutate.trial import Outcome

SECONDS = 10.0
"""Processor time of a mutant of one claim or its helpers; ordinary ones take hundredths."""

SECONDS_WHOLE = 60.0
"""The same where the whole catalogue is read again; ordinary ones take one or two."""

Ended = list[tuple[Mutant, Outcome]]


def run(mutants: list[Mutant], jobs: int) -> Ended | None:
    """Run every mutant; None, with words on stderr, where the checks fail without any."""
    _prepare()
    whole = [mutant for mutant in mutants if killers.dependents(mutant.module) is None]
    parts = [mutant for mutant in mutants if killers.dependents(mutant.module) is not None]
    progress = _Progress(len(mutants))
    outcomes: dict[Mutant, Outcome] = {}
    for some, fresh, seconds in ((whole, True, SECONDS_WHOLE), (parts, False, SECONDS)):
        if not some:
            continue
        if not fresh:
            _import_all()
        modules = sorted({mutant.module for mutant in some})
        for module, outcome in zip(modules, _all(((None, name) for name in modules), fresh, seconds, jobs, None)):
            if outcome.killed:
                print(f"{module}: fails without a mutant: {outcome.by} {outcome.detail}", file=sys.stderr)
                return None
        pairs = ((mutant, mutant.module) for mutant in some)
        outcomes.update(zip(some, _all(pairs, fresh, seconds, jobs, progress)))
    progress.end()
    return [(mutant, outcomes[mutant]) for mutant in mutants]


def _prepare() -> None:
    """Import what no mutant can change, once for all children."""
    hypothesis = importlib.import_module("hypothesis")
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        max_examples=30,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutants")
    for name in ("pytest", "hypothesis.strategies", "prodproof.facts", "prodproof.facts.codec"):
        importlib.import_module(name)


def _import_all() -> None:
    for name in ("prodproof.guarantees", "tests.guarantees.test_examples", "tests.range.recordings"):
        importlib.import_module(name)
    importlib.import_module("prodproof.guarantees").catalogue()
    gc.collect()
    gc.freeze()


def _all(
    work: Iterable[tuple[Mutant | None, str]], fresh: bool, seconds: float, jobs: int, progress: "_Progress | None"
) -> list[Outcome]:
    todo = list(enumerate(work))[::-1]
    outcomes: dict[int, Outcome] = {}
    answers: dict[int, bytes] = {}
    with selectors.DefaultSelector() as selector:
        while todo or answers:
            while todo and len(answers) < jobs:
                number, (mutant, module) = todo.pop()
                pid, reader = trial.fork(mutant, module, fresh, seconds)
                answers[number] = b""
                selector.register(reader, selectors.EVENT_READ, (number, pid))
            for key, _ in selector.select():
                number, pid = key.data
                if data := os.read(key.fd, 65536):
                    answers[number] += data
                    continue
                selector.unregister(key.fd)
                os.close(key.fd)
                outcomes[number] = trial.reap(pid, answers.pop(number))
                if progress is not None:
                    progress.count(outcomes[number])
    return [outcomes[number] for number in sorted(outcomes)]


class _Progress:
    """One line on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.survived = total, 0, 0
        self.started = self.said = time.monotonic()
        self.live = sys.stderr.isatty()

    def count(self, outcome: Outcome) -> None:
        self.done += 1
        self.survived += not outcome.killed
        now = time.monotonic()
        if now - self.said < (0.2 if self.live else 10):
            return
        self.said = now
        left = (now - self.started) / self.done * (self.total - self.done)
        text = f"{self.done}/{self.total} mutants, {self.survived} live, about {left:.0f} s left"
        print(f"\r{text:60}" if self.live else text, end="" if self.live else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.live:
            print(f"\r{'':60}\r", end="", file=sys.stderr)
