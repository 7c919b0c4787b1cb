"""The parts of a rollback: what each version does in its turn, and what is noted of it."""

from collections.abc import Mapping
from typing import Any, cast

from prodproof.drills import _rollback_parts as parts
from prodproof.drills._rollback_parts import Part
from prodproof.drills.drill import Scene, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DjangoApp
from prodproof.facts.rollbacks import Phase, Trouble
from prodproof.reach.django.version import RunningVersion

PREPARE_SECONDS = 1800.0


def prepare(scene: Scene, app: DjangoApp) -> Values | Unseen:
    """Install what both versions need."""
    part = Part(Phase.BEFORE)
    for which in ("previous", "current"):
        running = parts.version(scene, app, which)
        if isinstance(running, Unseen):
            return running
        if not parts.ended_well(part, which, running.prepare(PREPARE_SECONDS / 2 - 30), Trouble.NOT_PREPARED):
            break
    return part.gave()


def before(scene: Scene, app: DjangoApp) -> Values | Unseen:
    """The previous version by itself: it must be able to do all that is asked of it later."""
    part, running = Part(Phase.BEFORE), parts.version(scene, app, "previous")
    if isinstance(running, Unseen):
        return running
    todo = parts.unmigrated(part, running)
    if isinstance(todo, Unseen):
        return Unseen(todo.why, f"the previous version does not run even by itself: {todo.detail}")
    rehearsal = running.rehearsal
    well = parts.ran(part, running, ("migrate", "--noinput"), Trouble.MIGRATION)
    if well and rehearsal.write:
        well = parts.ran(part, running, rehearsal.write, Trouble.UNWRITABLE)
    queue = parts.queue_of(part, running) if well and rehearsal.enqueue else []
    if isinstance(queue, Unseen):
        return queue
    if part.troubles:
        first = cast(dict[str, str], part.troubles[0])
        return Unseen(Reason.INCOMPLETE, f"the previous version does not run even by itself: {first['detail']}")
    # Rows of our own making could be what no migration of data expects; the application's own are better.
    act = "try" if rehearsal.write or rehearsal.copy_of else "write"
    answer = parts.asked(running, act, "read", not_these=queue)
    if isinstance(answer, Unseen):
        return answer
    tried = parts.writable(answer, act)
    return part.gave(
        says=f"{len(tried)} models can be written",
        writable=tried,
        queue=queue,
        keys={label: [key] for label, key in parts.keys_of(answer, act).items()},
        unwritable=parts.errors_of(answer, act),
        unreadable=parts.errors_of(answer, "read"),
        models=len(answer.get(act, {})),
    )


def upgrade(scene: Scene, app: DjangoApp) -> Values | Unseen:
    """The current version's migrations."""
    part, running = Part(Phase.UPGRADE), parts.version(scene, app, "current")
    if isinstance(running, Unseen):
        return running
    todo = parts.unmigrated(part, running)
    if isinstance(todo, Unseen):
        part.trouble(Trouble.NOT_STARTED, "current", todo.detail)
        return todo if todo.why is Reason.NOT_PERMITTED else part.gave(migrations=[], irreversible=[])
    one_way = {item["name"]: item["one_way"] for item in todo if item["one_way"]}
    parts.ran(part, running, ("migrate", "--noinput"), Trouble.MIGRATION)
    left = parts.unmigrated(part, running)
    if isinstance(left, Unseen):
        part.trouble(Trouble.MIGRATION, "migrate", left.detail)
    elif left:
        part.trouble(Trouble.MIGRATION, left[0]["name"], "is still to be done after migrate")
    if running.rehearsal.reverse:
        for name, operations in one_way.items():
            part.trouble(Trouble.IRREVERSIBLE, name, f"has no way back: {', '.join(operations)}")
    # Of the migrations that are still to be done after an attempt that was cut off, only the rest is known.
    names = [item["name"] for item in todo]
    return part.gave(
        says=f"{len(names)} migrations, {len(one_way)} without a way back",
        migrations=list(names),
        irreversible=sorted(one_way),
    )


def current(scene: Scene, app: DjangoApp) -> Values | Unseen:
    """The current version at work: it is served, does its work, reads what was there, writes, leaves jobs."""
    part, running = Part(Phase.CURRENT), parts.version(scene, app, "current")
    if isinstance(running, Unseen):
        return running
    rehearsal, first = running.rehearsal, scene.gave[Phase.BEFORE]
    well, _ = parts.serves(part, running, _which(scene, "current"))
    if well and rehearsal.write:
        parts.ran(part, running, rehearsal.write, Trouble.UNWRITABLE)
    queue = cast(list[str], first["queue"])
    if rehearsal.enqueue:
        # First the version's own work must succeed by itself; then it leaves some to the other.
        found = parts.queue_of(part, running)
        if isinstance(found, Unseen):
            return found
        queue = sorted({*queue, *found})
        parts.ran(part, running, rehearsal.enqueue, Trouble.QUEUE)
    expected = _keys(scene, Phase.BEFORE)
    answer = parts.asked(running, "read", "write", expected=expected, not_these=queue)
    if isinstance(answer, Unseen):
        part.trouble(Trouble.NOT_STARTED, "its models", answer.detail)
        return part.gave(keys={}, unwritable={}, queue=queue)
    parts.read_rows(part, answer, mapping(first["unreadable"]))
    written = parts.keys_of(answer)
    return part.gave(
        says=f"{len(written)} models were written",
        keys={label: [key] for label, key in written.items()},
        unwritable=parts.errors_of(answer, "write"),
        queue=queue,
    )


def go_back(scene: Scene, app: DjangoApp) -> Values | Unseen:
    """Back, until the previous version answers."""
    part = Part(Phase.ROLLBACK)
    running, current = parts.version(scene, app, "previous"), parts.version(scene, app, "current")
    if isinstance(running, Unseen):
        return running
    if isinstance(current, Unseen):
        return current
    if running.rehearsal.reverse and not _reverse(part, running, current):
        return part.gave()
    well, seconds = parts.serves(part, running, _which(scene, "previous"))
    return part.gave(says=f"it answers {seconds:.1f} s after its start" if well else "")


def _reverse(part: Part, previous: RunningVersion, current: RunningVersion) -> bool:
    """Undo, with the current version's code, what the previous one does not have."""
    old, new = parts.asked(previous, "migrations"), parts.asked(current, "migrations")
    for which, answer in (("previous", old), ("current", new)):
        if isinstance(answer, Unseen) or "migrations" not in answer:
            detail = answer.detail if isinstance(answer, Unseen) else str(answer["failed"].get("migrations"))
            part.trouble(Trouble.MIGRATION, f"{which} version", detail)
            return False
    targets: dict[str, list[str]] = {}
    for app, name in old["migrations"]["leaves"]:
        targets.setdefault(app, []).append(name)
    here = set(new["migrations"]["applied"]) - set(old["migrations"]["known"])
    for app in sorted({name.partition(".")[0] for name in here}):
        for target in targets.get(app, ["zero"]):
            if not parts.ran(part, current, ("migrate", "--noinput", app, target), Trouble.IRREVERSIBLE):
                return False
    return True


def previous(scene: Scene, app: DjangoApp) -> Values | Unseen:
    """The previous version on what the current one left: it reads, writes, does the jobs."""
    part, running = Part(Phase.PREVIOUS), parts.version(scene, app, "previous")
    if isinstance(running, Unseen):
        return running
    rehearsal, first = running.rehearsal, scene.gave[Phase.BEFORE]
    # Where migrations were undone, what only the current version has is gone, as it should be.
    kept = (Phase.BEFORE,) if rehearsal.reverse else (Phase.BEFORE, Phase.CURRENT)
    queue = cast(list[str], scene.gave[Phase.CURRENT]["queue"])
    answer = parts.asked(running, "read", "write", expected=_keys(scene, *kept), not_these=queue)
    if isinstance(answer, Unseen):
        part.trouble(Trouble.NOT_STARTED, "its models", answer.detail)
        return part.gave(keys={})
    parts.read_rows(part, answer, mapping(first["unreadable"]))
    for label, error in sorted(parts.errors_of(answer, "write").items()):
        if label in cast(list[str], first["writable"]):
            part.trouble(Trouble.UNWRITABLE, label, error)
    if rehearsal.write:
        parts.ran(part, running, rehearsal.write, Trouble.UNWRITABLE)
    if rehearsal.run_job:
        parts.ran(part, running, rehearsal.run_job, Trouble.QUEUE)
    written = parts.keys_of(answer)
    says = f"{len(answer.get('read', {}))} models were read, {len(written)} written"
    return part.gave(says=says, keys={label: [key] for label, key in written.items()})


def again(scene: Scene, app: DjangoApp) -> Values | Unseen:
    """Forward once more: nothing that either version wrote is lost."""
    part, running = Part(Phase.AGAIN), parts.version(scene, app, "current")
    if isinstance(running, Unseen):
        return running
    if not parts.ran(part, running, ("migrate", "--noinput"), Trouble.MIGRATION):
        return part.gave()
    parts.serves(part, running, _which(scene, "current"))
    kept = (Phase.BEFORE, Phase.PREVIOUS) if running.rehearsal.reverse else tuple(Phase)
    answer = parts.asked(running, "read", expected=_keys(scene, *kept))
    if isinstance(answer, Unseen):
        part.trouble(Trouble.NOT_STARTED, "its models", answer.detail)
    else:
        parts.read_rows(part, answer, mapping(scene.gave[Phase.BEFORE]["unreadable"]))
    return part.gave(says="everything that was written can be read")


def _which(scene: Scene, which: str) -> Mapping[str, Any]:
    return mapping(scene.gave["versions"][which])


def _keys(scene: Scene, *phases: Phase) -> dict[str, list[str]]:
    """Keys of the rows that were written in these parts, by model."""
    found: dict[str, list[str]] = {}
    for phase in phases:
        for label, keys in mapping(scene.gave.get(phase, {}).get("keys", {})).items():
            found.setdefault(label, []).extend(keys)
    return found


def mapping(value: Any) -> Mapping[str, Any]:
    """The value, which a step gave as one."""
    assert isinstance(value, Mapping)
    return value
