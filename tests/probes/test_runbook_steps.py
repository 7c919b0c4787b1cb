"""Runbooks that drills follow, as they are read; and the ways of losing a data store, as they are declared."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.declared import (
    DataStore,
    Declared,
    Environment,
    Person,
    Repository,
    Runbook,
    Scenario,
    ScenarioKind,
)
from prodproof.facts.runbooks import LeakRunbookChecked, RecoveryRunbookChecked
from prodproof.facts.runbooks import RunbookProblem as Problem
from prodproof.facts.runbooks import RunbookProblemKind as Kind
from prodproof.facts.scenarios import DeclaredScenario, ScenariosDeclared
from prodproof.probes import runbook_steps, scenarios
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World

WHOLE = """\
# Database

## A table was deleted

Read [this](#a-table-was-deleted) and [that](https://elsewhere.example/page) first.

```sh step=look looks
ls
```

```person step=tell whom=on-call
Tell them.
```

## The host is gone

```sh step=look looks
./gone.sh
```
"""


def write(root: Path, text: str, path: str = "runbooks/database.md") -> None:
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(text)


def observed(root: Path, *, runbooks: tuple[Runbook, ...] = (), paths: tuple[str, ...] = (), **world: Any) -> Any:
    """Both surveys: of runbooks for restoring, and for leaks."""
    known = tuple(Scenario(name=path, kind=ScenarioKind.TOTAL_LOSS, runbook=path, store="shop") for path in paths)
    declared = Declared(
        system="shop",
        environment=Environment(name="production"),
        root=str(root),
        repositories=(Repository(path="."),),
        data_stores=(DataStore(name="shop", kind="postgres", owner="ana", scenarios=known),),
        people=(Person(id="ana"), Person(id="ben", roles=("on-call",))),
        runbooks=runbooks,
    )
    made: dict[str, Any] = {"repositories": {".": RepositoryReader.open(root)}, "tools": shutil.which, **world}
    return runbook_steps.observe.observe(declared, World(declared=declared, now=datetime.now(UTC), **made))


def restoring(root: Path, *paths: str, **more: Any) -> Any:
    """What was seen of the only runbook for restoring."""
    (seen,) = observed(root, paths=paths or ("runbooks/database.md",), **more)[0].observations
    return seen.seen


def leak(root: Path, **more: Any) -> Any:
    """What was seen of the only runbook for leaks."""
    book = Runbook(**{"name": "leak", "path": "runbooks/database.md", "covers": ("leak",), "owner": "ana", **more})
    (seen,) = observed(root, runbooks=(book,))[1].observations
    return seen.seen


def test_each_section_is_looked_at_by_itself(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    paths = ("runbooks/database.md#a-table-was-deleted", "runbooks/database.md#the-host-is-gone")
    survey, other = observed(tmp_path, paths=paths)
    assert not other.observations
    first, second = survey.observations
    assert [item.subject for item in survey.observations] == [Subject("runbook", path) for path in paths]
    assert first.seen == RecoveryRunbookChecked(
        path=paths[0], owner="ana", steps=1, persons=1, prose=2, unasked=("https://elsewhere.example/page",)
    )
    assert second.seen.problems == (Problem(18, "look: there is no command ./gone.sh", Kind.COMMAND),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[gone](gone.md)\n\n```sh step=a looks\nls\n```\n", Problem(1, "the link gone.md leads nowhere", Kind.LINK)),
        ("```sh step=a looks\nfrobnicate\n```\n", Problem(2, "a: there is no command frobnicate", Kind.PROGRAM)),
        ("```person step=a whom=cem\nCall.\n```\n", Problem(1, "a: nobody of the roster is cem", Kind.OWNER)),
        (
            "```sh step=a looks time=soon\nls\n```\n",
            Problem(1, "time=soon: write for example 30s, 5m or 1h", Kind.FORM),
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, problem: Problem) -> None:
    write(tmp_path, text)
    assert restoring(tmp_path).problems == (problem,)


def test_nothing_of_it_is_run(tmp_path: Path) -> None:
    write(
        tmp_path, f"```sh step=a looks\ntouch {tmp_path}/ran\n```\n```sh step=b looks\n$(touch {tmp_path}/ran)\n```\n"
    )
    assert restoring(tmp_path).steps == 2
    assert not (tmp_path / "ran").exists()


def test_prose_has_no_steps_that_a_drill_could_carry_out(tmp_path: Path) -> None:
    write(tmp_path, "# Restore\n\n1. Call Ana.\n2. Read [this](gone.md).\n\n```sh\npg_restore x\n```\n")
    found = restoring(tmp_path)
    assert (found.steps, found.persons, found.prose) == (0, 0, 3)
    assert found.problems == (Problem(4, "the link gone.md leads nowhere", Kind.LINK),)
    write(tmp_path, "# Restore\n\nStay calm.\n")
    assert restoring(tmp_path).prose == 0


def test_a_file_or_heading_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert restoring(tmp_path).problems == (Problem(1, "there is no such file", Kind.FILE),)
    write(tmp_path, WHOLE)
    gone = restoring(tmp_path, "runbooks/database.md#gone")
    assert gone.problems == (Problem(1, "has no heading gone", Kind.LINK),)


def test_a_runbook_for_leaks_has_an_owner_and_says_who_tells(tmp_path: Path) -> None:
    write(tmp_path, "```sh step=a looks\nls\n```\n")
    says = "no step says who tells those that it concerns"
    assert leak(tmp_path) == LeakRunbookChecked(
        path="runbooks/database.md", owner="ana", steps=1, prose=1, problems=(Problem(1, says, Kind.OWNER),)
    )
    write(tmp_path, "```person step=a\nTell them.\n```\n")
    assert leak(tmp_path).problems == (Problem(1, "a: nobody owns it: whom=…", Kind.OWNER),)
    assert restoring(tmp_path).problems == (), "what anybody may do needs no name"
    write(tmp_path, "```person step=a whom=ana\nTell them.\n```\n")
    assert leak(tmp_path).problems == ()
    assert leak(tmp_path, owner="").problems == (Problem(1, "nobody owns it: owner of [[runbook]]", Kind.OWNER),)


def test_a_declared_runbook_says_who_owns_it(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    book = Runbook(name="restore", path="runbooks/database.md", covers=("recovery.runbook",), owner="ben")
    section = "runbooks/database.md#a-table-was-deleted"
    survey = observed(tmp_path, runbooks=(book,), paths=(section,))[0]
    assert [item.seen.owner for item in survey.observations] == ["ben", "ben"]


def test_what_cannot_be_read_is_unseen(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    denied = Unseen(Reason.DENIED, "no access")
    assert restoring(tmp_path, repositories={".": denied}) is denied
    assert restoring(tmp_path, repositories={"api": denied}).why is Reason.NOT_DECLARED
    assert leak(tmp_path, path="https://wiki.example/leak").why is Reason.NOT_VERIFIABLE_YET
    write(tmp_path, "x" * 5_000_000)
    assert restoring(tmp_path).why is Reason.INCOMPLETE
    subprocess.run(["git", "init", "--quiet", "--bare", "bare"], cwd=tmp_path, check=True)
    assert restoring(tmp_path, repositories={".": RepositoryReader.open(tmp_path / "bare")}).why is Reason.INCOMPLETE


def test_a_repository_of_several_is_chosen_by_its_path(tmp_path: Path) -> None:
    os.mkdir(tmp_path / "api")
    write(tmp_path / "api", "```sh step=a looks\nls\n```\n")
    found = restoring(
        tmp_path, "api/runbooks/database.md", repositories={"api": RepositoryReader.open(tmp_path / "api")}
    )
    assert (found.steps, found.problems) == (1, ())


def test_scenarios_as_they_are_declared() -> None:
    one = Scenario(name="lost", kind=ScenarioKind.TOTAL_LOSS, rto=60, rpo=30, runbook="a.md", store="shop")
    store = DataStore(name="shop", kind="postgres", scenarios=(one,))
    declared = Declared(system="shop", environment=Environment(name="production"), data_stores=(store,))
    survey: Any = scenarios.observe.observe(store, World(declared=declared, now=datetime.now(UTC)))
    (seen,) = survey.observations
    assert seen.subject == Subject("store", "shop")
    assert seen.seen == ScenariosDeclared(
        kind="postgres",
        scenarios=(DeclaredScenario(name="lost", kind=ScenarioKind.TOTAL_LOSS, rto=60, rpo=30, runbook="a.md"),),
    )
