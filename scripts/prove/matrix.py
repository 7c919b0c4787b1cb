"""Carries the matrix out on a range: healthy once, then every fault and every withdrawal, mended in between."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason, Subject
from prodproof.facts.declared import Host
from prodproof.facts.hooks import HookTrial
from prodproof.plan import DrillNeeded, Step
from prodproof.range import Fault, Form, Range
from prodproof.range.components.application import Application
from prodproof.range.components.declaration import Declaration
from prodproof.verdicts import Kind
from scripts.prove.observer import Observer, Seen, bare_key, can
from scripts.prove.recording import Recorder
from scripts.prove.rows import Row, State, broken, healthy, withdrawn

_LATE = (Reason.INCOMPLETE, Reason.TIMED_OUT, Reason.UNREACHABLE)
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


def prove(range: Range, groups: Iterable[Sequence[Fault]], scope: Scope, recorder: Recorder) -> Iterator[Row]:
    """The rows of faults on one range that is up and healthy, as they come.

    Args:
        range: the system.
        groups: the faults, those together that share drills: these are carried out once for the healthy system.
        scope: how much is looked at again.
        recorder: keeps what was seen.

    Every guarantee is watched for changes, with what drills told of the healthy system as far as they were needed.
    """
    observer = Observer(range, scope.cache)
    before = settled(observer)
    hooks, by_id = _hooks(range), {item.id: item for item in observer.guarantees}

    def kept(row: Row, seen: Seen) -> Row:
        recorder.keep(row, seen, by_id[row.guarantee])
        return row

    def judged(fault: Fault, seen: Seen) -> Seen:
        return seen.alone(by_id[fault.guarantee], Subject.parse(fault.subject)) if fault.alone else seen

    for faults in groups:
        before = _exercised(observer, before, {fault.guarantee for fault in faults})
        for fault in faults:
            seen = judged(fault, before)
            yield kept(healthy(by_id[fault.guarantee], seen.results[fault.guarantee]), seen)
        for fault in faults:
            for variant, _ in enumerate(fault.ways):
                touched = range.break_(fault, variant)
                tries = fault.guarantee == HOOKS_TRIED or _hooks(range) != hooks
                reads = _reads(range, touched, scope, before, tries=tries, own=fault.guarantee, watched=not variant)
                after = judged(fault, observer.look(before, wanted=reads, exercise=_again(fault, scope)))
                yield kept(broken(fault, variant, before.results, after.results), after)
                # The next variant is watched by its own claim alone, so it does not matter what else it takes up.
                range.mend(later=() if variant == len(fault.ways) - 1 else (Application.name,))
            range.withdraw(fault)
            after = observer.look(only={fault.guarantee}, told=before.told, exercise=_again(fault, scope))
            after = judged(fault, after)
            yield kept(withdrawn(fault, after.results[fault.guarantee]), after)
            range.mend()
    yield from _still_healthy(before, _waited_for(observer, observer.look(told=before.told)))


def _exercised(observer: Observer, before: Seen, ids: set[str]) -> Seen:
    """The same look, with what the drills tell that some guarantees ask for."""

    def needed(need: DrillNeeded) -> bool:
        return need.key not in before.told and bool(ids & set(need.guarantees))

    if not any(can(need) and needed(need) for need in before.plan.drills):
        return before
    return observer.look(before, wanted=lambda step: False, exercise=needed)


def _again(fault: Fault, scope: Scope) -> Callable[[DrillNeeded], bool]:
    names = {f"drill {name}" for name in fault.drills}

    def again(need: DrillNeeded) -> bool:
        return need.key in names or (scope.whole and fault.guarantee in need.guarantees)

    return again


def settled(observer: Observer) -> Seen:
    """The healthy range, looked at before and after its certificate was renewed, as a watched system is."""
    range = observer.range
    if range.form is not Form.EMBEDDED:
        observer.look(only={"exposure.certificate-renews"}, remember=True)
        # A certificate's dates are whole seconds: the next one must begin later than this one was seen.
        time.sleep(1.1)
        range.front.renew()
        range.keep_as_healthy()
    return _waited_for(observer, observer.look())


def _waited_for(observer: Observer, seen: Seen) -> Seen:
    """The same look; where something was late, once more.

    Several ranges keep a machine busy: what was sent may not have come to its log when that is read.
    """
    late = {id for id, result in seen.results.items() if result.kind is Kind.UNKNOWN and result.reason in _LATE}
    if not late:
        return seen
    return observer.look(seen, wanted=lambda step: bool(late.intersection(step.guarantees)))


def _hooks(range: Range) -> tuple[bytes, ...]:
    """What decides how the repository's hooks answer."""
    files = (range.repo.directory / name for name in HOOK_FILES)
    return tuple(file.read_bytes() if file.is_file() else b"" for file in files)


def _reads(
    range: Range,
    touched: Collection[str],
    scope: Scope,
    before: Seen,
    *,
    tries: bool,
    own: str,
    watched: bool,
) -> Callable[[Step], bool]:
    kinds = {kind for part in range.parts if part.name in touched for kind in part.seen_by}
    scanned = {
        kind for part in range.parts if part.name in touched and part.name != Declaration.name for kind in part.seen_by
    }
    known = {bare_key(step): step.about for step in before.plan.steps}

    def reads(step: Step) -> bool:
        if scope.whole:
            return True
        same = known.get(bare_key(step)) == step.about
        # A port scan takes long, and depends on what is declared of its host alone.
        if isinstance(step.about, Host) and Host not in scanned and same:
            return False
        # Hooks are tried for seconds, and answer by their own files alone.
        if HookTrial in step.probe.facts and not tries:
            return False
        # The catalogue's own fault is watched by every claim that what it touches may change, further ones by theirs.
        return own in step.guarantees or (watched and (step.probe.per in kinds or not same))

    return reads


def _still_healthy(before: Seen, after: Seen) -> Iterator[Row]:
    """After everything was mended the range must be as it was; a row only where it is not."""
    for id, result in after.results.items():
        was = before.results[id]
        if (was.kind, was.reason) != (result.kind, result.reason):
            message = f"after all was mended: {result.kind} ({result.message[:200]}), was {was.kind}"
            reason = str(result.reason) if result.reason else None
            yield Row(id, State.HEALTHY, "mended", str(result.kind), reason, result.message[:300], (message,))
