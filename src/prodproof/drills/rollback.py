"""Back to the previous version and forward again, on a scratch database, with writes in between.

The previous version makes the schema and writes; the current one migrates, works and leaves jobs; the previous one is
started on what that left, reads it, writes and carries the jobs out; then the current one again. What the previous
version could not do on its own schema says nothing against the way back.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from prodproof.drills import _rollback_parts as parts
from prodproof.drills import _rollback_phases as phases
from prodproof.drills import _scratch
from prodproof.drills import _scratch_database as database
from prodproof.drills.drill import (
    Do,
    Exercise,
    Proven,
    Refuted,
    Scene,
    Step,
    Todo,
    Values,
    drill,
)
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, DjangoApp, Rehearsal
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.facts.rollbacks import Phase, PhaseTime, RollbackTried, RollbackTrouble, Trouble, Version
from prodproof.reach.cut_off import reachable
from prodproof.reach.django.version import unknown_words
from prodproof.reach.git.checkout import before, commit_of, lay_out
from prodproof.reach.git.command import Git
from prodproof.reach.postgres_scratch.programs import program
from prodproof.reach.world import World

SPACE = 256 * 2**20
"""Bytes for two checkouts and a small database; the copy of the data comes on top."""

PART_SECONDS = 1200.0


@drill("rollback", per=DjangoApp, fact=RollbackTried)
def rollback(app: DjangoApp, declared: Declared) -> Exercise | Unseen:
    """Go back to the previous version of an application and forward again, on a scratch database, with writes."""
    rehearsal = app.rollback
    if rehearsal is None:
        return Unseen(Reason.NOT_DECLARED, "no [django.rollback] says how two versions of it are run")
    if unknown := unknown_words(rehearsal):
        return Unseen(Reason.NOT_CONFIGURED, f"[django.rollback]: nothing is filled in for {unknown[0]}")
    if bool(rehearsal.enqueue) is not bool(rehearsal.run_job):
        return Unseen(Reason.NOT_CONFIGURED, "[django.rollback]: enqueue and run_job are declared together")
    prepared = (_step(app, "prepare", "install what both versions need", phases.prepare, phases.PREPARE_SECONDS),)
    return Exercise(
        steps=(
            _workplace(rehearsal),
            _versions(app),
            database.scratch_database(rehearsal),
            *(prepared if rehearsal.prepare else ()),
            _step(app, Phase.BEFORE, "previous version: make its schema, write, read", phases.before),
            _step(app, Phase.UPGRADE, "current version: migrate", phases.upgrade),
            _step(app, Phase.CURRENT, "current version: serve, read what is old, write, queue work", phases.current),
            _step(app, Phase.ROLLBACK, _back_says(rehearsal), phases.go_back, objective=rehearsal.objective),
            _step(app, Phase.PREVIOUS, "previous version: read what is new, write, do queued work", phases.previous),
            _step(app, Phase.AGAIN, "current version again: serve, read everything", phases.again),
        ),
        blast_radius=_blast_radius(rehearsal),
        lacks=lambda world: _lacks(rehearsal, world),
        tell=lambda run, gave: _tell(app, run, gave),
    )


def _blast_radius(rehearsal: Rehearsal) -> str:
    if rehearsal.network:
        return "both versions run on a scratch database, and may reach whatever this machine can reach"
    return "a private folder of this machine; the versions reach nothing else"


def _back_says(rehearsal: Rehearsal) -> str:
    how = "undo migrations, then serve" if rehearsal.reverse else "serve on the newer schema"
    return f"previous version: {how}"


# ---- what is needed


def _lacks(rehearsal: Rehearsal, world: World) -> Iterator[str]:
    root = Path(world.declared.root or ".")
    if world.tools("git") is None:
        yield "git is not installed"
    if not rehearsal.network and not parts.isolation(rehearsal).no_network:
        yield "this machine lets no program be cut off from its network (unshare); network = true runs it all the same"
    if rehearsal.database == "postgresql" and program("initdb") is None:
        yield "PostgreSQL is not installed here"
    if rehearsal.copy_of and not (root / rehearsal.copy_of).is_file():
        yield f"there is no file {rehearsal.copy_of}"
    manage = Path(rehearsal.manage[0].replace("{root}", os.fspath(root)))
    if manage.is_absolute() and "{" not in os.fspath(manage):
        if not manage.exists():
            yield f"there is no program {manage}"
        elif not reachable(manage):
            yield f"{manage} lies where the versions' user may not come; as root they run as nobody"


def _workplace(rehearsal: Rehearsal) -> Step:
    # What is installed is run from there, which memory is often mounted not to allow.
    where = os.fspath(_scratch.DISK) if rehearsal.prepare else None
    return Step(
        name=_scratch.STEP,
        says="make a private folder for everything that follows",
        check=lambda scene: _scratch.check(scene, where),
        do=lambda scene: _scratch.make(scene, where, _needed(scene, rehearsal)),
        prove=_scratch.prove,
        undo=lambda scene: _scratch.wipe(scene, where),
        undo_says="remove the folder with all that is in it",
        time_limit=120,
    )


def _needed(scene: Scene, rehearsal: Rehearsal) -> int:
    copied = Path(scene.declared.root or ".") / rehearsal.copy_of if rehearsal.copy_of else None
    # A dump is packed, and its tables have indexes.
    return SPACE + (6 * copied.stat().st_size if copied is not None and copied.is_file() else 0)


# ---- the two versions


def _versions(app: DjangoApp) -> Step:
    return Step(
        name="versions",
        says=f"lay out {app.rollback.current if app.rollback else ''} and the version before it",
        check=lambda scene: Todo(),
        do=lambda scene: _lay_out(scene, app),
        prove=_laid_out,
        undo=lambda scene: _remove_versions(scene),
        undo_says="remove both",
        time_limit=900,
    )


def _lay_out(scene: Scene, app: DjangoApp) -> Values | Unseen:
    rehearsal = app.rollback
    assert rehearsal is not None
    root = Path(scene.declared.root or ".").resolve()
    git = Git(root / app.repository)
    current = commit_of(git, rehearsal.current)
    if isinstance(current, Unseen):
        return current
    previous = before(git, current, rehearsal.previous)
    if isinstance(previous, Unseen):
        return previous
    _remove_versions(scene)
    below = _below(git, root, app)
    gave: dict[str, Any] = {}
    for which, (asked, commit) in {"current": (rehearsal.current, current), "previous": previous}.items():
        folder = _scratch.place_of(scene) / which
        folder.mkdir(mode=0o700)
        if unseen := lay_out(git, commit, folder, _scratch.place_of(scene) / f"{which}.index"):
            return unseen
        parts.isolation(rehearsal).own_all(folder)
        gave[which] = {
            "asked": asked,
            "commit": commit,
            "checkout": os.fspath(folder),
            "directory": os.fspath(folder / below),
        }
    return gave


def _below(git: Git, root: Path, app: DjangoApp) -> Path:
    """The application's folder within its repository."""
    top = git("rev-parse", "--show-toplevel", timeout=10)
    wanted = (root / app.directory).resolve()
    if not isinstance(top, Unseen) and top.code == 0:
        repository = Path(os.fsdecode(top.stdout.rstrip(b"\n"))).resolve()
        if wanted.is_relative_to(repository):
            return wanted.relative_to(repository)
    return Path(app.directory)


def _laid_out(scene: Scene) -> Proven | Refuted:
    gave = cast(Mapping[str, Mapping[str, str]], scene.gave["versions"])
    for which in ("current", "previous"):
        if not Path(gave[which]["directory"]).is_dir():
            return Refuted(f"the {which} version has no folder of the application")
    return Proven(f"{gave['current']['commit'][:12]}, before it {gave['previous']['asked']}")


def _remove_versions(scene: Scene) -> None:
    for which in ("current", "previous"):
        folder = _scratch.place_of(scene) / which
        if folder.exists():
            shutil.rmtree(folder)
        (_scratch.place_of(scene) / f"{which}.index").unlink(missing_ok=True)


# ---- the parts


def _step(
    app: DjangoApp,
    name: str,
    says: str,
    work: "Any",
    seconds: float = PART_SECONDS,
    objective: float | None = None,
) -> Step:
    """A part that works on the scratch alone, so that doing it once more does no harm, and going back is its end."""
    do: Do = lambda scene: work(scene, app)  # noqa: E731 (a field of the step)
    return Step(
        name=name,
        says=says,
        check=lambda scene: Todo(),
        do=do,
        prove=_without_troubles,
        undo=lambda scene: None,
        undo_says="end what it started; what it wrote goes with the scratch",
        time_limit=seconds,
        objective=objective,
    )


def _without_troubles(scene: Scene) -> Proven | Refuted:
    found = cast(list[dict[str, str]], scene.gave[scene.step]["troubles"])
    if not found:
        return Proven(str(scene.gave[scene.step].get("says", "")))
    first = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return Refuted(f"{first['what']}: {first['detail']}{more}")


# ---- the fact


def _tell(app: DjangoApp, run: DrillRun, gave: Mapping[str, Values]) -> RollbackTried | Unseen:
    rehearsal = app.rollback
    assert rehearsal is not None
    done = {phase: gave[phase] for phase in Phase if phase in gave}
    if "prepare" in gave and gave["prepare"]["troubles"]:
        done = {Phase.BEFORE: gave["prepare"]}
    troubles = tuple(
        RollbackTrouble(
            trouble=Trouble(item["trouble"]), phase=Phase(item["phase"]), what=item["what"], detail=item["detail"]
        )
        for given in done.values()
        for item in cast(list[dict[str, str]], given["troubles"])
    )
    if "versions" not in gave or (run.outcome is not DrillOutcome.PROVEN and not troubles):
        return Unseen(run.reason or Reason.INCOMPLETE, run.detail)
    first, upgrade = done.get(Phase.BEFORE, {}), done.get(Phase.UPGRADE, {})
    untried = {
        **phases.mapping(first.get("unwritable", {})),
        **phases.mapping(done.get(Phase.CURRENT, {}).get("unwritable", {})),
    }
    queued = not any(item.trouble is Trouble.QUEUE for item in troubles)
    versions = {which: phases.mapping(gave["versions"][which]) for which in ("current", "previous")}
    return RollbackTried(
        current=Version(asked=versions["current"]["asked"], commit=versions["current"]["commit"]),
        previous=Version(asked=versions["previous"]["asked"], commit=versions["previous"]["commit"]),
        database=rehearsal.database,
        copied=rehearsal.copy_of is not None,
        cut_off=not rehearsal.network,
        migrations=tuple(cast(list[str], upgrade.get("migrations", []))),
        irreversible=tuple(cast(list[str], upgrade.get("irreversible", []))),
        reversed=rehearsal.reverse and Phase.ROLLBACK in done,
        phases=tuple(PhaseTime(phase=phase, seconds=float(str(given["seconds"]))) for phase, given in done.items()),
        models=int(str(first.get("models", 0))),
        untried=tuple(sorted(untried)),
        queue=(queued and Phase.PREVIOUS in done) if rehearsal.run_job else None,
        version_page=(Phase.AGAIN in done and not any(item.trouble is Trouble.WRONG_VERSION for item in troubles))
        if rehearsal.version_path
        else None,
        troubles=troubles,
        objective=rehearsal.objective,
        took=float(str(done[Phase.ROLLBACK]["seconds"])) if Phase.ROLLBACK in done else None,
    )
