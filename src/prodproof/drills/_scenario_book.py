"""The runbook of a scenario within its drill: looked through before anything is done, then followed."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from prodproof.drills import _scratch
from prodproof.drills._restore_mariadb import KINDS, server_of
from prodproof.drills._restore_server import cluster_of, database_of
from prodproof.drills._restore_state import piece_of
from prodproof.drills._restore_steps import RESTORE, files_of, looking
from prodproof.drills._scratch import place_of
from prodproof.drills.drill import PersonStep, Plain, Proven, Refuted, Scene, Step, Values
from prodproof.drills.runbook import Around, nothing_around, steps_of
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore, Person
from prodproof.facts.restore_points import Contents
from prodproof.facts.runbooks import RunbookProblem, RunbookProblemKind
from prodproof.reach.cut_off import alone_with_loopback
from prodproof.reach.postgres_scratch.cluster import SUPERUSER
from prodproof.reach.runbooks.authors import authors_of
from prodproof.reach.runbooks.book import Runbook
from prodproof.reach.runbooks.checked import dead_pages, missing, unowned

CHECK = "check-runbook"
PREFIX = "runbook-"
"""Before the names of its steps, so that they may be called as the drill's own are."""


def check_step(book: Runbook) -> Step:
    """Looks whether all is there that the runbook names, and who wrote it."""
    return looking(
        CHECK,
        "look whether the runbook's commands, files and links are there, and who wrote it",
        lambda scene: _looked(book, scene),
        lambda scene: _sound(book, scene.gave[CHECK]),
        300,
    )


def steps_as_they_are(book: Runbook) -> tuple[Step | PersonStep, ...]:
    """Its steps, on the system itself."""
    return _named(steps_of(book, nothing_around))


def steps_on_the_copy(book: Runbook, store: DataStore) -> tuple[Step | PersonStep, ...]:
    """Its steps, without any network, pointed at the copy that the drill made."""
    return _named(steps_of(book, lambda scene: _copy(store, scene)))


def problems_of(gave: Mapping[str, Values]) -> tuple[RunbookProblem, ...]:
    """What was not there."""
    rows = gave.get(CHECK, {}).get("problems")
    found = []
    for row in rows if isinstance(rows, list) else ():
        assert isinstance(row, list) and isinstance(row[0], int)
        found.append(RunbookProblem(row[0], str(row[1]), RunbookProblemKind(str(row[2]))))
    return tuple(found)


def authors_in(gave: Mapping[str, Values]) -> tuple[str, ...] | None:
    """Who wrote it; None where no history says it."""
    authors = gave.get(CHECK, {}).get("authors")
    return tuple(map(str, authors)) if isinstance(authors, list) else None


def known(ids: Iterable[str], people: Iterable[Person]) -> tuple[tuple[str, ...], int]:
    """Those of the roster, and how many others there are."""
    roster, given = {person.id for person in people}, set(ids)
    return tuple(sorted(given & roster)), len(given - roster)


def _looked(book: Runbook, scene: Scene) -> Values:
    root = Path(scene.declared.root or ".")
    people = scene.declared.people
    problems = (*missing(book, root, scene.world.tools), *dead_pages(book, scene.world), *unowned(book, people))
    authors = authors_of(book, root, people)
    listed: list[Plain] = [[item.line, item.message, item.kind.value] for item in sorted(problems)]
    if isinstance(authors, Unseen):
        return {"problems": listed, "authors": None, "strangers": 0, "why": authors.detail}
    return {"problems": listed, "authors": list(authors.persons), "strangers": authors.strangers, "why": ""}


def _sound(book: Runbook, gave: Values) -> Proven | Refuted:
    if problems := problems_of({CHECK: gave}):
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        return Refuted(f"{book.path}:{problems[0].line}: {problems[0].message}{more}"[:300])
    return Proven(f"{len(book.steps)} step{'s' if len(book.steps) > 1 else ''}; all that they name is there")


def _named(steps: Iterable[Step | PersonStep]) -> tuple[Step | PersonStep, ...]:
    return tuple(replace(step, name=f"{PREFIX}{step.name}") for step in steps)


def _copy(store: DataStore, scene: Scene) -> Around | Unseen:
    """A network with nothing in it; variables name the copy's server, so that `psql` and `mariadb` mean it."""
    words = alone_with_loopback()
    if words is None:
        return Unseen(Reason.NOT_PERMITTED, "this machine cannot cut the runbook's steps off from the network")
    if _scratch.STEP not in scene.gave:
        return Unseen(Reason.INCOMPLETE, "there is no copy to follow it on")
    own = place_of(scene) / "runbook"
    own.mkdir(mode=0o700, exist_ok=True)
    variables = {"PRODPROOF_SCRATCH": os.fspath(own), "PRODPROOF_RESTORED": os.fspath(files_of(scene))}
    piece = piece_of(scene.gave.get(RESTORE, {}), Contents.SQLITE, Contents.FILES)
    if piece is not None:
        variables["PRODPROOF_COPY"] = os.fspath(piece.where)
    if store.kind == "postgres":
        socket = cluster_of(scene).socket
        variables |= {"PGHOST": os.fspath(socket), "PGUSER": SUPERUSER, "PGDATABASE": database_of(scene)}
    elif store.kind in KINDS:
        variables |= {"MYSQL_UNIX_PORT": os.fspath(server_of(scene).socket)}
    return Around(variables, words)
