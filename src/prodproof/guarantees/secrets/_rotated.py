"""What a rotation shows: what is wrong with it, and what of it was not seen."""

from collections.abc import Iterable, Iterator, Mapping

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.rotations import LoadSeen, RotationTested
from prodproof.verdicts import Finding, Verdict, unknown

_POOLER = "let the application read the credential when it opens a connection or on a signal, and poolers too"


def findings(exact: Iterable[Finding], failure: str, left: Iterable[str], at: Location | None) -> Iterator[Finding]:
    """What went wrong in a drill, each with its mend.

    Args:
        exact: what it saw to be wrong.
        failure: its own words for that, which stand in where nothing exact is known.
        left: what it could not put back.
        at: where it is declared.
    """
    found = list(exact)
    yield from found
    if failure and not found:
        yield Finding("failed", failure, at, key="failure")
    for item in left:
        yield Finding(
            "left",
            f"could not be put back: {item}",
            at,
            key=item.partition(":")[0],
            mend="put it back by hand, or try again: prodproof drill undo",
        )


def wrong(fact: RotationTested) -> Iterator[Finding]:
    """What was seen to be wrong with a rotation."""
    at = fact.location
    for problem in fact.problems:
        yield Finding("unprepared", problem, at, key=problem)
    if fact.wrong_refused is False:
        yield Finding(
            "all-accepted", "a known-wrong credential is accepted, so no refusal proves anything", at, key="control",
            mend="ask for the credential wherever it is used (`trust` in pg_hba.conf, a proxy that logs in for others)",
        )  # fmt: skip
    for item in fact.missing or ():
        yield Finding("less", f"the new one may not do what the old one may: {item}", at, key=item)
    if fact.used is False:
        yield Finding(
            "not-picked-up", "the application did not come to use the new one without a new start or deployment", at,
            key="used", mend=_POOLER,
        )  # fmt: skip
    if fact.still_used is not None:
        by = f" by {', '.join(fact.still_used[:3])}" if fact.still_used else ""
        yield Finding("still-used", f"the old one is still used{by}", at, key="still-used", mend=_POOLER)
    if fact.came_back:
        yield Finding(
            "came-back", "whose session was ended came back with the old one", at, key="came-back", mend=_POOLER
        )
    if fact.old_refused is False:
        yield Finding("both-valid", "the retired one is still accepted", at, key="old")
    if fact.sessions_left:
        yield Finding("sessions", f"{fact.sessions_left} sessions of the retired one live on", at, key="sessions")
    if fact.load is not None and fact.load.failed:
        yield Finding(
            "requests-failed", f"{fact.load.failed} of {fact.load.requests} requests failed meanwhile", at, key="load",
            mend="keep both credentials valid until everything uses the new one, and end sessions only when idle",
        )  # fmt: skip


def unseen(fact: RotationTested) -> Verdict | None:
    """What was not seen of a rotation in which nothing went wrong; None where all of it was."""
    clauses = {
        "whether a wrong credential is refused": fact.wrong_refused,
        "whether the new one is accepted": fact.new_accepted or None,
        "whether it may do the same": fact.missing,
        "whether its store holds it": fact.stored or None,
        "whether the application was told": fact.picked_up_by,
        "whether it is used": fact.used,
        "whether somebody came back with the old one": fact.came_back,
        "whether the old one is refused": fact.old_refused,
        "whether sessions of it are left": fact.sessions_left,
        "what came of the requests meanwhile": fact.load,
    }
    if cut_off := not_reached(fact.stopped, clauses):
        return cut_off
    assert fact.load is not None
    if why := _not_whole(fact.load):
        return unknown(Reason.INCOMPLETE, why)
    if fact.took is None:
        return unknown(Reason.INCOMPLETE, "an interruption fell into it, so that it was not timed")
    return None


def not_reached(stopped: Unseen | None, clauses: Mapping[str, object]) -> Verdict | None:
    """The first thing that a drill did not come to see; None where it saw all.

    Args:
        stopped: why it did not come to its end.
        clauses: what it was to see, in words, and what it saw; None: nothing.
    """
    if stopped is not None:
        return unknown(stopped.why, stopped.detail)
    missing = next((words for words, seen in clauses.items() if seen is None), None)
    return unknown(Reason.INCOMPLETE, f"it was not seen: {missing}") if missing else None


def _not_whole(load: LoadSeen) -> str:
    if not load.whole:
        return "an interruption fell into it: not all requests that were made meanwhile were counted"
    if load.requests < load.wanted:
        return f"only {load.requests} of {load.wanted} requests were made meanwhile"
    if load.throttled:
        return f"{load.throttled} requests were throttled (429), and might have failed: declare a lower load_rate"
    return ""
