"""Erased again: whoever was erased since a backup was made, and came back with it.

A restore brings back what the backup held. The step compares every restored person with the log of erasures, erases
again whom it knows, and looks once more. Nothing that it gives says who they are.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import cast

from prodproof.drills.drill import Plain, Proven, Refuted, Scene, Step, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.erasures import ReErased
from prodproof.reach.people.log import ErasureLog
from prodproof.reach.people.rows import People, Rows, RowsError

STEP = "re-erase"

Opened = Callable[[Scene], AbstractContextManager[Rows | Unseen]]
"""Opens the restored database, for as long as the block lasts."""


def re_erase(
    log: Callable[[Scene], ErasureLog | Unseen],
    people: Sequence[People],
    opened: Opened,
    *,
    elsewhere: Collection[str] = (),
    seconds: float = 3600,
) -> Step:
    """The step that comes after a restore, before anybody else sees the data.

    Args:
        log: the log, with its key; opened anew each time, since a step keeps no secret.
        people: every kind of people that the database holds and the log knows.
        opened: the restored database.
        elsewhere: kinds of people that the log knows, and that are kept in other data stores.
        seconds: how long it may take.
    """
    return Step(
        name=STEP,
        says="erase again who was erased since the backup was made",
        # Whoever was erased is not found again, so doing it twice does no harm.
        check=lambda scene: Todo(),
        do=lambda scene: _erase(scene, log(scene), people, opened, elsewhere),
        prove=lambda scene: _gone(scene, log(scene), people, opened),
        undo=lambda scene: None,
        undo_says="nothing: they stay erased, and the data go with the scratch",
        time_limit=seconds,
    )


def told(gave: Values) -> tuple[ReErased, ...]:
    """What the step gave, as facts."""
    return tuple(
        ReErased(
            people=str(item["people"]),
            rows=int(cast(int, item["rows"])),
            logged=int(cast(int, item["logged"])),
            came_back=int(cast(int, item["came_back"])),
            left=int(cast(int, item["left"])),
            traces=tuple(map(str, cast(list[Plain], item["traces"]))),
        )
        for item in cast(list[Mapping[str, Plain]], gave["people"])
    )


def _erase(
    scene: Scene, log: ErasureLog | Unseen, people: Sequence[People], opened: Opened, elsewhere: Collection[str]
) -> Values | Unseen:
    entries = log if isinstance(log, Unseen) else log.read()
    if isinstance(entries, Unseen):
        return entries
    assert isinstance(log, ErasureLog)
    known = {*elsewhere, *(kind.name for kind in people)}
    if missing := {entry.people for entry in entries} - known:
        names = ", ".join(sorted(missing))[:100]
        return Unseen(Reason.NOT_DECLARED, f"people of the log that nobody says how to find: {names}")
    found: list[Plain] = []
    with opened(scene) as rows:
        if isinstance(rows, Unseen):
            return rows
        for kind in people:
            digests = {entry.digest for entry in entries if entry.people == kind.name}
            try:
                found.append(_one(scene, log, rows, kind, digests))
            except RowsError as error:
                raise StepError(str(error)) from None
    return {"people": found}


def _one(scene: Scene, log: ErasureLog, rows: Rows, kind: People, digests: set[str]) -> Plain:
    counted, back = 0, []
    for key, identifier in rows.each(kind):
        counted += 1
        if counted % 10_000 == 0 and scene.ending():
            raise StepError("it was to end before all rows were compared")
        if _digest(log, kind, identifier) in digests:
            back.append((key, identifier))
    for key, identifier in back:
        rows.erase(kind, key, identifier)
    # Only now are they known by more than their digests; afterwards nobody could search for them elsewhere.
    traces = [
        f"search {number}"
        for number, query in enumerate(kind.gone, 1)
        if any(rows.count(query, key, identifier) for key, identifier in back)
    ]
    left = sum(1 for _ in _matching(log, rows, kind, digests))
    return {
        "people": kind.name,
        "rows": counted,
        "logged": len(digests),
        "came_back": len(back),
        "left": left,
        "traces": list(traces),
    }


def _gone(
    scene: Scene, log: ErasureLog | Unseen, people: Sequence[People], opened: Opened
) -> Proven | Refuted | Unseen:
    """Look again, on a connection of its own; and see that the search finds somebody who is there."""
    entries = log if isinstance(log, Unseen) else log.read()
    if isinstance(entries, Unseen):
        return entries
    assert isinstance(log, ErasureLog)
    given = told(scene.gave[scene.step])
    if traces := [f"{item.people}, {trace}" for item in given for trace in item.traces]:
        return Refuted(f"something of erased people is left elsewhere: {'; '.join(traces)}"[:300])
    with opened(scene) as rows:
        if isinstance(rows, Unseen):
            return rows
        for kind in people:
            digests = {entry.digest for entry in entries if entry.people == kind.name}
            try:
                left = sum(1 for _ in _matching(log, rows, kind, digests))
                control = _finds_somebody(log, rows, kind)
            except RowsError as error:
                return Unseen(Reason.INCOMPLETE, str(error))
            if left:
                return Refuted(f"{left} of the erased {kind.name} are still there")
            if control is False:
                return Unseen(Reason.INCOMPLETE, f"the search does not even find {kind.name} who are there")
    back = sum(item.came_back for item in given)
    return Proven(f"{back} erased people had come back, and are gone again")


def _matching(log: ErasureLog, rows: Rows, kind: People, digests: set[str]) -> Iterator[None]:
    for _, identifier in rows.each(kind):
        if _digest(log, kind, identifier) in digests:
            yield None


def _finds_somebody(log: ErasureLog, rows: Rows, kind: People) -> bool | None:
    """Whether a search like that for erased people finds the first one who is there; None where nobody is."""
    first = next((found for _, value in rows.each(kind) if (found := _digest(log, kind, value))), None)
    return None if first is None else any(True for _ in _matching(log, rows, kind, {first}))


def _digest(log: ErasureLog, kind: People, identifier: object) -> str:
    """What stands for a row in the log; empty where nothing identifies anybody."""
    return "" if identifier is None else log.digest(kind.name, str(identifier))
