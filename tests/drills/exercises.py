"""Small real drills: on files and on a process. What they did can be counted afterwards."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prodproof.drills.drill import (
    Done,
    Drill,
    Exercise,
    PersonStep,
    Proven,
    Refuted,
    Scene,
    SteadyState,
    Step,
    StepError,
    Todo,
    Values,
    drill,
)
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.declared import DataStore, Declared, Environment, EnvironmentKind, Permission
from prodproof.facts.drills import DrillRun
from prodproof.jobs.order import DrillOrder

MARK = "DRILL_TEST"
"""The variable in the environment of the process that a drill starts."""

PIECES = 8
PACE = "DRILL_TEST_PACE"
"""The variable that says how many seconds a piece takes."""


@dataclass(frozen=True)
class Delivery:
    """The fact that the drill of the tests answers with."""

    lines: int


def folder(scene: Scene) -> Path:
    """Where the drill works."""
    assert scene.declared.root is not None
    return Path(scene.declared.root)


def book(root: Path) -> list[str]:
    """The lines of the book in which each act that must not be done twice writes one."""
    path = root / "book"
    return path.read_text().splitlines() if path.exists() else []


def processes(mark: str, root: Path) -> list[int]:
    """Living processes that a drill started in a folder; other tests have theirs."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            over = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            elsewhere = (entry / "cwd").readlink() != root.resolve()
        except OSError:
            continue
        if not (over or elsewhere) and any(item.startswith(f"{MARK}={mark}".encode()) for item in variables):
            found.append(int(entry.name))
    return found


# A line in a book: written blindly, so that doing it twice shows.


def written(scene: Scene) -> Todo | Done:
    return Done({"line": scene.key}) if scene.key in book(folder(scene)) else Todo({"before": len(book(folder(scene)))})


def write(scene: Scene) -> Values:
    with open(folder(scene) / "book", "a") as file:
        file.write(f"{scene.key}\n")
    return {"line": scene.key}


def stands(scene: Scene) -> Proven | Refuted:
    count = book(folder(scene)).count(scene.key)
    return Proven("it stands in the book") if count == 1 else Refuted(f"it stands there {count} times")


def strike(scene: Scene) -> None:
    path = folder(scene) / "book"
    left = [line for line in book(folder(scene)) if line != scene.key]
    draft = path.with_name("book.new")
    draft.write_text("".join(f"{line}\n" for line in left))
    draft.replace(path)


def line(name: str, *, lasting: bool = True) -> Step:
    return Step(
        name=name,
        says="write a line into the book",
        check=written,
        do=write,
        prove=stands,
        undo=strike,
        undo_says="strike the line",
        lasting=lasting,
        time_limit=20,
    )


# A folder that is filled piece by piece, so that a kill falls into the middle.


def filled(scene: Scene) -> Todo | Done:
    place = folder(scene) / scene.key
    return Done({"pieces": PIECES}) if (place / "complete").exists() else Todo()


def fill(scene: Scene) -> Values:
    place = folder(scene) / scene.key
    place.mkdir(exist_ok=True)
    for number in range(PIECES):
        (place / f"piece{number}").write_text("x" * 1000)
        time.sleep(float(os.environ.get(PACE, "0.02")))
    (place / "complete").touch()
    return {"pieces": PIECES}


def whole(scene: Scene) -> Proven | Refuted:
    count = len(list((folder(scene) / scene.key).glob("piece*")))
    return Proven(f"{count} pieces") if count == scene.gave[scene.step]["pieces"] else Refuted(f"{count} pieces")


def empty(scene: Scene) -> None:
    place = folder(scene) / scene.key
    (place / "complete").unlink(missing_ok=True)
    for piece in place.glob("*") if place.exists() else ():
        piece.unlink()
    if place.exists():
        place.rmdir()


FILL = Step(
    name="fill",
    says="fill a folder, piece by piece",
    check=filled,
    do=fill,
    prove=whole,
    undo=empty,
    undo_says="remove the folder",
    time_limit=20,
    objective=15,
)


# A process.


def runs(scene: Scene) -> Todo | Done:
    pids = processes(scene.key, folder(scene))
    return Done({"mark": scene.key}) if pids else Todo()


def start(scene: Scene) -> Values:
    child = subprocess.Popen(
        ["sleep", "300"], env={**os.environ, MARK: scene.key}, cwd=folder(scene), start_new_session=True
    )
    child.returncode = 0  # it is to outlive this object, which would otherwise complain
    return {"mark": scene.key}


def one_runs(scene: Scene) -> Proven | Refuted:
    deadline = time.monotonic() + 5
    while not (pids := processes(scene.key, folder(scene))) and time.monotonic() < deadline:
        time.sleep(0.01)
    return Proven() if len(pids) == 1 else Refuted(f"{len(pids)} processes run")


def end(scene: Scene) -> None:
    deadline = time.monotonic() + 5
    while (pids := processes(scene.key, folder(scene))) and time.monotonic() < deadline:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


PROCESS = Step(
    name="start-process",
    says="start a process",
    check=runs,
    do=start,
    prove=one_runs,
    undo=end,
    undo_says="end it",
    time_limit=20,
)

STEADY = SteadyState(
    name="site",
    says="the site is up",
    look=lambda scene: Refuted("it is down") if (folder(scene) / "down").exists() else Proven("it is up"),
    every=0.05,
    tolerate=2,
)


def told(run: DrillRun, gave: Mapping[str, Values]) -> Delivery | Unseen:
    return Delivery(len(gave)) if gave else Unseen(Reason.INCOMPLETE, "nothing was delivered")


@drill("deliver", per=DataStore)
def deliver(store: DataStore, declared: Declared) -> Exercise:
    """Something is delivered, and put back."""
    return Exercise(
        steps=(line("first"), FILL, PROCESS, line("scratch", lasting=False), line("last")),
        steady=(STEADY,),
        blast_radius="the folder of the test",
        objective=60,
    )


@drill("burn", per=DataStore)
def burn(store: DataStore, declared: Declared) -> Exercise:
    """A step in the middle cannot be undone, and the one after it fails."""
    fire = Step(
        name="fire",
        says="burn it",
        check=written,
        do=write,
        prove=stands,
        irreversible="ashes stay ashes",
        lasting=True,
    )
    fails = Step(
        name="phoenix",
        says="rise",
        check=lambda scene: Todo(),
        do=lambda scene: _raise(StepError("it did not rise")),
        prove=lambda scene: Proven(),
        undo=lambda scene: None,
        undo_says="nothing",
    )
    return Exercise(
        steps=(line("wood"), line("tent", lasting=False), fire, line("after"), fails), blast_radius="a wood"
    )


@drill("ask", per=DataStore)
def ask(store: DataStore, declared: Declared) -> Exercise:
    """A person is asked between two lines."""
    person = PersonStep(name="call", says="call the lead", time_limit=30, objective=20, whom="ana")
    return Exercise(steps=(line("before"), person, line("after")), steady=(STEADY,), blast_radius="a call")


def _raise(error: Exception) -> Values:
    raise error


DRILLS: dict[str, Drill] = {item.name: item for item in (deliver, burn, ask)}

STORE = DataStore(name="shop", kind="files", environment="staging", allow=frozenset({Permission.DRILLS}))


def declared(root: Path, **changes: object) -> Declared:
    """A system whose store may be exercised."""
    environment = Environment(name="staging", kind=EnvironmentKind.STAGING)
    made: dict[str, object] = {
        "system": "shop", "environment": environment, "trusted": True, "root": str(root), "data_stores": (STORE,),
    }  # fmt: skip
    return Declared(**{**made, **changes})  # type: ignore[arg-type]  # the fields of the caller


def planned(name: str, root: Path, **changes: object) -> DrillPlan:
    """The plan of one of these drills."""
    plan = plan_drill(DRILLS[name], STORE, declared(root, **changes))
    assert isinstance(plan, DrillPlan)
    return plan


def order(plan: DrillPlan, id: str = "", **changes: object) -> DrillOrder:
    """An order of that plan."""
    made: dict[str, object] = {
        "id": id or f"{plan.drill.name}-0101-000000",
        "drill": plan.drill.name,
        "target": Subject("store", "shop"),
        "declared": plan.declared,
        "plan": plan.digest,
        "documents": dict(plan.documents),
        "by": "ana",
        "at": datetime.now(UTC),
    }
    return DrillOrder(**{**made, **changes})  # type: ignore[arg-type]  # the fields of the caller
