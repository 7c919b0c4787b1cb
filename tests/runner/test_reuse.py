"""What a clean commit said is not asked again; anything less certain is."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, EntryPoint, Environment, Repository
from prodproof.ledger import Run
from prodproof.plan import Plan, Step
from prodproof.probes.probe import Probe
from prodproof.range.components.repo import Repo
from prodproof.reach.world import Settings, World
from prodproof.runner.verify import Order, verify
from prodproof.verdicts import Result
from tests.servers.repo import harbour_repo

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SUBJECT = Subject("file", "shop.py")


class Memory:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Survey[Any], ...]] = {}

    def append_surveys(self, run: Run, step_key: str, surveys: Iterable[Survey[Any]]) -> tuple[Survey[Any], ...]:
        self.kept[step_key] = tuple(surveys)
        return self.kept[step_key]

    def latest_surveys(self, step_keys: Iterable[str], environment: str) -> dict[str, tuple[Survey[Any], ...]]:
        return {key: self.kept[key] for key in step_keys if key in self.kept}

    def append_results(self, run: Run, results: Iterable[Result]) -> None:
        assert not list(results), "these tests judge nothing"

    def previous(self, fact: type[Any], subject: Subject, environment: str) -> Observation[Any] | None:
        return None


@dataclass
class Look:
    """A probe that counts how often it looked, with a memory of what it said."""

    repo: Repo
    answer: Survey[EntryPoint]
    state: Path
    by_commit: bool = True
    looks: int = 0

    def __post_init__(self) -> None:
        self.memory = Memory()

    def __call__(self, about: object, world: World) -> Survey[EntryPoint]:
        self.looks += 1
        return self.answer

    def run(self, at: datetime = AT) -> tuple[Survey[Any], ...]:
        """One run; what the ledger holds afterwards."""
        repository = Repository(path=self.repo.directory.name)
        probe = Probe("tests", (EntryPoint,), Repository, Proof.INSIDE, self, 10.0, by_commit=self.by_commit)
        step = Step(probe, repository, repository.subject, "inside", ())
        declared = Declared(
            system="shop",
            environment=Environment(name="production"),
            root=str(self.repo.directory.parent),
            repositories=(repository,),
        )
        order = Order(
            Run("run", "production", at), declared, Plan((step,), ()), at, Settings(), self.state, lambda name: None
        )
        asyncio.run(verify(order, self.memory))
        return self.memory.kept[step.key]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """A complete look that finds nothing."""
    return Look(harbour_repo(tmp_path), Survey(EntryPoint, ()), tmp_path / "state")


def test_a_complete_look_that_found_nothing_is_kept_for_its_commit(look: Look) -> None:
    first = look.run()
    assert look.run(AT + timedelta(days=1)) == first
    assert look.looks == 1
    assert first[0].commit is not None


def test_another_commit_is_looked_at_again(look: Look) -> None:
    before = look.run()
    look.repo.write("more.py", "more = 1\n")
    assert look.run()[0].commit not in (None, before[0].commit)
    assert look.looks == 2


def test_a_changed_work_tree_is_looked_at_every_time(look: Look) -> None:
    look.run()
    (look.repo.directory / "manage.py").write_text("changed = True\n")
    assert look.run()[0].commit is None
    look.run()
    assert look.looks == 3


def test_what_was_seen_at_the_commit_is_as_new_as_the_run(look: Look) -> None:
    commit = look.run()[0].commit
    seen = Observation(
        SUBJECT, EntryPoint(url="https://shop.example", purpose="shop"), AT, "inside", Proof.INSIDE, commit
    )
    look.memory.kept.clear()
    look.answer = Survey(EntryPoint, (seen,))
    later = AT + timedelta(days=1)
    look.run()
    assert look.run(later)[0].observations == (replace(seen, at=later),)
    assert look.looks == 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Survey(EntryPoint, (), (Unseen(Reason.TIMED_OUT, "page 3"),)), id="a gap"),
        pytest.param(Survey(EntryPoint, (), listed=(SUBJECT,)), id="a subject without an observation"),
        pytest.param(
            Survey(EntryPoint, (Observation(SUBJECT, Unseen(Reason.DENIED, "no"), AT, "inside", Proof.INSIDE),)),
            id="an unseen subject",
        ),
        pytest.param(
            Survey(
                EntryPoint,
                (
                    Observation(
                        SUBJECT, EntryPoint(url="https://a.example", purpose="a"), AT, "inside", Proof.INSIDE, "f" * 40
                    ),
                ),
            ),
            id="an observation of another commit",
        ),
    ],
)
def test_an_uncertain_answer_is_looked_for_again(look: Look, answer: Survey[EntryPoint]) -> None:
    look.answer = answer
    look.run()
    look.run()
    assert look.looks == 2


def test_an_answer_that_depends_on_more_than_the_commit_is_looked_for_again(look: Look) -> None:
    look.by_commit = False
    assert look.run()[0].commit is None
    look.run()
    assert look.looks == 2


def test_a_survey_of_before_it_named_its_commit_is_not_reused(look: Look) -> None:
    key = "tests:EntryPoint repo:harbour inside"
    look.run()
    assert list(look.memory.kept) == [key + " "], "the step's key"
    look.memory.kept[key + " "] = (Survey(EntryPoint, ()),)
    look.run()
    assert look.looks == 2
