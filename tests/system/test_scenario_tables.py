"""Ways of losing a data store: what is declared of them, and how mistakes are told."""

from pathlib import Path

import pytest

from prodproof.facts import Subject
from prodproof.facts.declared import Declared, Permission, Scenario, ScenarioKind
from prodproof.system.errors import SystemFileError
from prodproof.system.load import load
from prodproof.system.merged import read
from prodproof.system.trust import asks

HEAD = 'version = 1\nname = "shop"\n[[data_store]]\nname = "database"\nkind = "postgres"\nallow = ["drills"]\n'
TABLE = """[[data_store.scenario]]
name = "a table was deleted"
kind = "logical-corruption"
rto = "2h"
rpo = "5m"
runbook = "runbooks/database.md#a-table-was-deleted"
"""


def declared(directory: Path, text: str) -> Declared:
    (directory / "prodproof.toml").write_text(HEAD + text, encoding="utf-8")
    return load(directory)


def problem(directory: Path, text: str) -> str:
    with pytest.raises(SystemFileError) as caught:
        declared(directory, text)
    (found,) = caught.value.problems
    return f"{found.key}: {found.message}"


def test_a_scenario_knows_its_store_and_can_be_found(tmp_path: Path) -> None:
    system = declared(tmp_path, TABLE)
    subject = Subject("scenario", "database/a table was deleted")
    assert system.subjects(Scenario) == {subject}
    found = system.find(Scenario, subject)
    assert found == Scenario(
        name="a table was deleted",
        kind=ScenarioKind.LOGICAL_CORRUPTION,
        rto=7200,
        rpo=300,
        runbook="runbooks/database.md#a-table-was-deleted",
        store="database",
        environment="production",
        allow=frozenset({Permission.DRILLS}),
    )


def test_a_scenario_as_older_files_have_it(tmp_path: Path) -> None:
    (store,) = declared(tmp_path, '[[data_store.scenario]]\nname = "region"\nrto = "2d"\n').data_stores
    (found,) = store.scenarios
    assert (found.kind, found.runbook, found.health, found.rto) == (None, None, None, 172800)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TABLE + TABLE, 'data_store.scenario: two are called "a table was deleted"'),
        (
            TABLE.replace("runbooks/", "../"),
            "data_store.scenario: ../database.md#a-table-was-deleted lies outside of here",
        ),
        (
            TABLE + 'health = "http://127.0.0.1/"\n',
            "data_store.scenario: health counts only for the kind service-restart",
        ),
        (
            TABLE.replace("logical-corruption", "service-restart") + 'health = "https://other.example/"\n',
            "data_store.scenario: health https://other.example/ lies below no [[entry_point]] that allows test-traffic",
        ),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, says: str) -> None:
    assert problem(tmp_path, text) == says


def test_health_may_be_on_this_machine_or_below_an_entry_point(tmp_path: Path) -> None:
    restart = TABLE.replace("logical-corruption", "service-restart")
    entry = '[[entry_point]]\nurl = "https://shop.example"\nallow = ["test-traffic"]\n'
    for url in ("http://127.0.0.1:8000/healthz", "https://shop.example/healthz"):
        (store,) = declared(tmp_path, f'{restart}health = "{url}"\n{entry}').data_stores
        assert store.scenarios[0].health == url


def test_what_a_scenario_asks_for_needs_trust(tmp_path: Path) -> None:
    restart = TABLE.replace("logical-corruption", "service-restart") + 'health = "http://127.0.0.1:8000/"\n'
    declared(tmp_path, restart)
    found = {(ask.what, ask.exactly) for ask in asks(read(tmp_path))}
    assert ("runs", "the steps of runbooks/database.md#a-table-was-deleted") in found
    assert ("sends traffic", "to http://127.0.0.1:8000/") in found
