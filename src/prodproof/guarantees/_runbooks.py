"""What a look at a runbook says of it."""

from collections.abc import Iterable, Iterator

from prodproof.facts import Location, Reason
from prodproof.facts.runbooks import RunbookChecked, RunbookProblem, RunbookProblemKind
from prodproof.verdicts import Finding, Verdict, broken, holds, unknown


def findings_of(path: str, problems: Iterable[RunbookProblem]) -> Iterator[Finding]:
    """One finding for each problem, known by what it says: its line may move."""
    file = path.partition("#")[0]
    for item in problems:
        yield Finding(
            f"runbook-{item.kind}", f"{file}:{item.line}: {item.message}", Location(file, item.line), item.message
        )


def as_written(found: RunbookChecked) -> Verdict:
    """A runbook that was read and not run: this can break a claim, and never make it hold."""
    # Programs that are not installed where somebody looked may be where the runbook is followed.
    certain = [item for item in found.problems if item.kind is not RunbookProblemKind.PROGRAM]
    if certain:
        return broken(*findings_of(found.path, certain))
    steps = found.steps + found.persons
    if not steps and not found.prose:
        return broken(Finding("no-steps", f"{found.path} says nothing that anybody could do", key="steps"))
    if not steps:
        return unknown(Reason.INSUFFICIENT_PROOF, "it is written for people alone: no drill can follow it")
    said = [f"{steps} steps; what they name is there"]
    said += [f"{len(found.problems)} of its programs not on this machine"] * bool(found.problems)
    said += [f"{len(found.unasked)} links not followed"] * bool(found.unasked)
    return holds("; ".join(said))
