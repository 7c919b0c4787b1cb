"""Runbooks that drills follow, read and not run: what they name and is not there, and who answers for them.

The machine that looks need not be the one on which they are followed: a program that is not installed here is told
apart from a command or file of the repository that is not there.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from prodproof.facts import Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared
from prodproof.facts.observation import Observation
from prodproof.facts.runbooks import (
    LeakRunbookChecked,
    RecoveryRunbookChecked,
    RunbookChecked,
    RunbookProblem,
    RunbookProblemKind,
)
from prodproof.probes.probe import probe
from prodproof.reach.files.runbooks import section, steps
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.runbooks.book import Runbook, RunbookError, is_prose, parse
from prodproof.reach.runbooks.checked import linked_pages, missing, unowned
from prodproof.reach.world import World

LEAK, RECOVERY = "leak", "recovery.runbook"
"""What `covers` of a declared runbook says."""

Checked = TypeVar("Checked", bound=RunbookChecked)


@probe(RecoveryRunbookChecked, LeakRunbookChecked, per=Declared, proof=Proof.INSIDE, time_limit=120)
def observe(declared: Declared, world: World) -> tuple[Survey[RecoveryRunbookChecked], Survey[LeakRunbookChecked]]:
    """Every runbook of a scenario, and those that are declared to cover a leak or a restore; each once."""
    owners = {item.path: item.owner for item in declared.runbooks}
    restoring = {item.path: item.owner for item in declared.runbooks if RECOVERY in item.covers}
    for store in declared.data_stores:
        for scenario in store.scenarios:
            if scenario.runbook:
                file = scenario.runbook.partition("#")[0]
                restoring[scenario.runbook] = owners.get(scenario.runbook) or owners.get(file) or store.owner
    leaks = {item.path: item.owner for item in declared.runbooks if LEAK in item.covers}
    return (
        Survey(RecoveryRunbookChecked, tuple(_observed(RecoveryRunbookChecked, restoring, world))),
        Survey(LeakRunbookChecked, tuple(_observed(LeakRunbookChecked, leaks, world))),
    )


def _observed(kind: type[Checked], books: dict[str, str], world: World) -> Iterator[Observation[Checked]]:
    for path, owner in sorted(books.items()):
        reader = _reader(path, world)
        seen = reader if isinstance(reader, Unseen) else _checked(kind, path, owner, reader[0], reader[1], world)
        commit = None if isinstance(reader, Unseen) else reader[0].commit
        yield world.inside(Subject("runbook", path), seen, commit)


def _reader(path: str, world: World) -> tuple[RepositoryReader, str] | Unseen:
    """The repository that a runbook lies in, and its path there."""
    if "://" in path:
        return Unseen(Reason.NOT_VERIFIABLE_YET, "it is a page elsewhere, which no drill can follow")
    file = os.path.normpath(path.partition("#")[0])
    for root, reader in sorted(world.repositories.items(), key=lambda item: -len(item[0])):
        folder = os.path.normpath(root)
        if folder != "." and not file.startswith(f"{folder}/"):
            continue
        if isinstance(reader, Unseen):
            return reader
        if reader.bare:
            return Unseen(Reason.INCOMPLETE, "its repository has no work tree to look for its commands in")
        return reader, file if folder == "." else file.removeprefix(f"{folder}/")
    return Unseen(Reason.NOT_DECLARED, "it lies in no declared repository")


def _checked(
    kind: type[Checked], path: str, owner: str, reader: RepositoryReader, file: str, world: World
) -> Checked | Unseen:
    gone = RunbookProblem(1, "there is no such file", RunbookProblemKind.FILE)
    if not (reader.directory / file).exists():
        return kind(path=path, owner=owner, problems=(gone,))
    text = reader.text(file)
    if isinstance(text, Unseen):
        return text
    leaks = kind is LeakRunbookChecked
    found = []
    if leaks and not owner:
        found.append(RunbookProblem(1, "nobody owns it: owner of [[runbook]]", RunbookProblemKind.OWNER))
    anchor = path.partition("#")[2]
    own = section(text, anchor) if anchor else text
    try:
        # Prose can be followed by people alone, and its links lead somewhere or not all the same.
        book = Runbook(path, own, ()) if own is not None and is_prose(own) else parse(text, path)
    except RunbookError as error:
        return kind(path=path, owner=owner, problems=tuple(sorted((*found, *error.problems))))
    pages = linked_pages(book, world)
    found += missing(book, Path(world.declared.root or "."), world.tools)
    found += (*pages.dead, *unowned(book, world.declared.people, owned=leaks))
    persons = sum(step.act.language == "person" for step in book.steps)
    if leaks and book.steps and not persons:
        says = "no step says who tells those that it concerns"
        found.append(RunbookProblem(1, says, RunbookProblemKind.OWNER))
    return kind(
        path=path,
        owner=owner,
        steps=len(book.steps) - persons,
        persons=persons,
        prose=steps(text, anchor) or 0,
        problems=tuple(sorted(found)),
        unasked=pages.unread,
    )
