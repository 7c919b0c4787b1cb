"""What is wrong with a runbook, as findings."""

from collections.abc import Iterable, Iterator

from prodproof.facts import Location
from prodproof.facts.runbooks import RunbookProblem, RunbookProblemKind
from prodproof.verdicts import Finding


def findings_of(path: str, problems: Iterable[RunbookProblem]) -> Iterator[Finding]:
    """One finding for each problem, known by what it says: its line may move."""
    file = path.partition("#")[0]
    for item in problems:
        yield Finding(
            f"runbook-{item.kind}", f"{file}:{item.line}: {item.message}", Location(file, item.line), item.message
        )


def certain(problems: Iterable[RunbookProblem]) -> tuple[RunbookProblem, ...]:
    """Without programs that are not installed where somebody looked: they may be where the runbook is followed."""
    return tuple(item for item in problems if item.kind is not RunbookProblemKind.PROGRAM)


def seen_elsewhere(problems: Iterable[RunbookProblem], unasked: Iterable[str]) -> str:
    """What a look from inside leaves open, to be said beside what holds."""
    programs = sum(item.kind is RunbookProblemKind.PROGRAM for item in problems)
    links = sum(1 for _ in unasked)
    said = [f"{programs} of its programs not on this machine"] * bool(programs)
    said += [f"{links} links to other sites not asked"] * bool(links)
    return "".join(f"; {item}" for item in said)
