"""What the parts of a rollback do with a version: ask it, let it work, and write down what does not."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodproof.drills import _scratch
from prodproof.drills import _scratch_database as database
from prodproof.drills.drill import Plain, Scene, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DjangoApp, Rehearsal
from prodproof.facts.rollbacks import Phase, Trouble
from prodproof.reach.cut_off import CutOff, cut_off
from prodproof.reach.django.application import harmless
from prodproof.reach.django.version import Filling, RunningVersion
from prodproof.reach.process import Finished

COMMAND_SECONDS = 600.0
ROWS_SECONDS = 300.0
MAX_TROUBLES = 200


@dataclass
class Part:
    """One part that is carried out, with what it finds."""

    phase: Phase
    troubles: list[Plain] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def trouble(self, trouble: Trouble, what: str, detail: str) -> None:
        """Write one down."""
        if len(self.troubles) < MAX_TROUBLES:
            found = {"trouble": trouble.value, "phase": self.phase.value, "what": what[:200], "detail": detail[:300]}
            self.troubles.append(dict(found))

    def gave(self, **more: Any) -> Values:
        """What the step gives."""
        seconds = round(time.monotonic() - self.began, 3)
        return {"phase": self.phase.value, "seconds": seconds, "troubles": self.troubles, **more}


def isolation(rehearsal: Rehearsal) -> CutOff:
    """How the versions are cut off from everything."""
    return cut_off(network=rehearsal.network)


def version(scene: Scene, app: DjangoApp, which: str) -> RunningVersion | Unseen:
    """The version of that name (`current`, `previous`), ready to run, with its database awake."""
    rehearsal = app.rollback
    assert rehearsal is not None
    if unseen := database.awake(scene, rehearsal):
        return unseen
    given = scene.gave["versions"][which]
    assert isinstance(given, Mapping)
    values = {
        "root": scene.declared.root or ".",
        "checkout": str(given["checkout"]),
        "scratch": str(database.data(scene)),
        "commit": str(given["commit"]),
        "version": str(given["asked"]),
        **database.words(scene, rehearsal),
    }
    return RunningVersion(
        rehearsal=rehearsal,
        directory=Path(str(given["directory"])),
        scratch=_scratch.place_of(scene),
        filling=Filling(values, scene.drill),
        cut=isolation(rehearsal),
        mark=scene.key,
    )


def ran(part: Part, running: RunningVersion, words: Sequence[str], trouble: Trouble) -> bool:
    """Whether a command of `manage.py` ended well; if not, that is written down."""
    return ended_well(part, words[0], running.manage(words, COMMAND_SECONDS), trouble)


def ended_well(part: Part, what: str, finished: Finished | Unseen, trouble: Trouble) -> bool:
    """Whether a command ended with 0; an error that it reported and passed over is one all the same."""
    if isinstance(finished, Unseen):
        part.trouble(trouble, what, finished.detail)
        return False
    reported = finished.stderr + finished.stdout
    if finished.code == 0 and b"Traceback (most recent call last)" not in reported:
        return True
    line = harmless(error_in(reported)) or f"exit code {finished.code}"
    part.trouble(trouble, what, line if finished.code else f"it reports an error and goes on: {line}")
    return False


def error_in(output: bytes) -> str:
    """The line that names the error: the last one of the last traceback, else the last one."""
    lines = output.decode("utf-8", "replace").splitlines()
    begun = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if begun:
        after = [line for line in lines[begun[-1] + 1 :] if line and not line.startswith((" ", "\t"))]
        if after:
            return after[0]
    filled = [line for line in lines if line.strip()]
    return filled[-1] if filled else ""


def asked(
    running: RunningVersion,
    *acts: str,
    expected: Mapping[str, Sequence[str]] | None = None,
    not_these: Sequence[str] = (),
) -> Any:
    """The answers of the version's models by act, or Unseen. What could not be done at all is in `failed`."""
    return running.rows(acts, ROWS_SECONDS, expected, not_these)


def queue_of(part: Part, running: RunningVersion) -> list[str] | Unseen:
    """Models that hold what is queued: those that have more rows once a job was ordered.

    The version then does its own work, which it must be able to by itself. Rows of our own making in those models
    would be jobs of no sense.
    """
    first = asked(running, "count")
    well = ran(part, running, running.rehearsal.enqueue, Trouble.QUEUE)
    second = asked(running, "count")
    for answer in (first, second):
        if isinstance(answer, Unseen):
            return answer
    if well:
        ran(part, running, running.rehearsal.run_job, Trouble.QUEUE)
    counted = second.get("count", {})
    return sorted(label for label, number in counted.items() if number != first.get("count", {}).get(label))


def unmigrated(part: Part, running: RunningVersion) -> list[dict[str, Any]] | Unseen:
    """Migrations of the version that the database does not have. Nothing is done on a database that is not scratch."""
    answer = asked(running, "migrations")
    if isinstance(answer, Unseen):
        return answer
    if "migrations" not in answer:
        return Unseen(Reason.INCOMPLETE, f"its migrations cannot be read: {answer['failed'].get('migrations')}")
    steps: list[dict[str, Any]] = answer["migrations"]["steps"]
    return steps


def serves(part: Part, running: RunningVersion, which: Mapping[str, Any]) -> tuple[bool, float]:
    """Whether a version starts, is well and names itself, with the seconds that it took; if not, it is written down."""
    rehearsal = running.rehearsal
    served = running.serve()
    if isinstance(served, Unseen):
        part.trouble(Trouble.NOT_STARTED, "serve", served.detail)
        return False, 0.0
    if not served.well:
        trouble = Trouble.UNHEALTHY if served.started else Trouble.NOT_STARTED
        answered = f"answers {served.status}" if served.status else "gives no answer"
        detail = f"{answered}; {served.detail}" if served.detail else answered
        part.trouble(trouble, rehearsal.health, detail)
        return False, served.seconds
    if rehearsal.version_path:
        page = served.pages.get(rehearsal.version_path, "")
        if str(which["asked"]) not in page and str(which["commit"])[:7] not in page:
            detail = f"does not name {which['asked']} or {str(which['commit'])[:12]}"
            part.trouble(Trouble.WRONG_VERSION, rehearsal.version_path, detail)
            return False, served.seconds
    return True, served.seconds


def read_rows(part: Part, answer: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Write down what cannot be read any more, and what is gone.

    Args:
        part: what it is part of.
        answer: of the acts.
        before: what was found unreadable before, so that it says nothing.
    """
    if detail := answer["failed"].get("read"):
        part.trouble(Trouble.UNREADABLE, "its rows", detail)
    for label, found in sorted(answer.get("read", {}).items()):
        if "error" in found:
            if label not in before:
                part.trouble(Trouble.UNREADABLE, label, found["error"])
        elif found["gone"]:
            part.trouble(Trouble.LOST, label, f"{len(found['gone'])} rows that were written are gone")


def keys_of(answer: Mapping[str, Any], act: str = "write") -> dict[str, str]:
    """The keys of the rows that were written and kept, by model."""
    return {label: found["key"] for label, found in answer.get(act, {}).items() if found.get("kept")}


def writable(answer: Mapping[str, Any], act: str) -> list[str]:
    """Models of which a row could be written, kept or not."""
    return sorted(label for label, found in answer.get(act, {}).items() if "key" in found)


def errors_of(answer: Mapping[str, Any], act: str) -> dict[str, str]:
    """What failed, by model."""
    return {label: found["error"] for label, found in answer.get(act, {}).items() if "error" in found}
