"""Carries the matrix out on a range: healthy once, then every fault and every withdrawal, mended in between."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts.declared import Host
from prodproof.facts.hooks import HookTrial
from prodproof.plan import Step
from prodproof.range import Fault, Form, Range
from prodproof.range.components.declaration import Declaration
from scripts.prove.observer import Observer, Seen
from scripts.prove.recording import Recorder
from scripts.prove.rows import Row, State, broken, healthy, withdrawn

HOOKS_TRIED = "secrets.scanned-before-commit"
HOOK_FILES = (".pre-commit-config.yaml", "prodproof.toml", "package.json")
"""Beside what faults of `HOOKS_TRIED` themselves change."""


@dataclass(frozen=True)
class Scope:
    """How much is looked at again."""

    whole: bool = False
    """After every fault everything, instead of only what reads the touched components."""

    cache: Path | None = None
    """Where answers of slow programs are kept for the same files; always asked anew if None."""


def prove(range: Range, faults: Sequence[Fault], scope: Scope, recorder: Recorder) -> Iterator[Row]:
    """The rows of some faults on one range that is up and healthy, as they come.

    The healthy rows are those of the guarantees of these faults; every guarantee is watched for changes.
    """
    observer = Observer(range, scope.cache)
    before = settled(observer)
    by_id = {item.id: item for item in observer.guarantees}

    def kept(row: Row, seen: Seen) -> Row:
        recorder.keep(row, seen, by_id[row.guarantee])
        return row

    for fault in faults:
        yield kept(healthy(by_id[fault.guarantee], before.results[fault.guarantee]), before)
    for fault in faults:
        for variant, _ in enumerate(fault.ways):
            hooks = _hooks(range)
            touched = range.break_(fault, variant)
            tries = fault.guarantee == HOOKS_TRIED or _hooks(range) != hooks
            after = observer.look(before, wanted=_reads(range, touched, scope, before, tries=tries))
            yield kept(broken(fault, variant, before.results, after.results), after)
            range.mend()
        range.withdraw(fault)
        after = observer.look(only={fault.guarantee})
        yield kept(withdrawn(fault, after.results[fault.guarantee]), after)
        range.mend()
    yield from _still_healthy(before, observer.look())


def settled(observer: Observer) -> Seen:
    """The healthy range, looked at before and after its certificate was renewed, as a watched system is."""
    range = observer.range
    if range.form is not Form.EMBEDDED:
        observer.look(only={"exposure.certificate-renews"}, remember=True)
        # A certificate's dates are whole seconds: the next one must begin later than this one was seen.
        time.sleep(1.1)
        range.front.renew()
        range.keep_as_healthy()
    return observer.look()


def _hooks(range: Range) -> tuple[bytes, ...]:
    """What decides how the repository's hooks answer."""
    files = (range.repo.directory / name for name in HOOK_FILES)
    return tuple(file.read_bytes() if file.is_file() else b"" for file in files)


def _reads(
    range: Range, touched: Collection[str], scope: Scope, before: Seen, *, tries: bool
) -> Callable[[Step], bool]:
    kinds = {kind for part in range.parts if part.name in touched for kind in part.seen_by}
    scanned = {
        kind for part in range.parts if part.name in touched and part.name != Declaration.name for kind in part.seen_by
    }
    same = {step.about for step in before.plan.steps if isinstance(step.about, Host)}

    def reads(step: Step) -> bool:
        # A port scan takes long, and depends on what is declared of its host alone.
        if isinstance(step.about, Host) and Host not in scanned and step.about in same:
            return scope.whole
        # Hooks are tried for seconds, and answer by their own files alone.
        if HookTrial in step.probe.facts and not tries:
            return scope.whole
        return scope.whole or step.probe.per in kinds

    return reads


def _still_healthy(before: Seen, after: Seen) -> Iterator[Row]:
    """After everything was mended the range must be as it was; a row only where it is not."""
    for id, result in after.results.items():
        was = before.results[id]
        if (was.kind, was.reason) != (result.kind, result.reason):
            message = f"after all was mended: {result.kind} ({result.message[:200]}), was {was.kind}"
            reason = str(result.reason) if result.reason else None
            yield Row(id, State.HEALTHY, "mended", str(result.kind), reason, result.message[:300], (message,))
