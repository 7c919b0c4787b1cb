"""The fact that a rotation answers with, from its timeline and from what its steps gave."""

from collections.abc import Mapping
from typing import Any

from prodproof.drills.drill import Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Secret
from prodproof.facts.drills import DrillOutcome, DrillRun, EntryKind, Happened
from prodproof.facts.rotations import LoadSeen, Phase, RotationTested


def told(secret: Secret, run: DrillRun, gave: Mapping[str, Values]) -> RotationTested:
    """What was seen. What the drill did not come to is None."""
    rotation = secret.rotation
    assert rotation is not None
    steps = {entry.name: entry for entry in run.timeline if entry.kind is EntryKind.STEP}
    good = {name for name, entry in steps.items() if entry.happened in (Happened.DONE, Happened.ALREADY)}
    seen: dict[str, Mapping[str, Any]] = dict(gave)
    control, used, drained = seen.get("control"), seen.get("used"), seen.get("drain")
    made = seen.get("create")
    refused, load = seen.get("refused"), seen.get("requests")
    return RotationTested(
        kind=rotation.kind.value,
        old=str(control["credential"]) if control else "",
        new=str(made["credential"]) if made else None,
        problems=tuple(map(str, control["problems"])) if control else (),
        wrong_refused=control["wrong"] == "refused" if control else None,
        new_accepted=True if "create" in good else None,
        missing=tuple(map(str, made["missing"])) if made else None,
        stored=True if "store" in good else None,
        picked_up_by=str(seen["pick-up"]["by"]) if "pick-up" in seen else None,
        used=bool(used["used"]) if used else None,
        still_used=tuple(map(str, used["who"])) if used and not used["quiet"] else None,
        lived_on=int(used["ended"]) + int(drained["ended"]) if used and drained else None,
        came_back=bool(drained["came_back"]) if drained else None,
        old_refused=refused["refused"] == refused["tries"] if refused else None,
        sessions_left=int(refused["sessions"]) if refused else None,
        load=LoadSeen(
            requests=int(load["requests"]),
            failed=int(load["failed"]),
            rate=float(load["rate"]),
            seconds=float(load["seconds"]),
            wanted=rotation.load_requests,
            wanted_rate=rotation.load_rate,
            whole=run.interruptions == 0,
            throttled=int(load.get("throttled", 0)),
        )
        if load
        else None,
        phases=tuple(Phase(name=name, seconds=entry.took) for name, entry in steps.items()),
        objective=run.objective,
        took=run.took,
        undone=any(entry.kind is EntryKind.UNDO and entry.name == "create" for entry in run.timeline),
        left=run.left,
        interruptions=run.interruptions,
        failure=failure_of(run),
        stopped=stopped_of(run),
        location=secret.location,
    )


def failure_of(run: DrillRun) -> str:
    """What did not work; empty where nothing failed."""
    return run.detail if run.outcome is DrillOutcome.FAILED else ""


def stopped_of(run: DrillRun) -> Unseen | None:
    """Why a drill in which nothing failed did not come to its end; None where it did."""
    if run.outcome is not DrillOutcome.NOT_PROVEN:
        return None
    return Unseen(run.reason or Reason.INCOMPLETE, run.detail)
